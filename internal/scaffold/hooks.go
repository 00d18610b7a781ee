package scaffold

import (
	"fmt"
	"strings"
)

// script collects the lines of a shell script.
type script struct{ strings.Builder }

func newScript(comment ...string) *script {
	s := &script{}
	s.line("#!/bin/sh")
	for _, line := range comment {
		s.line("# " + line)
	}
	s.line("set -eu", "")
	return s
}

func (s *script) line(lines ...string) {
	for _, line := range lines {
		s.WriteString(line + "\n")
	}
}

// rehearsing tells a rehearsal from an instance: only cdx deploy --local sets the variable.
const rehearsing = `[ -n "${CDX_LOCAL_ROOT-}" ]`

// deploying is the opposite.
const deploying = `[ -z "${CDX_LOCAL_ROOT-}" ]`

// prepareScript is BeforeInstall: the account that the program runs as.
func (p *Project) prepareScript() string {
	s := newScript("BeforeInstall: makes sure of the account that " + p.Name + " runs as.")
	s.line(
		"if "+rehearsing+"; then",
		`    echo "rehearsal: no account is made"`,
		"elif ! id -u "+p.user()+" >/dev/null 2>&1; then",
		"    useradd --system --home-dir "+p.Home()+" --no-create-home --shell /usr/sbin/nologin "+p.user(),
		"fi",
	)
	return s.String()
}

// installScript is AfterInstall: what is made of the files once they are in place.
func (p *Project) installScript() string {
	r := p.recipe
	s := newScript("AfterInstall: makes " + p.Home() + " ready to run. It may run again at any time.")
	s.line(
		`# "cdx deploy --local" sets CDX_LOCAL_ROOT, the folder that stands for /; an instance does not.`,
		"app=${CDX_LOCAL_ROOT-}"+p.Home(),
	)
	if r.shipped != "" {
		s.line(`revision=$(cd "$(dirname "$0")/.." && pwd) # what is being deployed`)
	}
	s.line(`cd "$app"`, "")
	if r.tool != "" {
		s.line(
			"# The agent may have neither of these, as a service of the system.",
			`export HOME="${HOME:-/root}" PATH="$PATH:/usr/local/bin"`,
			"",
		)
		p.steps(s)
	}
	if len(r.after) > 0 {
		s.line("")
		s.line(r.after...)
	}
	if len(r.writable) > 0 {
		p.writables(s)
	}
	return strings.TrimRight(s.String(), "\n") + "\n"
}

// steps makes what CI has not: fetches it, and builds. A rehearsal goes on where this
// machine has no program for it, or no network; an instance does not. What was fetched
// has to build in both.
func (p *Project) steps(s *script) {
	r := p.recipe
	s.line(
		"# missing REASON lets a rehearsal go on, and ends a deployment on an instance.",
		"missing() {",
		fmt.Sprintf(`    echo "%s cannot be made here: $1" >&2`, r.what),
		"    "+rehearsing,
		"}",
		"",
	)
	for _, line := range r.comment {
		s.line("# " + line)
	}
	condition := "if"
	if p.container {
		s.line("if "+rehearsing+"; then", fmt.Sprintf(`    echo "rehearsal: %s is not made"`, r.what))
		condition = "elif"
	}
	if r.shipped != "" {
		test := `[ -e "$revision/` + r.shipped + `" ]`
		if strings.Contains(r.shipped, "*") {
			test = `ls "$revision"/` + r.shipped + " >/dev/null 2>&1"
		}
		s.line("if "+test+"; then", fmt.Sprintf(`    echo "came with the revision: %s"`, r.what))
		condition = "elif"
	}
	s.line(condition+" ! command -v "+r.tool+" >/dev/null; then", fmt.Sprintf(`    missing "%s is not installed"`, r.tool))
	if len(r.fetch) > 0 {
		s.line("elif ! {", "    "+strings.Join(r.fetch, " &&\n        "), "}; then", `    missing "a download failed"`)
	}
	if len(r.steps) > 0 {
		s.line("else")
	}
	for _, step := range r.steps {
		s.line("    " + step)
	}
	s.line("fi")
}

// writables gives the folders that the program writes to into the hands of whoever
// runs it: for PHP that is the web server's account, whose name differs.
func (p *Project) writables(s *script) {
	folders := strings.Join(p.recipe.writable, " ")
	s.line("", "# What the program writes to.", "mkdir -p "+folders)
	if !p.recipe.web {
		s.line("if "+deploying+"; then", "    chown -R "+p.user()+": "+folders, "fi")
		return
	}
	s.line(
		"if "+deploying+"; then",
		"    for user in www-data nginx apache; do",
		`        if id -u "$user" >/dev/null 2>&1; then`,
		`            chown -R "$user": `+folders,
		"            break",
		"        fi",
		"    done",
		"fi",
	)
}

