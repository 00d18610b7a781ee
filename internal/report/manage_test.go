package report

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/inventory"
	"github.com/cdx-deploy/cdx/internal/term"
)

func TestAgo(t *testing.T) {
	const day = 24 * time.Hour
	for passed, want := range map[time.Duration]string{
		-time.Hour: "just now", 0: "just now", 59 * time.Second: "just now", time.Minute: "1 minute ago", 59 * time.Minute: "59 minutes ago",
		time.Hour: "1 hour ago", 47 * time.Hour: "1 day ago", 3 * day: "3 days ago", 45 * day: "1 month ago", 800 * day: "2 years ago",
	} {
		if got := ago(passed); got != want {
			t.Errorf("%s: %s, want %s", passed, got, want)
		}
	}
}

func TestMomentOfAScreen(t *testing.T) {
	at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	if got := (Screen{}).moment(&at); got != "2026-02-03T04:05:06Z" {
		t.Errorf("a file: %s", got)
	}
	if got := (Screen{Now: at.Add(72 * time.Hour)}).moment(&at); got != "3 days ago" {
		t.Errorf("a terminal: %s", got)
	}
	if got := (Screen{Now: at}).moment(nil); got != "" {
		t.Errorf("no time: %s", got)
	}
}

// TestTableFits renders a table for terminals of all widths.
func TestTableFits(t *testing.T) {
	rows := [][]string{{"NAME", "WHAT", "WHEN"}, {"web", strings.Repeat("a long text ", 10), "now"}, {strings.Repeat("名前", 12), "short", "2026-02-03T04:05:06Z"}}
	whole := Screen{}.table(rows, 0)
	if !strings.Contains(whole, strings.Repeat("a long text ", 10)) || !strings.Contains(whole, "名前 ") {
		t.Errorf("a file gets less:\n%s", whole)
	}
	for width := 40; width < 220; width++ {
		for line := range strings.Lines(Screen{Width: width}.table(rows, width%2)) {
			if got := term.Width(strings.TrimSuffix(line, "\n")); got > width {
				t.Fatalf("%d columns on a terminal of %d: %s", got, width, line)
			}
		}
	}
	five := [][]string{{"DEPLOYMENT GROUP", "DEPLOYS TO", "LAST", "STATUS", "WHEN"}, {"production-eu-central-1", "12 instances", "d-ABCDEF123", "Succeeded", "3 days ago"}}
	for line := range strings.Lines(Screen{Width: 40}.table(five, 1)) {
		if got := term.Width(strings.TrimSuffix(line, "\n")); got > 40 || !strings.HasPrefix(line, "DEPLOYM") && !strings.HasPrefix(line, "prod") {
			t.Errorf("%d columns of 40: %s", got, line)
		}
	}
	firm := Screen{Width: 75}.table(rows, 1)
	if !strings.Contains(firm, strings.Repeat("名前", 12)) || !strings.Contains(firm, "…") {
		t.Errorf("the first column is cut before others:\n%s", firm)
	}
	similar := Screen{Width: 40}.table([][]string{{"CONFIG", "DEPLOYS"}, {"CodeDeployDefault.ECSCanary10Percent5Minutes", "a"}, {"CodeDeployDefault.ECSCanary10Percent15Minutes", "b"}}, 1)
	if !strings.Contains(similar, "CodeDeployDefau…Percent5Minutes") || !strings.Contains(similar, "CodeDeployDefau…ercent15Minutes") {
		t.Errorf("names that begin alike cannot be told apart:\n%s", similar)
	}
	narrow := Screen{Width: 10}.table(rows, 1)
	if !strings.Contains(narrow, "web") || !strings.Contains(narrow, "…") {
		t.Errorf("narrower than anything fits:\n%s", narrow)
	}
}

func TestDependents(t *testing.T) {
	groups := []types.DeploymentGroupInfo{
		{DeploymentGroupName: aws.String("quiet"), LastAttemptedDeployment: &types.LastDeploymentInfo{DeploymentId: aws.String("d-1"), Status: types.DeploymentStatusStopped}},
		{DeploymentGroupName: aws.String("busy"), LastAttemptedDeployment: &types.LastDeploymentInfo{DeploymentId: aws.String("d-2"), Status: types.DeploymentStatusReady}},
	}
	for _, test := range []struct {
		revisions int
		want      string
	}{
		{0, "deployment group quiet|deployment group busy, with an active deployment: d-2 Ready"},
		{1, "deployment group quiet|deployment group busy, with an active deployment: d-2 Ready|the registration of 1 revision; its S3 object stays"},
		{7, "deployment group quiet|deployment group busy, with an active deployment: d-2 Ready|the registrations of 7 revisions; their S3 objects stay"},
		{10, "deployment group quiet|deployment group busy, with an active deployment: d-2 Ready|the registrations of 10 or more revisions; their S3 objects stay"},
	} {
		if got := strings.Join(ApplicationDependents(groups, test.revisions, 10, Screen{}), "|"); got != test.want {
			t.Errorf("%d revisions: %s", test.revisions, got)
		}
	}
	if got := GroupDependents(&groups[1], Screen{}); got[0] != "deployment group busy, with an active deployment: d-2 Ready" {
		t.Error(got)
	}
	if len(ApplicationDependents(nil, 0, 10, Screen{})) != 0 {
		t.Error("an empty application has dependents")
	}
}

func TestConfigRules(t *testing.T) {
	for _, test := range []struct {
		config types.DeploymentConfigInfo
		want   string
	}{
		{types.DeploymentConfigInfo{MinimumHealthyHosts: &types.MinimumHealthyHosts{Type: types.MinimumHealthyHostsTypeHostCount, Value: 3}}, "keeping at least 3 instances healthy"},
		{types.DeploymentConfigInfo{MinimumHealthyHosts: &types.MinimumHealthyHosts{Type: "MOST_CONCURRENCY", Value: 1}}, "1 instance at a time"},
		{types.DeploymentConfigInfo{MinimumHealthyHosts: &types.MinimumHealthyHosts{Type: types.MinimumHealthyHostsTypeFleetPercent}}, "all instances at once"},
		{types.DeploymentConfigInfo{ZonalConfig: &types.ZonalConfig{}}, "one Availability Zone at a time"},
		{types.DeploymentConfigInfo{TrafficRoutingConfig: &types.TrafficRoutingConfig{Type: types.TrafficRoutingTypeAllAtOnce}}, "all traffic at once"},
		{types.DeploymentConfigInfo{TrafficRoutingConfig: &types.TrafficRoutingConfig{Type: "New"}}, "New"},
		{types.DeploymentConfigInfo{}, ""},
	} {
		if got := strings.Join(rules(&test.config), "; "); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

func TestRevisionObjects(t *testing.T) {
	info := types.RevisionInfo{RevisionLocation: &types.RevisionLocation{
		RevisionType: types.RevisionLocationTypeS3, S3Location: &types.S3Location{Bucket: aws.String("b"), Key: aws.String("k"), BundleType: types.BundleTypeZip},
	}}
	for object, want := range map[inventory.Object]string{
		inventory.Present: "present", inventory.Gone: "gone: this revision", inventory.Replaced: "replaced: another", inventory.NotChecked: "not checked: the permission",
	} {
		if got := Revision(info, object, Screen{}); !strings.Contains(got, want) || !strings.Contains(got, "no deployment group") {
			t.Errorf("%s: %s", object, got)
		}
	}
	if got := Revision(info, inventory.Elsewhere, Screen{}); strings.Contains(got, "object") {
		t.Errorf("a revision that is not in S3: %s", got)
	}
}
