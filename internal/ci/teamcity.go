package ci

import (
	"context"
	"fmt"
	"hash/crc32"
	"strings"
	"unicode/utf16"

	"github.com/cdx-deploy/cdx/internal/lazy"
	"github.com/cdx-deploy/cdx/internal/term"
)

// teamCity is TeamCity.
// Source: TeamCity documentation, "Service Messages".
type teamCity struct {
	none
	block string // the title of the open block
}

func (*teamCity) Name() string { return "teamcity" }

func (t *teamCity) Fold(title string) string {
	t.block = term.Line(title)
	return serviceMessage("blockOpened", "name", t.block) + "##teamcity[progressMessage '" + teamCityValue(t.block) + "']\n"
}

func (t *teamCity) Unfold() string { return serviceMessage("blockClosed", "name", t.block) }

// maxProblemRunes is the most of a build problem's description that is kept.
// Source: TeamCity documentation, "Service Messages", Reporting Build Problems.
const maxProblemRunes = 4000

// Annotation makes an error a build problem. The same problem has the same identity in
// the next build, so that TeamCity can tell a new one.
func (*teamCity) Annotation(a Annotation) string {
	text := a.Text
	if a.Title != "" {
		text = a.Title + ": " + text
	}
	switch a.Level {
	case Error:
		if runes := []rune(term.Clean(text)); len(runes) > maxProblemRunes {
			text = string(runes[:maxProblemRunes-1]) + "…"
		}
		return serviceMessage("buildProblem", "description", text, "identity", identity(text))
	case Warning:
		return serviceMessage("message", "text", text, "status", "WARNING")
	default:
		return serviceMessage("message", "text", text, "status", "NORMAL")
	}
}

// deploymentID matches what differs from one build to the next in the same problem.
var deploymentID = lazy.Regexp(`\bd-[A-Z0-9]+`)

// identity is the same for the same problem.
func identity(text string) string {
	return fmt.Sprintf("cdx_%08x", crc32.ChecksumIEEE([]byte(deploymentID().ReplaceAllString(text, "d-"))))
}

// Outputs sets configuration parameters of the build.
func (*teamCity) Outputs(_ context.Context, outputs []Output) (string, error) {
	var b strings.Builder
	for _, o := range outputs {
		b.WriteString(serviceMessage("setParameter", "name", "codedeploy."+o.Name, "value", term.Line(o.Value)))
	}
	return b.String(), nil
}

// serviceMessage is a message with its attributes, names and values by turns.
func serviceMessage(name string, attributes ...string) string {
	text := "##teamcity[" + name
	for i := 0; i < len(attributes); i += 2 {
		text += " " + attributes[i] + "='" + teamCityValue(attributes[i+1]) + "'"
	}
	return text + "]\n"
}

// teamCityValue escapes a value, and writes whatever is not ASCII as numbers, so that
// no encoding of the log can change it.
// Source: TeamCity documentation, "Service Messages", Escaped Values.
func teamCityValue(text string) string {
	var b strings.Builder
	for _, r := range term.Clean(text) {
		switch {
		case r == '\n':
			b.WriteString("|n")
		case strings.ContainsRune("|'[]", r):
			b.WriteString("|" + string(r))
		case r < 0x80:
			b.WriteRune(r)
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, "|0x%04x", unit)
			}
		}
	}
	return b.String()
}
