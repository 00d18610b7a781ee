// Package scaffold knows what "cdx init" writes: it looks at a directory, tells what
// kind of program is in it and how that is started, and composes the AppSpec file,
// hook scripts, a systemd unit, cdx.yml and a file for a CI system.
//
// The hooks work in two places. On an instance they run as root below / and hand the
// program to systemd. In a rehearsal, which is a deployment by "cdx deploy --local",
// CDX_LOCAL_ROOT is set: they work below that folder, and neither start anything nor
// touch the machine.
package scaffold

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// Language is what a program is written in, as far as it decides how to deploy it.
type Language string

// The languages. Static is a folder of pages, Docker what only a Dockerfile knows how
// to build, and Other anything else.
const (
	Node   Language = "node"
	PHP    Language = "php"
	Python Language = "python"
	Java   Language = "java"
	Go     Language = "go"
	Ruby   Language = "ruby"
	DotNet Language = "dotnet"
	Static Language = "static"
	Docker Language = "docker"
	Other  Language = "other"
)

// Project is what a directory holds, and what is decided about it. [Look] fills it;
// Start and Port may be changed before files are composed.
type Project struct {
	Name      string           // of the service and its folder, such as "shop"
	Language  Language         // never empty after Look
	Platform  appspec.Platform // where the program runs; never empty after Look
	SeenBy    []string         // the files that tell the language and the start, such as "package.json"
	Start     string           // shell command that runs the program in the foreground; empty: nothing runs
	Port      int              // that the program listens on for HTTP; 0: unknown, or none
	CI        []CI             // systems that have a file here already
	Remote    CI               // system that goes with the git remote; NoCI when none is known
	unit      *unit            // that is here already
	recipe    recipe
	resource  *resource // of ECS or Lambda; nil for servers
	container bool      // Start runs a container, which needs no user of its own
}

// recipe is what a language adds to the common hooks.
type recipe struct {
	source   string   // folder that is installed; empty: all
	shipped  string   // what CI may have built already, relative to the revision, such as "node_modules"
	what     string   // name of that in sentences, such as "dependencies"
	tool     string   // program that the steps need, such as "npm"
	fetch    []string // shell commands that fetch what is needed, run in the program's folder
	steps    []string // shell lines that build it then
	comment  []string // why, for those who read install.sh
	after    []string // shell lines that always follow, such as those that copy a JAR
	path     string   // folder to put in front of PATH for the program, relative to its own
	settings []string // NAME=value pairs for the unit
	test     string   // shell command that tells in a rehearsal whether the result is sound
	writable []string // folders that the program writes to
	ignore   []string // lines of .cdxignore, with comments
	build    []string // commands of a CI job before cdx deploy
	reload   string   // glob of systemd units that serve the program, such as php*-fpm.service
	reloads  string   // what that is good for, as the end of a sentence
	web      bool     // lives below /var/www
	root     string   // folder that a web server has as its root, relative to the program's own
}

// Look tells what is in a directory. language and platform override what the files say;
// empty lets them speak. Files that cannot be read are as if they were not there.
func Look(fsys fs.FS, name string, language Language, platform appspec.Platform) *Project {
	d := &directory{fsys: fsys}
	p := &Project{Name: safeName(name), Language: language}
	if p.Language == "" {
		p.Language = d.language()
	}
	for _, look := range lookers() {
		if look.language == p.Language {
			look.at(d, p)
		}
	}
	d.procfile(p)
	d.units(p)
	d.dockerfile(p)
	d.lookAtPlatform(p, platform)
	p.CI, p.Remote = d.systems(), d.remoteSystem()
	p.SeenBy = d.seen
	return p
}

// safeName makes an application's name one that a folder and a systemd unit may have.
// Source: systemd.unit(5).
func safeName(name string) string {
	name = strings.Trim(regexp.MustCompile(`[^A-Za-z0-9._-]+`).ReplaceAllString(name, "-"), ".-")
	if name == "" {
		return "app"
	}
	return name
}

// looker fills in what a language's own files say.
type looker struct {
	language Language
	files    []string // any of these, a glob each, tells the language
	at       func(*directory, *Project)
}

func lookers() []looker {
	return []looker{
		{Go, []string{"go.mod"}, lookAtGo},
		{Java, []string{"pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"}, lookAtJava},
		{DotNet, []string{"*.csproj", "*.sln", "*.slnx", "*.fsproj", "*.aspx"}, lookAtDotNet},
		{Python, []string{"manage.py", "requirements.txt", "pyproject.toml", "setup.py", "Pipfile", "app.py", "main.py"}, lookAtPython},
		{Ruby, []string{"Gemfile"}, lookAtRuby},
		{PHP, []string{"composer.json", "index.php", "public/index.php"}, lookAtPHP},
		{Node, []string{"package.json"}, lookAtNode},
		{Docker, []string{"Dockerfile"}, lookAtDocker},
		{Static, []string{"index.html", "public/index.html", "site/index.html", "dist/index.html", "docs/index.html", "_site/index.html"}, lookAtStatic},
		{Other, nil, func(*directory, *Project) {}},
	}
}

