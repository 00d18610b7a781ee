package ci

import (
	"fmt"

	"github.com/cdx-deploy/cdx/internal/term"
)

// gitLab is GitLab CI/CD. It folds sections; values reach later jobs through a
// dotenv report, see [Dotenv].
// Source: GitLab documentation, "CI/CD job logs", Custom collapsible sections.
type gitLab struct {
	none
	env     Environment
	section int
}

func (*gitLab) Name() string { return "gitlab" }

func (g *gitLab) Fold(title string) string {
	g.section++
	return fmt.Sprintf("\x1b[0Ksection_start:%d:cdx_%d\r\x1b[0K%s\n", g.env.Now().Unix(), g.section, inert(term.Line(title)))
}

func (g *gitLab) Unfold() string {
	return fmt.Sprintf("\x1b[0Ksection_end:%d:cdx_%d\r\x1b[0K\n", g.env.Now().Unix(), g.section)
}
