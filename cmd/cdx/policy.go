package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/policy"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/internal/suggest"
	"github.com/cdx-deploy/cdx/pkg/appspec/fill"
	"github.com/cdx-deploy/cdx/pkg/push"
)

// The policies that cdx policy prints, beside the one for cdx itself.
const (
	serviceRole     = "service-role"
	instanceProfile = "instance-profile"
	gitHub          = "github"
	gitLab          = "gitlab"
	circleCI        = "circleci"
)

// policyFlags are those of cdx policy that are no settings.
type policyFlags struct {
	uses                  []string
	account               string
	trust                 bool
	repository, branch    string
	gitHubEnvironment     string
	gitLabURL             string
	organization, project string
}

func newPolicyCmd(p *program) *cobra.Command {
	var flags policyFlags
	c := &cobra.Command{
		Use:   "policy [service-role|instance-profile|github|gitlab|circleci]",
		Short: "Print the IAM policy that a configuration needs",
		Long: `Prints an IAM policy as JSON. Without an argument it allows what this
configuration makes cdx do, and nothing else: push, deploy, wait and rollback,
or what --for names. Names, bucket and key come from cdx.yml, variables and
flags, the account from the credentials, or from --account-id.

  service-role      what CodeDeploy's service role may do; --trust: who takes it
  instance-profile  what the instances' role may do; --trust: who takes it
  github            who may take a role: jobs of GitHub Actions, by OpenID Connect
  gitlab            the same, of GitLab CI/CD
  circleci          the same, of CircleCI`,
		Example: `  cdx policy -a my-app -g production --bucket my-bucket > cdx-policy.json
  cdx policy --env production --for push
  cdx policy --for on-premises
  cdx policy service-role --trust
  cdx policy github --repository my-org/my-app --branch main`,
		Args:      arguments(0, 1),
		ValidArgs: []string{serviceRole, instanceProfile, gitHub, gitLab, circleCI},
		GroupID:   furtherCommands,
		RunE:      func(c *cobra.Command, args []string) error { return p.policy(c, args, flags) },
	}
	c.Flags().StringArrayVar(&flags.uses, "for", nil, "what cdx is to do, a `USE`: "+useNames()+" or all (repeatable; default push, deploy, wait and rollback)")
	c.Flags().StringVar(&flags.account, "account-id", "", "AWS `ACCOUNT`, 12 digits (default: that of the credentials)")
	c.Flags().BoolVar(&flags.trust, "trust", false, "print who may take the role instead of what it may do")
	c.Flags().StringVar(&flags.repository, "repository", "", "repository on GitHub or GitLab that is trusted, `OWNER/NAME`")
	c.Flags().StringVar(&flags.branch, "branch", "", "`BRANCH` of it that is trusted; * and ? are wildcards")
	c.Flags().StringVar(&flags.gitHubEnvironment, "github-environment", "", "deployment `ENVIRONMENT` on GitHub that is trusted, instead of a branch")
	c.Flags().StringVar(&flags.gitLabURL, "gitlab-url", "https://gitlab.com", "`URL` of the GitLab instance")
	c.Flags().StringVar(&flags.organization, "organization", "", "`ID` of the organisation on CircleCI")
	c.Flags().StringVar(&flags.project, "project", "", "`ID` of the project on CircleCI")
	settings.AddFlags(c.Flags(), groupFlags...)
	settings.AddFlags(c.Flags(), "deployment-config-name", "s3-location", "bucket", "key", "sse", "sse-kms-key-id", "tagging", "acl",
		"override-alarm-configuration", "lambda-current-version", "source", "appspec", "on-timeout", "on-interrupt", "platform", "service-role-arn")
	return c
}

func (p *program) policy(c *cobra.Command, args []string, flags policyFlags) error {
	kind := strings.Join(args, "")
	sets, err := p.policySets(c, kind)
	if err != nil {
		return err
	}
	uses, err := flags.parseUses()
	if err != nil {
		return err
	}
	if flags.account != "" && !isAccountID(flags.account) {
		return &usageError{message: fmt.Sprintf("--account-id: expected 12 digits, not %q", flags.account), hint: "see it with: aws sts get-caller-identity"}
	}
	if err := flags.check(kind); err != nil {
		return err
	}
	at, err := p.place(c.Context(), sets[0], flags.account)
	if err != nil {
		return err
	}
	var all []policy.Needs
	for _, set := range sets {
		needs, err := needsOf(set, at, uses)
		if err != nil {
			return err
		}
		if needs.Application == "" && (kind == "" && needs.OneApplication() || kind == serviceRole && flags.trust) {
			return missing("application-name", "the CodeDeploy application")
		}
		all = append(all, needs)
	}
	document := p.document(kind, flags, all, sets[0])
	p.warnLarge(document)
	p.out.object(document)
	return nil
}

