package appspec

import (
	"testing"

	"go.yaml.in/yaml/v3"
)

// node returns the value of the key a in a document.
func node(t *testing.T, value string) *yaml.Node {
	t.Helper()
	root, _, err := parseDocument([]byte("a: " + value + "\n"))
	if err != nil {
		t.Fatalf("parse %q: %v", value, err)
	}
	return root.Content[1]
}

// The values were read off Psych 4.0.3 with libyaml 0.2.5.
func TestRuby(t *testing.T) {
	tests := []struct {
		yaml string
		kind rubyKind
		text string
	}{
		{"", rubyNil, ""}, {"~", rubyNil, ""}, {"null", rubyNil, ""}, {"NULL", rubyNil, ""}, {"nUll", rubyNil, ""},
		{"yes", rubyBool, "true"}, {"On", rubyBool, "true"}, {"TRUE", rubyBool, "true"}, {"no", rubyBool, "false"}, {"off", rubyBool, "false"},
		{"y", rubyString, "y"}, {"n", rubyString, "n"}, {"nope", rubyString, "nope"}, {"falsey", rubyString, "falsey"},
		{"'no'", rubyString, "no"}, {"|\n  no", rubyString, "no\n"}, {"!!str no", rubyString, "no"},
		{"0", rubyInteger, "0"}, {"00", rubyInteger, "0"}, {"0644", rubyInteger, "420"}, {"-0644", rubyInteger, "-420"}, {"0755", rubyInteger, "493"},
		{"08", rubyString, "08"}, {"0o644", rubyString, "0o644"}, {"0x12c", rubyInteger, "300"}, {"0b11", rubyInteger, "3"}, {"0_0", rubyInteger, "0"},
		{"1_800", rubyInteger, "1800"}, {"1,800", rubyInteger, "1800"}, {"1__8", rubyString, "1__8"}, {"0,0", rubyInteger, "0"},
		{"99999999999999999999", rubyInteger, "99999999999999999999"},
		{"0b_", rubyMalformed, "0b_"}, {"0x_", rubyMalformed, "0x_"},
		{"1:30", rubyInteger, "5400"}, {"1:1:1", rubyInteger, "3661"}, {"-1:30", rubyInteger, "-1800"}, {"0:0", rubyInteger, "0"}, {"1:60", rubyString, "1:60"},
		{"1:30.5", rubyFloat, "5430.0"}, {"1:2:3:4", rubyString, "1:2:3:4"},
		{"0.0", rubyFloat, "0.0"}, {"-0.0", rubyFloat, "-0.0"}, {".0", rubyFloat, "0.0"}, {"0.", rubyFloat, "0.0"}, {".", rubyString, "."},
		{"90.9", rubyFloat, "90.9"}, {"1e3", rubyString, "1e3"}, {"1.5e3", rubyString, "1.5e3"}, {"1.5e+3", rubyFloat, "1500.0"}, {".e+5", rubyMalformed, ".e+5"},
		{"1.0e+20", rubyFloat, "1.0e+20"}, {"0.00001", rubyFloat, "1.0e-05"}, {"1,000.5", rubyFloat, "1000.5"},
		{".inf", rubyFloat, "Infinity"}, {"+.inf", rubyFloat, "Infinity"}, {"-.INF", rubyFloat, "-Infinity"}, {".NaN", rubyFloat, "NaN"},
		{"!!float 0", rubyFloat, "0.0"}, {"!!float '0.0'", rubyFloat, "0.0"}, {"!!float 1e3", rubyFloat, "1000.0"}, {"!!float x", rubyMalformed, "x"}, {"!!int '5'", rubyInteger, "5"},
		{":linux", rubySymbol, "linux"}, {":'a b'", rubySymbol, "a b"}, {":\"o", rubySymbol, "\"o"}, {"!ruby/sym x", rubySymbol, "x"},
		{"2024-05-01", rubyDate, "2024-05-01"}, {"2024-5-1", rubyDate, "2024-5-1"}, {"2024-02-31", rubyDate, "2024-02-31"}, {"2024-13-01", rubyString, "2024-13-01"},
		{"2024-05-01T10:20:30Z", rubyDate, "2024-05-01T10:20:30Z"}, {"2024-05-01 10:20:30 +02:00", rubyDate, "2024-05-01 10:20:30 +02:00"},
		{"!ruby/regexp /a/", rubyDisallowed, "/a/"}, {"!ruby/object:X y", rubyString, "y"}, {"!Sub no", rubyBool, "false"},
		{"!!binary aGk=", rubyString, "hi"},
		{"[a]", rubyArray, "[…]"}, {"[]", rubyArray, "[]"}, {"{}", rubyHash, "{}"}, {"!!set {a}", rubyDisallowed, "{…}"},
		{"!ruby/object:Hash {a: b}", rubyHash, "{…}"}, {"!ruby/object:X {a: b}", rubyDisallowed, "{…}"}, {"!seq:X [a]", rubyDisallowed, "[…]"},
		{"linux# note", rubyString, "linux# note"}, {"+5", rubyInteger, "5"}, {"+-5", rubyString, "+-5"}, {"é", rubyString, "é"},
	}
	for _, test := range tests {
		got := ruby(node(t, test.yaml))
		if got.kind != test.kind || got.text != test.text {
			t.Errorf("%q is kind %d, %q; want %d, %q", test.yaml, got.kind, got.text, test.kind, test.text)
		}
	}
}

