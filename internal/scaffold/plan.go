package scaffold

import (
	"io/fs"
	"strings"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// File is a file to be written.
type File struct {
	Path string      // slash-separated, relative to the directory
	Mode fs.FileMode // permissions
	Text string
	What string // what it is for, in a few words
	Hook bool   // belongs to the AppSpec file, and has no use without it
}

// AppSpecName is where the AppSpec file is written.
const AppSpecName = "appspec.yml"

// SettingsName is where the settings are written.
const SettingsName = "cdx.yml"

// AppSpecFiles composes the AppSpec file and what it needs: hooks, what they run, a systemd
// unit and what stays out of the revision. fsys is the directory, for its names.
func (p *Project) AppSpecFiles(fsys fs.FS) []File {
	if p.Platform != appspec.Server {
		return []File{{AppSpecName, 0o644, p.resourceAppSpec(), "where CodeDeploy moves the traffic to", true}}
	}
	scripts := scriptsFolder(fsys)
	hooks := p.hooks()
	files := []File{{AppSpecName, 0o644, p.appSpec(scripts, hooks), "what the agent does with a revision", true}}
	for _, h := range hooks {
		files = append(files, File{scripts + "/" + h.file, 0o755, h.text, h.event, true})
	}
	if service := p.service(); service != "" && p.unit == nil {
		files = append(files,
			File{scripts + "/run.sh", 0o755, p.runScript(), "what the service runs", true},
			File{scripts + "/" + service, 0o644, p.unitFile(scripts), "systemd unit", true},
		)
	}
	if text := p.ignoreFile(fsys); text != "" {
		files = append(files, File{".cdxignore", 0o644, text, "what stays out of the revision", true})
	}
	return files
}

// signatures begin the second line of each script written here.
func signatures() []string {
	return []string{"# BeforeInstall: ", "# AfterInstall: ", "# ApplicationStart: ", "# ValidateService: ", "# Runs "}
}

// scriptsFolder is scripts, unless the project keeps something else of the same names
// there.
func scriptsFolder(fsys fs.FS) string {
	d := &directory{fsys: fsys}
	for _, folder := range []string{"scripts", "deploy"} {
		if !d.foreignScripts(folder) {
			return folder
		}
	}
	return "codedeploy"
}

// foreignScripts reports whether a folder holds a script of one of our names that is
// not ours.
func (d *directory) foreignScripts(folder string) bool {
	for _, name := range []string{"prepare.sh", "install.sh", "start.sh", "check.sh", "run.sh"} {
		file := folder + "/" + name
		if !d.has(file) {
			continue
		}
		_, rest, _ := strings.Cut(d.peek(file), "\n")
		ours := false
		for _, signature := range signatures() {
			ours = ours || strings.HasPrefix(rest, signature)
		}
		if !ours {
			return true
		}
	}
	return false
}

// ignoreFile is the .cdxignore; empty when nothing has to stay out.
func (p *Project) ignoreFile(fsys fs.FS) string {
	lines := p.recipe.ignore
	d := &directory{fsys: fsys}
	if d.has(".env") && !strings.Contains(strings.Join(lines, "\n"), "\n.env") {
		lines = append(lines[:len(lines):len(lines)], "", "# Secrets of this machine.", ".env")
	}
	if len(lines) == 0 {
		return ""
	}
	text := "# What stays out of the revision, in the syntax of .gitignore. See it with: cdx push --list\n"
	return text + strings.TrimLeft(strings.Join(lines, "\n"), "\n") + "\n"
}