// largestPolicy is how many characters IAM takes in a managed policy, blanks aside.
// Source: IAM user guide, "IAM and AWS STS quotas".
const largestPolicy = 6144

func (p *program) warnLarge(document policy.Document) {
	text, err := json.Marshal(document)
	if err == nil && len(text) > largestPolicy {
		p.progress.Warn(fmt.Sprintf("this policy has %d characters, and IAM takes %d in a managed policy", len(text), largestPolicy))
		p.progress.Hint("make several of it, with --for or --env, or an inline policy of a role, which may have 10240")
	}
}

// policySets are the settings that a policy is about: for whom to trust, those that
// no environment decides.
func (p *program) policySets(c *cobra.Command, kind string) ([]*settings.Set, error) {
	switch kind {
	case gitHub, gitLab, circleCI:
		set, err := p.load(c)
		return []*settings.Set{set}, err
	default:
		return p.configSets(c)
	}
}

// document is the policy that was asked for.
func (p *program) document(kind string, flags policyFlags, all []policy.Needs, set *settings.Set) policy.Document {
	first := all[0]
	subject := policy.Subject{Repository: flags.repository, Branch: flags.branch, Environment: flags.gitHubEnvironment}
	platform := policy.Platform(set.String("platform"))
	switch {
	case kind == serviceRole && flags.trust:
		return policy.ServiceTrust(first.Place, first.Application)
	case kind == serviceRole:
		p.progress.Hint("AWS's own policy for this follows changes of CodeDeploy: " + policy.ManagedPolicy(first.Place, platform))
		return policy.ServiceRole(first, platform)
	case kind == instanceProfile && flags.trust:
		return policy.InstanceTrust(first.Place)
	case kind == instanceProfile:
		return policy.InstanceRole(first)
	case kind == gitHub:
		return policy.GitHubTrust(first.Place, subject)
	case kind == gitLab:
		return policy.GitLabTrust(first.Place, flags.gitLabURL, subject)
	case kind == circleCI:
		return policy.CircleCITrust(first.Place, flags.organization, flags.project)
	default:
		return policy.For(all...)
	}
}

// check demands what a trust policy has to name.
func (f policyFlags) check(kind string) error {
	demand := func(name, value, form string) error {
		if value != "" {
			return nil
		}
		return &usageError{message: fmt.Sprintf("--%s is missing: whom to trust", name), hint: fmt.Sprintf("type: cdx policy %s %s", kind, form)}
	}
	if strings.ContainsAny(f.repository, "*?") { // IAM would take it for many
		return &usageError{message: fmt.Sprintf("--repository %q has a wildcard: whoever makes a repository of such a name would be trusted", f.repository), hint: "give one repository, as it is called"}
	}
	switch kind {
	case gitHub:
		const form = "--repository OWNER/NAME --branch main (or --github-environment NAME)"
		return cmp.Or(demand("repository", f.repository, form), demand("branch", f.branch+f.gitHubEnvironment, form),
			demandForm("repository", f.repository, `^[\w.-]+/[\w.-]+$`, "OWNER/NAME, as in my-org/my-app"))
	case gitLab:
		const form = "--repository GROUP/NAME --branch main"
		return cmp.Or(demand("repository", f.repository, form), demand("branch", f.branch, form),
			demandForm("repository", f.repository, `^[\w.+-]+(/[\w.+-]+)+$`, "GROUP/NAME, as in my-group/my-app"),
			demandForm("gitlab-url", f.gitLabURL, `^https://[\w.:/-]+$`, "the address that jobs see, as in https://gitlab.example.com"))
	case circleCI:
		const form = "--organization ID --project ID"
		const id, where = `^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`, "the ID, as in 11111111-2222-3333-4444-555555555555, which the settings on CircleCI show"
		return cmp.Or(demand("organization", f.organization, form), demand("project", f.project, form),
			demandForm("organization", f.organization, id, where), demandForm("project", f.project, id, where))
	default:
		return nil
	}
}

// demandForm refuses what a provider's tokens cannot say: a role would trust nobody.
func demandForm(name, value, pattern, form string) error {
	if regexp.MustCompile(pattern).MatchString(value) {
		return nil
	}
	return &usageError{message: fmt.Sprintf("--%s: %q has another form than tokens have", name, value), hint: "give " + form}
}

