//go:build unix

package agent

import (
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
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
			result := h.deploy(t, stopping)
			stop := eventOf(t, result, "ApplicationStop")
			if result.Status != types.TargetStatusSucceeded || h.has("/stopped") != test.stopped {
				t.Errorf("%s, stopped: %t, %+v", result.Status, h.has("/stopped"), stop)
			}
			if !test.stopped && (stop.Status != types.LifecycleEventStatusSkipped || stop.Message != refused) {
				t.Errorf("%+v", stop)
			}
		})
	}
}
