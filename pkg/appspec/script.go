package appspec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

var (
	scriptLineEndings = &Rule{
		Name: "script-line-endings", fails: byBoth,
		Summary: "a script for Linux with Windows line endings",
		Why:     "The carriage return becomes part of the interpreter's name and of every command: “/bin/bash^M: bad interpreter”.",
		Fix:     "Convert it with dos2unix, and let git keep it so: *.sh text eol=lf in .gitattributes.",
		Source:  "execve(2)",
		Fires:   withScript("#!/bin/sh\r\ntrue\r\n"),
		Silent:  withScript("#!/bin/sh\ntrue\n"),
	}
	scriptBOM = &Rule{
		Name: "script-bom", fails: byBoth,
		Summary: "a script for Linux that begins with a byte order mark or is UTF-16",
		Why:     "The system does not see its #! line, and the shell takes the first word for a command that does not exist.",
		Fix:     "Save it as UTF-8 without a byte order mark.",
		Source:  "execve(2)",
		Fires:   withScript(byteOrderMark + "#!/bin/sh\ntrue\n"),
		Silent:  withScript("#!/bin/sh\ntrue\n"),
	}
	scriptEmpty = &Rule{
		Name: "script-empty", warns: byBoth,
		Summary: "an empty script",
		Why:     "It does nothing, and its event succeeds.",
		Fix:     "Write the script, or remove the entry.",
		Source:  "aws/aws-codedeploy-agent hook_executor.rb, execute_script",
		Fires:   withScript(""),
		Silent:  withScript("#!/bin/sh\ntrue\n"),
	}
	scriptShebang = &Rule{
		Name: "script-shebang", warns: byBoth,
		Summary: "a #! line that the system does not see or cannot follow",
		Why:     "#! counts only as the first two bytes and wants a full path. A script without it is run by the shell, which is fine for a shell script and for nothing else.",
		Fix:     "Make #!/bin/bash, or the like, the first line.",
		Source:  "execve(2)",
		Fires:   withScript("\n#!/bin/sh\ntrue\n"),
		Silent:  withScript("#!/bin/sh\ntrue\n"),
	}
	scriptSyntax = &Rule{
		Name: "script-syntax", warns: byBoth,
		Summary: "a shell script with a syntax error",
		Why:     "The shell stops there, and the event fails.",
		Fix:     "Correct it; bash -n tells the place.",
		Source:  "the grammar of bash and of the POSIX shell",
		Fires:   withScript("#!/bin/bash\nif true; then\n"),
		Silent:  withScript("#!/bin/bash\nif true; then true; fi\n"),
	}
	scriptBackground = &Rule{
		Name: "script-background", warns: byBoth,
		Summary: "a background command that keeps the script's output open",
		Why:     "The agent waits until standard output and error are closed, so the event fails at its timeout although the script ended.",
		Fix:     "Redirect both: command > /var/log/shop.log 2>&1 &",
		Source:  "aws/aws-codedeploy-agent hook_executor.rb, execute_script; https://docs.aws.amazon.com/codedeploy/latest/userguide/troubleshooting-deployments.html",
		Fires:   withScript("#!/bin/sh\nnode server.js &\n"),
		Silent:  withScript("#!/bin/sh\nnode server.js > /var/log/shop.log 2>&1 &\n"),
	}
)

func scriptRules() []*Rule {
	return []*Rule{scriptLineEndings, scriptBOM, scriptEmpty, scriptShebang, scriptSyntax, scriptBackground}
}

// maxScript is how many bytes of a script are looked at; a larger one is no script.
const maxScript = 1 << 20

// content checks what is in a script.
func (c *checker) content(p place, name, system string) {
	text, ok := c.read(name)
	if !ok || bytes.HasPrefix(text, []byte("\x7fELF")) {
		return
	}
	if len(bytes.TrimSpace(text)) == 0 {
		c.report(scriptEmpty, p, name+" is empty", "a script", "")
		return
	}
	if system == "windows" {
		return
	}
	if bytes.HasPrefix(text, []byte(byteOrderMark)) || wideEncoding(text) != "" {
		c.report(scriptBOM, p, name+" begins with a byte order mark or is UTF-16", "UTF-8 without a byte order mark", "")
		return
	}
	shell := c.shebang(p, name, text)
	firstLine, _, _ := bytes.Cut(text, []byte("\n"))
	if bytes.HasPrefix(text, []byte("#!")) && bytes.HasSuffix(firstLine, []byte("\r")) || shell != "" && bytes.Contains(text, []byte("\r\n")) {
		c.report(scriptLineEndings, p, name+" has Windows line endings", "line feeds alone", "")
		return
	}
	if shell != "" {
		c.shell(p, name, text, shell)
	}
}

// read returns the content of a file of the revision; ok is false if it cannot be read or
// is too large.
func (c *checker) read(name string) (text []byte, ok bool) {
	file, err := c.revision.files.Open(name)
	if err != nil {
		return nil, false
	}
	text, err = io.ReadAll(io.LimitReader(file, maxScript+1))
	err = errors.Join(err, file.Close())
	return text, err == nil && len(text) <= maxScript
}