// startScript is ApplicationStart.
func (p *Project) startScript() string {
	service := p.service()
	if service == "" {
		return p.reloadScript()
	}
	s := newScript("ApplicationStart: starts " + p.Name + " anew; systemd keeps it running and starts it at boot.")
	s.line(
		"if "+rehearsing+"; then",
		fmt.Sprintf(`    echo "rehearsal: %s is not started"`, service),
		"    exit 0",
		"fi",
		"if ! command -v systemctl >/dev/null; then",
		fmt.Sprintf(`    echo "there is no systemd on this instance: start %s here in its own way" >&2`, p.Name),
		"    exit 1",
		"fi",
		"systemctl daemon-reload",
		"systemctl enable "+service,
		"systemctl restart "+service,
	)
	return s.String()
}

// reloadScript is ApplicationStart of what another service serves.
func (p *Project) reloadScript() string {
	s := newScript("ApplicationStart: " + p.recipe.reloads)
	s.line(
		"if "+rehearsing+"; then",
		`    echo "rehearsal: nothing is reloaded"`,
		"elif command -v systemctl >/dev/null; then",
		"    systemctl reload-or-restart '"+p.recipe.reload+"' # none is fine: a pattern may match nothing",
		"fi",
	)
	return s.String()
}

// checkScript is ValidateService.
func (p *Project) checkScript() string {
	s := newScript("ValidateService: the deployment succeeds only if this does.")
	s.line("if " + rehearsing + "; then")
	if p.recipe.test != "" {
		s.line(fmt.Sprintf(`    cd "$CDX_LOCAL_ROOT%s"`, p.Home()), "    "+guarded(p.recipe.test))
	}
	s.line(`    echo "rehearsal: `+p.rehearsed()+`"`, "    exit 0", "fi")
	switch {
	case p.service() == "":
		s.line("cd "+p.Home(), guarded(p.recipe.test))
	case p.Port == 0:
		s.line("sleep 3 # a program that cannot run ends at once", "systemctl is-active "+p.service())
	default:
		p.awaitAnswer(s)
	}
	return s.String()
}

func (p *Project) rehearsed() string {
	if p.recipe.test == "" {
		return "nothing runs that could be asked"
	}
	return "what was installed is in order"
}

// guarded lets a test that needs a program pass where this machine has none.
func guarded(test string) string {
	tool, _, _ := strings.Cut(test, " ")
	switch tool {
	case "node", "php", "python3", "ruby":
		return "! command -v " + tool + " >/dev/null || " + test
	case "":
		return ":"
	}
	return test
}

func (p *Project) awaitAnswer(s *script) {
	s.line(
		"# Any answer counts, also 404: it listens. For more, give curl --fail and the page of a health check.",
		"tries=30",
		fmt.Sprintf(`until curl --silent --output /dev/null "http://127.0.0.1:%d/"; do`, p.Port),
		"    tries=$((tries - 1))",
		`    if [ "$tries" -eq 0 ]; then`,
		fmt.Sprintf(`        echo "%s does not answer on port %d" >&2`, p.Name, p.Port),
		"        journalctl --no-pager --lines 20 --unit "+p.service()+" >&2 || true",
		"        exit 1",
		"    fi",
		"    sleep 1",
		"done",
		"systemctl is-active "+p.service(),
	)
}

// runScript is what the unit runs. It is a script of its own, since systemd's quoting is
// not the shell's, and so that it can be tried by hand.
func (p *Project) runScript() string {
	s := newScript("Runs " + p.Name + " in the foreground: for systemd, or to try it by hand.")
	s.line(`cd "$(dirname "$0")/.."`)
	if p.recipe.path != "" {
		s.line("PATH=$PWD/" + p.recipe.path + ":$PATH")
	}
	if p.Port != 0 {
		s.line(fmt.Sprintf(`export PORT="${PORT:-%d}"`, p.Port))
		if p.Language == Java {
			s.line(`export SERVER_PORT="$PORT" # Spring Boot's name for it`)
		}
	}
	if p.container && p.Start == "docker run" {
		s.line(
			"docker rm --force "+p.Name+" >/dev/null 2>&1 || true",
			fmt.Sprintf(`exec docker run --rm --name %s --env-file "${ENV_FILE:-/dev/null}" --env PORT --publish "$PORT:$PORT" %s`, p.Name, p.Name),
		)
		return s.String()
	}
	s.line(execLine(p.Start))
	return s.String()
}

// execLine puts the program in the shell's place, so that it gets the signals, unless
// the command is more than one program.
func execLine(command string) string {
	if !strings.ContainsAny(command, `"'`) {
		command = strings.ReplaceAll(strings.ReplaceAll(command, "${PORT}", "$PORT"), "$PORT", `"$PORT"`)
	}
	first, _, _ := strings.Cut(command, " ")
	if strings.ContainsAny(command, "&|;<>(") || strings.Contains(first, "=") || first == "cd" || first == "exec" {
		return command
	}
	return "exec " + command
}