// parseUses are the uses that --for names, several of which may stand in one value.
func (f policyFlags) parseUses() ([]policy.Use, error) {
	if len(f.uses) == 0 {
		return []policy.Use{policy.Push, policy.Deploy, policy.Wait, policy.Rollback}, nil
	}
	var uses []policy.Use
	for _, name := range strings.Split(strings.Join(f.uses, ","), ",") {
		use := policy.Use(strings.TrimSpace(name))
		switch {
		case use == "all":
			return policy.Uses(), nil
		case !slices.Contains(policy.Uses(), use):
			return nil, &usageError{message: fmt.Sprintf("--for %s: expected %s or all", use, useNames()), hint: "write: cdx policy --for " + nearestUse(string(use))}
		}
		uses = append(uses, use)
	}
	return uses, nil
}

func nearestUse(name string) string {
	var names []string
	for _, use := range policy.Uses() {
		names = append(names, string(use))
	}
	if nearest, ok := suggest.Nearest(name, names); ok {
		return nearest
	}
	return "push,deploy,wait"
}

func useNames() string {
	var names []string
	for _, use := range policy.Uses() {
		names = append(names, string(use))
	}
	return strings.Join(names, ", ")
}

// accountTime bounds how long cdx policy looks for the account.
const accountTime = 5 * time.Second

// place is the region, and the account as far as it is known.
func (p *program) place(ctx context.Context, set *settings.Set, accountID string) (policy.Place, error) {
	clients, err := p.clients(ctx, set)
	if err != nil {
		return policy.Place{}, err
	}
	at := policy.Place{Region: clients.region, Account: accountID}
	if at.Account != "" {
		return at, nil
	}
	ctx, cancel := context.WithTimeout(ctx, accountTime)
	defer cancel()
	identity, err := clients.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}, func(o *sts.Options) { o.RetryMaxAttempts = 1 })
	if err != nil {
		p.progress.Warn("the account is not known (" + p.explain(ctx, err).Summary + "): " + policy.AnyAccount + " stands for it")
		p.progress.Hint("give --account-id, or put the account's 12 digits in its place")
		at.Account = policy.AnyAccount
		return at, nil
	}
	at.Account = aws.ToString(identity.Account)
	return at, nil
}

// needsOf is what a configuration makes cdx do.
func needsOf(set *settings.Set, at policy.Place, uses []policy.Use) (policy.Needs, error) {
	needs := policy.Needs{
		Place: at, Uses: uses,
		Application: set.String("application-name"),
		Groups:      distinct(set.Strings("deployment-group-name")),
		Tagging:     set.String("tagging") != "",
		ACL:         set.String("acl") != "",
		Alarms:      set.String("override-alarm-configuration") != "",
		Stops:       set.String("on-timeout") != "leave" || set.String("on-interrupt") != "leave",
		Function:    aliasFunction(set),
		ServiceRole: set.String("service-role-arn"),
	}
	if name := set.String("deployment-config-name"); name != "" {
		needs.Configurations = []string{name}
	}
	if strings.HasPrefix(set.String("sse"), "aws:kms") {
		needs.KMSKey = set.String("sse-kms-key-id")
	}
	if set.String("bucket") == "" && set.String("s3-location") == "" {
		return needs, nil
	}
	bucket, key, err := destination(set, "")
	if err != nil {
		return needs, err
	}
	needs.Bucket, needs.KeyPrefix, needs.WholeKey = bucket, key, true
	if set.String("s3-location") == "" {
		needs.KeyPrefix, needs.WholeKey = keyPrefix(key, map[string]string{push.VarApplication: needs.Application, push.VarEnvironment: set.Environment})
	}
	return needs, nil
}

// keyPrefix is what all keys of a template begin with, up to the first variable whose
// value differs from push to push; whole: there is none.
func keyPrefix(template string, values map[string]string) (prefix string, whole bool) {
	for name, value := range values {
		if value != "" {
			template = strings.ReplaceAll(template, "{"+name+"}", value)
		}
	}
	prefix, _, found := strings.Cut(template, "{")
	return prefix, !found
}

// aliasFunction is the Lambda function whose alias is looked at; "*" when the AppSpec
// file that names it cannot be read here.
func aliasFunction(set *settings.Set) string {
	if set.String("lambda-current-version") != fromAlias {
		return ""
	}
	_, content, err := readAppSpec(set, cmp.Or(set.String("source"), "."))
	if err != nil {
		return "*"
	}
	return cmp.Or(fill.Get(content, fill.FunctionName), "*")
}
