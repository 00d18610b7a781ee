package report

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/local/agent"
)

// Planned is what an agent would do with a revision.
type Planned struct {
	Name       string // of the directory, as the user gave it
	Previous   string // what the previous deployment is: a deployment's ID or a bundle; empty for none
	Plan       *agent.Plan
	Difference *Difference // from another revision; nil when that was not asked for
}

// PlanText renders a plan: what is removed, the tree that is written, the hooks in
// order, and what stands in the way. With a difference it renders only that.
func PlanText(style term.Style, p Planned) string {
	w := planWriter{style: style}
	if p.Difference != nil {
		w.difference(p)
		return w.text.String()
	}
	w.heading(p)
	w.removal(p)
	w.tree(p.Plan.Steps)
	w.events(p)
	w.conflicts(p.Plan.Conflicts)
	return w.text.String()
}

// planWriter is the text of a plan as it grows.
type planWriter struct {
	text  strings.Builder
	style term.Style
}

func (w *planWriter) printf(format string, args ...any) { fmt.Fprintf(&w.text, format, args...) }

func (w *planWriter) section(title string) { w.printf("%s\n", w.style.Bold(title)) }

func (w *planWriter) heading(p Planned) {
	files, folders, links, size := 0, 0, 0, int64(0)
	for i := range p.Plan.Steps {
		step := &p.Plan.Steps[i]
		size += step.Size
		switch kindOf(step) {
		case "folder":
			folders++
		case "link":
			links++
		default:
			files++
		}
	}
	counts := []string{Counted(files, "file"), Counted(folders, "folder")}
	if links > 0 {
		counts = append(counts, Counted(links, "link"))
	}
	w.section(fmt.Sprintf("plan of %s: %s, %s", term.Line(p.Name), strings.Join(counts, ", "), Counted(size, "byte")))
}

func (w *planWriter) removal(p Planned) {
	if len(p.Plan.Remove) == 0 {
		return
	}
	w.section("removed first, from the previous deployment " + term.Line(p.Previous))
	for _, path := range p.Plan.Remove {
		w.printf("  %s\n", w.style.Red(term.Line(path)))
	}
}

// treeNode is a name in the tree that is written.
type treeNode struct {
	name     string
	step     *agent.Step // nil for a folder that is there already
	children []*treeNode
}

// treeOf arranges steps as a tree, the names of a folder in byte order.
func treeOf(steps []agent.Step) *treeNode {
	root := &treeNode{name: "/"}
	known := map[string]*treeNode{"/": root}
	for i := range steps {
		node := nodeAt(known, steps[i].Path)
		node.step = &steps[i]
	}
	for _, node := range known {
		slices.SortFunc(node.children, func(a, b *treeNode) int { return strings.Compare(a.name, b.name) })
	}
	return root
}

// nodeAt returns the node of a clean absolute path; those above it are made too.
func nodeAt(known map[string]*treeNode, path string) *treeNode {
	if node := known[path]; node != nil {
		return node
	}
	cut := strings.LastIndexByte(path, '/')
	parent := nodeAt(known, path[:max(cut, 1)])
	node := &treeNode{name: path[cut+1:]}
	parent.children = append(parent.children, node)
	known[path] = node
	return node
}

func (w *planWriter) tree(steps []agent.Step) {
	if len(steps) == 0 {
		w.section("writes nothing")
		return
	}
	w.section("writes (mode, owner and group; - is the agent's own)")
	width := 0
	for i := range steps {
		width = max(width, utf8.RuneCountInString(ownership(&steps[i])))
	}
	root := treeOf(steps)
	w.node(root, "", width)
	w.children(root, "", width)
}

func (w *planWriter) children(node *treeNode, prefix string, width int) {
	for i, child := range node.children {
		branch, below := "├── ", "│   "
		if i == len(node.children)-1 {
			branch, below = "└── ", "    "
		}
		w.node(child, prefix+branch, width)
		w.children(child, prefix+below, width)
	}
}

