package page

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/revision"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

// deployment writes all about one deployment.
func (p *page) deployment(i int, f report.Followed) {
	info := f.Outcome.Info
	p.write("<article id=\"deployment-%d\">\n<header>\n<p class=\"kicker\">%s %s</p>\n", i+1, kind(f), foreign(f.Outcome.ID))
	p.write("<h1>%s <span class=\"to\">to</span> %s</h1>\n", foreign(aws.ToString(info.ApplicationName)), foreign(aws.ToString(info.DeploymentGroupName)))
	p.write("<p class=\"verdict\">%s%s</p>\n</header>\n", badge(string(info.Status)), p.after(f.Outcome))
	p.counts(f.Outcome.Counts)
	p.facts(f)
	p.failures(i, f)
	p.timeline(i, f.Outcome)
	p.write("</article>\n")
}

// after says how long a deployment took, or has been going on.
func (p *page) after(o *wait.Outcome) string {
	switch {
	case o.Info.CreateTime == nil:
		return ""
	case o.Info.CompleteTime != nil:
		return " after " + report.Seconds(o.Duration())
	default:
		return " for " + report.Seconds(max(0, p.now.Sub(*o.Info.CreateTime)))
	}
}

// counts shows how many targets are in each status, as a bar and in words.
func (p *page) counts(c wait.Counts) {
	total := c.Total()
	if total == 0 {
		return
	}
	parts := []struct {
		status string
		count  int64
	}{{"Succeeded", c.Succeeded}, {"Failed", c.Failed}, {"Skipped", c.Skipped}, {"Ready", c.Ready}, {"InProgress", c.InProgress}, {"Pending", c.Pending}}
	p.write("<section class=\"counts\" aria-label=\"Targets by status\">\n<svg aria-hidden=\"true\" width=\"100%%\" height=\"10\">")
	at := 0.0
	for _, part := range parts {
		if part.count == 0 {
			continue
		}
		width := percent(float64(part.count), float64(total))
		p.write(`<rect class="%s" x="%.2f%%" width="%.2f%%" height="10"/>`, class(part.status), at, width)
		at += width
	}
	p.write("</svg>\n<ul>\n")
	for _, part := range parts {
		if part.count > 0 {
			p.write("<li>%s <b>%d</b></li>\n", badge(part.status), part.count)
		}
	}
	p.write("<li class=\"total\">of %d target%s</li>\n</ul>\n</section>\n", total, plural(int(total)))
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// percent is the part that share is of whole.
func percent(share, whole float64) float64 { return 100 * share / whole }

func (p *page) facts(f report.Followed) {
	info := f.Outcome.Info
	p.write("<dl class=\"facts\">\n")
	p.fact("Revision", code(revision.Describe(info.Revision)))
	p.fact("Configuration", foreign(aws.ToString(info.DeploymentConfigName)))
	if info.CreateTime != nil {
		who := ""
		if info.Creator != "" {
			who = " by " + foreign(string(info.Creator))
		}
		p.fact("Created", moment(*info.CreateTime)+who)
	}
	if info.CompleteTime != nil {
		p.fact("Completed", moment(*info.CompleteTime))
	}
	p.fact("Description", foreign(deploy.UserDescription(aws.ToString(info.Description))))
	if r := f.Outcome.Rollback; r != nil {
		p.fact("Rollback", foreign(report.RollbackSentence(r)))
	}
	if region := f.About.Console; region != "" {
		p.fact("Console", fmt.Sprintf(`<a href="%s" rel="noreferrer">%s</a>`, term.HTML(report.ConsoleLink(region, f.Outcome.ID)), foreign(f.Outcome.ID)))
	}
	p.write("</dl>\n")
}

// fact writes a fact, unless its value, which is HTML, is empty.
func (p *page) fact(name, value string) {
	width := ""
	if name == "Revision" || name == "Description" || name == "Rollback" { // these may be long
		width = ` class="wide"`
	}
	if value != "" && value != foreign("") {
		p.write("<div%s><dt>%s</dt><dd>%s</dd></div>\n", width, name, value)
	}
}

// code is foreign text in the letters of a terminal.
func code(text string) string { return "<code>" + foreign(text) + "</code>" }
