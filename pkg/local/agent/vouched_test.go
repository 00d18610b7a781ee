//go:build unix

package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// stopping is a revision whose ApplicationStop leaves a file behind, when the next one is deployed.
var stopping = files{
	"appspec.yml": "version: 0.0\nos: linux\nhooks:\n  ApplicationStop:\n    - location: stop.sh\n",
	"stop.sh":     "0755 #!/bin/sh\nmkdir -p $CDX_LOCAL_ROOT\n: > $CDX_LOCAL_ROOT/stopped\n",
}

func TestPreviousHooksNeedVouching(t *testing.T) {
	const refused = "1 script is not run: the last successful revision comes from somebody who may not run any"
	for _, test := range []struct {
		name    string
		vouched []bool // of the deployments before the one that is looked at
		change  func(t *testing.T, h *host)
		stopped bool
	}{
		{"vouched for", []bool{true}, nil, true},
		{"of a stranger", []bool{false}, nil, false},
		{"of a stranger, after one vouched for", []bool{true, false}, nil, false},
		{"vouched for, after a stranger's", []bool{false, true}, nil, true},
		{"without a record", []bool{true}, func(t *testing.T, h *host) {
			g, err := newGroup(h.opts.Dir, GroupID("shop", "web"))
			must(t, err)
			must(t, os.Remove(g.instructions(vouchedSuffix)))
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t)
			for _, vouched := range test.vouched {
				d := h.deployment(t, stopping)
				d.Vouched = vouched
				h.run(t, d)
			}
			if test.change != nil {
				test.change(t, h)
			}
			must(t, os.RemoveAll(h.path("/stopped")))
			if history, err := ReadHistory(h.opts.Dir, GroupID("shop", "web")); err != nil || history.Vouched != test.stopped {
				t.Errorf("the history says vouched for: %t, %v", history.Vouched, err)
			}
			result := h.deploy(t, stopping)
			stop := eventOf(t, result, "ApplicationStop")
			if result.Status != types.TargetStatusSucceeded || h.has("/stopped") != test.stopped {
				t.Errorf("%s, stopped: %t, %+v", result.Status, h.has("/stopped"), stop)
			}
			if told := len(result.Notices) == 1 && result.Notices[0] == (Notice{NoticeHook, "ApplicationStop", refused}); told == test.stopped {
				t.Errorf("notices %+v", result.Notices)
			}
			if !test.stopped && (stop.Status != types.LifecycleEventStatusSkipped || stop.Message != refused) {
				t.Errorf("%+v", stop)
			}
		})
	}
}

func TestUnreadableHistoryRunsNothing(t *testing.T) {
	for _, suffix := range []string{"-cleanup", "_last_successful_install"} {
		t.Run(suffix, func(t *testing.T) {
			h := newHost(t)
			h.deploy(t, stopping)
			g, err := newGroup(h.opts.Dir, GroupID("shop", "web"))
			must(t, err)
			must(t, ignoreMissing(os.Remove(g.instructions(suffix))))
			must(t, os.Mkdir(g.instructions(suffix), 0o755))
			d := h.deployment(t, stopping)
			if result, err := Deploy(t.Context(), d, h.opts); err == nil || result != nil {
				t.Errorf("%+v, %v", result, err)
			}
			if h.has("/stopped") {
				t.Error("a script has run")
			}
			if _, err := os.Stat(g.deployment(d.ID)); !os.IsNotExist(err) {
				t.Errorf("left behind: %v", err)
			}
		})
	}
}

func TestAppSpecIsReadWithinBounds(t *testing.T) {
	for name, tree := range map[string]files{
		"a link that leads out": {"appspec.yml": "-> ../outside.yml", "../outside.yml": "version: 0.0\nos: linux\n"},
		"a folder":              {"appspec.yml/": ""},
		"too large":             {"appspec.yml": strings.Repeat("#", maxAppSpec+1)},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(tempDir(t), "revision")
			must(t, os.Mkdir(dir, 0o755))
			tree.write(t, dir)
			if _, _, err := (&History{Revision: dir}).Spec(appspec.AgentV1); err == nil {
				t.Error("read")
			}
			if _, err := readAppSpec(dir, appspec.FileName); err == nil {
				t.Error("read for running")
			}
		})
	}
}
