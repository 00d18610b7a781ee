package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// followed is where a symbolic link leads.
type followed struct {
	target string      // as the link has it
	source string      // the file or folder, without links
	info   fs.FileInfo // of source
	err    string      // why the link cannot be followed; else ""
}

// follows tells whether what a link leads to is stored in its place. The AppSpec file
// always is: an agent that refuses links would not read it.
// Source: aws/aws-codedeploy-agent, option reject_symlinks_in_bundle of agent v2.
func (w *walker) follows(path string) bool {
	return w.opts.Symlinks == SymlinksFollow || w.opts.Symlinks == SymlinksPreserve && path == appspec.FileName
}

// follow resolves a link.
func (w *walker) follow(link string) *followed {
	target, err := os.Readlink(link)
	if err != nil {
		return &followed{err: "cannot be read: " + err.Error()}
	}
	f := &followed{target: filepath.ToSlash(target)}
	f.source, err = filepath.EvalSymlinks(link)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.err = "leads nowhere"
	case errors.Is(err, fs.ErrPermission):
		f.err = "cannot be followed: permission denied"
	case err != nil:
		f.err = "leads in a circle"
	case !w.opts.AllowOutsideLinks && !isBelow(w.root, f.source):
		f.err = "leads out of the directory"
	}
	if f.err != "" {
		return f
	}
	f.info, err = os.Stat(f.source)
	if err != nil {
		f.err = "cannot be followed: " + err.Error()
	}
	return f
}

// isBelow tells whether a path is root or below it; both are absolute without links.
func isBelow(root, name string) bool {
	rel, err := filepath.Rel(root, name)
	return err == nil && filepath.IsLocal(rel)
}

func (w *walker) addBadLink(path, target, reason string) {
	w.links = append(w.links, BadLink{Path: path, Target: target, Reason: reason})
}

// addLoop reports a folder that is one of those above it. Below a link that leads out
// of DIR, that can be a folder which is no link itself.
func (w *walker) addLoop(path string, link *followed) {
	target := "."
	if link != nil {
		target = link.target
	}
	w.addBadLink(path, target, "leads in a circle")
}

// addLink keeps a link.
func (w *walker) addLink(path, source string, info fs.FileInfo) {
	target, err := os.Readlink(source)
	if err != nil {
		w.addUnreadable(path, err)
		return
	}
	target = filepath.ToSlash(target)
	if w.opts.Symlinks == SymlinksError {
		w.addBadLink(path, target, "is a symbolic link")
		return
	}
	w.entries = append(w.entries, Entry{
		Path: path, Mode: fs.ModeSymlink | fs.ModePerm, ModTime: w.modTime(info), Target: target, Source: source,
	})
}

// checkLinks warns about kept links that will not lead where they should.
func (w *walker) checkLinks() {
	shipped := make(map[string]bool, len(w.entries))
	for i := range w.entries {
		shipped[w.entries[i].Path] = true
	}
	var folders []string
	for i := range w.entries {
		entry := &w.entries[i]
		if entry.Mode&fs.ModeSymlink == 0 {
			continue
		}
		if w.checkLink(entry, shipped) {
			folders = append(folders, entry.Path)
		}
	}
	if len(folders) > 0 {
		w.warn(WarnDirLink, folders[0], folderLinkMessage(len(folders)))
	}
}

// folderLinkMessage is for the first of n links to folders. There can be thousands,
// as in pnpm's node_modules, so they get one warning.
func folderLinkMessage(n int) string {
	if n == 1 {
		return "a link to a folder, which agent 1.8 and older installs as a copy of the folder"
	}
	return fmt.Sprintf("%d links to folders, of which this is the first; agent 1.8 and older installs them as copies of the folders", n)
}

// checkLink warns about one kept link, and tells whether it leads to a folder.
func (w *walker) checkLink(entry *Entry, shipped map[string]bool) (folder bool) {
	if leadsOut(entry) {
		w.warn(WarnOutside, entry.Path, "a link that leads out of the bundle, to "+QuotePath(entry.Target))
		return false
	}
	source, err := filepath.EvalSymlinks(entry.Source)
	if err != nil {
		w.warn(WarnDangling, entry.Path, "a link that leads nowhere, to "+QuotePath(entry.Target))
		return false
	}
	rel, err := filepath.Rel(w.root, source)
	if err != nil || !filepath.IsLocal(rel) {
		w.warn(WarnOutside, entry.Path, "a link that leads out of the bundle, to "+QuotePath(entry.Target))
		return false
	}
	if rel != "." && !shipped[filepath.ToSlash(rel)] {
		w.warn(WarnDangling, entry.Path, "a link to what is left out of the bundle, "+QuotePath(entry.Target))
		return false
	}
	info, err := os.Stat(source)
	return err == nil && info.IsDir()
}

// leadsOut tells whether a link leaves the bundle by its text alone.
func leadsOut(entry *Entry) bool {
	if path.IsAbs(entry.Target) || filepath.IsAbs(entry.Target) {
		return true
	}
	to := path.Join(path.Dir(entry.Path), entry.Target)
	return to == ".." || strings.HasPrefix(to, "../")
}
