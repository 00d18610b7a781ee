package page_test

import (
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/page"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

var update = flag.Bool("update", false, "rewrite golden files")

var start = time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)

// events are what a target went through, the last of them with that status.
func events(script, message, tail string, last types.LifecycleEventStatus) []wait.LifecycleEvent {
	took := []time.Duration{400 * time.Millisecond, 2 * time.Second, 90 * time.Second}
	var all []wait.LifecycleEvent
	at := start.Add(time.Second)
	for i, name := range []string{"ApplicationStop", "Install", "AfterInstall"} {
		e := wait.LifecycleEvent{Name: name, Status: types.LifecycleEventStatusSucceeded, Start: at, End: at.Add(took[i]), Duration: took[i]}
		at = e.End
		if i == 2 {
			e.Status = last
			if last == types.LifecycleEventStatusFailed {
				e.Code, e.Script, e.Message, e.LogTail = types.LifecycleErrorCodeScriptFailed, script, message, tail
			}
			if last == types.LifecycleEventStatusInProgress {
				e.End, e.Duration = time.Time{}, 0
			}
		}
		all = append(all, e)
	}
	return append(all, wait.LifecycleEvent{Name: "ValidateService", Status: types.LifecycleEventStatusSkipped})
}

// failed is a deployment to two targets of which one failed; text is all that is
// foreign in it.
func failed(text string) report.Followed {
	return report.Followed{
		About: report.About{Console: "eu-west-1", Flags: " --region eu-west-1"},
		Outcome: &wait.Outcome{
			ID: "d-" + text,
			Info: &types.DeploymentInfo{
				ApplicationName: aws.String("app " + text), DeploymentGroupName: aws.String("group " + text), DeploymentConfigName: aws.String("config " + text),
				Description: aws.String("description " + text), Creator: types.DeploymentCreatorUser,
				Status: types.DeploymentStatusFailed, CreateTime: aws.Time(start), CompleteTime: aws.Time(start.Add(94 * time.Second)),
				ErrorInformation: &types.ErrorInformation{Code: types.ErrorCodeHealthConstraints, Message: aws.String("too many targets failed " + text)},
				Revision:         &types.RevisionLocation{RevisionType: types.RevisionLocationTypeGitHub, GitHubLocation: &types.GitHubLocation{Repository: aws.String("o/" + text), CommitId: aws.String("c" + text)}},
			},
			Counts: wait.Counts{Succeeded: 1, Failed: 1},
			Targets: []wait.Target{
				{TargetRef: wait.TargetRef{ID: "i-1 " + text, Label: types.TargetLabelGreen}, Status: types.TargetStatusSucceeded, TrafficPercent: aws.Float64(12.5),
					Lifecycle: events("", "", "", types.LifecycleEventStatusSucceeded)},
				{TargetRef: wait.TargetRef{ID: "i-2 " + text}, Status: types.TargetStatusFailed,
					Lifecycle: events("a.sh "+text, "exit code 1 "+text, "line 1\n"+text+"\n", types.LifecycleEventStatusFailed)},
			},
			Rollback: &wait.Rollback{Message: "no previous revision " + text},
		},
	}
}

func html(all ...report.Followed) string { return page.HTML(all, start.Add(2*time.Minute)) }

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference.\ngot:\n%s", path, got)
	}
}

func TestPageOfAFailure(t *testing.T) { golden(t, "failed.html", html(failed("x"))) }

func TestPageOfARunningDeployment(t *testing.T) {
	f := failed("x")
	f.Outcome.Info.Status, f.Outcome.Info.CompleteTime, f.Outcome.Rollback = types.DeploymentStatusInProgress, nil, nil
	f.Outcome.Targets[1].Status, f.Outcome.Targets[1].Lifecycle = types.TargetStatusInProgress, events("", "", "", types.LifecycleEventStatusInProgress)
	f.Outcome.Counts = wait.Counts{Succeeded: 1, InProgress: 1}
	got := html(f)
	golden(t, "running.html", got)
	if strings.Contains(got, ">Why<") {
		t.Error("a deployment that goes on is explained")
	}
}

