package appspec

import (
	"fmt"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

var (
	fileTooLarge = &Rule{
		Name: "file-too-large", refuses: byAnyone, Platforms: everyPlatform(),
		Summary: "the file is larger than 1 MiB or has more than 100,000 YAML nodes",
		Why:     "No AppSpec file comes near these limits; a file that does is something else, or an attack on whoever reads it.",
		Fix:     "Check the right file.",
		Source:  "a limit of cdx's own",
		Fires:   Example{AppSpec: "version: 0.0\nos: linux\n# and a long comment ", Size: MaxSize + 1},
		Silent:  Example{AppSpec: "version: 0.0\nos: linux\nfiles:\n  - source: /\n    destination: /srv/shop\n"},
	}
	yamlEncoding = &Rule{
		Name: "yaml-encoding", refuses: byAnyone, Platforms: everyPlatform(),
		Summary: "the file is not UTF-8",
		Why:     "Agent v1 stops with “invalid leading UTF-8 octet”, agent v2 with “stream did not contain valid UTF-8”. Windows PowerShell's > writes UTF-16.",
		Fix:     "Save the file as UTF-8 without a byte order mark.",
		Source:  "libyaml src/reader.c; aws/aws-codedeploy-agent src/application_specification/types.rs",
		Fires:   Example{AppSpec: "version: 0.0\nos: linux\n# caf\xe9\n"},
		Silent:  Example{AppSpec: "version: 0.0\nos: linux\n# café\nfiles:\n  - source: /\n    destination: /srv/shop\n"},
	}
	yamlControlCharacter = &Rule{
		Name: "yaml-control-character", refuses: byAnyone, Platforms: everyPlatform(),
		Summary: "a control character that YAML forbids",
		Why:     "Every YAML parser stops there, also within a comment.",
		Fix:     "Delete the character.",
		Source:  "libyaml src/reader.c",
		Fires:   Example{AppSpec: "version: 0.0\nos: linux\n# a \x07 bell\n"},
		Silent:  Example{AppSpec: "version: 0.0\nos: linux\n# no bell\nfiles:\n  - source: /\n    destination: /srv/shop\n"},
	}
	yamlBOM = &Rule{
		Name: "yaml-bom", refuses: byBoth,
		Summary: "a byte order mark moves the first key one column to the right",
		Why:     "The agents take the mark for a character. The first key then stands alone in its mapping, and os is missing; before --- the file is no YAML at all. Only before a comment, an empty line or { is the mark harmless.",
		Fix:     "Save the file as UTF-8 without a byte order mark.",
		Source:  "libyaml src/scanner.c; ruby/psych ext/psych/psych_parser.c; dtolnay/serde-yaml src/libyaml/parser.rs",
		Fires:   Example{AppSpec: byteOrderMark + "version: 0.0\nos: linux\n"},
		Silent:  Example{AppSpec: byteOrderMark + "# release\nversion: 0.0\nos: linux\nfiles:\n  - source: /\n    destination: /srv/shop\n"},
	}
	emptyFile = &Rule{
		Name: "empty-file", refuses: byAnyone, Platforms: everyPlatform(),
		Summary: "the file says nothing",
		Why:     "The agent stops with “the application specification file was empty”. A file of comments, or one whose first YAML document is empty, counts as empty.",
		Fix:     "Write at least version and os.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, initialize",
		Fires:   Example{AppSpec: "# version: 0.0\n# os: linux\n"},
		Silent:  Example{AppSpec: "version: 0.0\nos: linux\nfiles:\n  - source: /\n    destination: /srv/shop\n"},
	}
	documentShape = &Rule{
		Name: "document-shape", refuses: byAnyone, Platforms: everyPlatform(),
		Summary: "the file is not a mapping of keys to values",
		Why:     "The agents look settings up by their names; a list or a plain text has none.",
		Fix:     "Write the sections as keys at the start of their lines, without dashes.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, initialize; parse.rs, RawAppSpec",
		Fires:   Example{AppSpec: "- version: 0.0\n- os: linux\n"},
		Silent:  Example{AppSpec: "version: 0.0\nos: linux\nfiles:\n  - source: /\n    destination: /srv/shop\n"},
	}
	multipleDocuments = &Rule{
		Name: "multiple-documents", refuses: byV2, warns: byV1 | byService, Platforms: everyPlatform(),
		Summary: "something follows the first YAML document",
		Why:     "Agent v1 never reads past the first document; agent v2 refuses the file, even for a second --- at its end.",
		Fix:     "Keep one document in the file.",
		Source:  "ruby/psych lib/psych.rb, load; dtolnay/serde-yaml src/de.rs",
		Fires:   Example{AppSpec: "version: 0.0\nos: linux\n---\nos: windows\n"},
		Silent:  Example{AppSpec: "---\nversion: 0.0\nos: linux\nfiles:\n  - source: /\n    destination: /srv/shop\n...\n"},
	}
)

func everyPlatform() []Platform { return []Platform{Server, ECS, Lambda} }

func documentRules() []*Rule {
	return []*Rule{
		fileTooLarge, yamlEncoding, yamlControlCharacter, yamlBOM, emptyFile, documentShape, multipleDocuments, ignoreUnknown,
	}
}

// encodingError looks at the bytes before any parser does.
func encodingError(data, text []byte) *syntaxError {
	if name := wideEncoding(data); name != "" {
		return &syntaxError{rule: yamlEncoding, message: "the file is encoded in " + name, expected: "UTF-8", fix: "save it as UTF-8 without a byte order mark"}
	}
	notUTF8, forbidden := badByte(text)
	switch {
	case forbidden >= 0 && (notUTF8 < 0 || forbidden < notUTF8):
		r, _ := utf8.DecodeRune(text[forbidden:])
		return &syntaxError{rule: yamlControlCharacter, offset: forbidden, message: fmt.Sprintf("control character U+%04X", r), fix: "delete it"}
	case notUTF8 >= 0:
		return &syntaxError{rule: yamlEncoding, offset: notUTF8, message: fmt.Sprintf("byte 0x%02X is not UTF-8", text[notUTF8]), expected: "UTF-8", fix: "save the file as UTF-8"}
	}
	return nil
}

// wideEncoding names an encoding of more than one byte per character, by its byte order
// mark or by the zero byte beside the first character.
func wideEncoding(data []byte) string {
	if len(data) < 2 {
		return ""
	}
	switch {
	case data[0] == 0xFF && data[1] == 0xFE, data[0] == 0xFE && data[1] == 0xFF:
		return "UTF-16"
	case (data[0] == 0) != (data[1] == 0):
		return "UTF-16 without a byte order mark"
	}
	return ""
}

// document reports what concerns the file as a whole and tells whether it can be looked
// into.
func (c *checker) document() bool {
	f := c.file
	whole := place{where: "document", by: c.by}
	if f.broken != nil {
		b := f.broken
		c.reportAt(b.rule, b.offset, whole, b.message, b.expected, b.fix).edit = b.edit
		return false
	}
	if f.shifted {
		c.reportAt(yamlBOM, 0, whole, "the file begins with a byte order mark, which moves the first key one column to the right", "", "save the file as UTF-8 without a byte order mark")
	}
	if f.more {
		c.reportAt(multipleDocuments, f.end, whole, "only the first YAML document is read by agent v1, and agent v2 refuses more than one", "", "remove what follows the first document")
	}
	c.ignoreComments(whole)
	if f.root == nil || f.root.Kind == yaml.ScalarNode && ruby(f.root).falsy() {
		c.reportAt(emptyFile, 0, whole, "the file is empty", "at least version and os", "").says =
			"The deployment failed because the application specification file was empty. Make sure your AppSpec file defines at minimum the 'version' and 'os' properties."
		return false
	}
	root := deref(f.root)
	if root.Kind != yaml.MappingNode {
		c.report(documentShape, place{node: root, where: "document", by: c.by}, "the file is "+kindName(root)+", not a mapping", "version, os and the sections as keys", "")
		return false
	}
	c.nodes(root, nil)
	return true
}

// kindName says what a node is.
func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "a mapping"
	}
	switch v := ruby(n); v.kind {
	case rubyNil:
		return "empty"
	case rubyBool:
		return "the boolean " + v.text
	case rubyInteger, rubyFloat:
		return "the number " + n.Value
	}
	return "the text " + quoted(n.Value)
}

// maxQuoted is how many characters of a value a message repeats.
const maxQuoted = 60

// quoted puts a value between quotation marks, shortened if it is long.
func quoted(text string) string {
	if utf8.RuneCountInString(text) > maxQuoted {
		text = string([]rune(text)[:maxQuoted]) + "…"
	}
	return fmt.Sprintf("%q", text)
}
