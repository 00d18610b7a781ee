package page

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

// timeline writes when each lifecycle event went on: as a picture, and as a table that
// says the same.
func (p *page) timeline(i int, o *wait.Outcome) {
	all := rows(o)
	if len(all) == 0 {
		return
	}
	left := max(0, len(all)-maxRows)
	all = all[:len(all)-left]
	p.write("<section aria-labelledby=\"timeline-%d\">\n<h2 id=\"timeline-%d\">Timeline</h2>\n", i+1, i+1)
	if described := len(o.Targets); int64(described) < o.Counts.Total() {
		p.write("<p class=\"note\">Of a deployment to so many targets only those that failed are described: %d of %d.</p>\n", described, o.Counts.Total())
	}
	if int64(maxSingle) < max(o.Counts.Total(), int64(len(o.Targets))) {
		p.write("<p class=\"note\">Targets that fared alike share a row: each bar reaches from the first start to the last end.</p>\n")
	}
	p.picture(o, all)
	p.table(all)
	if left > 0 {
		p.write("<p class=\"note\">… and %d more rows.</p>\n", left)
	}
	p.write("</section>\n")
}

// axis is the time that the picture shows.
type axis struct{ from, to time.Time }

// axisOf spans the deployment and all that happened in it.
func (p *page) axisOf(o *wait.Outcome, all []row) axis {
	var a axis
	widen := func(t time.Time) {
		if t.IsZero() {
			return
		}
		if a.from.IsZero() || t.Before(a.from) {
			a.from = t
		}
		if t.After(a.to) {
			a.to = t
		}
	}
	if o.Info.CreateTime != nil {
		widen(*o.Info.CreateTime)
	}
	if o.Info.CompleteTime != nil {
		widen(*o.Info.CompleteTime)
	}
	for _, r := range all {
		for _, b := range r.bars {
			widen(b.start)
			widen(p.endOf(b))
		}
	}
	if a.to.Sub(a.from) < time.Millisecond {
		a.to = a.from.Add(time.Millisecond)
	}
	return a
}

// endOf is the end of a bar; of an event that goes on, now.
func (p *page) endOf(b bar) time.Time {
	if b.end.IsZero() && b.status == types.LifecycleEventStatusInProgress && !b.start.IsZero() {
		return p.now
	}
	return b.end
}

// at is where a time stands on the axis, in percent.
func (a axis) at(t time.Time) float64 {
	return percent(float64(t.Sub(a.from)), float64(a.to.Sub(a.from)))
}

// step is the distance of the axis's marks: a round one, so that there are about five.
func (a axis) step() time.Duration {
	steps := []time.Duration{time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour}
	for _, step := range steps {
		if a.to.Sub(a.from) <= 6*step {
			return step
		}
	}
	return 24 * time.Hour * (a.to.Sub(a.from)/(6*24*time.Hour) + 1)
}

// short is a round duration as it stands on the axis: "2m" and not "2m0s".
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func (p *page) picture(o *wait.Outcome, all []row) {
	a, names := p.axisOf(o, all), events(all)
	p.write("<div class=\"chart\">\n<div class=\"line axis\" aria-hidden=\"true\"><div class=\"who\"></div><svg width=\"100%%\" height=\"22\">")
	for d := time.Duration(0); d <= a.to.Sub(a.from); d += a.step() {
		x := a.at(a.from.Add(d))
		anchor := "middle"
		if d == 0 {
			anchor = "start"
		} else if x > 95 {
			anchor = "end"
		}
		p.write(`<text x="%.2f%%" y="14" text-anchor="%s">%s</text>`, x, anchor, short(d))
	}
	p.write("</svg></div>\n")
	for _, r := range all {
		p.write("<div class=\"line\"><div class=\"who\">%s</div><svg aria-hidden=\"true\" width=\"100%%\" height=\"28\">", r.title())
		for d := time.Duration(0); d <= a.to.Sub(a.from); d += a.step() {
			x := a.at(a.from.Add(d))
			p.write(`<line x1="%.2f%%" x2="%.2f%%" y1="0" y2="28"/>`, x, x)
		}
		for _, b := range r.bars {
			p.bar(a, b, slices.Index(names, b.name)+1)
		}
		p.write("</svg></div>\n")
	}
	p.write("</div>\n")
}

