package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// difference is an AppSpec file that the agents treat differently, or, against
// expectation, alike.
type difference struct {
	about string // a phrase
	why   string // sentences
	text  string // the file; version and os are added where they are missing
	look  string // the setting whose value tells; empty: none does
}

// chapter is a part of the page on agents.
type chapter struct {
	title, prose string
	differences  []difference
}

func agentChapters() []chapter {
	return []chapter{
		{"Agent v1 accepts, agent v2 refuses", "Agent v2 wants each value in its type, every key once, and one document.", onlyV1Accepts()},
		{"Agent v1 refuses, agent v2 accepts", "Agent v1 reads YAML 1.1 with Ruby's parser, which since Ruby 3.1 builds nothing but plain data.", onlyV2Accepts()},
		{"Both accept, and understand something else", "These are the dangerous ones: the deployment succeeds with both agents and does two different things.", readDifferently()},
		{"Both accept, and one fails when it deploys", "The parsers agree; the installers do not.", deployedDifferently()},
		{"The same in both", "One might expect otherwise.", theSame()},
	}
}

func onlyV1Accepts() []difference {
	return []difference{
		{"A timeout in quotes", "", hook("timeout: '300'"), "timeout"},
		{"A timeout with a unit", "Agent v1 takes the leading digits, so five minutes become five seconds.", hook("timeout: 5m"), "timeout"},
		{"A timeout like a clock", "YAML 1.1 reads numbers to the base of 60, and takes two of them for hours and minutes.", hook("timeout: 1:30"), "timeout"},
		{"A timeout with a leading zero", "An octal number in YAML 1.1.", hook("timeout: 0300"), "timeout"},
		{"A timeout with separators", "", hook("timeout: 1,800"), "timeout"},
		{"No as a timeout", "False, to agent v1, means the default of an hour.", hook("timeout: no"), "timeout"},
		{"A word for sudo", "To Ruby every text is true, 'false' included.", hook("sudo: 'false'"), "sudo"},
		{"Zero in another notation", "", "version: 0x0\nos: linux\n", ""},
		{"A key twice", "Agent v1 takes the later one.", hook("timeout: 60\n      timeout: 90"), "timeout"},
		{"A second document", "A line --- at the end is enough.", "files:\n  - source: /\n    destination: /srv/shop\n---\n", ""},
		{"Nothing, spelt out", "An empty value is fine with both.", "hooks: ~\n", ""},
		{"An empty mapping for a list", "", "files: {}\n", ""},
		{"An empty destination", "", "files:\n  - source: shop.conf\n    destination: \"\"\n", ""},
		{"A list of one script", "Agent v1 turns it into a text that names no file.", "hooks:\n  AfterInstall:\n    - location: [bin/go.sh]\n", "location"},
		{"A mode like a clock", "", permission("mode: 1:10"), "mode"},
		{"An ACL entry without a type", "", permission("acls: ['bob:rw']"), "acls"},
		{"A trailing comma in an SELinux range", "", permission("context: {type: httpd_t, range: 's0:c1,'}"), "range"},
	}
}

func onlyV2Accepts() []difference {
	return []difference{
		{"An alias", "Agent v1 accepts it on Ruby 3.0 and older. Agent v2 reads the file as if the text stood in both places.", "hooks:\n  AfterInstall: &scripts\n    - location: bin/go.sh\n  ApplicationStart: *scripts\n", ""},
		{"A date", "The same: only on Ruby 3.0 and older.", "files:\n  - source: 2024-05-01\n    destination: /srv/shop\n", "source"},
		{"An object of Ruby's", "Also where no agent looks at the value.", "owner: !ruby/object:Shop {name: a}\n", ""},
		{"Zero with an exponent", "", "version: 0e0\nos: linux\n", ""},
		{"A mode with a leading zero that becomes an 8 or 9", "Octal 755 is 493.", permission("mode: 0755"), "mode"},
		{"An ACL entry for others", "Agent v1 wants it in the mode.", permission("acls: ['o::r']"), "acls"},
		{"Four parts in an ACL entry that is no default", "Agent v2 drops the last one.", permission("acls: ['u:mary:rw:x']"), "acls"},
		{"A category twice in an SELinux range", "", permission("context: {type: httpd_t, range: 's0:c1,c1'}"), "range"},
		{"Parts too many in an SELinux range", "Agent v2 drops them.", permission("context: {type: httpd_t, range: 's0-s1-s2'}"), "range"},
		{"Octal as YAML 1.2 writes it", "", hook("timeout: 0o17"), "timeout"},
	}
}

