package scaffold

import (
	"encoding/json"
	"path"
	"strconv"
	"strings"
)

// unit is a systemd unit file that the directory holds already.
type unit struct {
	file string // path in the directory
	home string // its WorkingDirectory; empty without one
	user string // that it runs as; empty: root, or one that systemd makes
}

// procfile lets the web process of a Procfile say how the program is started.
func (d *directory) procfile(p *Project) {
	for _, line := range strings.Split(d.peek("Procfile"), "\n") {
		command, ok := strings.CutPrefix(line, "web:")
		if ok && strings.TrimSpace(command) != "" && p.recipe.reload == "" {
			p.Start = strings.TrimSpace(command)
			d.tell("Procfile")
			if p.Port == 0 {
				p.Port = 8080
			}
		}
	}
}

// units takes a systemd unit that is here already over the one that would be written.
// Templates (name@.service) are started once for each of their instances, which nothing
// here tells.
func (d *directory) units(p *Project) {
	for _, file := range d.glob("*.service", "systemd/*.service", "deploy/*.service", "etc/*.service", "config/*.service", "scripts/*.service", "etc/systemd/system/*.service") {
		text := d.peek(file)
		command := match(`(?m)^ExecStart=[-@:+!]*(\S.*)$`, text)
		if command == "" || strings.HasPrefix(text, ownUnit) || match(`^([\w.-]+)\.service$`, path.Base(file)) == "" {
			continue
		}
		user := match(`(?m)^User=([\w-]+)\s*$`, text)
		if user == "root" || match(`(?m)^DynamicUser=(yes|true|1|on)\s*$`, text) != "" {
			user = ""
		}
		home := path.Clean(match(`(?m)^WorkingDirectory=(/[\w./-]+)\s*$`, text))
		if len(home) < 2 {
			home = ""
		}
		p.unit, p.Start = &unit{file: file, home: home, user: user}, command
		d.tell(file)
		return
	}
}

// dockerfile is asked last: what it starts, where nothing else says so, and the port.
func (d *directory) dockerfile(p *Project) {
	text := d.peek("Dockerfile")
	if text == "" || p.Language == Static || p.Language == PHP {
		return
	}
	if port, err := strconv.Atoi(match(`(?mi)^EXPOSE\s+(\d+)`, text)); err == nil && port > 0 && port < 65536 {
		p.Port = port
		d.tell("Dockerfile")
	}
	if p.Start != "" || p.Language == Docker {
		return
	}
	var words []string
	if json.Unmarshal([]byte(match(`(?mi)^CMD\s+(\[.*\])\s*$`, text)), &words) == nil && len(words) > 0 {
		p.Start = strings.Join(words, " ")
		d.tell("Dockerfile")
	}
}

func lookAtDocker(d *directory, p *Project) {
	d.tell("Dockerfile")
	p.Port = 8080
	p.container = true
	p.recipe = recipe{
		what: "the image", tool: "docker",
		steps: []string{"docker build --tag " + p.Name + " ."},
		comment: []string{
			"The image is built here, on each instance. Where CI pushes it to a registry, pull it instead.",
		},
	}
	p.Start = "docker run"
}

func lookAtStatic(d *directory, p *Project) {
	p.recipe.web = true
	for _, dir := range []string{"dist", "public", "site", "_site", "docs"} {
		if !d.has("index.html") && d.has(dir+"/index.html") {
			p.recipe.source = dir
			d.tell(dir + "/index.html")
			break
		}
	}
	if p.recipe.source == "" {
		d.tell("index.html")
	}
	p.recipe.test = "test -s index.html"
}
