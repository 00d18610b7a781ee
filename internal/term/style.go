package term

// Style colours text, or leaves it as it is; its zero value leaves it.
type Style struct{ enabled bool }

// Red is for errors and failures.
func (s Style) Red(text string) string { return s.paint("31", text) }

// Green is for success and pointers.
func (s Style) Green(text string) string { return s.paint("32", text) }

// Yellow is for warnings.
func (s Style) Yellow(text string) string { return s.paint("33", text) }

// Cyan is for hints and what to type.
func (s Style) Cyan(text string) string { return s.paint("36", text) }

// Bold is for what to read first.
func (s Style) Bold(text string) string { return s.paint("1", text) }

// Faint is for what matters least.
func (s Style) Faint(text string) string { return s.paint("2", text) }

func (s Style) paint(code, text string) string {
	if !s.enabled || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
