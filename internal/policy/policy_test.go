package policy_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cdx-deploy/cdx/internal/policy"
)

func at(region string) policy.Place {
	return policy.Place{Region: region, Account: "123456789012"}
}

// resources are those that a policy allows an action on.
func resources(doc policy.Document, action string) []string {
	var all []string
	for _, s := range doc.Statement {
		if slices.Contains(s.Action, action) {
			all = append(all, s.Resource...)
		}
	}
	return all
}

func TestFor(t *testing.T) {
	tests := []struct {
		name   string
		needs  policy.Needs
		action string
		want   string // the resources, with blanks between them; empty: not allowed
	}{
		{"a named group", policy.Needs{Place: at("eu-west-1"), Uses: []policy.Use{policy.Deploy}, Application: "a", Groups: []string{"g", "h"}},
			"codedeploy:CreateDeployment", "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:a/g arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:a/h"},
		{"any group", policy.Needs{Place: at("eu-west-1"), Uses: []policy.Use{policy.Wait}, Application: "a"},
			"codedeploy:GetDeployment", "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:a/*"},
		{"any application", policy.Needs{Place: at("eu-west-1"), Uses: []policy.Use{policy.Wait}},
			"codedeploy:GetDeployment", "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:*/*"},
		{"China", policy.Needs{Place: at("cn-north-1"), Uses: []policy.Use{policy.Push}, Application: "a", Bucket: "b", KeyPrefix: "x/"},
			"s3:PutObject", "arn:aws-cn:s3:::b/x/*"},
		{"one key, with characters that mean something", policy.Needs{Place: at("eu-west-1"), Uses: []policy.Use{policy.Push}, Bucket: "b", KeyPrefix: "a*$?", WholeKey: true},
			"s3:PutObject", "arn:aws:s3:::b/a${*}${$}${?}"},
		{"names with characters that mean something", policy.Needs{Place: at("eu-west-1"), Uses: []policy.Use{policy.Deploy}, Application: "a*", Groups: []string{"${aws:username}", "?"}},
			"codedeploy:CreateDeployment", "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:a${*}/${$}{aws:username} arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:a${*}/${?}"},
		{"a bucket that is none", policy.Needs{Place: at("eu-west-1"), Uses: []policy.Use{policy.Push}, Bucket: "*", KeyPrefix: "x/"},
			"s3:PutObject", "arn:aws:s3:::${*}/x/*"},
		{"Europe's own cloud", policy.Needs{Place: at("eusc-de-east-1"), Uses: []policy.Use{policy.Push}, Bucket: "b", KeyPrefix: "x/"},
			"s3:PutObject", "arn:aws-eusc:s3:::b/x/*"},
		{"no bucket", policy.Needs{Place: at("eu-west-1"), Uses: []policy.Use{policy.Deploy}},
			"s3:GetObject", ""},
		{"no tags", policy.Needs{Place: at("eu-west-1"), Uses: []policy.Use{policy.Push}, Bucket: "b"},
			"s3:PutObjectTagging", ""},
		{"tags", policy.Needs{Place: at("eu-west-1"), Uses: []policy.Use{policy.Push}, Bucket: "b", Tagging: true},
			"s3:PutObjectTagging", "arn:aws:s3:::b/*"},
		{"a key by its ID", policy.Needs{Place: at("eu-west-1"), Uses: []policy.Use{policy.Push}, Bucket: "b", KMSKey: "1234"},
			"kms:GenerateDataKey", "arn:aws:kms:eu-west-1:123456789012:key/1234"},
		{"a key by its ARN", policy.Needs{Place: at("eu-west-1"), Uses: []policy.Use{policy.Push}, Bucket: "b", KMSKey: "arn:aws:kms:eu-west-1:1:key/5"},
			"kms:Decrypt", "arn:aws:kms:eu-west-1:1:key/5"},
		{"a key by an alias of another account", policy.Needs{Place: at("eu-west-1"), Uses: []policy.Use{policy.Push}, Bucket: "b", KMSKey: "arn:aws:kms:eu-west-1:1:alias/k"},
			"kms:Decrypt", "arn:aws:kms:eu-west-1:1:key/*"},
		{"a key, but nothing is pushed", policy.Needs{Place: at("eu-west-1"), Uses: []policy.Use{policy.Deploy}, Bucket: "b", KMSKey: "1234"},
			"kms:GenerateDataKey", ""},
		{"a function by its ARN", policy.Needs{Place: at("eu-west-1"), Uses: []policy.Use{policy.Deploy}, Function: "arn:aws:lambda:eu-west-1:1:function:f"},
			"lambda:GetAlias", "arn:aws:lambda:eu-west-1:1:function:f"},
		{"a wait that stops nothing", policy.Needs{Place: at("eu-west-1"), Uses: []policy.Use{policy.Wait}},
			"codedeploy:StopDeployment", ""},
		{"a wait that stops", policy.Needs{Place: at("eu-west-1"), Uses: []policy.Use{policy.Wait}, Stops: true},
			"codedeploy:StopDeployment", "*"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := strings.Join(resources(policy.For(test.needs), test.action), " "); got != test.want {
				t.Errorf("%s is allowed on %q, want %q", test.action, got, test.want)
			}
		})
	}
}