func TestPageOfSeveral(t *testing.T) {
	got := html(failed("x"), failed("y"))
	for _, want := range []string{`<a href="#deployment-2">`, `<article id="deployment-2">`, "<title>2 deployments</title>"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestPageOfARollback(t *testing.T) {
	f, back := failed("x"), failed("y")
	back.Outcome.Info.Status, back.Outcome.Info.Creator, back.Outcome.Rollback = types.DeploymentStatusSucceeded, types.DeploymentCreatorCodeDeployRollback, nil
	f.Outcome.Rollback = &wait.Rollback{ID: back.Outcome.ID, Status: types.DeploymentStatusSucceeded, Outcome: back.Outcome}
	got := html(f)
	if first, second := strings.Index(got, ">Deployment <bdi>d-x"), strings.Index(got, ">Automatic rollback <bdi>d-y"); first < 0 || second < first {
		t.Errorf("the rollback at %d does not follow the deployment at %d", second, first)
	}
}

func TestPageWithoutTargets(t *testing.T) {
	f := failed("x")
	f.Outcome.Targets, f.Outcome.TargetsDenied = nil, true
	got := html(f)
	if !strings.Contains(got, "codedeploy:ListDeploymentTargets") || strings.Contains(got, "Timeline") {
		t.Error("it does not say why targets are missing, or shows a timeline of none")
	}
}

// fleet is a deployment to many targets, each failing in a way of its own if so wanted.
func fleet(targets int, alike bool) report.Followed {
	f := failed("x")
	f.Outcome.Targets = nil
	for i := range targets {
		t := wait.Target{TargetRef: wait.TargetRef{ID: fmt.Sprintf("i-%017x", i)}, Status: types.TargetStatusSucceeded, Lifecycle: events("", "", "", types.LifecycleEventStatusSucceeded)}
		if i%2 == 0 {
			script := "a.sh"
			if !alike {
				script = fmt.Sprintf("script-%d.sh", i)
			}
			t.Status, t.Lifecycle = types.TargetStatusFailed, events(script, "exit code 1", strings.Repeat("a line of the log <&>\n", 100), types.LifecycleEventStatusFailed)
		}
		f.Outcome.Targets = append(f.Outcome.Targets, t)
	}
	f.Outcome.Counts = wait.Counts{Succeeded: int64(targets / 2), Failed: int64(targets - targets/2)}
	return f
}

func TestAFleetIsGroupedAndSmall(t *testing.T) {
	for _, alike := range []bool{true, false} {
		got := html(fleet(1000, alike))
		if len(got) >= 1<<20 {
			t.Errorf("alike %t: a page of %d bytes", alike, len(got))
		}
		if rows := strings.Count(got, `<tr><th scope="row">`); alike && rows != 2 || rows > 60 {
			t.Errorf("alike %t: %d rows", alike, rows)
		}
	}
	got := html(fleet(1000, true))
	for i := range 1000 {
		if id := fmt.Sprintf("i-%017x", i); !strings.Contains(got, id) {
			t.Fatalf("target %s is not named", id)
		}
	}
}

var tag = regexp.MustCompile(`<[^>]*>`)

// tags are the page's tags without what depends on the text: links and line breaks.
func tags(page string) []string {
	all := slices.DeleteFunc(tag.FindAllString(page, -1), func(tag string) bool { return tag == "<br>" })
	for i, t := range all {
		if strings.HasPrefix(t, "<a href=\"https://") {
			all[i] = "<a>"
		}
	}
	return all
}

func hostile() []string {
	return []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='x`, `</pre></main>`, `</title><script>`, `]]>`, `<!--`, `&lt;script&gt;`,
		"\x1b[31mred\x1b[0m", "\u202eevil\u2066", "a\x00b", "javascript:alert(1)", `%"<`, "</svg>", "\n</td>",
	}
}

func TestForeignTextCannotBreakOut(t *testing.T) {
	want := tags(html(failed("x")))
	for _, text := range hostile() {
		if got := tags(html(failed(text))); !slices.Equal(got, want) {
			t.Errorf("%q changes the tags of the page", text)
		}
	}
}

func FuzzForeignText(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text)
	}
	want := tags(html(failed("x")))
	f.Fuzz(func(t *testing.T, text string) {
		if !slices.Equal(tags(html(failed("x"+text))), want) {
			t.Errorf("%q changes the tags of the page", text)
		}
		if strings.ContainsAny(html(failed("x"+text)), "\x1b\x00\u202e\u2066") {
			t.Errorf("%q leaves control characters", text)
		}
	})
}

