package scaffold

import (
	"fmt"
	"io/fs"
	"strings"
)

// CI is a CI system, by the name that --ci has for it.
type CI string

// The CI systems for which a file can be written; NoCI is none.
const (
	GitHub    CI = "github"
	GitLab    CI = "gitlab"
	CircleCI  CI = "circleci"
	Jenkins   CI = "jenkins"
	Buildkite CI = "buildkite"
	Azure     CI = "azure"
	NoCI      CI = "none"
)

// Systems lists the CI systems.
func Systems() []CI { return []CI{GitHub, GitLab, CircleCI, Jenkins, Buildkite, Azure} }

// system is how a CI system wants its file.
type system struct {
	ci    CI
	found string // a file that says that the system is in use; a glob
	file  string // that is written
	other string // written instead where there is a different file; empty: the file itself
	how   string // how the other one comes into force
	text  func(*Project, Pipeline) string
}

func systems() []system {
	return []system{
		{GitHub, ".github/workflows/*.y*ml", ".github/workflows/deploy.yml", ".github/workflows/cdx.yml", "", gitHubFile},
		{GitLab, ".gitlab-ci.yml", ".gitlab-ci.yml", ".gitlab/cdx.yml", "include it in .gitlab-ci.yml, with include: [{local: .gitlab/cdx.yml}]", gitLabFile},
		{CircleCI, ".circleci/config.yml", ".circleci/config.yml", "", "", circleCIFile},
		{Jenkins, "Jenkinsfile", "Jenkinsfile", "Jenkinsfile.deploy", "make a pipeline of it in Jenkins: Script Path is Jenkinsfile.deploy", jenkinsFile},
		{Buildkite, ".buildkite/pipeline.y*ml", ".buildkite/pipeline.yml", ".buildkite/cdx.yml", "upload it from your pipeline: buildkite-agent pipeline upload .buildkite/cdx.yml", buildkiteFile},
		{Azure, "azure-pipelines.yml", "azure-pipelines.yml", "azure-pipelines.cdx.yml", "make a pipeline of it in Azure DevOps", azureFile},
	}
}

// systems returns those that have a file in the directory.
func (d *directory) systems() []CI {
	var found []CI
	for _, s := range systems() {
		if len(d.glob(s.found)) > 0 {
			found = append(found, s.ci)
		}
	}
	return found
}

// branch is the branch that is deployed: the remote's own, where git knows that and it is
// a plain name; else main, or master where that is checked out.
func (d *directory) branch() string {
	for _, pattern := range []struct{ file, text string }{
		{".git/refs/remotes/origin/HEAD", `^ref: refs/remotes/origin/([\w./-]+)\s*$`},
		{".git/HEAD", `^ref: refs/heads/(main|master)\s*$`},
	} {
		if name := match(pattern.text, d.peek(pattern.file)); name != "" {
			return name
		}
	}
	return "main"
}

// Pipeline is what a CI file has to know beside the project.
type Pipeline struct {
	Branch  string // that is deployed; empty: the one that git calls the remote's, or main
	Version string // of the cdx to install, such as 1.2.0; empty: one to be filled in
	Region  string // empty: one to be set in the CI system
}

// CIFile composes the file for a CI system. Where the directory has another one of that
// name, it is written beside it; note then says how it comes into force.
func (p *Project) CIFile(fsys fs.FS, ci CI, pipeline Pipeline) (file File, note string) {
	d := &directory{fsys: fsys}
	if pipeline.Branch == "" {
		pipeline.Branch = d.branch()
	}
	if pipeline.Version == "" {
		pipeline.Version = "1.0.0"
	}
	for _, s := range systems() {
		if s.ci != ci {
			continue
		}
		file = File{Path: s.file, Mode: 0o644, Text: s.text(p, pipeline), What: "deploys from " + string(ci)}
		if old := d.peek(s.file); s.other != "" && old != "" && old != file.Text {
			file.Path, note = s.other, s.how
			if note != "" {
				note = s.other + ": " + note
			}
		}
	}
	return file, note
}

// install are the shell lines that install a released cdx, verified, into a folder of
// the PATH.
func (pl Pipeline) install(bin string) []string {
	archive := "cdx_${version}_linux_amd64.tar.gz"
	return []string{
		"version=" + pl.Version + " # https://github.com/cdx-deploy/cdx/releases",
		"url=https://github.com/cdx-deploy/cdx/releases/download/v$version",
		"folder=$(mktemp -d) # outside of the checkout, which is what gets deployed",
		`curl -fsSL --remote-name --output-dir "$folder" "$url/` + archive + `"`,
		`curl -fsSL --remote-name --output-dir "$folder" "$url/checksums.txt"`,
		`(cd "$folder" && sha256sum --check --ignore-missing checksums.txt && tar xzf "` + archive + `" cdx)`,
		bin,
	}
}

