package appspec

import (
	"fmt"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	filesShape = &Rule{
		Name: "files-shape", refuses: byBoth,
		Summary: "files is not a list of mappings",
		Why:     "Agent v1 stops with a NoMethodError or TypeError, agent v2 with “invalid type”.",
		Fix:     "Begin each pair of source and destination with a dash.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_files; parse.rs",
		Fires:   Example{AppSpec: "version: 0.0\nos: linux\nfiles:\n  source: build\n  destination: /srv/shop\n"},
		Silent:  Example{AppSpec: inFiles("build", "/srv/shop")},
	}
	sourceMissing = &Rule{
		Name: "source-missing", refuses: byBoth,
		Summary: "an entry of files without source",
		Why:     "Both agents refuse the file. A dash before destination splits one entry into two.",
		Fix:     "Give source and destination in one entry, with one dash.",
		Source:  "aws/aws-codedeploy-agent file_info.rb; files.rs",
		Fires:   Example{AppSpec: "version: 0.0\nos: linux\nfiles:\n  - destination: /srv/shop\n"},
		Silent:  Example{AppSpec: inFiles("/", "/srv/shop")},
	}
	destinationMissing = &Rule{
		Name: "destination-missing", refuses: byBoth,
		Summary: "an entry of files without destination",
		Why:     "Both agents refuse the file. A lone ~ is null in YAML, not the home directory.",
		Fix:     "Give source and destination in one entry, with one dash.",
		Source:  "aws/aws-codedeploy-agent file_info.rb; files.rs",
		Fires:   Example{AppSpec: inFiles("build", "~")},
		Silent:  Example{AppSpec: inFiles("build", "/home/ann")},
	}
	emptyPath = &Rule{
		Name: "empty-path", refuses: byV2, warns: byV1,
		Summary: "an empty source or destination",
		Why:     "Agent v1 takes an empty source for the whole revision and an empty destination for the root directory; agent v2 refuses it as missing.",
		Fix:     "Write / for the whole revision, and the full path of the destination.",
		Source:  "aws/aws-codedeploy-agent file_info.rb, installer.rb; files.rs",
		Fires:   Example{AppSpec: inFiles("build", "''")},
		Silent:  Example{AppSpec: inFiles("/", "/srv/shop")},
	}
	destinationRelative = &Rule{
		Name: "destination-relative", warns: byBoth,
		Summary: "a relative destination",
		Why:     "It counts from the working directory of the agent, not from the revision. The user guide asks for a fully qualified path.",
		Fix:     "Write the full path.",
		Source:  "aws/aws-codedeploy-agent installer.rb; https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-files.html",
		Fires:   Example{AppSpec: inFiles("build", "srv/shop")},
		Silent:  Example{AppSpec: inFiles("build", "/srv/shop")},
	}
	destinationNamesFile = &Rule{
		Name: "destination-names-a-file", warns: byBoth,
		Summary: "a destination that is named like the file",
		Why:     "destination is always a directory: a directory of that name is made, with the file inside it.",
		Fix:     "Name only the directory.",
		Source:  "aws/aws-codedeploy-agent installer.rb",
		Fires:   Example{AppSpec: inFiles("conf/nginx.conf", "/etc/nginx/nginx.conf")},
		Silent:  Example{AppSpec: inFiles("conf/nginx.conf", "/etc/nginx")},
	}
	destinationWithoutDrive = &Rule{
		Name: "destination-without-drive", warns: byBoth,
		Summary: "a Unix path as destination on Windows",
		Why:     "It is taken from the root of whatever drive the agent runs on.",
		Fix:     "Write the drive, as in C:\\inetpub\\wwwroot.",
		Source:  "https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-files.html",
		Fires:   Example{AppSpec: onWindows("site", "/var/www")},
		Silent:  Example{AppSpec: onWindows("site", `C:\inetpub\wwwroot`)},
	}
	duplicateFiles = &Rule{
		Name: "duplicate-files-entry", fails: byBoth,
		Summary: "one source copied twice to one destination",
		Why:     "The Install event fails: “The deployment failed because the application specification file specifies two source files …”.",
		Fix:     "Remove one of the entries.",
		Source:  "aws/aws-codedeploy-agent install_instruction.rb, InstructionBuilder",
		Fires:   Example{AppSpec: inFiles("build", "/srv/shop") + "  - source: build/\n    destination: /srv/shop/\n"},
		Silent:  Example{AppSpec: inFiles("build", "/srv/shop") + "  - source: build\n    destination: /srv/copy\n"},
	}
)

func fileRules() []*Rule {
	return []*Rule{
		filesShape, sourceMissing, destinationMissing, emptyPath, destinationRelative, destinationNamesFile,
		destinationWithoutDrive, duplicateFiles,
	}
}

// mapping is one entry of files with the places that its texts stand at.
type mapping struct {
	source, destination     string
	sourceAt, destinationAt place
}

// files checks the files section and returns the entries that both agents can read.
func (c *checker) files(root place, system string) []mapping {
	var mappings []mapping
	c.each(root, "files", func(p place) {
		entries := c.list(p, filesShape, false, "a list of source and destination")
		for _, entry := range entries {
			if m, ok := c.fileEntry(entry, system); ok {
				mappings = append(mappings, m)
			}
		}
	})
	c.duplicates(mappings)
	return mappings
}

func (c *checker) fileEntry(p place, system string) (m mapping, ok bool) {
	if p.node.Kind != yaml.MappingNode {
		c.notAnEntry(p)
		return m, false
	}
	c.keysOfFile(p)
	found := 0
	c.required(p, "source", sourceMissing, func(value place) {
		if text, ok := c.path(value, system, sourcePath); ok {
			m.source, m.sourceAt = text, value
			found++
		}
	})
	c.required(p, "destination", destinationMissing, func(value place) {
		if text, ok := c.path(value, system, destinationPath); ok {
			m.destination, m.destinationAt = text, value
			found++
		}
	})
	if found < 2 {
		return m, false
	}
	c.destination(m, system)
	return m, true
}

