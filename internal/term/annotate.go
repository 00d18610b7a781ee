package term

import "io"

// Annotator renders a sentence as a command by which a CI system shows it, level
// being "error", "warning" or "notice". Empty means that the system has none, and
// the sentence is printed as usual.
type Annotator func(level, text string) string

// SetAnnotator makes warnings, errors and notices commands of a CI system from now on.
func (p *Progress) SetAnnotator(a Annotator) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.annotator = a
}

// Command prints commands of a CI system exactly as they are; nothing else may be
// printed by it.
func (p *Progress) Command(commands string) {
	if commands == "" {
		return
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	p.erase()
	_, _ = io.WriteString(p.streams.Err, commands)
}

// Notice prints what has come to a good end.
func (p *Progress) Notice(text string) {
	if !p.annotated(Normal, "notice", text) {
		p.Event(text)
	}
}

// Fail prints why something failed, and what to do or type next. A CI system that
// shows the sentence away from the log is also told why; both may be empty.
func (p *Progress) Fail(text, why, hint string) {
	whole := text
	if why != "" {
		whole += "\n" + why
	}
	if hint != "" {
		whole += "\nhint: " + hint
	}
	if p.annotated(Quiet, "error", whole) {
		return
	}
	p.Error(text)
	if hint != "" {
		p.Hint(hint)
	}
}

// annotated prints text as a command if a CI system has one for it.
func (p *Progress) annotated(least Level, level, text string) bool {
	p.lock.Lock()
	annotator, admitted := p.annotator, p.level.admits(least)
	p.lock.Unlock()
	if annotator == nil || !admitted {
		return false
	}
	command := annotator(level, text)
	p.Command(command)
	return command != ""
}