// directory is the directory that is looked at; it remembers what told something.
type directory struct {
	fsys fs.FS
	seen []string
}

func (d *directory) language() Language {
	for _, look := range lookers() {
		for _, name := range look.files {
			if len(d.glob(name)) > 0 {
				return look.language
			}
		}
	}
	return Other
}

// maxRead bounds what is read of a file: more of it tells nothing.
const maxRead = 1 << 20

func (d *directory) has(name string) bool {
	info, err := fs.Stat(d.fsys, path.Clean(name)) // people write ./name
	return err == nil && info.Mode().IsRegular()
}

// first returns the first of the files that is there.
func (d *directory) first(names ...string) string {
	for _, name := range names {
		if d.has(name) {
			return name
		}
	}
	return ""
}

// glob returns the files that match, sorted.
func (d *directory) glob(patterns ...string) []string {
	var found []string
	for _, pattern := range patterns {
		names, _ := fs.Glob(d.fsys, pattern) // the patterns are right
		for _, name := range names {
			if d.has(name) {
				found = append(found, name)
			}
		}
	}
	return found
}

// read returns a file's text and remembers that it told something.
func (d *directory) read(name string) string {
	text := d.peek(name)
	if text != "" {
		d.tell(name)
	}
	return text
}

// peek returns a file's text; empty for a file that is not there, or too large.
func (d *directory) peek(name string) string {
	name = path.Clean(name)
	info, err := fs.Stat(d.fsys, name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxRead {
		return ""
	}
	data, err := fs.ReadFile(d.fsys, name)
	if err != nil {
		return ""
	}
	return string(data)
}

func (d *directory) tell(name string) {
	for _, known := range d.seen {
		if known == name {
			return
		}
	}
	d.seen = append(d.seen, name)
}

// plain reports a name that a shell takes as it is.
func plain(name string) bool { return match(`^([\w.][\w./-]*)$`, name) != "" }

// match returns the first group of a pattern's first match.
func match(pattern, text string) string {
	groups := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if len(groups) < 2 {
		return ""
	}
	return groups[1]
}

// Home is the folder on an instance that the program is installed to.
func (p *Project) Home() string {
	switch {
	case p.unit != nil && p.unit.home != "":
		return p.unit.home
	case p.recipe.web:
		return "/var/www/" + p.Name
	default:
		return "/srv/" + p.Name
	}
}

// Describe says what was found, for a person: "Node (package.json), started by
// node server.js, port 3000".
func (p *Project) Describe() string {
	names := map[Language]string{
		Node: "Node.js", PHP: "PHP", Python: "Python", Java: "Java", Go: "Go", Ruby: "Ruby", DotNet: ".NET",
		Static: "a static site", Docker: "a container", Other: "nothing known",
	}
	text := names[p.Language]
	switch p.Platform {
	case appspec.ECS:
		text = "the container " + p.resource.name + " for ECS"
	case appspec.Lambda:
		text = "the Lambda function " + p.resource.name
	}
	if len(p.SeenBy) > 0 {
		text += " (" + strings.Join(p.SeenBy, ", ") + ")"
	}
	if p.Start != "" {
		text += ", started by: " + p.Start
	}
	if p.Port != 0 {
		text += fmt.Sprintf(", port %d", p.Port)
	}
	return text
}

// RunsNothing reports that nobody serves the program: it has no service of its own, and
// no other server does it, nor AWS.
func (p *Project) RunsNothing() bool {
	return p.service() == "" && !p.recipe.web && p.recipe.reload == "" && p.Platform == appspec.Server
}

// maxPrograms bounds how many folders [Programs] names.
const maxPrograms = 5

// Programs are the folders, at most two levels down, that hold something to deploy each.
// It is for a directory that is nothing by itself, as the root of a monorepo.
func Programs(fsys fs.FS) (folders []string) {
	for _, pattern := range []string{"*", "*/*"} {
		names, _ := fs.Glob(fsys, pattern) // the patterns are right
		for _, name := range names {
			if strings.ContainsAny(name, ".") || strings.Contains(name, "node_modules") || strings.Contains(name, "vendor") {
				continue
			}
			sub, err := fs.Sub(fsys, name)
			if err == nil && len(folders) < maxPrograms && !Look(sub, "app", "", "").RunsNothing() {
				folders = append(folders, name)
			}
		}
	}
	return folders
}

// service is the name of the systemd unit; empty without one.
func (p *Project) service() string {
	switch {
	case p.unit != nil:
		return path.Base(p.unit.file)
	case p.Start != "":
		return p.Name + ".service"
	default:
		return ""
	}
}

// user is the account that the program runs as. Accounts have shorter names than
// applications, of fewer characters.
// Source: shadow-utils, useradd(8).
func (p *Project) user() string {
	if p.unit != nil {
		return p.unit.user
	}
	if p.container {
		return ""
	}
	name := strings.Trim(regexp.MustCompile(`[^a-z0-9_-]+`).ReplaceAllString(strings.ToLower(p.Name), "-"), "-")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "app-" + name
	}
	return strings.TrimRight(name[:min(len(name), 32)], "-")
}
