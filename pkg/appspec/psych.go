package appspec

import (
	"encoding/base64"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// rubyKind is the Ruby class that Psych makes of a YAML node.
type rubyKind int

const (
	rubyNil rubyKind = iota
	rubyBool
	rubyInteger
	rubyFloat
	rubyString
	rubySymbol
	rubyArray
	rubyHash
	rubyDate       // refused by YAML.load since Psych 4
	rubyDisallowed // an object of another class: refused likewise
	rubyMalformed  // Psych raises ArgumentError while it converts the text
)

// rubyValue is what agent v1 sees in a YAML node: YAML 1.1 by Psych 4, then Ruby's to_s.
type rubyValue struct {
	kind   rubyKind
	text   string   // to_s; empty for nil
	truth  bool     // the value of a rubyBool
	number float64  // the value of a rubyFloat
	whole  *big.Int // the value of a rubyInteger
}

// falsy tells whether Ruby counts the value as false: nil and false.
func (v rubyValue) falsy() bool {
	return v.kind == rubyNil || v.kind == rubyBool && !v.truth
}

// ruby returns what agent v1 sees in a node that is not an alias.
//
// Source: ruby/psych lib/psych/visitors/to_ruby.rb and scalar_scanner.rb, version 4.0.3.
func ruby(n *yaml.Node) rubyValue {
	tag := explicitTag(n)
	switch n.Kind {
	case yaml.SequenceNode:
		return rubyContainer(n, rubyArray, "[…]", "[]", disallowedSequenceTag(tag))
	case yaml.MappingNode:
		return rubyContainer(n, rubyHash, "{…}", "{}", disallowedMappingTag(tag))
	case yaml.ScalarNode:
		if tag == "" && !isPlain(n) {
			return rubyValue{kind: rubyString, text: n.Value}
		}
		return rubyTagged(tag, n.Value)
	default:
		return rubyValue{}
	}
}

func rubyContainer(n *yaml.Node, kind rubyKind, full, empty string, disallowed bool) rubyValue {
	if disallowed {
		return rubyValue{kind: rubyDisallowed, text: full}
	}
	if len(n.Content) == 0 {
		full = empty
	}
	return rubyValue{kind: kind, text: full}
}

// disallowedScalarTags are the tags whose scalars become objects that YAML.load refuses.
var disallowedScalarTags = pattern(`^!(str|ruby/string):.|^!ruby/(object:(BigDecimal|DateTime|Complex|Rational)|class|module|regexp|range)$`)

func disallowedSequenceTag(tag string) bool {
	return strings.HasPrefix(tag, "!seq:") || strings.HasPrefix(tag, "!ruby/array:")
}

func disallowedMappingTag(tag string) bool {
	switch tag {
	case "!set", "!!set", "!omap", "!!omap", "!str", "!!str", "!ruby/string":
		return true
	case "!ruby/object:Hash", "!ruby/hash-with-ivars", "!ruby/hash":
		return false
	}
	return strings.HasPrefix(tag, "!ruby/") || strings.HasPrefix(tag, "!map:") || strings.HasPrefix(tag, "!str:")
}

func rubyTagged(tag, text string) rubyValue {
	switch {
	case tag == "":
		return rubyPlain(text)
	case tag == "!!str" || tag == "!str" || tag == "!ruby/string":
		return rubyValue{kind: rubyString, text: text}
	case tag == "!!binary" || tag == "!binary":
		return rubyValue{kind: rubyString, text: rubyUnpack(text)}
	case disallowedScalarTags().MatchString(tag):
		return rubyValue{kind: rubyDisallowed, text: text}
	case strings.HasPrefix(tag, "!ruby/sym"):
		return rubyValue{kind: rubySymbol, text: text}
	case tag == "!!float" || tag == "!float":
		return rubyFloatOf(rubyPlain(text))
	default:
		return rubyPlain(text)
	}
}

// rubyUnpack is String#unpack for base64: what does not belong there is passed over.
func rubyUnpack(text string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	text, _, _ = strings.Cut(text, "=")
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(alphabet, r) {
			return r
		}
		return -1
	}, text)
	if len(digits)%4 == 1 {
		digits = digits[:len(digits)-1]
	}
	decoded, _ := base64.RawStdEncoding.DecodeString(digits) // only the alphabet is left
	return string(decoded)
}

