package complete

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/settings"
)

// account answers as a CodeDeploy account does; it fails when told to.
type account struct {
	fails error
	asked []string
}

func (a *account) ListApplications(_ context.Context, in *codedeploy.ListApplicationsInput, _ ...func(*codedeploy.Options)) (*codedeploy.ListApplicationsOutput, error) {
	a.asked = append(a.asked, "ListApplications "+aws.ToString(in.NextToken))
	if in.NextToken == nil {
		return &codedeploy.ListApplicationsOutput{Applications: []string{"shop", "$(reboot)"}, NextToken: aws.String("2")}, a.fails
	}
	return &codedeploy.ListApplicationsOutput{Applications: []string{"web"}}, a.fails
}

func (a *account) ListDeploymentGroups(_ context.Context, in *codedeploy.ListDeploymentGroupsInput, _ ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentGroupsOutput, error) {
	return &codedeploy.ListDeploymentGroupsOutput{DeploymentGroups: []string{*in.ApplicationName + "-production"}}, a.fails
}

func (a *account) ListDeploymentConfigs(context.Context, *codedeploy.ListDeploymentConfigsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentConfigsOutput, error) {
	return &codedeploy.ListDeploymentConfigsOutput{DeploymentConfigsList: []string{"CodeDeployDefault.OneAtATime", "Careful"}}, a.fails
}

func (a *account) ListOnPremisesInstances(context.Context, *codedeploy.ListOnPremisesInstancesInput, ...func(*codedeploy.Options)) (*codedeploy.ListOnPremisesInstancesOutput, error) {
	return &codedeploy.ListOnPremisesInstancesOutput{InstanceNames: []string{"cellar"}}, a.fails
}

func (a *account) ListDeployments(_ context.Context, in *codedeploy.ListDeploymentsInput, _ ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentsOutput, error) {
	a.asked = append(a.asked, "ListDeployments "+aws.ToString(in.ApplicationName)+" "+aws.ToString(in.DeploymentGroupName))
	var ids []string
	for i := range 40 {
		ids = append(ids, fmt.Sprintf("d-%s%d", aws.ToString(in.DeploymentGroupName), i))
	}
	if aws.ToString(in.DeploymentGroupName) == "empty" {
		ids = nil
	}
	return &codedeploy.ListDeploymentsOutput{Deployments: ids}, a.fails
}

func (a *account) BatchGetDeployments(_ context.Context, in *codedeploy.BatchGetDeploymentsInput, _ ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentsOutput, error) {
	if len(in.DeploymentIds) > 25 {
		return nil, errors.New("too many IDs")
	}
	out := new(codedeploy.BatchGetDeploymentsOutput)
	for i, id := range in.DeploymentIds {
		status := types.DeploymentStatusSucceeded
		if i == 1 {
			status = types.DeploymentStatusInProgress
		}
		out.DeploymentsInfo = append(out.DeploymentsInfo, types.DeploymentInfo{
			DeploymentId: &id, Status: status, ApplicationName: aws.String("shop"), DeploymentGroupName: aws.String("web"),
			CreateTime: aws.Time(morning.Add(time.Duration(i) * time.Minute)),
		})
	}
	return out, a.fails
}

var morning = time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC)

func valuesOf(choices []Choice) []string {
	var values []string
	for _, one := range choices {
		values = append(values, one.Value)
	}
	return values
}

