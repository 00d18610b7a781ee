package checkout

import (
	"strings"

	"github.com/cdx-deploy/cdx/internal/lazy"
)

// Provider names a CI system.
type Provider string

// The CI systems that tell facts. Others that set CI are OtherCI, which tells none.
const (
	GitHubActions Provider = "github"
	GitLab        Provider = "gitlab"
	CircleCI      Provider = "circleci"
	Travis        Provider = "travis"
	Buildkite     Provider = "buildkite"
	Bitbucket     Provider = "bitbucket"
	Azure         Provider = "azure"
	CodeBuild     Provider = "codebuild"
	TeamCity      Provider = "teamcity"
	Jenkins       Provider = "jenkins"
	OtherCI       Provider = "ci"
)

// ciFacts are the facts that variables tell; empty where they do not.
type ciFacts struct {
	provider    Provider
	branch      string
	commit      string
	tag         string
	buildNum    string
	repository  string
	pullRequest bool
}

// environment looks up a variable.
type environment func(string) (string, bool)

// get is a variable's value, empty when it is not set.
func (e environment) get(name string) string {
	value, _ := e(name)
	return value
}

// first is the first of some variables that has a value.
func (e environment) first(names ...string) string {
	for _, name := range names {
		if value := e.get(name); value != "" {
			return value
		}
	}
	return ""
}

// providers are asked in this order. Jenkins comes last, since its variables are
// inherited by whatever its jobs start.
var providers = []struct {
	name   Provider
	marker string // variable that only this system sets
	read   func(environment) ciFacts
}{
	{GitHubActions, "GITHUB_ACTIONS", readGitHub},
	{GitLab, "GITLAB_CI", readGitLab},
	{CircleCI, "CIRCLECI", readCircleCI},
	{Travis, "TRAVIS", readTravis},
	{Buildkite, "BUILDKITE", readBuildkite},
	{Bitbucket, "BITBUCKET_BUILD_NUMBER", readBitbucket},
	{Azure, "TF_BUILD", readAzure},
	{CodeBuild, "CODEBUILD_BUILD_ID", readCodeBuild},
	{TeamCity, "TEAMCITY_VERSION", readTeamCity},
	{Jenkins, "JENKINS_URL", readJenkins},
	{OtherCI, "CI", func(environment) ciFacts { return ciFacts{} }},
}

// DetectCI is the CI system that the environment speaks of; empty for none.
func DetectCI(lookupEnv func(string) (string, bool)) Provider {
	return readCI(environment(lookupEnv)).provider
}

// readCI returns what the first CI system says whose marker is set.
func readCI(env environment) ciFacts {
	for _, p := range providers {
		if marker := env.get(p.marker); marker == "" || marker == "false" {
			continue
		}
		facts := p.read(env)
		facts.provider = p.name
		if !fullHash().MatchString(facts.commit) {
			facts.commit = "" // Buildkite says "HEAD", CodeBuild an S3 version
		}
		return facts
	}
	return ciFacts{}
}