// title names a row.
func (r row) title() string {
	if len(r.targets) == 1 {
		return "<span class=\"id\">" + reference(r.targets[0].TargetRef) + "</span> " + badge(string(r.status))
	}
	text := fmt.Sprintf("<span class=\"id\">%d targets</span> %s", len(r.targets), badge(string(r.status)))
	if r.at != "" {
		text += " <small>at " + foreign(r.at) + "</small>"
	}
	return text
}

// Of a picture of ordinary width: columns of pixels for one percent, for a letter, and
// around a label.
const (
	pixelsOfPercent = 7.5
	pixelsOfLetter  = 7
	pixelsAround    = 14
)

// bar draws an event that has begun. Its number in the table is written where there is
// room, and its name too where there is more.
func (p *page) bar(a axis, b bar, number int) {
	end := p.endOf(b)
	if b.start.IsZero() || end.IsZero() {
		return
	}
	x, width := a.at(b.start), a.at(end)-a.at(b.start)
	tip := fmt.Sprintf("<title>%s %s, %s</title>", term.HTML(b.name), term.HTML(string(b.status)), b.took())
	if width*pixelsOfPercent < 3 {
		p.write(`<rect class="bar %s" x="%.2f%%" y="3" width="3" height="22" rx="1">%s</rect>`, class(string(b.status)), min(x, 99.6), tip)
		return
	}
	p.write(`<svg x="%.2f%%" y="3" width="%.2f%%" height="22"><rect class="bar %s" width="100%%" height="22" rx="3">%s</rect>`, x, width, class(string(b.status)), tip)
	switch {
	case fits(fmt.Sprintf("%d %s", number, b.name), width):
		p.write(`<text x="7" y="15">%d<tspan> %s</tspan></text>`, number, term.HTML(b.name))
	case fits("", width):
		p.write(`<text x="50%%" y="15" text-anchor="middle">%d</text>`, number)
	}
	p.write("</svg>")
}

// fits reports whether a label has room in a bar of so many percent.
func fits(label string, width float64) bool {
	return float64(len([]rune(label))*pixelsOfLetter+pixelsAround) <= width*pixelsOfPercent
}

// took is how long an event took.
func (b bar) took() string {
	if b.worst == b.shortest {
		return report.Seconds(b.worst)
	}
	return report.Seconds(b.shortest) + " to " + report.Seconds(b.worst)
}

// table writes targets by lifecycle events.
func (p *page) table(all []row) {
	names := events(all)
	if len(names) == 0 {
		return
	}
	p.write("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Lifecycle events of each target\">\n<table>\n<thead><tr><th scope=\"col\">Target</th>")
	for i, event := range names {
		p.write("<th scope=\"col\"><span class=\"number\">%d</span> %s</th>", i+1, foreign(event))
	}
	p.write("</tr></thead>\n<tbody>\n")
	for _, r := range all {
		p.write("<tr><th scope=\"row\">")
		p.who(r)
		p.write("</th>")
		for _, event := range names {
			p.cell(r, event)
		}
		p.write("</tr>\n")
	}
	p.write("</tbody>\n</table>\n</div>\n")
}

// who names a row in the table; targets that were put together are listed there.
func (p *page) who(r row) {
	if len(r.targets) == 1 {
		p.write("%s", reference(r.targets[0].TargetRef))
		if r.traffic != nil {
			p.write(" <small>%g&nbsp;%% of the traffic</small>", *r.traffic)
		}
		return
	}
	p.write("<details><summary>%d × %s</summary><ul class=\"names\">", len(r.targets), term.HTML(string(r.status)))
	for _, t := range r.targets {
		p.write("<li>%s</li>", reference(t.TargetRef))
	}
	p.write("</ul></details>")
}

func (p *page) cell(r row, event string) {
	for _, b := range r.bars {
		if b.name != event {
			continue
		}
		text := ""
		if b.worst > 0 {
			text = " " + b.took()
		}
		p.write("<td class=\"%s\"><span aria-hidden=\"true\">%s</span><span class=\"hidden\">%s</span>%s</td>", class(string(b.status)), sign(string(b.status)), term.HTML(string(b.status)), text)
		return
	}
	p.write("<td class=\"none\"></td>")
}
