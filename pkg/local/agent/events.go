package agent

import (
	"fmt"
	"io/fs"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// Events returns the lifecycle events of an in-place deployment in their order, with or without a
// load balancer.
// Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html.
func Events(loadBalancer bool) []string {
	events := []string{"ApplicationStop", "DownloadBundle", "BeforeInstall", "Install", "AfterInstall", "ApplicationStart", "ValidateService"}
	if !loadBalancer {
		return events
	}
	events = append([]string{"BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic"}, events...)
	return append(events, "BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic")
}

// isPrevious reports whether an event's scripts are the last successful revision's. These are also
// the events whose failure a deployment may ignore.
// Source: aws/aws-codedeploy-agent hook_executor.rb, MAPPING_BETWEEN_HOOKS_AND_DEPLOYMENTS.
func isPrevious(event string) bool {
	return event == "ApplicationStop" || event == "BeforeBlockTraffic" || event == "AfterBlockTraffic"
}

// isReserved reports whether an event is the agent's or the service's own and runs no script.
func isReserved(event string) bool {
	switch event {
	case "DownloadBundle", "Install", "BlockTraffic", "AllowTraffic":
		return true
	}
	return false
}

// planEvents plans which scripts run.
func (p *planner) planEvents() {
	for _, name := range Events(p.opts.LoadBalancer) {
		event := PlannedEvent{Name: name, Previous: isPrevious(name)}
		spec, revision := p.spec, p.revision.fsys
		if event.Previous {
			spec, revision = p.opts.LastSuccessful, p.opts.LastRevision
		}
		if spec != nil && !isReserved(name) {
			event.Scripts = p.planScripts(spec.Hooks[name], revision)
		}
		p.out.Events = append(p.out.Events, event)
	}
}

func (p *planner) planScripts(scripts []appspec.Script, revision fs.FS) []PlannedScript {
	var planned []PlannedScript
	for _, script := range scripts {
		planned = append(planned, PlannedScript{
			Location: script.Location, RunAs: script.RunAs, Timeout: script.Timeout,
			Missing: p.isMissing(script.Location, revision),
		})
		if message := runAsNotice(script); message != "" {
			p.notice(NoticeRunAs, script.Location, message)
		}
	}
	return planned
}

// isMissing reports whether a script's location is not in a revision.
func (p *planner) isMissing(location string, revision fs.FS) bool {
	if revision == nil {
		return false
	}
	rel, ok := p.style.source(location)
	if !ok {
		return true
	}
	_, err := fs.Stat(revision, rel)
	return err != nil
}

// runAsNotice says what of a script's user is not applied; "" when nothing.
func runAsNotice(script appspec.Script) string {
	switch {
	case script.RunAs != "":
		return fmt.Sprintf("runs as the present user, not as %s", script.RunAs)
	case script.Sudo:
		return "runs as the present user, without sudo"
	}
	return ""
}
