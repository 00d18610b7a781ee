package checkout

import (
	"testing"
)

const (
	sha   = "8f2b1c0e5d4a39786756453423120f1e2d3c4b5a"
	other = "not a hash"
)

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
}

func TestReadCI(t *testing.T) {
	tests := map[string]struct {
		env  map[string]string
		want ciFacts
	}{
		"no CI":         {map[string]string{"PATH": "/bin"}, ciFacts{}},
		"CI false":      {map[string]string{"CI": "false"}, ciFacts{}},
		"an unknown CI": {map[string]string{"CI": "true", "BUILD_NUMBER": "4"}, ciFacts{provider: OtherCI}},

		"GitHub branch": {map[string]string{
			"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/heads/release/1.2", "GITHUB_REF_NAME": "release/1.2", "GITHUB_REF_TYPE": "branch",
			"GITHUB_SHA": sha, "GITHUB_RUN_NUMBER": "17", "GITHUB_REPOSITORY": "acme/shop", "GITHUB_HEAD_REF": "",
		}, ciFacts{provider: GitHubActions, branch: "release/1.2", commit: sha, buildNum: "17", repository: "acme/shop"}},
		"GitHub tag": {map[string]string{
			"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/tags/v1", "GITHUB_REF_NAME": "v1", "GITHUB_REF_TYPE": "tag", "GITHUB_SHA": sha,
		}, ciFacts{provider: GitHubActions, tag: "v1", commit: sha}},
		"GitHub pull request": {map[string]string{
			"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/pull/3/merge", "GITHUB_REF_NAME": "3/merge", "GITHUB_REF_TYPE": "branch", "GITHUB_HEAD_REF": "main", "GITHUB_SHA": sha,
		}, ciFacts{provider: GitHubActions, branch: "main", commit: sha, pullRequest: true}},

		"GitLab branch": {map[string]string{
			"GITLAB_CI": "true", "CI": "true", "CI_COMMIT_BRANCH": "main", "CI_COMMIT_SHA": sha, "CI_PIPELINE_IID": "9", "CI_PROJECT_PATH": "group/sub/shop",
		}, ciFacts{provider: GitLab, branch: "main", commit: sha, buildNum: "9", repository: "group/sub/shop"}},
		"GitLab tag": {map[string]string{"GITLAB_CI": "true", "CI_COMMIT_TAG": "v2", "CI_COMMIT_REF_NAME": "v2"},
			ciFacts{provider: GitLab, tag: "v2"}},
		"GitLab merge request": {map[string]string{"GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "5", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "fix"},
			ciFacts{provider: GitLab, branch: "fix", pullRequest: true}},
		"GitLab external pull request": {map[string]string{"GITLAB_CI": "true", "CI_EXTERNAL_PULL_REQUEST_IID": "5", "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME": "fix"},
			ciFacts{provider: GitLab, branch: "fix", pullRequest: true}},

		"CircleCI branch with an open pull request": {map[string]string{
			"CIRCLECI": "true", "CIRCLE_BRANCH": "development", "CIRCLE_SHA1": sha, "CIRCLE_BUILD_NUM": "321",
			"CIRCLE_PROJECT_USERNAME": "acme", "CIRCLE_PROJECT_REPONAME": "shop", "CIRCLE_PULL_REQUEST": "https://github.com/acme/shop/pull/1",
		}, ciFacts{provider: CircleCI, branch: "development", commit: sha, buildNum: "321", repository: "acme/shop"}},
		"CircleCI tag": {map[string]string{"CIRCLECI": "true", "CIRCLE_TAG": "v3", "CIRCLE_PROJECT_USERNAME": "acme"},
			ciFacts{provider: CircleCI, tag: "v3"}},
		"CircleCI pull request of a fork": {map[string]string{"CIRCLECI": "true", "CIRCLE_BRANCH": "pull/7", "CIRCLE_PR_NUMBER": "7"},
			ciFacts{provider: CircleCI, branch: "pull/7", pullRequest: true}},

		"Travis branch": {map[string]string{
			"TRAVIS": "true", "TRAVIS_BRANCH": "main", "TRAVIS_COMMIT": sha, "TRAVIS_BUILD_NUMBER": "12", "TRAVIS_REPO_SLUG": "acme/shop", "TRAVIS_PULL_REQUEST": "false",
		}, ciFacts{provider: Travis, branch: "main", commit: sha, buildNum: "12", repository: "acme/shop"}},
		"Travis tag": {map[string]string{"TRAVIS": "true", "TRAVIS_BRANCH": "v4", "TRAVIS_TAG": "v4", "TRAVIS_PULL_REQUEST": "false"},
			ciFacts{provider: Travis, tag: "v4"}},
		"Travis pull request to main": {map[string]string{"TRAVIS": "true", "TRAVIS_BRANCH": "main", "TRAVIS_PULL_REQUEST": "8", "TRAVIS_PULL_REQUEST_BRANCH": "fix"},
			ciFacts{provider: Travis, branch: "fix", pullRequest: true}},

		"Buildkite branch": {map[string]string{
			"BUILDKITE": "true", "BUILDKITE_BRANCH": "main", "BUILDKITE_COMMIT": "HEAD", "BUILDKITE_BUILD_NUMBER": "55",
			"BUILDKITE_REPO": "git@github.com:acme/shop.git", "BUILDKITE_PULL_REQUEST": "false",
		}, ciFacts{provider: Buildkite, branch: "main", buildNum: "55", repository: "acme/shop"}},
		"Buildkite tag": {map[string]string{"BUILDKITE": "true", "BUILDKITE_BRANCH": "v5", "BUILDKITE_TAG": "v5", "BUILDKITE_COMMIT": sha},
			ciFacts{provider: Buildkite, tag: "v5", commit: sha}},
		"Buildkite pull request": {map[string]string{"BUILDKITE": "true", "BUILDKITE_BRANCH": "fix", "BUILDKITE_PULL_REQUEST": "2"},
			ciFacts{provider: Buildkite, branch: "fix", pullRequest: true}},

		"Bitbucket branch": {map[string]string{
			"CI": "true", "BITBUCKET_BUILD_NUMBER": "6", "BITBUCKET_BRANCH": "main", "BITBUCKET_COMMIT": sha, "BITBUCKET_REPO_FULL_NAME": "acme/shop",
		}, ciFacts{provider: Bitbucket, branch: "main", commit: sha, buildNum: "6", repository: "acme/shop"}},
		"Bitbucket tag": {map[string]string{"BITBUCKET_BUILD_NUMBER": "6", "BITBUCKET_TAG": "v6"},
			ciFacts{provider: Bitbucket, tag: "v6", buildNum: "6"}},
		"Bitbucket pull request": {map[string]string{"BITBUCKET_BUILD_NUMBER": "6", "BITBUCKET_BRANCH": "fix", "BITBUCKET_PR_ID": "1"},
			ciFacts{provider: Bitbucket, branch: "fix", buildNum: "6", pullRequest: true}},

		"Azure branch": {map[string]string{
			"TF_BUILD": "True", "BUILD_SOURCEBRANCH": "refs/heads/feature/cart", "BUILD_SOURCEBRANCHNAME": "cart", "BUILD_SOURCEVERSION": sha,
			"BUILD_BUILDNUMBER": "20240131.2", "BUILD_REPOSITORY_NAME": "acme/shop", "BUILD_REASON": "IndividualCI",
		}, ciFacts{provider: Azure, branch: "feature/cart", commit: sha, buildNum: "20240131.2", repository: "acme/shop"}},
		"Azure tag": {map[string]string{"TF_BUILD": "True", "BUILD_SOURCEBRANCH": "refs/tags/v7"},
			ciFacts{provider: Azure, tag: "v7"}},
		"Azure pull request": {map[string]string{"TF_BUILD": "True", "BUILD_SOURCEBRANCH": "refs/pull/1/merge", "BUILD_REASON": "PullRequest", "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/fix"},
			ciFacts{provider: Azure, branch: "fix", pullRequest: true}},

		"CodeBuild webhook": {map[string]string{
			"CODEBUILD_BUILD_ID": "shop:b1", "CODEBUILD_BUILD_NUMBER": "3", "CODEBUILD_RESOLVED_SOURCE_VERSION": sha, "CODEBUILD_WEBHOOK_EVENT": "PUSH",
			"CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/main", "CODEBUILD_WEBHOOK_TRIGGER": "branch/main", "CODEBUILD_SOURCE_REPO_URL": "https://github.com/acme/shop.git",
		}, ciFacts{provider: CodeBuild, branch: "main", commit: sha, buildNum: "3", repository: "acme/shop"}},
		"CodeBuild tag": {map[string]string{"CODEBUILD_BUILD_ID": "shop:b1", "CODEBUILD_WEBHOOK_HEAD_REF": "refs/tags/v8", "CODEBUILD_WEBHOOK_TRIGGER": "tag/v8"},
			ciFacts{provider: CodeBuild, tag: "v8"}},
		"CodeBuild trigger without a ref": {map[string]string{"CODEBUILD_BUILD_ID": "shop:b1", "CODEBUILD_WEBHOOK_TRIGGER": "branch/release/2"},
			ciFacts{provider: CodeBuild, branch: "release/2"}},
		"CodeBuild pull request": {map[string]string{
			"CODEBUILD_BUILD_ID": "shop:b1", "CODEBUILD_WEBHOOK_EVENT": "PULL_REQUEST_UPDATED", "CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/fix", "CODEBUILD_WEBHOOK_TRIGGER": "pr/4",
		}, ciFacts{provider: CodeBuild, branch: "fix", pullRequest: true}},
		"CodeBuild of an S3 source": {map[string]string{"CODEBUILD_BUILD_ID": "shop:b1", "CODEBUILD_RESOLVED_SOURCE_VERSION": other, "CODEBUILD_SOURCE_VERSION": "arn:aws:s3:::b/k"},
			ciFacts{provider: CodeBuild}},

		"TeamCity": {map[string]string{"TEAMCITY_VERSION": "2024.1", "BUILD_NUMBER": "77", "BUILD_VCS_NUMBER": sha},
			ciFacts{provider: TeamCity, commit: sha, buildNum: "77"}},

		"Jenkins multibranch": {map[string]string{
			"JENKINS_URL": "https://ci/", "BRANCH_NAME": "main", "GIT_BRANCH": "origin/main", "GIT_COMMIT": sha, "BUILD_NUMBER": "41", "GIT_URL": "https://github.com/acme/shop",
		}, ciFacts{provider: Jenkins, branch: "main", commit: sha, buildNum: "41", repository: "acme/shop"}},
		"Jenkins job": {map[string]string{"JENKINS_URL": "https://ci/", "GIT_BRANCH": "origin/release/3"},
			ciFacts{provider: Jenkins, branch: "release/3"}},
		"Jenkins detached": {map[string]string{"JENKINS_URL": "https://ci/", "GIT_BRANCH": "detached"},
			ciFacts{provider: Jenkins}},
		"Jenkins tag": {map[string]string{"JENKINS_URL": "https://ci/", "BRANCH_NAME": "v9", "TAG_NAME": "v9"},
			ciFacts{provider: Jenkins, tag: "v9"}},
		"Jenkins change request": {map[string]string{"JENKINS_URL": "https://ci/", "BRANCH_NAME": "PR-2", "CHANGE_ID": "2", "CHANGE_BRANCH": "fix", "CHANGE_TARGET": "main"},
			ciFacts{provider: Jenkins, branch: "fix", pullRequest: true}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := readCI(lookup(test.env)); got != test.want {
				t.Errorf("readCI\n got %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestGitHubName(t *testing.T) {
	tests := map[string]string{
		"https://github.com/acme/shop":                       "acme/shop",
		"https://github.com/acme/shop.git":                   "acme/shop",
		"https://x-access-token:secret@github.com/acme/shop": "acme/shop",
		"git@github.com:acme/shop.js.git":                    "acme/shop.js",
		"github.com:acme/shop":                               "acme/shop",
		"ssh://git@github.com/acme/shop.git":                 "acme/shop",
		"ssh://git@ssh.github.com:443/acme/shop.git":         "acme/shop",
		"git://github.com/acme/shop/":                        "acme/shop",
		"https://gitlab.com/acme/shop":                       "",
		"https://github.com.evil.example/acme/shop":          "",
		"https://evil.example/github.com/acme/shop":          "",
		"https://github.com/acme":                            "",
		"https://github.com/acme/shop/tree/main":             "",
		"":                                                   "",
	}
	for address, want := range tests {
		if got := gitHubName(address); got != want {
			t.Errorf("gitHubName(%q) = %q, want %q", address, got, want)
		}
	}
}
