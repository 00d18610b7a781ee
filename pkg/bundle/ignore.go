package bundle

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/git-pkgs/gitignore"
)

// ignoreName is the name of the files that hold ignore patterns.
const ignoreName = ".cdxignore"

// ignoreList is an ordered list of gitignore patterns from one source.
//
// The matcher counts a path as matched when a pattern matches one of its parents,
// which breaks git's negation: "!keep/" must not bring back keep/x.log after "*.log".
// So every pattern and every path gets a last component that cannot be in a file
// name and also tells folders from files; patterns then match whole paths only.
type ignoreList struct {
	matcher *gitignore.Matcher
	lines   []string // as written
	folder  string   // the patterns apply below it; "" for DIR
	origin  string   // of a line: a file's path, or an option's name
	file    bool     // whether origin is a file, so that line numbers mean something
}

// maxPatternBytes is less than the matcher reads of a line, and more than any path has.
const maxPatternBytes = 32 << 10

// maxIgnoreBytes bounds what is read of an ignore file. Each of its patterns is tried on
// each path.
const maxIgnoreBytes = 1 << 20

const (
	folderMark  = "\x00d"
	fileMark    = "\x00f"
	anyMarkGlob = "\x00?"
)

// readIgnoreFile reads the ignore file of a folder that is found at source; nil if it
// has none.
func readIgnoreFile(folder, source string) (*ignoreList, error) {
	source = filepath.Join(source, ignoreName)
	info, err := os.Stat(source)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil, nil
	}
	if err == nil && info.Size() > maxIgnoreBytes {
		return nil, errors.New("an ignore file has at most 1 MiB")
	}
	content, err := os.ReadFile(source)
	if err != nil {
		return nil, err
	}
	return parseIgnoreFile(folder, content), nil
}

// parseIgnoreFile reads the content of an ignore file in a folder.
func parseIgnoreFile(folder string, content []byte) *ignoreList {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	lines := strings.Split(string(content), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\r")
		if strings.HasPrefix(line, "#") {
			lines[i] = ""
		}
	}
	list := newIgnoreList(folder, lines)
	list.origin, list.file = joinPath(folder, ignoreName), true
	return list
}

// parseIgnoreOption reads the patterns of an option.
func parseIgnoreOption(name string, patterns []string) *ignoreList {
	list := newIgnoreList("", patterns)
	list.origin = name
	return list
}

func newIgnoreList(folder string, lines []string) *ignoreList {
	list := &ignoreList{matcher: &gitignore.Matcher{}, lines: lines, folder: folder}
	var text strings.Builder
	for _, line := range lines {
		text.WriteString(wholePathPattern(line))
		text.WriteByte('\n')
	}
	list.matcher.AddPatterns([]byte(text.String()), "")
	return list
}

// wholePathPattern rewrites a line so that it matches marked paths and nothing
// below them. It returns "" for a line without a pattern.
func wholePathPattern(line string) string {
	line = trimSpaces(line)
	negation := ""
	if strings.HasPrefix(line, "!") {
		negation, line = "!", line[1:]
	}
	mark := anyMarkGlob
	if strings.HasSuffix(line, "/") {
		mark, line = folderMark, strings.TrimSuffix(line, "/")
	}
	if line == "" || quotesNext(line) || len(line) > maxPatternBytes || strings.ContainsAny(line, "\n\x00") {
		return ""
	}
	if !strings.Contains(line, "/") {
		line = "**/" + strings.Replace(line, "**", "*", 1)
	}
	if strings.HasSuffix(line, "/**") { // what is in a folder, not the folder
		line += "/*"
	}
	return negation + "/" + strings.TrimPrefix(line, "/") + "/" + mark
}

// trimSpaces removes trailing spaces, except one that a backslash quotes.
func trimSpaces(line string) string {
	trimmed := strings.TrimRight(line, " ")
	if len(trimmed) < len(line) && quotesNext(trimmed) {
		trimmed += " "
	}
	return trimmed
}

// quotesNext tells whether a text ends in a backslash that quotes what follows. A pattern
// that does matches nothing.
func quotesNext(text string) bool {
	return (len(text)-len(strings.TrimRight(text, `\`)))%2 == 1
}

// match finds the last pattern that matches a path. The first result tells whether
// there is one, the second whether it leaves the path out.
func (l *ignoreList) match(path string, dir bool) (matched, out bool, rule LeftOut) {
	below := path
	if l.folder != "" {
		below = strings.TrimPrefix(path, l.folder+"/")
	}
	mark := fileMark
	if dir {
		mark = folderMark
	}
	found := l.matcher.MatchDetail(below + "/" + mark)
	if !found.Matched {
		return false, false, LeftOut{}
	}
	origin := l.origin
	if l.file {
		origin += ":" + strconv.Itoa(found.Line)
	}
	return true, found.Ignored, LeftOut{Path: path, Dir: dir, Rule: trimSpaces(l.lines[found.Line-1]), Origin: origin}
}

// joinPath joins slash-separated paths; folder may be "".
func joinPath(folder, name string) string {
	if folder == "" {
		return name
	}
	return folder + "/" + name
}