// image is a container image with what the build needs, and curl.
func (p *Project) image(circle bool) string {
	images := map[Language][2]string{
		Node: {"node:22", "cimg/node:22.14"}, Go: {"golang:1", "cimg/go:1.24"}, Java: {"maven:3-eclipse-temurin-21", "cimg/openjdk:21.0"},
		DotNet: {"mcr.microsoft.com/dotnet/sdk:9.0", "mcr.microsoft.com/dotnet/sdk:9.0"},
	}
	pair, known := images[p.Language]
	if !known || len(p.recipe.build) == 0 {
		pair = [2]string{"buildpack-deps:stable-curl", "cimg/base:stable"}
	}
	if circle {
		return pair[1]
	}
	return pair[0]
}

// lines indents shell lines as a block of YAML.
func lines(indent string, text []string) string {
	var b strings.Builder
	for _, line := range text {
		b.WriteString(indent + line + "\n")
	}
	return b.String()
}

func gitHubFile(p *Project, pl Pipeline) string {
	region := "${{ vars.AWS_REGION }}"
	if pl.Region != "" {
		region = pl.Region
	}
	text := `# Deploys what is pushed to ` + pl.Branch + `. It takes an IAM role that trusts this repository by OpenID
# Connect: put the role's ARN into the repository's variable AWS_ROLE_ARN (Settings, Secrets
# and variables, Actions, Variables)` + map[bool]string{true: ", and the region into AWS_REGION"}[pl.Region == ""] + `.
name: deploy
on:
  push:
    branches: [` + scalar(pl.Branch) + `]
permissions:
  contents: read
  id-token: write # for the role
concurrency: deploy # one at a time, in order
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          role-to-assume: ${{ vars.AWS_ROLE_ARN }}
          aws-region: ` + region + "\n"
	text += p.gitHubBuild()
	return text + `      - uses: cdx-deploy/cdx@v1
        with:
          version: ` + pl.Version + ` # https://github.com/cdx-deploy/cdx/releases
          args: |
            deploy
            --wait
`
}

// gitHubBuild are the steps that build before a deployment.
func (p *Project) gitHubBuild() string {
	if len(p.recipe.build) == 0 {
		return ""
	}
	text := map[Language]string{
		Go:     "      - uses: actions/setup-go@v5\n        with:\n          go-version-file: go.mod\n",
		Java:   "      - uses: actions/setup-java@v4\n        with:\n          distribution: temurin\n          java-version: 21\n",
		DotNet: "      - uses: actions/setup-dotnet@v4\n        with:\n          dotnet-version: 9.x\n",
		Node:   "      - uses: actions/setup-node@v4\n        with:\n          node-version: lts/*\n",
	}[p.Language]
	return text + "      - name: Build\n        run: |\n" + lines("          ", p.recipe.build)
}

// token are the shell lines that hand the CI system's identity token to the AWS SDK.
func token(variable string) string {
	return fmt.Sprintf(`echo "$%s" > "$AWS_WEB_IDENTITY_TOKEN_FILE"`, variable)
}

func gitLabFile(p *Project, pl Pipeline) string {
	text := `# Deploys what is pushed to ` + pl.Branch + `. It takes an IAM role that trusts this project by OpenID
# Connect: put the role's ARN into the CI/CD variable AWS_ROLE_ARN` + orRegion(pl) + `.
deploy:
  stage: deploy
  image: ` + p.image(false) + `
  rules:
    - if: $CI_COMMIT_BRANCH == "` + pl.Branch + `"
  resource_group: production # one at a time
  id_tokens:
    AWS_TOKEN:
      aud: $CI_SERVER_URL
  variables:
    AWS_WEB_IDENTITY_TOKEN_FILE: /tmp/aws-token
` + pl.regionLine("    AWS_REGION: ") + `  script:
    - ` + token("AWS_TOKEN") + "\n"
	if len(p.recipe.build) > 0 {
		text += "    - |\n" + lines("      ", p.recipe.build)
	}
	text += "    - |\n" + lines("      ", pl.install(`cp "$folder/cdx" /usr/local/bin/`))
	return text + "    - cdx deploy --wait\n"
}

func orRegion(pl Pipeline) string {
	if pl.Region != "" {
		return ""
	}
	return ", and the region into AWS_REGION"
}

func (pl Pipeline) regionLine(before string) string {
	if pl.Region == "" {
		return ""
	}
	return before + pl.Region + "\n"
}