func TestFillAndFind(t *testing.T) {
	tests := map[string]struct {
		query Query
		want  []string
		about string
	}{
		"applications, all pages, none that a shell would run": {Query{Kind: Applications}, []string{"shop", "web"}, ""},
		"deployment groups":   {Query{Kind: DeploymentGroups, Application: "shop"}, []string{"shop-production"}, "of shop"},
		"configurations":      {Query{Kind: DeploymentConfigs}, []string{"CodeDeployDefault.OneAtATime", "Careful"}, "predefined"},
		"on-premises":         {Query{Kind: OnPremisesInstances}, []string{"cellar"}, ""},
		"an empty group":      {Query{Kind: Deployments, Application: "shop", Groups: []string{"empty"}}, nil, ""},
		"a kind that is none": {Query{Kind: "others"}, nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			cache := Cache{Dir: t.TempDir(), Now: func() time.Time { return morning }}
			err := cache.Fill(t.Context(), new(account), test.query)
			if (err != nil) != (test.query.Kind == "others") {
				t.Fatal(err)
			}
			choices := Finder{Cache: cache}.Find(t.Context(), test.query)
			if got := valuesOf(choices); !slices.Equal(got, test.want) {
				t.Errorf("choices %q, want %q", got, test.want)
			}
			if len(choices) > 0 && choices[0].Describe(morning) != test.about {
				t.Errorf("described as %q, want %q", choices[0].Describe(morning), test.about)
			}
		})
	}
}

func TestDeploymentsNewestFirst(t *testing.T) {
	cache := Cache{Dir: t.TempDir(), Now: func() time.Time { return morning.Add(3 * time.Hour) }}
	query := Query{Kind: Deployments, Application: "shop", Groups: []string{"a", "b"}}
	service := new(account)
	if err := cache.Fill(t.Context(), service, query); err != nil {
		t.Fatal(err)
	}
	if want := []string{"ListDeployments shop a", "ListDeployments shop b"}; !slices.Equal(service.asked, want) {
		t.Errorf("asked %q, want %q", service.asked, want)
	}
	choices := Finder{Cache: cache}.Find(t.Context(), query)
	if len(choices) != 50 || choices[0].Value != "d-a24" || choices[49].Value != "d-b0" {
		t.Errorf("choices %q", valuesOf(choices))
	}
	if got := choices[0].Describe(cache.now()); got != "Succeeded, 2h ago, shop web" {
		t.Errorf("described as %q", got)
	}
	if got := valuesOf(Running(choices)); !slices.Equal(got, []string{"d-a1", "d-b1"}) {
		t.Errorf("running: %q", got)
	}
}

func TestAge(t *testing.T) {
	for span, want := range map[time.Duration]string{
		-time.Second: "0s", 59 * time.Second: "59s", 90 * time.Second: "1m", 47 * time.Hour: "47h", 72 * time.Hour: "3d",
	} {
		if got := age(span); got != want {
			t.Errorf("age(%v) = %q, want %q", span, got, want)
		}
	}
}

// TestFinderAsksOnlyWhenNeeded follows one query through the ages of its answer.
func TestFinderAsksOnlyWhenNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		query := Query{Kind: Applications}
		cache := Cache{Dir: t.TempDir()}
		service, refreshes := new(account), 0
		finder := Finder{Cache: cache, Patience: time.Second, Refresh: func(q Query) (<-chan struct{}, error) {
			refreshes++
			done := make(chan struct{})
			go func() {
				defer close(done)
				_ = cache.Fill(t.Context(), service, q) // told by what is found
			}()
			return done, nil
		}}
		steps := []struct {
			after     time.Duration
			fails     error
			refreshes int
			found     int
		}{
			{0, nil, 1, 2},                                 // the first time
			{4 * time.Minute, nil, 1, 2},                   // fresh
			{2 * time.Minute, nil, 2, 2},                   // old, asked again
			{6 * time.Minute, errors.New("offline"), 3, 2}, // old, but still of use
			{10 * time.Second, nil, 3, 2},                  // no second attempt so soon
			{time.Hour, errors.New("offline"), 4, 0},       // too old to be of use
			{10 * time.Second, nil, 4, 0},
			{10 * time.Second, nil, 5, 2},
		}
		for i, step := range steps {
			time.Sleep(step.after)
			service.fails = step.fails
			if got := finder.Find(t.Context(), query); len(got) != step.found || refreshes != step.refreshes {
				t.Errorf("step %d: %d choices after %d refreshes, want %d after %d", i, len(got), refreshes, step.found, step.refreshes)
			}
		}
	})
}

func TestFinderIsNotPatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		finder := Finder{Cache: Cache{Dir: t.TempDir()}, Patience: 240 * time.Millisecond}
		finder.Refresh = func(Query) (<-chan struct{}, error) { return make(chan struct{}), nil }
		start := time.Now()
		if got := finder.Find(t.Context(), Query{Kind: Applications}); got != nil || time.Since(start) != finder.Patience {
			t.Errorf("%v after %v", got, time.Since(start))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		start = time.Now()
		if got := finder.Find(ctx, Query{Kind: Applications}); got != nil || time.Since(start) != 0 {
			t.Errorf("ended: %v after %v", got, time.Since(start))
		}
		finder.Refresh = func(Query) (<-chan struct{}, error) { return nil, errors.New("no processes") }
		if got := finder.Find(t.Context(), Query{Kind: Applications}); got != nil {
			t.Errorf("without a refresh: %v", got)
		}
	})
}

func TestCacheIsPrivate(t *testing.T) {
	cache := Cache{Dir: filepath.Join(t.TempDir(), "cdx", "names"), Scope: "secret-account"}
	if err := cache.Fill(t.Context(), new(account), Query{Kind: Applications}); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(cache.Dir)
	if err != nil || len(files) != 1 || strings.Contains(files[0].Name(), "secret") {
		t.Fatalf("files %v, %v", files, err)
	}
	info, err := files[0].Info()
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	other := cache
	other.Scope = "another account"
	if got := (Finder{Cache: other}).Find(t.Context(), Query{Kind: Applications}); got != nil {
		t.Errorf("another account sees %q", valuesOf(got))
	}
}

func TestCacheThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (Cache{Dir: file}).Fill(t.Context(), new(account), Query{Kind: Applications}); err == nil {
		t.Error("a cache in a file was filled")
	}
	cache := Cache{Dir: t.TempDir()}
	if err := os.WriteFile(cache.path(Query{Kind: Applications}), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := (Finder{Cache: cache}).Find(t.Context(), Query{Kind: Applications}); got != nil {
		t.Errorf("a broken file gives %q", valuesOf(got))
	}
}

func TestOldFilesAreClearedAway(t *testing.T) {
	cache := Cache{Dir: t.TempDir()}
	left := filepath.Join(cache.Dir, "left.json")
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(left, morning, morning); err != nil {
		t.Fatal(err)
	}
	if err := cache.Fill(t.Context(), new(account), Query{Kind: Applications}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old file is still there: %v", err)
	}
}

func TestProfiles(t *testing.T) {
	dir := t.TempDir()
	config, secrets := filepath.Join(dir, "config"), filepath.Join(dir, "credentials")
	for name, text := range map[string]string{
		config:  "[default]\nregion = eu-central-1\n[profile work]\n[sso-session corporate]\n [ profile `x` ]\n[services s3 x]\n",
		secrets: "[work]\naws_access_key_id = x\n[home]\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := valuesOf(Profiles(config, secrets, filepath.Join(dir, "missing")))
	if want := []string{"default", "home", "work"}; !reflect.DeepEqual(got, want) {
		t.Errorf("profiles %q, want %q", got, want)
	}
}

// TestEveryFixedValueIsDescribed keeps the descriptions in step with the settings.
func TestEveryFixedValueIsDescribed(t *testing.T) {
	known := meanings()
	for _, s := range settings.All() {
		described := known[s.Name]
		delete(known, s.Name)
		for _, value := range slices.Concat(s.Values, s.Also) {
			if About(s.Name, value) == "" {
				t.Errorf("--%s %s is not described", s.Name, value)
			}
			delete(described, value)
		}
		for value := range described {
			t.Errorf("--%s has no value %s", s.Name, value)
		}
	}
	for name := range known {
		t.Errorf("no setting is called %s", name)
	}
}
