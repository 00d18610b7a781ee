// Package local is CodeDeploy and S3 on this machine: one HTTP endpoint that any AWS client can use.
//
// A [Service] answers S3, the CodeDeploy API and STS's GetCallerIdentity as AWS does, in AWS's own
// shapes, with AWS's exceptions. Deployments to in-place server groups are carried out by the agent
// in [github.com/cdx-deploy/cdx/pkg/local/agent], hooks included; deployments to ECS, Lambda and
// blue/green groups go through their lifecycle events without anything behind them: a simulation
// that shifts no traffic and calls no function.
//
// Hooks are programs, so they run only for deployments that were created by a request signed with
// the access key of this run ([Service.Credentials]), of a bundle that was uploaded with that key,
// and only while the service listens on loopback. Any other credentials are accepted as long as no
// hook would run. Requests with an Origin header, or with a Host that is not loopback, are refused.
//
// Tests that want faults (throttling, lost answers, a refused permission) wrap [Service.Handler] in
// an http.Handler of their own and serve that.
package local

import (
	"github.com/cdx-deploy/cdx/pkg/local/agent"
)

// Options adjusts a [Service].
type Options struct {
	// Dir holds the agent's bundles, unpacked revisions, logs and the history of each deployment
	// group, so that a second run sees the deployments of the first, and the objects of this run. It
	// is created when missing. Required.
	Dir string
	// Root is the folder that stands for the host's file system: the AppSpec file's destination
	// /var/www is Root/var/www. Empty means "root" in Dir.
	Root string
	// Region is the region that the service says it is in; empty means us-east-1. Requests signed for
	// another region are answered all the same.
	Region string
	// SkipHooks leaves hook scripts out of every deployment: their events are Skipped.
	SkipHooks bool
	// MaxUnpacked limits the bytes that one bundle may unpack to; zero means 10 GiB.
	MaxUnpacked int64
	// OnNotice is called with what the agent reports instead of applying it, such as owners and
	// runas; may be nil. It may be called by several deployments at once.
	OnNotice func(deploymentID string, notice agent.Notice)
}
