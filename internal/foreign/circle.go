package foreign

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// circle reads a circle.yml.
// Source: CircleCI 1.0 documentation, "Configuring CircleCI 1.0" and "Continuous
// Deployment with AWS CodeDeploy".
func (r *reader) circle(top pairs) {
	for _, section := range top {
		switch section.key {
		case "deployment":
			r.circleDeployments(section.value)
		case "general":
			r.circleGeneral(section.value)
		case "experimental":
			r.note(section.line, "experimental is about notifications: it stays with the CI system")
		default:
			r.note(section.line, "%s is not about CodeDeploy: it stays with the CI system", section.key)
		}
	}
}

func (r *reader) circleGeneral(node *yaml.Node) {
	for _, p := range pairsOf(node) {
		switch p.key {
		case "branches":
			r.note(p.line, "general.branches says what is built: cdx deploys where it is called, so the CI system has to say it")
		default:
			r.note(p.line, "general.%s is about building: it stays with the CI system", p.key)
		}
	}
}

// circleDeployments reads the subsections; the first whose branch matches was the one
// that counted, where cdx refuses to choose.
func (r *reader) circleDeployments(node *yaml.Node) {
	seen := make(map[string]string)
	for _, section := range pairsOf(node) {
		fields := pairsOf(section.value)
		applications := fields.find("codedeploy")
		if applications == nil {
			r.note(section.line, "deployment.%s does not use CodeDeploy: it is left out", section.key)
			continue
		}
		branches := r.circleBranches(section, fields)
		for _, branch := range branches {
			if first, twice := seen[branch]; twice {
				r.note(section.line, "branch %s is that of %s too, which used to win: cdx asks for --env then", branch, first)
			}
			seen[branch] = section.key
		}
		for _, application := range pairsOf(applications.value) {
			if application.key == "" {
				r.note(application.line, "an application without a name: it is left out")
				continue
			}
			r.circleApplication(section.key, branches, application)
		}
		r.circleRest(section.key, fields)
	}
}

func (r *reader) circleBranches(section pair, fields pairs) []string {
	if tag := fields.find("tag"); tag != nil {
		r.note(tag.line, "deployment.%s is for tags, and cdx.yml knows branches: call cdx deploy --env %s in the job for tags", section.key, section.key)
	}
	return r.patterns(fields.value("branch"))
}

// circleRest notes what a subsection has beside CodeDeploy.
func (r *reader) circleRest(name string, fields pairs) {
	for _, p := range fields {
		switch p.key {
		case "branch", "tag", "codedeploy":
		case "owner":
			r.note(p.line, "deployment.%s.owner kept forks from deploying: the CI system has to do that", name)
		case "commands":
			r.note(p.line, "deployment.%s.commands are run by the CI system, before or after cdx deploy", name)
		default:
			r.note(p.line, "deployment.%s.%s does not use CodeDeploy: it is left out", name, p.key)
		}
	}
}

func (r *reader) circleApplication(environment string, branches []string, application pair) {
	d := deployment{environment: environment, branches: branches}
	d.set("application-name", application.key)
	fields := pairsOf(application.value)
	for _, p := range fields {
		switch p.key {
		case "application_root":
			d.set("source", r.source(p))
		case "revision_location":
			r.circleLocation(&d, p)
		case "region":
			d.set("region", r.text(p))
		case "deployment_group":
			d.set("deployment-group-name", r.text(p))
		case "deployment_config":
			d.set("deployment-config-name", r.text(p))
		default:
			r.note(p.line, "codedeploy.%s.%s is unknown: it is left out", application.key, p.key)
		}
	}
	for _, name := range []string{"revision_location", "region", "deployment_group"} {
		if fields.find(name) == nil {
			r.note(application.line, "codedeploy.%s has no %s, so it came from CircleCI's project settings (AWS CodeDeploy): give it in cdx.yml", application.key, name)
		}
	}
	r.deployments = append(r.deployments, d)
}

// circleLocation reads revision_location. The bucket is called bucket in the
// documentation, and bucket_name in earlier forms of it.
func (r *reader) circleLocation(d *deployment, location pair) {
	fields := pairsOf(location.value)
	if kind := fields.find("revision_type"); kind != nil && !strings.EqualFold(r.text(*kind), "S3") {
		r.note(kind.line, "revision_type %s: CircleCI knew S3 only, and so does cdx.yml", r.text(*kind))
	}
	for _, p := range pairsOf(fields.value("s3_location")) {
		switch p.key {
		case "bucket", "bucket_name":
			d.set("bucket", r.text(p))
		case "key_pattern":
			key := r.key(p.line, p.key, r.text(p))
			r.bundled(p.line, key)
			d.set("key", key)
		default:
			r.note(p.line, "s3_location.%s is unknown: it is left out", p.key)
		}
	}
}
