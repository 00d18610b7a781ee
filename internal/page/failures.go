package page

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/wait"
	"github.com/cdx-deploy/cdx/pkg/wait/diagnose"
)

// How much is told of failures, so that a page about a fleet stays small: kinds with
// their logs, kinds at all, and names of targets in a list that is open.
const (
	maxLogs     = 20
	maxFailures = 200
	maxOpen     = 12
)

// failures writes why a deployment did not wholly succeed.
func (p *page) failures(i int, f report.Followed) {
	o := f.Outcome
	if o.Status() != types.DeploymentStatusFailed && o.Status() != types.DeploymentStatusStopped && !o.Partial() {
		return
	}
	d := diagnose.Explain(o)
	p.write("<section aria-labelledby=\"why-%d\">\n<h2 id=\"why-%d\">Why</h2>\n", i+1, i+1)
	p.write("<div class=\"card\">\n")
	if d.Code != "" {
		p.write("<h3>%s</h3>\n", code(string(d.Code)))
	}
	p.paragraph("", d.Message)
	if d.Cause != nil {
		p.cause(f, *d.Cause)
	}
	if d.TargetsDenied {
		p.paragraph("", "The targets could not be looked at: the permissions codedeploy:ListDeploymentTargets and codedeploy:BatchGetDeploymentTargets are missing.")
	} else if d.Undescribed > 0 {
		p.paragraph("", fmt.Sprintf("Nothing more is known of %d failed targets.", d.Undescribed))
	}
	p.write("</div>\n")
	for n, g := range d.Groups[:min(len(d.Groups), maxFailures)] {
		p.failure(f, g, n < maxLogs)
	}
	if more := len(d.Groups) - maxFailures; more > 0 {
		p.write("<p>… and %d more kinds of failure.</p>\n", more)
	}
	p.write("</section>\n")
}

// failure writes targets that failed alike.
func (p *page) failure(f report.Followed, g diagnose.Group, withLog bool) {
	title := fmt.Sprintf("%d target%s failed", len(g.Targets), plural(len(g.Targets)))
	if g.Event != "" {
		title += " at " + foreign(g.Event)
	}
	if g.Script != "" {
		title += " in " + code(g.Script)
	}
	p.write("<div class=\"card failure\">\n<h3>%s", title)
	if g.Code != "" {
		p.write(" <span class=\"code\">%s</span>", foreign(string(g.Code)))
	}
	p.write("</h3>\n")
	p.names(g.Targets)
	p.paragraph("", g.Message)
	for i, cause := range g.Causes {
		if i == 0 || cause.Kind != diagnose.KindScriptFailed { // which says no more than the one before
			p.cause(f, cause)
		}
	}
	if tail := strings.TrimRight(g.LogTail, "\n"); withLog && tail != "" {
		p.write("<figure class=\"log\">\n<figcaption>End of the log of %s</figcaption>\n<pre tabindex=\"0\">%s</pre>\n</figure>\n", foreign(g.LogTarget), term.HTML(tail))
	}
	p.write("</div>\n")
}

// names lists targets, many of them folded away.
func (p *page) names(targets []wait.TargetRef) {
	if len(targets) > maxOpen {
		p.write("<details><summary>%d targets</summary>\n", len(targets))
		defer p.write("</details>\n")
	}
	p.write("<ul class=\"names\">")
	for _, t := range targets {
		p.write("<li>%s</li>", reference(t))
	}
	p.write("</ul>\n")
}

// reference names a target, and the side of a blue/green deployment it is on.
func reference(t wait.TargetRef) string {
	if t.Label != "" {
		return foreign(t.ID) + " <small>" + term.HTML(strings.ToLower(string(t.Label))) + "</small>"
	}
	return foreign(t.ID)
}

func (p *page) cause(f report.Followed, cause diagnose.Cause) {
	p.paragraph("Cause", cause.Text)
	p.paragraph("To do", cause.Fix)
	if cause.Retry != nil {
		p.write("<p><b>Retry</b></p>\n<pre tabindex=\"0\">%s</pre>\n", term.HTML(report.Retry(f, *cause.Retry)))
	}
}

// paragraph writes foreign text, under a name if it has one.
func (p *page) paragraph(name, text string) {
	text = strings.ReplaceAll(term.HTML(strings.TrimSpace(text)), "\n", "<br>")
	switch {
	case text == "":
	case name == "":
		p.write("<p><bdi>%s</bdi></p>\n", text)
	default:
		p.write("<p><b>%s</b> <bdi>%s</bdi></p>\n", name, text)
	}
}
