package foreign

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// environmentVariable matches a shell variable in a value.
func environmentVariable() *regexp.Regexp {
	return regexp.MustCompile(`\$\{?[A-Za-z_][A-Za-z0-9_]*\}?`)
}

// templateVariables are the CI systems' variables that a key template has a name for.
// Source: Travis CI documentation, "Environment Variables"; CircleCI documentation,
// "Project values and variables".
func templateVariables() map[string]string {
	return map[string]string{
		"TRAVIS_BRANCH": "BRANCH", "TRAVIS_COMMIT": "COMMIT", "TRAVIS_BUILD_NUMBER": "BUILD_NUM", "TRAVIS_TAG": "TAG",
		"CIRCLE_BRANCH": "BRANCH", "CIRCLE_SHA1": "COMMIT", "CIRCLE_BUILD_NUM": "BUILD_NUM", "CIRCLE_TAG": "TAG",
	}
}

// travis reads a .travis.yml.
// Source: Travis CI documentation, "AWS CodeDeploy" and "Conditional Releases with on:";
// travis-ci/dpl, lib/dpl/providers/codedeploy.rb.
func (r *reader) travis(top pairs) {
	deploys := items(top.value("deploy"))
	for _, job := range travisJobs(top) {
		fields := pairsOf(job)
		if condition := fields.find("if"); condition != nil && fields.value("deploy") != nil {
			r.note(condition.line, "if is a condition that the CI system has to check before it calls cdx")
		}
		deploys = append(deploys, items(fields.value("deploy"))...)
	}
	for _, node := range deploys {
		fields := underscored(pairsOf(node))
		provider := fields.find("provider")
		switch {
		case provider == nil:
		case r.text(*provider) == "codedeploy":
			r.travisDeployment(provider.line, fields)
		case r.text(*provider) == "s3" && r.pushes(deploys, fields):
			r.travisUpload(provider.line, fields)
		default:
			r.note(provider.line, "provider %s does not use CodeDeploy: it is left out", r.text(*provider))
		}
	}
	if len(r.deployments) == 0 {
		return
	}
	for _, name := range []string{"before_deploy", "after_deploy"} {
		if p := top.find(name); p != nil {
			r.note(p.line, "%s is run by the CI system; cdx packages the directory itself, so a zip made here is not needed", name)
		}
	}
}

// travisJobs are the jobs that are listed by themselves, such as those of build stages.
// Source: Travis CI documentation, "Build Stages".
func travisJobs(top pairs) (jobs []*yaml.Node) {
	for _, name := range []string{"jobs", "matrix"} {
		jobs = append(jobs, items(pairsOf(top.value(name)).value("include"))...)
	}
	return jobs
}

// underscored writes the keys in one way: Travis CI takes deployment-group for
// deployment_group.
func underscored(ps pairs) pairs {
	for i := range ps {
		ps[i].key = strings.ReplaceAll(ps[i].key, "-", "_")
	}
	return ps
}

// pushes reports whether an upload to S3 is that of a revision that CodeDeploy deploys.
func (r *reader) pushes(deploys []*yaml.Node, upload pairs) bool {
	bucket := upload.value("bucket")
	for _, node := range deploys {
		other := underscored(pairsOf(node))
		if provider := other.value("provider"); provider == nil || provider.Value != "codedeploy" {
			continue
		}
		if theirs := other.value("bucket"); bucket != nil && theirs != nil && theirs.Value == bucket.Value {
			return true
		}
	}
	return false
}

func (r *reader) travisUpload(line int, fields pairs) {
	from := "the directory"
	if dir := fields.find("local_dir"); dir != nil {
		from = dir.value.Value
	}
	r.note(line, "the upload to S3 of %s is not needed: cdx packages and uploads the directory; give source for another one", from)
	for _, p := range fields {
		if p.key == "acl" {
			r.note(p.line, "acl of the upload: give acl in cdx.yml if the bucket needs it")
		}
	}
}