func readDifferently() []difference {
	return []difference{
		{"A mode with a leading zero", "The classic. Agent v1 sets `chmod 0420`, so that nobody but the owner can read the file.", permission("mode: 0644"), "mode"},
		{"", "", permission("mode: 0777"), "mode"},
		{"Yes and no without quotes", "YAML 1.1 has them for true and false, YAML 1.2 for words.", hook("runas: no"), "runas"},
		{"", "", "hooks:\n  AfterInstall:\n    - location: yes\n", "location"},
		{"A merge key", "To agent v2, << is a key like any other, which it does not know.", hook("<<: {timeout: 5}"), "timeout"},
		{"A number as owner", "Agent v1 fails with a TypeError when it sets the owner; agent v2 looks for a user of that name.", permission("owner: 1000"), "owner"},
		{"A pattern with a slash", "To agent v1, a pattern other than ** is about the names directly in the directory, which have no slash. Agent v2 compares the path below it. In a pattern that has a star, ?, [ab] and {a,b} are wildcards to agent v2 and letters to agent v1.", permission("pattern: bin/go.sh\n    mode: 755"), "pattern"},
	}
}

func deployedDifferently() []difference {
	return []difference{
		{"An SELinux context without range", "The user guide calls it optional. Agent v1 fails as soon as something matches.", permission("context: {type: httpd_t}"), "range"},
		{"~ at the start of a destination", "Agent v1 fails to make a directory of that name; agent v2 takes the home of the user that it runs as.", "files:\n  - source: build\n    destination: ~/shop\n", "destination"},
		{"A leading backslash on Windows", "Agent v2.0.0 looks for it at the drive's root; from 2.0.1 on the agents agree.", "version: 0.0\nos: windows\nfiles:\n  - source: \\site\n    destination: C:\\inetpub\n", "source"},
	}
}

func theSame() []difference {
	return []difference{
		{"The version in quotes", "The user guide says “string”. Both agents want the number.", "version: \"0.0\"\nos: linux\n", ""},
		{"A byte order mark", "It moves the first key one column to the right, and the mapping ends behind it. Before a comment it does no harm.", "\ufeffversion: 0.0\nos: linux\n", ""},
		{"Keys and events that do not exist", "Both ignore them, so a misspelt hook never runs.", "hooks:\n  AfterInstal:\n    - location: bin/go.sh\n", ""},
		{"A timeout of more than an hour", "The user guide's limit of 3600 seconds is not checked by either.", hook("timeout: 99999"), "timeout"},
		{"An empty mode", "", permission("mode: ''"), "mode"},
	}
}

func hook(line string) string {
	return "hooks:\n  AfterInstall:\n    - location: bin/go.sh\n      " + line + "\n"
}

func permission(line string) string {
	return "permissions:\n  - object: /srv/shop\n    " + line + "\n"
}

// file completes the example.
func (d difference) file() *appspec.File {
	text := d.text
	if strings.HasPrefix(text, "permissions:") {
		text = "files:\n  - source: /\n    destination: /srv/shop\n" + text
	}
	if !strings.Contains(text, "version:") {
		text = "version: 0.0\nos: linux\n" + text
	}
	return appspec.Parse(appspec.FileName, []byte(text))
}

const agentsIntroduction = `# Where the two CodeDeploy agents differ

There are two agents for EC2 and on-premises servers: version 1, in Ruby, reads YAML 1.1 and converts values; version 2, in Rust, reads
YAML 1.2 and wants each value in its type. The same AppSpec file can be fine for one, refused by the other, or mean something else.
` + "`cdx validate`" + ` computes what each of them sees. By default, what agent v1 refuses is an error and what only agent v2 refuses is a
warning; ` + "`--agent v1|v2|both`" + ` judges for that agent.

Compared were the parsers of agent 1.8.1 (Ruby 3.1, Psych 4.0) and 2.0.0 (serde_yaml 0.9.34). The tables are generated from the program by
` + "`go generate ./...`" + ` and checked by its tests; where an example shows only a part, ` + "`version: 0.0` and `os: linux`" + ` stand above it, and a
files section that installs ` + "`/srv/shop`" + ` where permissions are shown. The names in brackets are [rules](rules.md).

What both understand alike:

- Timeouts are bare integers: ` + "`timeout: 300`" + `.
- Modes are in quotes or without a leading zero: ` + "`mode: '0644'`" + ` or ` + "`mode: 644`" + `.
- Texts that look like something else are in quotes: ` + "`'no'`, `'1000'`, `'2024-05-01'`, `'*.sh'`" + `.
- ` + "`sudo`" + ` is ` + "`true` or `false`" + `, each key is there once, sections without content are left out.
- There are no aliases, merge keys, tags or second documents.
- ACL entries have all parts: ` + "`u:mary:rw`, `d:u:mary:rw`" + `. An SELinux context has name, type and range.
- The file is called ` + "`appspec.yml`" + `: agent v1 reads ` + "`appspec.yaml`" + ` in the Install event only, and its hooks fail.
`