func TestThePolicyAdmitsNothingButTheStyle(t *testing.T) {
	got := html(failed("x"))
	css := got[strings.Index(got, "<style>")+len("<style>") : strings.Index(got, "</style>")]
	sum := sha256.Sum256([]byte(css))
	if want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(got, want) {
		t.Errorf("no policy %s", want)
	}
	for _, forbidden := range []string{"<script", " style=", "@import", "url(http", "src=", " on"} {
		for _, tag := range tags(got) {
			if strings.Contains(tag, forbidden) {
				t.Errorf("%s in %s", forbidden, tag)
			}
		}
	}
	if strings.Contains(css, "//") || strings.Contains(css, "@import") {
		t.Error("the style sheet reaches for the network")
	}
}

func TestEveryTagIsClosed(t *testing.T) {
	void := []string{"meta", "rect", "line", "br", "!DOCTYPE"}
	var open []string
	for _, tag := range tags(html(fleet(120, true), failed("x"))) {
		name := strings.Fields(strings.Trim(tag, "<>/"))[0]
		switch {
		case slices.Contains(void, name) && !strings.HasPrefix(tag, "</"):
			if name == "rect" && !strings.HasSuffix(tag, "/>") {
				open = append(open, name)
			}
		case strings.HasPrefix(tag, "</"):
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("%s closes %v", tag, open)
			}
			open = open[:len(open)-1]
		case !strings.HasSuffix(tag, "/>"):
			open = append(open, name)
		}
	}
	if len(open) > 0 {
		t.Errorf("not closed: %v", open)
	}
}

var (
	palette = regexp.MustCompile(`(?s):root \{(.*?)\}`)
	colour  = regexp.MustCompile(`--([\w-]+): #([0-9a-f]{6});`)
)

// luminance is a colour's relative luminance.
// Source: Web Content Accessibility Guidelines 2.2, relative luminance.
func luminance(rgb string) float64 {
	var light float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		value, err := strconv.ParseUint(rgb[2*i:2*i+2], 16, 8)
		if err != nil {
			return 0
		}
		share := float64(value) / 255
		if share <= 0.04045 {
			share /= 12.92
		} else {
			share = math.Pow((share+0.055)/1.055, 2.4)
		}
		light += weight * share
	}
	return light
}

// Source: Web Content Accessibility Guidelines 2.2, 1.4.3: text has a contrast of 4.5.
func TestTextHasContrast(t *testing.T) {
	css, err := os.ReadFile("style.css")
	if err != nil {
		t.Fatal(err)
	}
	palettes := palette.FindAllStringSubmatch(string(css), -1)
	if len(palettes) != 2 {
		t.Fatalf("%d palettes, want a light and a dark one", len(palettes))
	}
	pairs := [][2]string{{"ink", "sheet"}, {"ink", "well"}, {"soft", "sheet"}, {"soft", "ground"}, {"soft", "well"}, {"link", "sheet"}}
	for _, status := range []string{"succeeded", "failed", "stopped", "running", "skipped", "pending"} {
		pairs = append(pairs, [2]string{status, status + "-bg"}, [2]string{status, "sheet"}, [2]string{"on", status})
	}
	for i, p := range palettes {
		colours := make(map[string]string)
		for _, match := range colour.FindAllStringSubmatch(p[1], -1) {
			colours[match[1]] = match[2]
		}
		for _, pair := range pairs {
			a, b := luminance(colours[pair[0]]), luminance(colours[pair[1]])
			if contrast := (max(a, b) + 0.05) / (min(a, b) + 0.05); contrast < 4.5 {
				t.Errorf("palette %d: %s on %s has a contrast of %.1f only", i, pair[0], pair[1], contrast)
			}
		}
	}
}
