package agent

import (
	"io/fs"
	"path"
	"strings"
	"time"
)

// agentDir is the agent's working directory on an instance: relative destinations count from it.
// The scripts of hooks run in it too; here that is [Options.Dir].
const agentDir = "/opt/codedeploy-agent"

// agentHome is the home directory of the agent's user on an instance.
const agentHome = "/root"

// style is how an operating system writes paths.
type style struct {
	windows bool
}

// raw turns a destination or permission object, as the AppSpec file has it, into a path with slashes
// that starts at the host's root but may still hold "..", "." and doubled slashes, which mean
// something on disk.
func (s style) raw(p string) string {
	if s.windows {
		p = drivePath(strings.ReplaceAll(p, `\`, "/"))
	}
	if strings.HasPrefix(p, "/") {
		return p
	}
	return agentDir + "/" + p
}

// source turns a source or script location into a path in the revision. Leading separators mean
// nothing; ok is false when the path leads out of the revision.
func (s style) source(p string) (rel string, ok bool) {
	if s.windows {
		p = strings.ReplaceAll(p, `\`, "/")
	}
	rel = path.Clean(strings.TrimLeft(p, "/"))
	return rel, rel != ".." && !strings.HasPrefix(rel, "../")
}

// drivePath turns "C:/inetpub" into "/C/inetpub", the form in which a drive has its own folder below
// the root.
func drivePath(p string) string {
	if len(p) >= 2 && p[1] == ':' && isLetter(p[0]) {
		return "/" + strings.ToUpper(p[:1]) + "/" + strings.TrimLeft(p[2:], "/")
	}
	return p
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// expand makes a raw path the one that the agent keeps and prints, as Ruby's File.expand_path does.
func expand(raw string) string { return path.Clean("/" + raw) }

// dirname is Ruby's File.dirname: unlike [path.Dir] it does not resolve ".." components.
func dirname(raw string) string {
	trimmed := strings.TrimRight(raw, "/")
	cut := strings.LastIndexByte(trimmed, '/')
	if cut < 0 {
		return "/"
	}
	if parent := strings.TrimRight(trimmed[:cut], "/"); parent != "" {
		return parent
	}
	return "/"
}

// dirInfo says that something is a folder, which is all that lookups of folders are asked.
type dirInfo struct{}

func (dirInfo) Name() string       { return "." }
func (dirInfo) Size() int64        { return 0 }
func (dirInfo) Mode() fs.FileMode  { return fs.ModeDir | 0o755 }
func (dirInfo) ModTime() time.Time { return time.Time{} }
func (dirInfo) IsDir() bool        { return true }
func (dirInfo) Sys() any           { return nil }