func TestRustTypes(t *testing.T) {
	seconds := map[string]int64{
		"300": 300, "+5": 5, "0x3C": 60, "0o17": 15, "0b11": 3, "!!int 5": 5, "!x 5": 5, "!!int |-\n  5": 5, "0": 0, "4294967295": 4294967295,
		"'300'": -1, "300s": -1, "010": -1, "1:30": -1, "1_800": -1, "90.9": -1, "1e3": -1, "no": -1, "4294967296": -1, "-5": -1, "|-\n  5": -1, "[5]": -1, "00": -1, "+": -1,
	}
	for text, want := range seconds {
		got, ok := rustSeconds(node(t, text))
		if ok != (want >= 0) || ok && int64(got) != want {
			t.Errorf("rustSeconds(%q) = %d, %t, want %d", text, got, ok, want)
		}
	}
	for text, want := range map[string]bool{
		"0.0": true, "0": true, "00": true, ".0": true, "0.": true, "-0.0": true, "0e0": true, "+0": true, "1e-20": true, "!!float 0": true, "!!str 0.0": true,
		"'0.0'": false, "0x0": false, "0b0": false, "0_0": false, "0,0": false, "0:0": false, "0o0": false, "2": false, ".inf": false, ".nan": false, "inf": false, "+-0": false, "[0]": false, "x": false, "": false,
	} {
		if got := isRustZero(node(t, text)); got != want {
			t.Errorf("isRustZero(%q) = %t, want %t", text, got, want)
		}
	}
	for text, want := range map[string]bool{"": true, "~": true, "null": true, "Null": true, "!!null ~": true, "nUll": false, "''": false, "!x ~": false, "[]": false} {
		if got := rustAbsent(node(t, text)); got != want {
			t.Errorf("rustAbsent(%q) = %t, want %t", text, got, want)
		}
	}
	for text, want := range map[string]string{"true": "true true", "False": "false true", "yes": "false false", "'true'": "false false"} {
		value, ok := rustBool(node(t, text))
		if got := map[bool]string{true: "true", false: "false"}; got[value]+" "+got[ok] != want {
			t.Errorf("rustBool(%q) = %t, %t, want %s", text, value, ok, want)
		}
	}
}

func TestACLVerdicts(t *testing.T) {
	tests := map[string][2]verdict{
		"u:mary:rw": {valid, valid}, "user:mary:rwx": {valid, valid}, "g:web:5": {valid, valid}, "m::rw": {valid, valid}, "mask::7": {valid, valid},
		"d:u:mary:rw": {valid, valid}, "default:g::r-x": {valid, valid}, "u:mary:": {valid, valid}, "u:mary:rrwx-": {valid, valid}, "d:o::r": {valid, valid},
		"mary:rw": {valid, invalid}, "d:mary:rw": {valid, invalid}, "m:7": {valid, invalid}, "mask:": {valid, invalid}, "o:7": {baseEntry, invalid},
		"u::rw": {baseEntry, baseEntry}, "g::rw": {baseEntry, baseEntry}, "o::r": {baseEntry, valid}, ":rw": {baseEntry, invalid},
		"u:mary:rw:x": {invalid, valid}, "d:d:mary:rw": {invalid, invalid}, "mask:bob:rw": {invalid, invalid}, "x:bob:rw": {invalid, invalid},
		"u:bob:8": {invalid, invalid}, "u:bob:rwz": {invalid, invalid}, "7": {invalid, invalid}, "d:u:bob:r:w": {invalid, invalid}, "": {invalid, invalid},
	}
	for entry, want := range tests {
		if got := [2]verdict{v1ACL(entry), v2ACL(entry)}; got != want {
			t.Errorf("%q: v1, v2 = %v, want %v", entry, got, want)
		}
	}
}

func TestRangeVerdicts(t *testing.T) {
	tests := map[string][2]bool{
		"s0": {true, true}, "s0-s3": {true, true}, "s2-s2": {true, true}, "s0:c0.c1023": {true, true}, "s0-s1:c0,c5.c7": {true, true}, "s00:c01": {true, true},
		"s0:c1,c1": {false, true}, "s0:c0.c3,c2": {false, true}, "s0:c1:c2": {false, true}, "s0-s1-s2": {false, true}, "s0:c1.c2.c3": {false, true}, "s+0": {false, true},
		"s0:c1,": {true, false}, "s0:,": {true, false}, "s256": {true, false}, "s99999999999999999999": {true, false},
		"s3-s2": {false, false}, "s10-s9": {false, false}, "S0": {false, false}, "s": {false, false}, "": {false, false}, "s0:": {false, false}, ":c0": {false, false},
		"s0:c1, c2": {false, false}, "s0:c1024": {false, false}, "s0:c2.c1": {false, false}, "s0:d3": {false, false}, "s0:c": {false, false}, "s3-": {false, false}, "s-1": {false, false}, "s0:,c1": {false, false},
	}
	for text, want := range tests {
		if got := [2]bool{v1Range(text), v2Range(text)}; got != want {
			t.Errorf("%q: v1, v2 = %v, want %v", text, got, want)
		}
	}
}
