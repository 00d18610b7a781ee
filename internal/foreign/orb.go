package foreign

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// codeDeployOrb is the name of CircleCI's own orb for CodeDeploy.
const codeDeployOrb = "circleci/aws-code-deploy@"

// orbs reads a .circleci/config.yml that deploys by CircleCI's orb, as a job of a
// workflow or as a step of a job.
// Source: CircleCI-Public/aws-code-deploy-orb, src/jobs/deploy.yml and src/commands.
func (r *reader) orbs(top pairs) {
	alias := ""
	for _, orb := range pairsOf(top.value("orbs")) {
		if orb.value != nil && strings.HasPrefix(orb.value.Value, codeDeployOrb) {
			alias = orb.key
		}
	}
	for _, workflow := range pairsOf(top.value("workflows")) {
		for _, job := range items(pairsOf(workflow.value).value("jobs")) {
			r.orbUse(alias, job)
		}
	}
	for _, job := range pairsOf(top.value("jobs")) {
		for _, step := range items(pairsOf(job.value).value("steps")) {
			r.orbUse(alias, step)
			r.orbScript(step)
		}
	}
}

// orbScript notes a step that calls the AWS CLI.
func (r *reader) orbScript(step *yaml.Node) {
	run := pairsOf(step).value("run")
	command := run
	if run != nil && run.Kind == yaml.MappingNode {
		command = pairsOf(run).value("command")
	}
	if command != nil && strings.Contains(command.Value, "aws deploy ") {
		r.note(command.Line, "a script calls aws deploy: read it yourself; cdx takes the same arguments in place of aws deploy")
	}
}

// orbUse reads one use of the orb: {ALIAS/deploy: {parameters}}.
func (r *reader) orbUse(alias string, node *yaml.Node) {
	for _, use := range pairsOf(node) {
		command, ok := strings.CutPrefix(use.key, alias+"/")
		if alias == "" || !ok {
			continue
		}
		switch command {
		case "deploy", "deploy-bundle":
			r.orbDeployment(use)
		case "push-bundle", "create-application", "create-deployment-group":
			r.note(use.line, "%s is not needed: cdx deploy pushes, and cdx init --create creates", use.key)
		}
	}
}

func (r *reader) orbDeployment(use pair) {
	d := deployment{}
	for _, p := range pairsOf(use.value) {
		switch p.key {
		case "application-name":
			d.set("application-name", r.plain(p))
		case "deployment-group":
			d.set("deployment-group-name", r.plain(p))
		case "deployment-config":
			d.set("deployment-config-name", r.plain(p))
		case "bundle-source":
			d.set("source", r.source(p))
		case "bundle-bucket":
			d.set("bucket", r.plain(p))
		case "bundle-key":
			d.set("key", r.key(p.line, p.key, r.variables(p)))
		case "bundle-type":
			d.set("bundle-type", r.bundleType(p))
		case "region":
			d.set("region", r.plain(p))
		case "filters":
			d.branches = r.orbFilters(p)
		case "service-role-arn":
			r.note(p.line, "service-role-arn is needed to create the deployment group only: give it to cdx init --create")
		case "name", "requires", "pre-steps", "post-steps":
		case "context", "auth", "profile-name", "aws-access-key-id", "aws-secret-access-key", "role-arn":
			r.note(p.line, "%s: credentials are not copied; they stay with the CI system, where cdx finds them as the AWS CLI does", p.key)
		default:
			r.note(p.line, "%s is left out: see cdx deploy --help for a setting like it", p.key)
		}
	}
	dropBundleType(&d)
	r.deployments = append(r.deployments, d)
}

// dropBundleType leaves out what the key's suffix says already.
func dropBundleType(d *deployment) {
	for i, p := range d.pairs {
		if p.Name == "bundle-type" && strings.HasSuffix(value(d, "key"), "."+p.Values[0]) {
			d.pairs = append(d.pairs[:i:i], d.pairs[i+1:]...)
			return
		}
	}
}

// value is a setting's value in a deployment; empty without one.
func value(d *deployment, name string) string {
	for _, p := range d.pairs {
		if p.Name == name {
			return p.Values[0]
		}
	}
	return ""
}

// environmentName names an environment after its deployment group, which tells most,
// and after its place where that name is taken by a deployment of other branches.
func (r *reader) environmentName(d deployment) string {
	name := value(&d, "deployment-group-name")
	if name == "" && len(d.branches) > 0 {
		name = strings.Trim(strings.NewReplacer("*", "", "/", "-", `\`, "", "?", "").Replace(d.branches[0]), "-")
	}
	if name == "" {
		name = "production"
	}
	for i, unique := 2, name; ; i++ {
		taken := false
		for _, other := range r.deployments {
			taken = taken || other.environment == unique
		}
		if !taken {
			return unique
		}
		unique = fmt.Sprintf("%s-%d", name, i)
	}
}

func (r *reader) orbFilters(p pair) []string {
	filters := pairsOf(p.value)
	if tags := filters.find("tags"); tags != nil {
		r.note(tags.line, "cdx.yml knows branches, not tags: call cdx deploy --env NAME in the job for tags")
	}
	only := filters.value("branches")
	if fields := pairsOf(only); len(fields) > 0 {
		if ignore := fields.find("ignore"); ignore != nil {
			r.note(ignore.line, "branches.ignore has no counterpart: the CI system has to say where cdx is called")
		}
		only = fields.value("only")
	}
	return r.patterns(only)
}

// plain is a value that holds no variable, which cdx.yml could not fill in.
func (r *reader) plain(p pair) string {
	text := r.text(p)
	if strings.Contains(text, "$") || strings.Contains(text, "<<") {
		r.note(p.line, "%s: %s is filled in by the CI system, and cdx.yml has no variables there: set %s in the job", p.key, text, variableFor(p.key))
		return ""
	}
	return text
}

// variableFor is the variable by which a job can give a setting.
func variableFor(key string) string {
	switch key {
	case "application", "application-name":
		return "CDX_APPLICATION_NAME"
	case "deployment-group", "deployment_group", "deployment_group_name":
		return "CDX_DEPLOYMENT_GROUP_NAME"
	case "bucket", "bundle-bucket":
		return "CDX_BUCKET"
	case "deployment-config":
		return "CDX_DEPLOYMENT_CONFIG_NAME"
	case "region":
		return "AWS_REGION"
	default:
		return "CDX_" + strings.ToUpper(strings.NewReplacer("-", "_").Replace(key))
	}
}

// variables turns the variables of a CI system in a key into those of a key template.
func (r *reader) variables(p pair) string {
	text := r.text(p)
	replaced := environmentVariable().ReplaceAllStringFunc(text, func(found string) string {
		name := strings.Trim(found, "${}")
		if known, ok := templateVariables()[name]; ok {
			return "{" + known + "}"
		}
		return "{env:" + name + "}"
	})
	if strings.Contains(replaced, "<<") {
		return strings.NewReplacer("<<", "{", ">>", "}").Replace(strings.ReplaceAll(replaced, " ", ""))
	}
	return replaced
}