func (r *reader) travisDeployment(line int, fields pairs) {
	d := deployment{}
	github := strings.EqualFold(valueOf(fields, "revision_type"), "github") || fields.find("bucket") == nil
	for _, p := range fields {
		r.travisField(&d, p, github)
	}
	if github {
		r.note(line, "it deploys from GitHub: call cdx deploy --github in the job, which no setting of cdx.yml can say")
	}
	if fields.find("region") == nil {
		d.set("region", "us-east-1")
		r.note(line, "without a region Travis CI took us-east-1: cdx.yml says so")
	}
	r.travisBranches(line, &d, fields)
	dropBundleType(&d)
	r.deployments = append(r.deployments, d)
}

func valueOf(fields pairs, name string) string {
	if node := fields.value(name); node != nil {
		return node.Value
	}
	return ""
}

func (r *reader) travisField(d *deployment, p pair, github bool) {
	switch p.key {
	case "application":
		d.set("application-name", r.plain(p))
	case "deployment_group", "deployment_group_name":
		d.set("deployment-group-name", r.plain(p))
	case "bucket":
		if !github {
			d.set("bucket", r.plain(p))
		}
	case "key":
		if !github {
			d.set("key", r.key(p.line, p.key, r.variables(p)))
		}
	case "bundle_type":
		d.set("bundle-type", r.bundleType(p))
	case "region":
		d.set("region", r.plain(p))
	case "description":
		d.set("description", r.plain(p))
	case "file_exists_behavior":
		d.set("file-exists-behavior", r.oneOf(p, strings.ToUpper(r.plain(p)), "DISALLOW", "OVERWRITE", "RETAIN"))
	case "local_dir":
		d.set("source", r.source(p))
	case "wait_until_deployed":
		if r.text(p) == "false" {
			r.note(p.line, "wait_until_deployed was off: cdx.yml follows deployments, or remove wait from it")
		}
	case "access_key_id", "secret_access_key", "session_token", "profile":
		r.note(p.line, "%s is a credential and was not copied: keep it with the CI system, as %s", p.key, strings.ToUpper("aws_"+p.key))
	default:
		r.travisRest(p)
	}
}

func (r *reader) travisRest(p pair) {
	switch p.key {
	case "provider", "on", "edge", "skip_cleanup", "cleanup", "run", "revision_type", "strategy", "allow_failure", "true": // YAML 1.1 reads on as true
	case "commit_id", "repository":
		r.note(p.line, "%s: cdx deploy --github takes it from the CI system", p.key)
	case "endpoint":
		r.note(p.line, "endpoint may not stand in cdx.yml, which comes with the checkout: set AWS_ENDPOINT_URL in the job")
	default:
		r.note(p.line, "%s is left out: see cdx deploy --help for a setting like it", p.key)
	}
}

// travisBranches reads on: which branches deploy. Without it, the default branch does.
func (r *reader) travisBranches(line int, d *deployment, fields pairs) {
	on := fields.find("on")
	if on == nil {
		d.branches = []string{"main", "master"}
		r.note(line, "without on: Travis CI deployed the default branch only; cdx.yml names main and master")
		return
	}
	if on.value.Kind == yaml.ScalarNode {
		d.branches = names(on.value)
		return
	}
	anywhere := false
	for _, p := range underscored(pairsOf(on.value)) {
		switch p.key {
		case "branch", "branches":
			d.branches = append(d.branches, names(p.value)...)
		case "all_branches":
			anywhere = r.text(p) == "true"
		case "tags":
			if r.text(p) == "true" {
				anywhere = true
				r.note(p.line, "it deploys tags, and cdx.yml knows branches: call cdx deploy, with --env, in the job for tags")
			}
		default:
			r.note(p.line, "on.%s is a condition that the CI system has to check before it calls cdx", p.key)
		}
	}
	if len(d.branches) == 0 && !anywhere {
		d.branches = []string{"main", "master"}
		r.note(on.line, "on: names no branch, so Travis CI deployed the default branch only; cdx.yml names main and master")
	}
}

// names are the branches of a list, which are no patterns with Travis CI.
func names(node *yaml.Node) (branches []string) {
	for _, item := range items(node) {
		if item.Kind == yaml.ScalarNode && item.Value != "" {
			branches = append(branches, escaped(item.Value))
		}
	}
	return branches
}