// node writes the line of one file, folder or link.
func (w *planWriter) node(node *treeNode, prefix string, width int) {
	mode, owner, name := "", "", term.Line(node.name)
	if node.isFolder() && node.name != "/" {
		name += "/"
	}
	if step := node.step; step != nil {
		mode, owner = listed(step.Mode), ownership(step)
		name += w.detail(step)
	}
	w.printf("  %-10s  %s%s  %s%s\n", mode, term.Line(owner), strings.Repeat(" ", width-utf8.RuneCountInString(owner)), prefix, name)
}

// isFolder reports whether the node is a folder that is written or is there already.
func (n *treeNode) isFolder() bool { return n.step == nil || n.step.Mode.IsDir() }

// detail says where a file comes from, where a link leads and what is replaced.
func (w *planWriter) detail(step *agent.Step) string {
	text := ""
	if step.Link != "" {
		text = " -> " + term.Line(step.Link)
	}
	if step.Source != "" {
		text += w.style.Faint("  from " + term.Line(step.Source))
	}
	if step.Replaces {
		text += w.style.Yellow("  replaces what is there")
	}
	return text
}

// ownership is like "www-data:-".
func ownership(step *agent.Step) string {
	return orDash(step.Owner) + ":" + orDash(step.Group)
}

func orDash(name string) string {
	if name == "" {
		return "-"
	}
	return name
}

func (w *planWriter) events(p Planned) {
	w.section("lifecycle events, in order")
	for _, event := range p.Plan.Events {
		if len(event.Scripts) == 0 {
			w.printf("  %s\n", w.style.Faint(event.Name))
			continue
		}
		from := ""
		if event.Previous {
			from = w.style.Faint("  from the previous deployment " + term.Line(p.Previous))
		}
		w.printf("  %s%s\n", event.Name, from)
		for i := range event.Scripts {
			w.script(&event.Scripts[i])
		}
	}
}

func (w *planWriter) script(script *agent.PlannedScript) {
	w.printf("    %s", scriptText(script))
	if script.Missing {
		w.printf("  %s", w.style.Red("is missing: the event would fail"))
	}
	w.printf("\n")
}

// scriptText is like "scripts/start.sh  as root, at most 5m0s".
func scriptText(script *agent.PlannedScript) string {
	user := "the agent's user"
	if script.RunAs != "" {
		user = term.Line(script.RunAs)
	}
	return fmt.Sprintf("%s  as %s, at most %s", term.Line(script.Location), user, script.Timeout)
}

func (w *planWriter) conflicts(conflicts []agent.Conflict) {
	if len(conflicts) == 0 {
		return
	}
	w.section("Install would fail")
	for i := range conflicts {
		w.printf("  %s: %s\n", w.style.Red(term.Line(conflicts[i].Path)), term.Line(conflicts[i].Message))
	}
}

// listed writes a mode as ls does.
func listed(mode fs.FileMode) string {
	text := []byte("-rwxrwxrwx")
	switch {
	case mode.IsDir():
		text[0] = 'd'
	case mode&fs.ModeSymlink != 0:
		text[0] = 'l'
	}
	for i := range 9 {
		if mode&(1<<(8-i)) == 0 {
			text[i+1] = '-'
		}
	}
	for _, special := range []struct {
		bit         fs.FileMode
		at          int
		with, alone byte
	}{{fs.ModeSetuid, 3, 's', 'S'}, {fs.ModeSetgid, 6, 's', 'S'}, {fs.ModeSticky, 9, 't', 'T'}} {
		switch {
		case mode&special.bit == 0:
		case text[special.at] == 'x':
			text[special.at] = special.with
		default:
			text[special.at] = special.alone
		}
	}
	return string(text)
}

// kindOf is file, folder or link.
func kindOf(step *agent.Step) string {
	switch {
	case step.Mode.IsDir():
		return "folder"
	case step.Mode&fs.ModeSymlink != 0:
		return "link"
	}
	return "file"
}

// Counted is a number of things in words, like "1 file" and "2 files".
func Counted[N int | int64](n N, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