// Applications of one environment share what they have in common.
func TestForSeveral(t *testing.T) {
	one := policy.Needs{Place: at("eu-west-1"), Uses: []policy.Use{policy.Push, policy.Deploy}, Application: "one", Bucket: "b", KeyPrefix: "one/"}
	two := one
	two.Application, two.KeyPrefix, two.Tagging = "two", "two/", true
	doc := policy.For(one, two)
	if got := resources(doc, "codedeploy:RegisterApplicationRevision"); len(got) != 2 {
		t.Errorf("revisions may be registered with %v", got)
	}
	if got := resources(doc, "s3:PutObjectTagging"); !slices.Equal(got, []string{"arn:aws:s3:::b/two/*"}) {
		t.Errorf("tags may be given to %v", got)
	}
	if got := resources(doc, "s3:ListBucket"); len(got) != 1 {
		t.Errorf("the bucket stands there as %v", got)
	}
	seen := make(map[string]bool)
	for _, s := range doc.Statement {
		if seen[s.Sid] {
			t.Errorf("two statements are called %s", s.Sid)
		}
		seen[s.Sid] = true
	}
}

// Actions that know no resource are limited to the region, keys to those of an alias.
func TestConditions(t *testing.T) {
	doc := policy.For(policy.Needs{Place: at("eu-west-1"), Uses: policy.Uses(), Bucket: "b", KMSKey: "alias/k"})
	for _, s := range doc.Statement {
		text, err := json.Marshal(s.Condition)
		if err != nil {
			t.Fatal(err)
		}
		want := "null"
		switch s.Sid {
		case "Deployments":
			want = `{"StringEquals":{"aws:RequestedRegion":["eu-west-1"]}}`
		case "Encryption":
			want = `{"ForAnyValue:StringEquals":{"kms:ResourceAliases":["alias/k"]}}`
		case "ServiceRole":
			want = `{"StringEquals":{"iam:PassedToService":["codedeploy.amazonaws.com"]}}`
		}
		if string(text) != want {
			t.Errorf("condition of %s is %s, want %s", s.Sid, text, want)
		}
	}
}

func TestPermissions(t *testing.T) {
	needs := policy.Needs{Place: at("eu-west-1"), Uses: policy.Uses(), Application: "a", Bucket: "b", Stops: true}
	seen := make(map[string]policy.Access)
	for _, p := range needs.Permissions() {
		if _, twice := seen[p.Action]; twice {
			t.Errorf("%s is listed twice", p.Action)
		}
		if len(p.Resources) == 0 {
			t.Errorf("%s is on nothing", p.Action)
		}
		seen[p.Action] = p.Access
	}
	for action, access := range map[string]policy.Access{
		"codedeploy:CreateDeployment": policy.Write, "codedeploy:GetDeploymentConfig": policy.Checked, "s3:ListBucket": policy.Read,
	} {
		if got, ok := seen[action]; !ok || got != access {
			t.Errorf("access of %s is %v, %v", action, got, ok)
		}
	}
}

