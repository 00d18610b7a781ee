package report_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"testing"
	"time"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/local/agent"
)

func aPlan() *agent.Plan {
	return &agent.Plan{
		Remove: []string{"/srv/old\x1b[31m", "/srv"},
		Steps: []agent.Step{
			{Path: "/srv", Mode: fs.ModeDir | fs.ModeSticky | 0o777},
			{Path: "/srv/b", Source: "b", Mode: 0o755 | fs.ModeSetuid, Size: 1, Owner: "wëb", Group: "www"},
			{Path: "/srv/a", Source: "x/a", Mode: 0o640 | fs.ModeSetgid, Size: 1000, Owner: "w", Replaces: true},
			{Path: "/srv/link", Source: "link", Mode: fs.ModeSymlink | 0o777, Link: "b"},
			{Path: "/there/already/deep", Mode: fs.ModeDir | fs.ModeSetgid | 0o755},
		},
		Conflicts: []agent.Conflict{{Path: "/srv/b", Sources: []string{"b"}, Message: "in the way"}},
		Events: []agent.PlannedEvent{
			{Name: "ApplicationStop", Previous: true, Scripts: []agent.PlannedScript{{Location: "stop.sh", Timeout: time.Minute}}},
			{Name: "DownloadBundle"},
			{Name: "AfterInstall", Scripts: []agent.PlannedScript{
				{Location: "one.sh", RunAs: "root", Timeout: 90 * time.Second}, {Location: "two.sh", Timeout: time.Hour, Missing: true},
			}},
		},
	}
}

func TestPlan(t *testing.T) {
	planned := report.Planned{Name: "build", Previous: "d-1", Plan: aPlan()}
	golden(t, "plan.golden", report.PlanText(term.Style{}, planned)+report.PlanText(term.Style{}, report.Planned{Name: "empty", Plan: &agent.Plan{}}))
	data, err := json.MarshalIndent(report.PlansJSON([]report.Planned{planned}), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "plan.json.golden", string(data)+"\n")
}

func TestPlanDifference(t *testing.T) {
	theirs, ours := aPlan(), aPlan()
	ours.Steps = append(ours.Steps[:3:3], agent.Step{Path: "/new", Mode: 0o644})
	ours.Steps[2].Mode, ours.Steps[2].Owner = 0o600, ""
	ours.Events[2].Scripts = ours.Events[2].Scripts[:1]
	difference, err := report.Compare("other.zip", theirs, ours, func(_, ours *agent.Step) (bool, error) { return ours.Path != "/srv/b", nil })
	if err != nil {
		t.Fatal(err)
	}
	same, err := report.Compare("other.zip", theirs, theirs, func(_, _ *agent.Step) (bool, error) { return true, nil })
	if err != nil {
		t.Fatal(err)
	}
	text := report.PlanText(term.Style{}, report.Planned{Name: "build", Plan: ours, Difference: difference}) +
		report.PlanText(term.Style{}, report.Planned{Name: "build", Plan: ours, Difference: same})
	golden(t, "plan_difference.golden", text)
	broken := errors.New("unreadable")
	if _, err := report.Compare("x", theirs, ours, func(_, _ *agent.Step) (bool, error) { return false, broken }); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