// shebang checks the first line of a script and returns the shell that runs it, empty if
// another program does.
func (c *checker) shebang(p place, name string, text []byte) string {
	line, found := bytes.CutPrefix(text, []byte("#!"))
	if !found {
		return c.noShebang(p, name, text)
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	words := strings.Fields(string(line))
	if len(words) == 0 || !strings.HasPrefix(words[0], "/") {
		c.report(scriptShebang, p, fmt.Sprintf("%s: the line %s names no program by its full path", name, quoted("#!"+strings.TrimSpace(string(line)))), "a line like #!/bin/bash", "")
		return ""
	}
	program := path.Base(words[0])
	if program == "env" {
		words = words[1:]
		for len(words) > 0 && (strings.HasPrefix(words[0], "-") || strings.Contains(words[0], "=")) {
			words = words[1:]
		}
		if len(words) == 0 {
			c.report(scriptShebang, p, name+": env is given no program", "a line like #!/usr/bin/env bash", "")
			return ""
		}
		program = words[0]
	}
	return shellName(program)
}

func (c *checker) noShebang(p place, name string, text []byte) string {
	trimmed := bytes.TrimLeft(text, " \t\r\n")
	switch extension := strings.ToLower(path.Ext(name)); {
	case bytes.HasPrefix(trimmed, []byte("#!")):
		c.report(scriptShebang, p, name+": something stands before #!, so it is only a comment", "#! as the first two bytes", "")
	case extension == ".py" || extension == ".rb" || extension == ".js" || extension == ".pl" || extension == ".php":
		c.report(scriptShebang, p, name+" has no #! line, so the shell runs it", "a line like #!/usr/bin/env python3", "")
		return ""
	case bytes.IndexByte(text[:min(len(text), 512)], 0) >= 0:
		return "" // a program
	}
	return "sh"
}

// shellName returns the shell by the program's name, empty if it is none that is known.
func shellName(program string) string {
	switch program {
	case "sh", "dash", "ash", "bash", "ksh", "mksh":
		return program
	}
	return ""
}

// shell checks a script by its grammar. Scripts for sh are read as bash, which is what sh
// is on Amazon Linux and Red Hat.
func (c *checker) shell(p place, name string, text []byte, shell string) {
	variant := syntax.LangBash
	if shell == "mksh" || shell == "ksh" {
		variant = syntax.LangMirBSDKorn
	}
	script, err := syntax.NewParser(syntax.Variant(variant)).Parse(bytes.NewReader(text), "")
	var parseError syntax.ParseError
	if errors.As(err, &parseError) {
		c.report(scriptSyntax, p, fmt.Sprintf("%s:%d:%d: %s", name, parseError.Pos.Line(), parseError.Pos.Col(), parseError.Text), "valid "+shell, "")
	}
	if err != nil {
		return
	}
	if at := background(script); at.IsValid() {
		c.report(scriptBackground, p, fmt.Sprintf("%s:%d: a background command keeps the script's output open", name, at.Line()), "standard output and error redirected", "write > FILE 2>&1 before &")
	}
}

// background returns the place of the first background command whose output goes where
// the script's goes; none if the script redirects all of its output, or waits.
func background(script *syntax.File) (at syntax.Pos) {
	if execRedirects(script) || waits(script) {
		return syntax.Pos{}
	}
	syntax.Walk(script, func(node syntax.Node) bool {
		stmt, ok := node.(*syntax.Stmt)
		if !ok || at.IsValid() {
			return !at.IsValid()
		}
		if out, err := redirected(stmt.Redirs); out && err {
			return false
		}
		if stmt.Background {
			at = stmt.Pos()
		}
		return true
	})
	return at
}

// execRedirects tells whether the script sends all of its own output elsewhere.
func execRedirects(script *syntax.File) bool {
	for _, stmt := range script.Stmts {
		if call, ok := stmt.Cmd.(*syntax.CallExpr); ok && len(call.Args) == 1 && call.Args[0].Lit() == "exec" {
			if out, err := redirected(stmt.Redirs); out && err {
				return true
			}
		}
	}
	return false
}

// waits tells whether the script waits for what it starts, so that nothing is left.
func waits(script *syntax.File) (found bool) {
	syntax.Walk(script, func(node syntax.Node) bool {
		if call, ok := node.(*syntax.CallExpr); ok && len(call.Args) > 0 && call.Args[0].Lit() == "wait" {
			found = true
		}
		return !found
	})
	return found
}

// redirected tells whether standard output and standard error go elsewhere.
func redirected(redirs []*syntax.Redirect) (out, err bool) {
	for _, r := range redirs {
		number := "1"
		if r.N != nil {
			number = r.N.Value
		}
		switch r.Op {
		case syntax.RdrAll, syntax.AppAll:
			out, err = true, true
		case syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.DplOut:
			both := r.Op == syntax.DplOut && r.N == nil && r.Word.Lit() != "1" && r.Word.Lit() != "2"
			out = out || number == "1" && (r.Op != syntax.DplOut || both || err)
			err = err || number == "2" && (r.Op != syntax.DplOut || out || r.Word.Lit() == "-") || both
		}
	}
	return out, err
}
