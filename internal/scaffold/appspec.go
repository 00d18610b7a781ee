package scaffold

import (
	"fmt"
	"path"
	"strings"
)

// hook is a lifecycle event with the script that it runs.
type hook struct {
	event, file, text string
	timeoutSeconds    int
}

// hooks are the lifecycle events that the project needs, in their order.
func (p *Project) hooks() []hook {
	var all []hook
	if p.service() != "" && p.user() != "" {
		all = append(all, hook{"BeforeInstall", "prepare.sh", p.prepareScript(), 60})
	}
	if p.recipe.tool != "" || len(p.recipe.after)+len(p.recipe.writable) > 0 {
		all = append(all, hook{"AfterInstall", "install.sh", p.installScript(), 900})
	}
	if p.service() != "" || p.recipe.reload != "" {
		all = append(all, hook{"ApplicationStart", "start.sh", p.startScript(), 60})
	}
	if p.service() != "" || p.recipe.test != "" {
		all = append(all, hook{"ValidateService", "check.sh", p.checkScript(), 120})
	}
	return all
}

// appSpec is the AppSpec file.
// Source: CodeDeploy user guide, "AppSpec file structure".
func (p *Project) appSpec(scripts string, hooks []hook) string {
	var b strings.Builder
	source := "/"
	if p.recipe.source != "" {
		source = p.recipe.source
	}
	fmt.Fprintf(&b, "# What the CodeDeploy agent does with a revision on each instance. Check it with: cdx validate\n")
	fmt.Fprintf(&b, "version: 0.0\nos: linux\nfiles:\n  - source: %s\n    destination: %s\n", scalar(source), scalar(p.Home()))
	if service := p.service(); service != "" {
		file := scripts + "/" + service
		if p.unit != nil {
			file = p.unit.file
		}
		fmt.Fprintf(&b, "  - source: %s\n    destination: /etc/systemd/system\n", scalar(file))
	}
	fmt.Fprintf(&b, "# %s belongs to this application, so what lies in the way there is replaced.\nfile_exists_behavior: OVERWRITE\n", p.Home())
	if p.recipe.web {
		fmt.Fprintf(&b, "# A web server on the instance has %s as its document root.\n", path.Join(p.Home(), p.recipe.root))
	}
	if len(hooks) == 0 {
		return b.String()
	}
	if p.service() != "" {
		b.WriteString("# There is no ApplicationStop: it would run the previous revision's script, which this one cannot\n# mend. start.sh replaces the running program.\n")
	}
	b.WriteString("hooks:\n")
	for _, h := range hooks {
		fmt.Fprintf(&b, "  %s:\n    - location: %s/%s\n      timeout: %d\n", h.event, scripts, h.file, h.timeoutSeconds)
	}
	return b.String()
}
