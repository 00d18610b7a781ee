package bundle

import (
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"
)

// checkPortable refuses names that an unpacker could take for a path elsewhere, and those
// that the format has no room for.
func (w *walker) checkPortable() error {
	var elsewhere, long []string
	for i := range w.entries {
		e := &w.entries[i]
		if !isPortable(e.Path, w.opts.Windows) {
			elsewhere = append(elsewhere, e.Path)
		}
		if w.opts.Type == Zip && len(zipName(e)) > math.MaxUint16 {
			long = append(long, e.Path)
		}
	}
	switch {
	case len(elsewhere) > 0:
		return &NameError{Paths: elsewhere, Reason: "a backslash separates folders on Windows, so the file would be unpacked elsewhere"}
	case len(long) > 0:
		return &NameError{Paths: long, Reason: "a path in a zip has at most 65,535 bytes"}
	}
	return nil
}

// isPortable tells whether a path stays what it is when backslashes separate folders,
// or at least stays in the bundle where they do not have to.
func isPortable(name string, windows bool) bool {
	if !strings.Contains(name, `\`) {
		return true
	}
	slashed := strings.ReplaceAll(name, `\`, "/")
	drive := len(slashed) > 1 && slashed[1] == ':'
	return !windows && !drive && !path.IsAbs(slashed) && path.Clean(slashed) != ".." && !strings.HasPrefix(path.Clean("./"+slashed), "../")
}

// checkNames warns about names that some system stores or reads otherwise.
func (w *walker) checkNames() {
	folded := make(map[string]string)
	for i := range w.entries {
		name := w.entries[i].Path
		if reason := w.nameProblem(path.Base(name)); reason != "" {
			w.warn(WarnName, name, reason)
		}
		if !w.opts.Windows {
			continue
		}
		key := strings.ToLower(name)
		if first, clash := folded[key]; clash {
			w.warn(WarnCase, name, fmt.Sprintf("the same name as %s on Windows, so one of them is lost", QuotePath(first)))
			continue
		}
		folded[key] = name
	}
}

// QuotePath returns a path as it can be shown to people: as it is, or, as git does, in
// double quotes with what a terminal or reader might misunderstand escaped as in Go, like
// "a\nb". So a name can neither pass for other lines, columns or entries nor drive a terminal.
func QuotePath(name string) string {
	plain := utf8.ValidString(name) && name == strings.TrimSpace(name) && !strings.Contains(name, "  ") &&
		!strings.ContainsFunc(name, func(r rune) bool { return r == '"' || r == '\\' || !strconv.IsPrint(r) })
	if plain {
		return name
	}
	return strconv.Quote(name)
}

// nameProblem says what is the matter with a name, "" for nothing.
func (w *walker) nameProblem(base string) string {
	switch {
	case !utf8.ValidString(base):
		return "a name that is not UTF-8, which agents may unpack under another name"
	case w.opts.Windows:
		return windowsNameProblem(base)
	case w.opts.Type == Zip && strings.ContainsFunc(base, isControl):
		return "a name with a control character, which agent v1 drops when it unpacks a zip, so an AppSpec file that names this path does not find it there; tar and tgz keep it"
	case strings.Contains(base, `\`):
		return "a name with a backslash, which some tools take for a folder"
	}
	return ""
}

// windowsNameProblem knows the naming rules of Windows.
// Source: https://learn.microsoft.com/windows/win32/fileio/naming-a-file.
func windowsNameProblem(base string) string {
	switch {
	case isReservedName(base):
		return "a name that Windows reserves for a device"
	case strings.ContainsAny(base, `<>:"|?*`) || strings.ContainsFunc(base, func(r rune) bool { return r < ' ' }):
		return "a name with a character that Windows does not allow"
	case strings.HasSuffix(base, ".") || strings.HasSuffix(base, " "):
		return "a name that ends with a dot or space, which Windows drops"
	}
	return ""
}

// isControl tells the characters that unzip drops from names.
// Source: Info-ZIP UnZip 6.0, unix/unix.c, mapname, without option -^.
func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func isReservedName(base string) bool {
	stem, _, _ := strings.Cut(strings.ToUpper(base), ".")
	stem = strings.TrimRight(stem, " ")
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	number, isPort := strings.CutPrefix(stem, "COM")
	if !isPort {
		number, isPort = strings.CutPrefix(stem, "LPT")
	}
	if !isPort {
		return false
	}
	switch number {
	case "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³":
		return true
	}
	return false
}