// notAnEntry reports an entry that is no mapping. To agent v1 a text that holds both
// words is one by accident.
func (c *checker) notAnEntry(p place) {
	accident := ruby(p.node).kind == rubyString && strings.Contains(p.node.Value, "source") && strings.Contains(p.node.Value, "destination")
	problem := c.report(filesShape, p, "the entry is "+kindName(p.node), "a mapping with source and destination", "")
	if accident {
		problem.refuses, problem.fails = byV2&p.by, byV1&p.by
	}
}

// keysOfFile reports the keys of an entry that nobody reads.
func (c *checker) keysOfFile(p place) {
	for i := 0; i+1 < len(p.node.Content); i += 2 {
		if key := p.node.Content[i]; key.Value == "overwrite" || key.Value == "file_exists_behavior" {
			problem := c.report(filesOverwrite, place{key, p.below(key.Value), p.by}, "the agents ignore "+key.Value+" here", "file_exists_behavior at the top level", "write file_exists_behavior: OVERWRITE at the top level")
			problem.edit = c.movingOverwrite(key, deref(p.node.Content[i+1]), key == p.node.Content[0])
		}
	}
	c.keys(p, append(fileKeys(), "overwrite", "file_exists_behavior"))
}

// required checks a setting that must be there and not null.
func (c *checker) required(p place, name string, missing *Rule, check func(place)) {
	absent := refusedIf(byV1, lookup(p.node, name, byV1) == nil) | refusedIf(byV2, lookup(p.node, name, byV2) == nil)
	if absent &= p.by; absent != 0 {
		c.report(missing, place{p.node, p.below(name), absent}, name+" is missing", name, "").says = missingMessage(missing)
	}
	c.each(p, name, func(value place) {
		refused := (refusedIf(byV1, ruby(value.node).kind == rubyNil) | refusedIf(byV2, rustAbsent(value.node))) & value.by
		if refused != 0 {
			c.report(missing, value, name+" is empty", name, "").refusedBy(refused).says = missingMessage(missing)
		}
		if value.by &^= refused; value.by != 0 {
			check(value)
		}
	})
}

// missingMessage is what both agents say about a missing setting.
func missingMessage(r *Rule) string {
	switch r {
	case sourceMissing:
		return "The deployment failed because the application specification file specifies a destination file, but no source file. Update the files section of the AppSpec file, and then try again."
	case destinationMissing:
		return "The deployment failed because the application specification file specifies only a source file. Add the name of the destination file to the files section of the AppSpec file, and then try again."
	case locationMissing:
		return "The deployment failed because the application specification file specifies a script with no location value. Specify the location in the hooks section of the AppSpec file, and then try again."
	case objectMissing:
		return "The deployment failed because a permission listed in the application specification file has no object value. Update the permissions section of the AppSpec file, and then try again."
	}
	return ""
}

// destination reports destinations that are not the directory that was meant.
func (c *checker) destination(m mapping, system string) {
	p, text := m.destinationAt, m.destination
	switch {
	case text == "" || strings.HasPrefix(text, "~") || strings.HasPrefix(text, "$") || strings.HasPrefix(text, "%"):
		return
	case system == "windows" && isUnixPath(text):
		c.report(destinationWithoutDrive, p, "the destination "+quoted(text)+" names no drive", `a path like C:\inetpub\wwwroot`, "")
	case system == "windows" && !isDrivePath(text), system != "windows" && !isUnixPath(text) && !isDrivePath(text):
		c.report(destinationRelative, p, "the destination "+quoted(text)+" is relative to the agent's working directory", "a full path", "")
	}
	base := path.Base(slashed(text))
	if strings.Contains(base, ".") && base == path.Base(slashed(m.source)) && !strings.HasSuffix(text, "/") && strings.Trim(base, ".") != "" {
		c.report(destinationNamesFile, p, quoted(text)+" becomes a directory that holds "+base, "the directory of the file", "write "+strings.TrimRight(strings.TrimSuffix(text, base), `/\`))
	}
}

func isUnixPath(text string) bool { return strings.HasPrefix(text, "/") }

// isDrivePath tells whether a path begins with a drive, like C:\ or d:/, or a host.
func isDrivePath(text string) bool {
	if strings.HasPrefix(text, `\\`) {
		return true
	}
	return len(text) > 2 && text[1] == ':' && (text[2] == '\\' || text[2] == '/') && isLetter(text[0])
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// slashed turns backslashes, which separate directories on Windows, into slashes.
func slashed(text string) string { return strings.ReplaceAll(text, `\`, "/") }

// duplicates reports entries that copy the same thing to the same place.
func (c *checker) duplicates(mappings []mapping) {
	first := map[string]int{}
	for i, m := range mappings {
		key := inRevision(m.source) + "\x00" + path.Clean(slashed(m.destination))
		if before, again := first[key]; again {
			earlier := mappings[before]
			line, _ := c.file.source.position(c.file.offset(earlier.sourceAt.node))
			at := place{m.sourceAt.node, strings.TrimSuffix(m.sourceAt.where, ".source"), m.sourceAt.by & m.destinationAt.by}
			c.report(duplicateFiles, at, fmt.Sprintf("%s is already copied to %s in line %d", quoted(m.source), quoted(m.destination), line), "each source once", "remove the entry")
			continue
		}
		first[key] = i
	}
}

// inRevision returns a path in the revision without slashes around it, "." for all.
func inRevision(text string) string {
	return path.Clean("./" + strings.TrimLeft(slashed(text), "/"))
}
