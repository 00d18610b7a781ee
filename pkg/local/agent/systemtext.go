package agent

import "fmt"

// systemTexts has, per error number, the operating system's text and its number on Linux.
var systemTexts = map[string]struct {
	text   string
	number int
}{
	"ENOENT":       {"No such file or directory", 2},
	"EEXIST":       {"File exists", 17},
	"ENOTDIR":      {"Not a directory", 20},
	"EISDIR":       {"Is a directory", 21},
	"ENAMETOOLONG": {"File name too long", 36},
	"ELOOP":        {"Too many levels of symbolic links", 40},
}

// systemText is an operating system's refusal in the words of the agent: Ruby names its own function
// and the path, Rust the number only.
func (p *planner) systemText(name, function, where string) string {
	known := systemTexts[name]
	if p.v2 {
		return fmt.Sprintf("IO error: %s (os error %d)", known.text, known.number)
	}
	return fmt.Sprintf("%s @ %s - %s", known.text, function, where)
}

func (p *planner) mkdirText(name, at string) string { return p.systemText(name, "dir_s_mkdir", at) }

func (p *planner) openText(name, rel string) string {
	return p.systemText(name, "rb_sysopen", p.sourceName(rel))
}

// writeText is the refusal to copy a file or make a link.
func (p *planner) writeText(name string, step *Step) string {
	if step.Link != "" {
		return p.systemText(name, "rb_file_s_symlink", fmt.Sprintf("(%s, %s)", step.Link, step.Path))
	}
	return p.systemText(name, "rb_sysopen", step.Path)
}

func (p *planner) chmodText(at string) string { return p.systemText("ENOENT", "apply2files", at) }