// agentsPage is the page on how the agents differ, in Markdown.
func agentsPage() []byte {
	var b bytes.Buffer
	b.WriteString(agentsIntroduction)
	for _, c := range agentChapters() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", c.title, c.prose)
		for _, d := range c.differences {
			d.write(&b)
		}
	}
	return b.Bytes()
}

func (d difference) write(b *bytes.Buffer) {
	if d.about != "" {
		fmt.Fprintf(b, "\n### %s\n", d.about)
	}
	if d.why != "" {
		fmt.Fprintf(b, "\n%s\n", plainLinks(d.why))
	}
	fmt.Fprintf(b, "\n```yaml\n%s```\n\n| agent v1 | agent v2 |\n| --- | --- |\n| %s | %s |\n", report.Visible(d.text), d.verdict(appspec.AgentV1), d.verdict(appspec.AgentV2))
}

// verdict says what an agent does with the example, and which rules tell.
func (d difference) verdict(agent appspec.Agent) string {
	file := d.file()
	text := "accepts"
	spec, err := file.Spec(agent)
	switch refused := (*appspec.RefusedError)(nil); {
	case asRefused(err, &refused):
		text = "refuses"
		if agent == appspec.AgentV1 && strings.HasPrefix(refused.Message, "The deployment failed") { // its own words
			text += ": “" + plainLinks(refused.Message) + "”"
		}
	case d.look != "" && setting(spec, d.look) == "":
		text = fmt.Sprintf("reads no `%s`", d.look)
	case d.look != "":
		text = fmt.Sprintf("reads `%s` as `%s`", d.look, setting(spec, d.look))
	}
	var rules []string
	for _, f := range appspec.Check(file, appspec.Options{Agent: agent}) {
		if name := fmt.Sprintf("%s: %s", f.Severity, f.Rule); !slices.Contains(rules, name) && f.Rule != "nothing-to-do" {
			rules = append(rules, name)
		}
	}
	if len(rules) > 0 {
		text += " [" + strings.Join(rules, ", ") + "]"
	}
	return text
}

func asRefused(err error, target **appspec.RefusedError) bool {
	refused, ok := err.(*appspec.RefusedError) //nolint:errorlint // Spec returns nothing else
	*target = refused
	return ok
}

// setting is the value of the only setting of a name.
func setting(spec *appspec.Spec, name string) string {
	for _, f := range spec.Files {
		switch name {
		case "source":
			return f.Source
		case "destination":
			return f.Destination
		}
	}
	for _, scripts := range spec.Hooks {
		for _, s := range scripts {
			return map[string]string{
				"location": s.Location, "timeout": fmt.Sprint(int(s.Timeout / time.Second)), "runas": s.RunAs, "sudo": fmt.Sprint(s.Sudo),
			}[name]
		}
	}
	if len(spec.Permissions) > 0 {
		p := spec.Permissions[0]
		values := map[string]string{"mode": p.Mode, "owner": p.Owner, "pattern": p.Pattern, "acls": strings.Join(p.ACLs, ", ")}
		if p.Context != nil {
			values["range"] = p.Context.Range
		}
		return values[name]
	}
	return ""
}

// TestDifferences sees that each example is in the chapter where it belongs.
func TestDifferences(t *testing.T) {
	chapters := agentChapters()
	for i, want := range [][2]bool{{true, false}, {false, true}, {true, true}, {true, true}} {
		for _, d := range chapters[i].differences {
			_, v1 := d.file().Spec(appspec.AgentV1)
			_, v2 := d.file().Spec(appspec.AgentV2)
			if got := [2]bool{v1 == nil, v2 == nil}; got != want {
				t.Errorf("%s, %q: accepted %v, want %v (%v; %v)", chapters[i].title, d.about, got, want, v1, v2)
			}
			if d.verdict(appspec.AgentV1) == d.verdict(appspec.AgentV2) {
				t.Errorf("%s, %q: no difference: %s", chapters[i].title, d.about, d.verdict(appspec.AgentV1))
			}
		}
	}
	for _, d := range chapters[4].differences {
		_, v1 := d.file().Spec(appspec.AgentV1)
		_, v2 := d.file().Spec(appspec.AgentV2)
		if (v1 == nil) != (v2 == nil) {
			t.Errorf("%q is not the same in both: %v; %v", d.about, v1, v2)
		}
	}
}