// rubyFloatOf is Ruby's Float().
func rubyFloatOf(v rubyValue) rubyValue {
	switch v.kind {
	case rubyFloat:
		return v
	case rubyInteger:
		f, _ := new(big.Float).SetInt(v.whole).Float64()
		return rubyFloatValue(f)
	case rubyString:
		if rubyFloatLiteral().MatchString(v.text) {
			f, _ := strconv.ParseFloat(strings.ReplaceAll(v.text, "_", ""), 64) // too large is infinite
			return rubyFloatValue(f)
		}
	}
	return rubyValue{kind: rubyMalformed, text: v.text}
}

var rubyFloatLiteral = pattern(`^\s*[-+]?[0-9]+(?:_[0-9]+)*(?:\.[0-9]+(?:_[0-9]+)*)?(?:[eE][-+]?[0-9]+)?\s*$`)

func rubyFloatValue(f float64) rubyValue {
	return rubyValue{kind: rubyFloat, text: rubyFloatText(f), number: f}
}

// rubyFloatText is Float#to_s.
func rubyFloatText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 0):
		return strings.TrimPrefix(strconv.FormatFloat(f, 'f', -1, 64), "+") + "inity"
	}
	if size := math.Abs(f); size != 0 && (size < 1e-4 || size >= 1e16) {
		digits, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
		if !strings.Contains(digits, ".") {
			digits += ".0"
		}
		return digits + "e" + exponent
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// The forms of Psych's ScalarScanner that a hand-written test would only repeat.
var (
	psychTime      = pattern(`^-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?))?$`)
	psychDate      = pattern(`^\d{4}-(?:1[012]|0\d|\d)-(?:[12]\d|3[01]|0\d|\d)$`)
	psychClock     = pattern(`^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}$`)
	psychClockPart = pattern(`^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}\.[0-9_]*$`)
	psychFloat     = pattern(`^[-+]?(?:[0-9][0-9_,]*)?\.[0-9]*(?:[eE][-+][0-9]+)?$`)
	psychInteger   = pattern(`^(?:[-+]?0b[01_,]+|[-+]?0[0-7_,]+|[-+]?(?:0|[1-9](?:[0-9]|,[0-9]|_[0-9])*)|[-+]?0x[0-9a-fA-F_,]+)$`)
)

// rubyPlain is Psych::ScalarScanner#tokenize. A sign that a form cannot do without is
// looked for before its pattern, which takes long to compile.
func rubyPlain(text string) rubyValue {
	if text == "" {
		return rubyValue{}
	}
	if startsLikeText(text) || strings.Contains(text, "\n") {
		return rubyWord(text)
	}
	switch {
	case text[0] != '0' && strings.Trim(text, "0123456789") == "":
		return rubyIntegerOf(text) // by far the most common number
	case strings.Contains(text, "-") && (psychTime().MatchString(text) || psychDate().MatchString(text)):
		return rubyValue{kind: rubyDate, text: text}
	case strings.EqualFold(unsigned(text), ".inf"):
		return rubyFloatValue(math.Inf(1 - 2*strings.Count(text, "-")))
	case strings.EqualFold(text, ".nan"):
		return rubyFloatValue(math.NaN())
	case len(text) > 1 && text[0] == ':':
		return rubyValue{kind: rubySymbol, text: symbolName(text[1:])}
	case strings.Contains(text, ":") && psychClock().MatchString(text):
		return rubyClock(text)
	case strings.Contains(text, ":") && psychClockPart().MatchString(text):
		return rubyClockPart(text)
	case unsigned(text) == ".":
		return rubyValue{kind: rubyString, text: text}
	case psychFloat().MatchString(text):
		return rubyDecimal(text)
	case psychInteger().MatchString(text):
		return rubyIntegerOf(text)
	default:
		return rubyValue{kind: rubyString, text: text}
	}
}

// unsigned takes one sign off a number.
func unsigned(text string) string {
	if text[0] == '-' || text[0] == '+' {
		return text[1:]
	}
	return text
}

// symbolName takes the quotes off a symbol that is written with a pair of them.
func symbolName(text string) string {
	if quote := text[0]; quote == '"' || quote == '\'' {
		if end := strings.LastIndexByte(text, quote); end > 0 {
			return strings.TrimPrefix(text[1:end], ":")
		}
	}
	return text
}

// startsLikeText is Psych's first test: at most one character that is neither digit, full
// stop, colon nor minus, then a letter or one of a few signs.
func startsLikeText(text string) bool {
	first, size := utf8.DecodeRuneInString(text)
	if isTextRune(first) {
		return true
	}
	if unicode.IsDigit(first) && first < utf8.RuneSelf || strings.ContainsRune(".:-", first) {
		return false
	}
	second, _ := utf8.DecodeRuneInString(text[size:])
	return size < len(text) && isTextRune(second)
}

func isTextRune(r rune) bool {
	return unicode.IsLetter(r) || strings.ContainsRune("_ \t\r\n\v\f!@#$%^&*(){}<>|/\\~;=", r)
}

// rubyWord tells nil and the booleans from other words.
func rubyWord(text string) rubyValue {
	switch strings.ToLower(text) {
	case "~", "null":
		return rubyValue{}
	case "yes", "true", "on":
		return rubyValue{kind: rubyBool, text: "true", truth: true}
	case "no", "false", "off":
		return rubyValue{kind: rubyBool, text: "false"}
	}
	return rubyValue{kind: rubyString, text: text}
}

// rubyClock reads h:m and h:m:s in base 60, of which Psych makes seconds either way.
func rubyClock(text string) rubyValue {
	total, unit := new(big.Int), int64(3600)
	for part := range strings.SplitSeq(text, ":") {
		total.Add(total, new(big.Int).Mul(rubyLeadingInteger(part), big.NewInt(unit)))
		unit /= 60
	}
	return rubyValue{kind: rubyInteger, text: total.String(), whole: total}
}

func rubyClockPart(text string) rubyValue {
	total, unit := 0.0, 3600.0
	for part := range strings.SplitSeq(text, ":") {
		number, _ := strconv.ParseFloat(strings.Trim(strings.ReplaceAll(part, "_", ""), "."), 64)
		total += number * unit
		unit /= 60
	}
	return rubyFloatValue(total)
}

func rubyDecimal(text string) rubyValue {
	cleaned := strings.NewReplacer(",", "", "_", "", ".e", "e", ".E", "E").Replace(text)
	number, err := strconv.ParseFloat(strings.TrimSuffix(cleaned, "."), 64)
	if err != nil && !math.IsInf(number, 0) {
		return rubyValue{kind: rubyMalformed, text: text}
	}
	return rubyFloatValue(number)
}

// rubyIntegerOf is Integer() after commas and underscores are taken out: 0b, 0x and a
// leading 0 choose the base.
func rubyIntegerOf(text string) rubyValue {
	cleaned := strings.NewReplacer(",", "", "_", "").Replace(text)
	whole, ok := new(big.Int).SetString(cleaned, 0)
	if !ok {
		return rubyValue{kind: rubyMalformed, text: text}
	}
	return rubyValue{kind: rubyInteger, text: whole.String(), whole: whole}
}

var leadingInteger = pattern(`^[ \t\r\n\v\f]*([-+]?[0-9]+(?:_[0-9]+)*)`)

// rubyLeadingInteger is String#to_i: the digits at the start, else 0.
func rubyLeadingInteger(text string) *big.Int {
	whole := new(big.Int)
	if match := leadingInteger().FindStringSubmatch(text); match != nil {
		whole.SetString(strings.ReplaceAll(match[1], "_", ""), 10)
	}
	return whole
}

// rubyStrip is String#strip.
func rubyStrip(text string) string {
	return strings.Trim(text, "\x00 \t\n\v\f\r")
}
