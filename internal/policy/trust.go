package policy

import (
	"fmt"
	"strings"
)

// trust lets somebody take a role.
func trust(action string, principal map[string]string, condition map[string]Condition) Document {
	return Document{Version: version, Statement: []Statement{{Effect: allow, Principal: principal, Action: []string{action}, Condition: condition}}}
}

// ServiceTrust lets CodeDeploy take the service role, on behalf of the application's
// deployment groups only (of all of the account for an empty application).
// Source: CodeDeploy user guide, "Create a service role for CodeDeploy" and
// "Cross-service confused deputy prevention".
func ServiceTrust(at Place, application string) Document {
	return trust("sts:AssumeRole", map[string]string{"Service": at.service()}, map[string]Condition{
		"StringEquals": {"aws:SourceAccount": {at.Account}},
		"ArnLike":      {"aws:SourceArn": {at.arn("codedeploy", "deploymentgroup:"+orAny(application)+"/*")}},
	})
}

// InstanceTrust lets instances of Amazon EC2 take the role of their instance profile.
// Source: CodeDeploy user guide, "Create an IAM instance profile for your Amazon EC2
// instances".
func InstanceTrust(at Place) Document {
	service := "ec2.amazonaws.com"
	if at.Partition() == "aws-cn" {
		service += ".cn"
	}
	return trust("sts:AssumeRole", map[string]string{"Service": service}, nil)
}

// Subject says which jobs of a repository are trusted: those of a branch or, on
// GitHub, of a deployment environment.
type Subject struct {
	Repository  string // like "owner/name"
	Branch      string // may hold * and ?
	Environment string // of GitHub; beats Branch
}

// GitHubTrust lets jobs of GitHub Actions take a role. Jobs that name a deployment
// environment have that as their subject and not the branch.
// Source: GitHub documentation, "Configuring OpenID Connect in Amazon Web Services".
func GitHubTrust(at Place, s Subject) Document {
	subject := "repo:" + s.Repository + ":ref:refs/heads/" + s.Branch
	if s.Environment != "" {
		subject = "repo:" + s.Repository + ":environment:" + s.Environment
	}
	return federated(at, "token.actions.githubusercontent.com", "sts.amazonaws.com", subject)
}

// GitLabTrust lets jobs of GitLab CI/CD take a role; url is the instance's, like
// "https://gitlab.com", and also the audience that a job must ask its token for.
// Source: GitLab documentation, "Configure OpenID Connect in AWS to retrieve temporary
// credentials".
func GitLabTrust(at Place, url string, s Subject) Document {
	url = strings.TrimRight(url, "/")
	host := strings.TrimPrefix(strings.TrimPrefix(url, "https://"), "http://")
	return federated(at, host, url, fmt.Sprintf("project_path:%s:ref_type:branch:ref:%s", s.Repository, s.Branch))
}

// CircleCITrust lets jobs of a CircleCI project take a role. Both are IDs, like
// "11111111-2222-3333-4444-555555555555"; the subject does not tell the branch.
// Source: CircleCI documentation, "Using OpenID Connect tokens in jobs".
func CircleCITrust(at Place, organization, project string) Document {
	return federated(at, "oidc.circleci.com/org/"+organization, organization, fmt.Sprintf("org/%s/project/%s/user/*", organization, project))
}

// federated trusts tokens of an identity provider for one audience and subject.
func federated(at Place, provider, audience, subject string) Document {
	condition := map[string]Condition{"StringEquals": {provider + ":aud": {audience}}}
	if strings.ContainsAny(subject, "*?") {
		condition["StringLike"] = Condition{provider + ":sub": {subject}}
	} else {
		condition["StringEquals"][provider+":sub"] = []string{subject}
	}
	return trust("sts:AssumeRoleWithWebIdentity", map[string]string{"Federated": at.iamARN("oidc-provider/" + provider)}, condition)
}