// fullHash matches a commit's name, by SHA-1 or SHA-256.
var fullHash = lazy.Regexp(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// Source: GitHub documentation, "Variables reference", Default environment variables.
func readGitHub(env environment) ciFacts {
	facts := ciFacts{
		commit:      env.get("GITHUB_SHA"),
		buildNum:    env.get("GITHUB_RUN_NUMBER"),
		repository:  env.get("GITHUB_REPOSITORY"),
		pullRequest: env.get("GITHUB_HEAD_REF") != "", // set for pull_request and pull_request_target only
	}
	switch {
	case facts.pullRequest:
		facts.branch = env.get("GITHUB_HEAD_REF")
	case env.get("GITHUB_REF_TYPE") == "tag":
		facts.tag = env.get("GITHUB_REF_NAME")
	case strings.HasPrefix(env.get("GITHUB_REF"), "refs/heads/"):
		facts.branch = env.get("GITHUB_REF_NAME")
	}
	return facts
}

// Source: GitLab documentation, "Predefined CI/CD variables reference". The branch
// variable is not set for merge requests and tags.
func readGitLab(env environment) ciFacts {
	return ciFacts{
		branch: env.first("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
			"CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_BRANCH"),
		commit:      env.get("CI_COMMIT_SHA"),
		tag:         env.get("CI_COMMIT_TAG"),
		buildNum:    env.get("CI_PIPELINE_IID"),
		repository:  env.get("CI_PROJECT_PATH"),
		pullRequest: env.first("CI_MERGE_REQUEST_IID", "CI_EXTERNAL_PULL_REQUEST_IID") != "",
	}
}

// Source: CircleCI documentation, "Project values and variables", Built-in
// environment variables. CIRCLE_PULL_REQUEST is no sign of a pull request's build:
// pushes to any branch with an open one have it. Builds of forks have a number,
// and "pull/NUMBER" as branch.
func readCircleCI(env environment) ciFacts {
	branch := env.get("CIRCLE_BRANCH")
	return ciFacts{
		branch:      branch,
		commit:      env.get("CIRCLE_SHA1"),
		tag:         env.get("CIRCLE_TAG"),
		buildNum:    env.get("CIRCLE_BUILD_NUM"),
		repository:  joinName(env.get("CIRCLE_PROJECT_USERNAME"), env.get("CIRCLE_PROJECT_REPONAME")),
		pullRequest: env.get("CIRCLE_PR_NUMBER") != "" || strings.HasPrefix(branch, "pull/"),
	}
}

// Source: Travis CI documentation, "Environment Variables", Default Environment
// Variables. TRAVIS_BRANCH is the target of a pull request, and the tag's name in
// builds of tags.
func readTravis(env environment) ciFacts {
	number := env.get("TRAVIS_PULL_REQUEST")
	facts := ciFacts{
		commit:      env.get("TRAVIS_COMMIT"),
		tag:         env.get("TRAVIS_TAG"),
		buildNum:    env.get("TRAVIS_BUILD_NUMBER"),
		repository:  env.get("TRAVIS_REPO_SLUG"),
		pullRequest: number != "" && number != "false",
	}
	switch {
	case facts.pullRequest:
		facts.branch = env.get("TRAVIS_PULL_REQUEST_BRANCH")
	case facts.tag == "":
		facts.branch = env.get("TRAVIS_BRANCH")
	}
	return facts
}

// Source: Buildkite documentation, "Environment variables". In builds of tags the
// branch may be the tag's name.
func readBuildkite(env environment) ciFacts {
	number := env.get("BUILDKITE_PULL_REQUEST")
	facts := ciFacts{
		branch:      env.get("BUILDKITE_BRANCH"),
		commit:      env.get("BUILDKITE_COMMIT"),
		tag:         env.get("BUILDKITE_TAG"),
		buildNum:    env.get("BUILDKITE_BUILD_NUMBER"),
		repository:  gitHubName(env.get("BUILDKITE_REPO")),
		pullRequest: number != "" && number != "false",
	}
	if facts.tag != "" {
		facts.branch = ""
	}
	return facts
}

// Source: Bitbucket Cloud documentation, "Variables and secrets", Default
// variables. The branch is the source branch of a pull request.
func readBitbucket(env environment) ciFacts {
	return ciFacts{
		branch:      env.get("BITBUCKET_BRANCH"),
		commit:      env.get("BITBUCKET_COMMIT"),
		tag:         env.get("BITBUCKET_TAG"),
		buildNum:    env.get("BITBUCKET_BUILD_NUMBER"),
		repository:  env.get("BITBUCKET_REPO_FULL_NAME"),
		pullRequest: env.get("BITBUCKET_PR_ID") != "",
	}
}

// Source: Azure Pipelines documentation, "Use predefined variables", Build
// variables and System variables. BUILD_SOURCEBRANCHNAME is only the last part of
// the name, and so is of no use.
func readAzure(env environment) ciFacts {
	facts := ciFacts{
		commit:      env.get("BUILD_SOURCEVERSION"),
		buildNum:    env.get("BUILD_BUILDNUMBER"),
		repository:  env.get("BUILD_REPOSITORY_NAME"),
		pullRequest: env.get("BUILD_REASON") == "PullRequest" || env.get("SYSTEM_PULLREQUEST_PULLREQUESTID") != "",
	}
	if facts.pullRequest {
		facts.branch = strings.TrimPrefix(env.get("SYSTEM_PULLREQUEST_SOURCEBRANCH"), "refs/heads/")
		return facts
	}
	facts.setRef(env.get("BUILD_SOURCEBRANCH"))
	return facts
}

// Source: AWS CodeBuild user guide, "Environment variables in build environments".
// Without a webhook the source version may be a branch, a tag, a commit, "pr/1" or
// an S3 version; which one it does not say, so git is asked.
func readCodeBuild(env environment) ciFacts {
	facts := ciFacts{
		commit:     env.get("CODEBUILD_RESOLVED_SOURCE_VERSION"),
		buildNum:   env.get("CODEBUILD_BUILD_NUMBER"),
		repository: gitHubName(env.get("CODEBUILD_SOURCE_REPO_URL")),
		pullRequest: strings.HasPrefix(env.get("CODEBUILD_WEBHOOK_EVENT"), "PULL_REQUEST_") ||
			strings.HasPrefix(env.first("CODEBUILD_WEBHOOK_TRIGGER", "CODEBUILD_SOURCE_VERSION"), "pr/"),
	}
	facts.setRef(env.get("CODEBUILD_WEBHOOK_HEAD_REF"))
	kind, name, _ := strings.Cut(env.get("CODEBUILD_WEBHOOK_TRIGGER"), "/")
	switch {
	case kind == "branch" && facts.branch == "":
		facts.branch = name
	case kind == "tag":
		facts.tag, facts.branch = name, ""
	}
	return facts
}

// Source: TeamCity documentation, "List of Predefined Build Parameters", Server
// Build Properties. It has no variable for the branch.
func readTeamCity(env environment) ciFacts {
	return ciFacts{commit: env.get("BUILD_VCS_NUMBER"), buildNum: env.get("BUILD_NUMBER")}
}

// Sources: Jenkins documentation, "Global Variable Reference" of Pipeline (a
// multibranch project's variables; BRANCH_NAME is "PR-1" for a change request and
// the tag for a tag), and the Git plugin's documentation, "Environment Variables".
func readJenkins(env environment) ciFacts {
	facts := ciFacts{
		commit:      env.get("GIT_COMMIT"),
		tag:         env.get("TAG_NAME"),
		buildNum:    env.get("BUILD_NUMBER"),
		repository:  gitHubName(env.first("GIT_URL", "GIT_URL_1")),
		pullRequest: env.get("CHANGE_ID") != "",
	}
	switch {
	case facts.pullRequest:
		facts.branch = env.get("CHANGE_BRANCH")
	case facts.tag == "":
		facts.branch = env.first("BRANCH_NAME", "GIT_LOCAL_BRANCH")
		if facts.branch == "" {
			facts.branch = strings.TrimPrefix(env.get("GIT_BRANCH"), "origin/")
		}
	}
	if facts.branch == "detached" {
		facts.branch = "" // what the Git plugin calls a detached HEAD
	}
	return facts
}

// setRef sets branch or tag from a ref's full name.
func (f *ciFacts) setRef(ref string) {
	if branch, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
		f.branch = branch
	} else if tag, ok := strings.CutPrefix(ref, "refs/tags/"); ok {
		f.tag = tag
	}
}

func joinName(owner, name string) string {
	if owner == "" || name == "" {
		return ""
	}
	return owner + "/" + name
}

// gitHubRemote matches the addresses under which git knows a GitHub repository.
// Source: GitHub documentation, "About remote repositories".
var gitHubRemote = lazy.Regexp(`(?i)^(?:(?:https?|ssh|git)://(?:[^@/]*@)?(?:www\.|ssh\.)?github\.com(?::\d+)?/|[^@/]*@?github\.com:)/?([\w.-]+/[\w.-]+?)(?:\.git)?/?$`)

// gitHubName is the OWNER/NAME of a remote address at GitHub, else empty.
func gitHubName(address string) string {
	match := gitHubRemote().FindStringSubmatch(strings.TrimSpace(address))
	if match == nil {
		return ""
	}
	return match[1]
}
