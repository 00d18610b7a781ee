package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

func TestSummary(t *testing.T) {
	now := time.Date(2026, 2, 3, 4, 10, 0, 0, time.UTC)
	o := failed()
	o.Rollback = &wait.Rollback{Message: "no previous revision"}
	golden(t, "summary.golden", report.Summary([]report.Followed{{Outcome: o, About: report.About{Console: "eu-west-1", Flags: " --region eu-west-1"}}}, now))
	golden(t, "summary_short.golden", report.ShortSummary([]report.Followed{{Outcome: o}}, now))
}

func TestSummaryMarks(t *testing.T) {
	for status, want := range map[types.DeploymentStatus]string{
		types.DeploymentStatusSucceeded: "✅", types.DeploymentStatusStopped: "⏹️", types.DeploymentStatusInProgress: "⏳",
	} {
		o := &wait.Outcome{ID: "d-1", Info: &types.DeploymentInfo{Status: status}}
		if got := report.Summary([]report.Followed{{Outcome: o}}, time.Now()); !strings.HasPrefix(got, "### "+want) || strings.Contains(got, "Why") {
			t.Errorf("%s: %s", status, got)
		}
	}
	o := failed()
	o.Info.Status = types.DeploymentStatusSucceeded
	if got := report.Summary([]report.Followed{{Outcome: o}}, time.Now()); !strings.HasPrefix(got, "### ⚠️") || !strings.Contains(got, "Why") {
		t.Errorf("a partial success: %s", got)
	}
}

func TestSummaryOfAFleetIsShort(t *testing.T) {
	o := failed()
	for i := range 1000 {
		target := o.Targets[0]
		target.ID = fmt.Sprintf("i-%04d", i)
		target.Lifecycle = []wait.LifecycleEvent{{Name: "AfterInstall", Status: types.LifecycleEventStatusFailed, Script: fmt.Sprintf("s%d.sh", i), Message: "m", LogTail: strings.Repeat("`line`\n", 500)}}
		o.Targets = append(o.Targets, target)
	}
	got := report.Summary([]report.Followed{{Outcome: o}}, time.Now())
	if len(got) > 1<<18 {
		t.Errorf("%d bytes", len(got))
	}
	for _, want := range []string{"… and 902 more targets.", "more kinds of failure."} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q", want)
		}
	}
}

func TestBrief(t *testing.T) {
	golden(t, "brief.golden", report.Brief(failed())+"\n")
	o := failed()
	o.Targets = nil
	if got := report.Brief(o); got != aws.ToString(o.Info.ErrorInformation.Message) {
		t.Errorf("Brief without targets = %q", got)
	}
}

// shape is what makes Markdown more than text: HTML, cells of tables, links, fences and
// the starts of lines, outside of fenced blocks.
func shape(markdown string) string {
	var b strings.Builder
	fence := ""
	for line := range strings.Lines(markdown) {
		line = strings.TrimRight(line, "\n")
		switch ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]; {
		case fence == "" && len(ticks) >= 3:
			fence = ticks
			b.WriteString("fence\n")
			continue
		case fence != "" && line == fence:
			fence = ""
			b.WriteString("end\n")
			continue
		case fence != "":
			continue
		}
		plain := strings.NewReplacer(`\\`, "", `\|`, "", `\<`, "", `\[`, "", `\]`, "", `\(`, "", "<br>", "").Replace(line)
		fmt.Fprintf(&b, "%.2s %d %d %d\n", line, strings.Count(plain, "|"), strings.Count(plain, "<"), strings.Count(plain, "]("))
	}
	return b.String() + fence
}

func FuzzSummaryOfForeignText(f *testing.F) {
	for _, text := range []string{"<script>", "a|b", "[x](javascript:y)", "```\n</details>", "\n# title", "`````", "\\|", "![x](y)", "\n| a |\n", "<!--", "::error::x", "~~~\n", "    x"} {
		f.Add(text)
	}
	summary := func(text string) string {
		o := failed()
		o.ID, o.Info.ApplicationName = "d-"+text, aws.String("x"+text)
		o.Info.ErrorInformation.Message = aws.String("x" + text)
		for i := range o.Targets {
			o.Targets[i].ID = "i" + text
			e := &o.Targets[i].Lifecycle[0]
			e.Script, e.Message, e.LogTail = "x"+text, "x"+text, "x"+text
		}
		return report.Summary([]report.Followed{{Outcome: o, About: report.About{Console: "eu-west-1", Again: "cdx deploy"}}}, time.Time{})
	}
	want := shape(summary("x"))
	f.Fuzz(func(t *testing.T, text string) {
		if got := shape(summary("x" + text)); got != want {
			t.Errorf("%q changes the summary's shape from\n%s to\n%s\n%s", text, want, got, summary("x"+text))
		}
	})
}