func circleCIFile(p *Project, pl Pipeline) string {
	text := `# Deploys what is pushed to ` + pl.Branch + `. It takes an IAM role that trusts this project by OpenID
# Connect: put the role's ARN into AWS_ROLE_ARN of the context "aws"` + orRegion(pl) + `.
version: 2.1
jobs:
  deploy:
    docker:
      - image: ` + p.image(true) + `
    environment:
      AWS_WEB_IDENTITY_TOKEN_FILE: /tmp/aws-token
` + pl.regionLine("      AWS_REGION: ") + `    steps:
      - checkout
`
	if len(p.recipe.build) > 0 {
		text += "      - run:\n          name: Build\n          command: |\n" + lines("            ", p.recipe.build)
	}
	text += "      - run:\n          name: Install cdx\n          command: |\n" + lines("            ", pl.install(`$(command -v sudo) cp "$folder/cdx" /usr/local/bin/`))
	return text + `      - run:
          name: Deploy
          command: |
            ` + token("CIRCLE_OIDC_TOKEN_V2") + `
            cdx deploy --wait
workflows:
  deploy:
    jobs:
      - deploy:
          context: aws
          filters:
            branches:
              only: ` + scalar(pl.Branch) + "\n"
}

func jenkinsFile(p *Project, pl Pipeline) string {
	text := `// Deploys ` + pl.Branch + `. Put an access key into two credentials of the kind "secret text", with these IDs;
// on an agent with an instance profile, leave both lines out.
pipeline {
    agent any
    options { disableConcurrentBuilds() }
    environment {
        AWS_ACCESS_KEY_ID = credentials('aws-access-key-id')
        AWS_SECRET_ACCESS_KEY = credentials('aws-secret-access-key')
`
	if pl.Region != "" {
		text += "        AWS_REGION = '" + pl.Region + "'\n"
	}
	text += "    }\n    stages {\n"
	if len(p.recipe.build) > 0 {
		text += "        stage('Build') {\n            steps {\n                sh '''\n" + lines("                    ", p.recipe.build) + "                '''\n            }\n        }\n"
	}
	text += "        stage('Deploy') {\n            when { branch '" + pl.Branch + "' } // of a multibranch pipeline\n            steps {\n                sh '''\n                    set -eu\n"
	text += lines("                    ", pl.install(`PATH=$folder:$PATH`))
	return text + "                    cdx deploy --wait\n                '''\n            }\n        }\n    }\n}\n"
}

func buildkiteFile(p *Project, pl Pipeline) string {
	text := `# Deploys what is pushed to ` + pl.Branch + `, with the credentials of the agent that runs it.
` + strings.Replace(pl.regionLine("env:\n  AWS_REGION: "), "\n\n", "\n", 1) + `steps:
  - label: deploy
    branches: ` + scalar(pl.Branch) + `
    concurrency: 1
    concurrency_group: ` + p.Name + `/deploy
    # Buildkite itself would fill in $name: $$name leaves it to the shell.
    command: |
      set -eu
`
	commands := append(p.recipe.build[:len(p.recipe.build):len(p.recipe.build)], pl.install(`PATH=$folder:$PATH`)...)
	for i, command := range commands {
		commands[i] = strings.ReplaceAll(command, "$", "$$")
	}
	return text + lines("      ", commands) + "      cdx deploy --wait\n"
}

func azureFile(p *Project, pl Pipeline) string {
	text := `# Deploys what is pushed to ` + pl.Branch + `. Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY` + map[bool]string{true: " and AWS_REGION"}[pl.Region == ""] + ` as
# variables of the pipeline, the key as a secret.
trigger: [` + scalar(pl.Branch) + `]
pool:
  vmImage: ubuntu-latest
steps:
`
	if len(p.recipe.build) > 0 {
		text += "  - script: |\n" + lines("      ", append([]string{"set -eu"}, p.recipe.build...)) + "    displayName: Build\n"
	}
	text += "  - script: |\n      set -eu\n" + lines("      ", pl.install(`PATH=$folder:$PATH`)) + `      cdx deploy --wait
    displayName: Deploy
    env:
      AWS_ACCESS_KEY_ID: $(AWS_ACCESS_KEY_ID)
      AWS_SECRET_ACCESS_KEY: $(AWS_SECRET_ACCESS_KEY) # secrets reach a script only by name
      AWS_REGION: `
	if pl.Region != "" {
		return text + pl.Region + "\n"
	}
	return text + "$(AWS_REGION)\n"
}

// remoteSystem guesses the CI system from the address of the git remote.
func (d *directory) remoteSystem() CI {
	address := strings.ToLower(match(`(?m)^\s*url\s*=\s*(\S+)`, d.peek(".git/config")))
	switch {
	case strings.Contains(address, "github"):
		return GitHub
	case strings.Contains(address, "gitlab"):
		return GitLab
	case strings.Contains(address, "dev.azure.com"):
		return Azure
	default:
		return NoCI
	}
}
