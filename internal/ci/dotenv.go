package ci

import (
	"fmt"
	"os"
	"strings"

	"github.com/cdx-deploy/cdx/internal/term"
)

// Variable is the environment variable that an output becomes, such as
// CODEDEPLOY_DEPLOYMENT_ID. It never starts with CDX_, since cdx in a later step
// would take it for a setting.
func Variable(name string) string {
	return "CODEDEPLOY_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// Dotenv is the text of a dotenv file, as GitLab reads its reports: one NAME=VALUE a
// line, UTF-8, nothing quoted, no blank in a value. What a reader or a shell might
// take for more than text is percent-encoded.
// Source: GitLab documentation, "GitLab CI/CD artifacts reports types", artifacts:reports:dotenv.
func Dotenv(outputs []Output) string {
	var b strings.Builder
	for _, o := range outputs {
		fmt.Fprintf(&b, "%s=%s\n", Variable(o.Name), plain(term.Line(o.Value)))
	}
	return b.String()
}

// plain percent-encodes what is not a letter, a digit or harmless punctuation.
func plain(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~/:?&=@,+%", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// createOrAppend appends text to a file, which it makes where there is none.
func createOrAppend(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return appendTo(path, text)
}