func TestTrust(t *testing.T) {
	const org, project = "1111", "2222"
	tests := []struct {
		name string
		doc  policy.Document
		want []string // parts of the JSON
	}{
		{"CodeDeploy", policy.ServiceTrust(at("eu-west-1"), ""), []string{`{"Service":"codedeploy.amazonaws.com"}`, `deploymentgroup:*/*`, `"aws:SourceAccount":["123456789012"]`}},
		{"CodeDeploy in China", policy.ServiceTrust(at("cn-north-1"), "a"), []string{`codedeploy.cn-north-1.amazonaws.com.cn`, `arn:aws-cn:codedeploy:cn-north-1:123456789012:deploymentgroup:a/*`}},
		{"instances", policy.InstanceTrust(at("eu-west-1")), []string{`{"Service":"ec2.amazonaws.com"}`}},
		{"instances in China", policy.InstanceTrust(at("cn-north-1")), []string{`{"Service":"ec2.amazonaws.com.cn"}`}},
		{"a branch on GitHub", policy.GitHubTrust(at("eu-west-1"), policy.Subject{Repository: "o/n", Branch: "main"}),
			[]string{`:oidc-provider/token.actions.githubusercontent.com`, `"token.actions.githubusercontent.com:sub":["repo:o/n:ref:refs/heads/main"]`}},
		{"branches on GitHub", policy.GitHubTrust(at("eu-west-1"), policy.Subject{Repository: "o/n", Branch: "release/*"}),
			[]string{`"StringLike":{"token.actions.githubusercontent.com:sub":["repo:o/n:ref:refs/heads/release/*"]}`, `"StringEquals":{"token.actions.githubusercontent.com:aud"`}},
		{"an environment on GitHub", policy.GitHubTrust(at("eu-west-1"), policy.Subject{Repository: "o/n", Branch: "main", Environment: "prod"}), []string{`"repo:o/n:environment:prod"`}},
		{"GitLab", policy.GitLabTrust(at("us-gov-west-1"), "https://git.example.com/", policy.Subject{Repository: "g/s/n", Branch: "main"}),
			[]string{`arn:aws-us-gov:iam::123456789012:oidc-provider/git.example.com`, `"git.example.com:aud":["https://git.example.com"]`, `project_path:g/s/n:ref_type:branch:ref:main`}},
		{"CircleCI", policy.CircleCITrust(at("eu-west-1"), org, project),
			[]string{`oidc-provider/oidc.circleci.com/org/1111`, `"oidc.circleci.com/org/1111:aud":["1111"]`, `"org/1111/project/2222/user/*"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text, err := json.Marshal(test.doc)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range test.want {
				if !strings.Contains(string(text), want) {
					t.Errorf("there is no %s in %s", want, text)
				}
			}
		})
	}
}

func TestRoles(t *testing.T) {
	needs := policy.Needs{Place: at("eu-west-1"), Bucket: "b", KeyPrefix: "a/", KMSKey: "1234"}
	tests := []struct {
		name   string
		doc    policy.Document
		action string
		want   string
	}{
		{"servers", policy.ServiceRole(needs, ""), "autoscaling:PutLifecycleHook", "*"},
		{"servers fetch nothing themselves", policy.ServiceRole(needs, policy.Server), "s3:GetObject", ""},
		{"ECS", policy.ServiceRole(needs, policy.ECS), "s3:GetObject", "arn:aws:s3:::b/a/*"},
		{"Lambda", policy.ServiceRole(needs, policy.Lambda), "lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:CodeDeployHook_*"},
		{"instances", policy.InstanceRole(needs), "s3:GetObjectVersion", "arn:aws:s3:::b/a/* arn:aws:s3:::aws-codedeploy-eu-west-1/*"},
		{"instances, encrypted", policy.InstanceRole(needs), "kms:Decrypt", "arn:aws:kms:eu-west-1:123456789012:key/1234"},
		{"instances without a bucket", policy.InstanceRole(policy.Needs{Place: at("eu-west-1")}), "s3:GetObject", "arn:aws:s3:::aws-codedeploy-eu-west-1/*"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := strings.Join(resources(test.doc, test.action), " "); got != test.want {
				t.Errorf("%s is allowed on %q, want %q", test.action, got, test.want)
			}
		})
	}
}

// What IAM refuses about the form of a policy: names and actions.
func TestForm(t *testing.T) {
	sid, action := regexp.MustCompile(`^[A-Za-z0-9]*$`), regexp.MustCompile(`^[a-z0-9]+:[A-Z][A-Za-z0-9]+$`)
	needs := policy.Needs{Place: at("eu-west-1"), Uses: policy.Uses(), Bucket: "b", KMSKey: "k", Tagging: true, ACL: true, Alarms: true, Stops: true, Function: "f"}
	docs := []policy.Document{policy.For(needs), policy.InstanceRole(needs)}
	for _, platform := range []policy.Platform{policy.Server, policy.ECS, policy.Lambda} {
		docs = append(docs, policy.ServiceRole(needs, platform))
		if arn := policy.ManagedPolicy(at("cn-north-1"), platform); !strings.HasPrefix(arn, "arn:aws-cn:iam::aws:policy/") {
			t.Errorf("AWS's own policy for %s is %s", platform, arn)
		}
	}
	for _, doc := range docs {
		for _, s := range doc.Statement {
			if !sid.MatchString(s.Sid) || s.Effect != "Allow" || !slices.IsSorted(s.Action) {
				t.Errorf("statement %+v", s)
			}
			for _, name := range s.Action {
				if !action.MatchString(name) {
					t.Errorf("%q is no action", name)
				}
			}
		}
	}
}
