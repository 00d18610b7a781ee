package term

import "testing"

func TestIsolate(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"left to right":        {"deployment d-1: 3 of 5", "deployment d-1: 3 of 5"},
		"a name":               {"שלום: 3 of 5", "\u2067שלום\u2069: 3 of 5"},
		"two words":            {"app שלום עולם, 1", "app \u2067שלום עולם\u2069, 1"},
		"digits end it":        {"מוצר-7 מוצר", "\u2067מוצר\u2069-7 \u2067מוצר\u2069"},
		"Arabic with a mark":   {"مَتجر.", "\u2067مَتجر\u2069."},
		"coloured":             {"\x1b[31mשלום\x1b[0m", "\x1b[31m\u2067שלום\u2069\x1b[0m"},
		"lines":                {"שלום\nעולם", "\u2067שלום\u2069\n\u2067עולם\u2069"},
		"other wide languages": {"日本語 e\u0301", "日本語 e\u0301"},
		"byte-order mark":      {"\ufeffx", "\ufeffx"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Isolate(test.text); got != test.want {
				t.Errorf("Isolate = %+q, want %+q", got, test.want)
			}
			if got := Clean(Isolate(test.text)); got != Clean(test.text) {
				t.Errorf("Clean takes %+q away again", got)
			}
		})
	}
}

// TestIsolatedOnATerminalOnly keeps what goes into files and pipes as it is.
func TestIsolatedOnATerminalOnly(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		streams, _, _, errOut := Test()
		streams.ErrTerminal, streams.OutTerminal = terminal, terminal
		want := "שלום: 1\n"
		if terminal {
			want = Isolate(want)
		}
		NewProgress(streams, Normal).Event("שלום: 1")
		if got := errOut.String(); got != want {
			t.Errorf("terminal %v: printed %+q, want %+q", terminal, got, want)
		}
		if got := streams.Foreign("שלום: 1\n"); got != want {
			t.Errorf("terminal %v: Foreign = %+q, want %+q", terminal, got, want)
		}
	}
}
