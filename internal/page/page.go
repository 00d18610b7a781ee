// Package page makes a web page of deployments: one file without scripts, which
// needs nothing from the network and lets nothing in.
package page

import (
	"crypto/sha256"
	_ "embed" // the style sheet
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/term"
)

//go:embed style.css
var style string

// HTML is the page about deployments, at the time now: for each its facts, its
// failures with log tails, and its timeline. An automatic rollback that was followed
// comes after what it rolls back. Everything that others wrote in it is
// escaped, and a Content-Security-Policy forbids whatever is not the page's own style.
// There has to be at least one deployment.
func HTML(all []report.Followed, now time.Time) string {
	p := &page{now: now}
	all = withRollbacks(all)
	p.head(all)
	for i, f := range all {
		p.deployment(i, f)
	}
	p.write("</main>\n<footer>Written by cdx at %s. All times are UTC.</footer>\n</body>\n</html>\n", moment(now))
	return p.text.String()
}

// withRollbacks puts each automatic rollback after its deployment.
func withRollbacks(all []report.Followed) []report.Followed {
	var both []report.Followed
	for _, f := range all {
		both = append(both, f)
		if r := f.Outcome.Rollback; r != nil && r.Outcome != nil && r.Outcome.Info != nil {
			about := f.About
			about.Again = "" // that is of the deployment
			both = append(both, report.Followed{Outcome: r.Outcome, About: about})
		}
	}
	return both
}

// page is HTML as it is written.
type page struct {
	text strings.Builder
	now  time.Time
}

// write writes HTML. Whatever is foreign among its arguments has to be escaped.
func (p *page) write(format string, args ...any) { fmt.Fprintf(&p.text, format, args...) }

func (p *page) head(all []report.Followed) {
	title := fmt.Sprintf("%d deployments", len(all))
	if len(all) == 1 {
		title = name(all[0]) + ": " + string(all[0].Outcome.Status())
	}
	digest := sha256.Sum256([]byte(style))
	p.write(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>%s</title>
<style>%s</style>
</head>
<body>
%s<main>
`, base64.StdEncoding.EncodeToString(digest[:]), term.HTML(title), style, hatching)
	if len(all) == 1 {
		return
	}
	p.write("<nav aria-label=\"Deployments\">\n<h1>%s</h1>\n<ul>\n", term.HTML(title))
	for i, f := range all {
		p.write("<li>%s <a href=\"#deployment-%d\">%s</a> <small>%s %s</small></li>\n",
			badge(string(f.Outcome.Status())), i+1, foreign(name(f)), kind(f), foreign(f.Outcome.ID))
	}
	p.write("</ul>\n</nav>\n")
}

// hatching marks failed bars for those who do not see their colour.
const hatching = `<svg class="defs" aria-hidden="true" width="0" height="0"><defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" class="failed"/><rect width="2" height="6" class="stripe"/></pattern></defs></svg>
`

// name is what a deployment is called: "my-app to production".
func name(f report.Followed) string {
	info := f.Outcome.Info
	return fmt.Sprintf("%s to %s", aws.ToString(info.ApplicationName), aws.ToString(info.DeploymentGroupName))
}

// kind says whether a deployment is one that somebody wanted.
func kind(f report.Followed) string {
	if f.Outcome.Info.Creator == types.DeploymentCreatorCodeDeployRollback {
		return "Automatic rollback"
	}
	return "Deployment"
}

// foreign is text that others wrote, which keeps its direction to itself.
func foreign(text string) string { return "<bdi>" + term.HTML(term.Line(text)) + "</bdi>" }

// moment is a time as people and programs read it.
func moment(t time.Time) string {
	t = t.UTC()
	return fmt.Sprintf(`<time datetime="%s">%s</time>`, t.Format(time.RFC3339), t.Format("2006-01-02 15:04:05"))
}

// badge is a status as a coloured word with a sign.
func badge(status string) string {
	if status == "" {
		status = "Unknown"
	}
	return fmt.Sprintf(`<span class="badge %s"><span aria-hidden="true">%s</span> %s</span>`, class(status), sign(status), term.HTML(status))
}

// sign stands for a status where there is little room.
func sign(status string) string {
	switch class(status) {
	case "succeeded":
		return "✓"
	case "failed":
		return "✗"
	case "stopped":
		return "■"
	case "running":
		return "●"
	case "skipped":
		return "–"
	default:
		return "○"
	}
}

// class is the style of a status.
func class(status string) string {
	switch status {
	case "Succeeded":
		return "succeeded"
	case "Failed":
		return "failed"
	case "Stopped":
		return "stopped"
	case "InProgress", "Baking", "Ready":
		return "running"
	case "Skipped":
		return "skipped"
	default:
		return "pending"
	}
}
