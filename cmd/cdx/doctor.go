package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/doctor"
	"github.com/cdx-deploy/cdx/internal/policy"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/appspec"
)

func newDoctorCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "doctor [DIR]",
		Short: "Look for what would keep a deployment from starting",
		Long: `Looks at everything that a deployment of this configuration needs, and says what
is in order (✓), what would prevent a start (✗), what is worth knowing (!) and
what could not be checked (–), each with what to do about it. It changes
nothing: actions that would are named, and not tried.

It looks at credentials, region, clock, the AppSpec file of DIR, application,
deployment groups with their last deployment, bucket, and each permission.
Exits with 0 if nothing was found that would prevent a start, else with 1.`,
		Example: `  cdx doctor -a my-app -g production --bucket my-bucket
  cdx doctor --env production --output json`,
		Args:    arguments(0, 1),
		GroupID: furtherCommands,
		RunE:    func(c *cobra.Command, args []string) error { return p.doctor(c, args) },
	}
	settings.AddFlags(c.Flags(), groupFlags...)
	settings.AddFlags(c.Flags(), "deployment-config-name", "s3-location", "bucket", "key", "sse", "sse-kms-key-id", "tagging", "acl", "source", "appspec", "if-active")
	return c
}

// examination is what cdx doctor prints of one application, as JSON.
type examination struct {
	Application string          `json:"application,omitempty"`
	CanStart    bool            `json:"canStart"`
	Findings    doctor.Findings `json:"findings"`
}

func (p *program) doctor(c *cobra.Command, args []string) error {
	sets, err := p.configSets(c)
	if err != nil {
		return err
	}
	all := []examination{}
	healthy := true
	for _, set := range sets {
		dir, err := directory(set, args)
		if err != nil {
			return err
		}
		findings := p.examine(c.Context(), set, dir, len(args) > 0 || set.String("appspec") != "")
		if c.Context().Err() != nil {
			return context.Cause(c.Context())
		}
		all = append(all, examination{set.String("application-name"), findings.CanStart(), findings})
		healthy = healthy && findings.CanStart()
	}
	p.showExaminations(all)
	if !healthy {
		return &hintedError{errors.New("a deployment could not start"), "mend what is marked ✗, then look again: " + c.CommandPath()}
	}
	return nil
}

func (p *program) showExaminations(all []examination) {
	if p.out.structured() {
		p.out.object(map[string]any{"examinations": all})
		return
	}
	for i, one := range all {
		if i > 0 {
			p.out.line("")
		}
		p.out.line(strings.TrimRight(p.streams.Foreign(doctor.Text(one.Findings, p.streams.OutStyle())), "\n"))
	}
}

// examine looks at what one application needs. What is on this machine comes first.
func (p *program) examine(ctx context.Context, set *settings.Set, dir string, named bool) doctor.Findings {
	findings := doctor.Findings{{Check: "cdx", State: doctor.Passed, Message: "version " + versionName()}}
	file, platforms := examineAppSpec(set, dir, named)
	findings = append(findings, file)
	clients, err := p.clients(ctx, set)
	if err != nil {
		explained := awsapi.Explain(err, awsapi.Context{})
		check := "AWS settings"
		if as[*awsapi.MissingRegionError](err) {
			check = "region"
		}
		findings = append(findings, doctor.Finding{Check: check, State: doctor.Failed, Message: explained.Text(), Fix: explained.Next})
		return append(findings, doctor.Finding{Check: "AWS", State: doctor.NotChecked, Message: "nothing can be asked before that is mended"})
	}
	findings = append(findings, doctor.Finding{Check: "region", State: doctor.Passed, Message: clients.region + ", from " + p.regionOrigin(set, clients)})
	findings = append(findings, doctor.EndpointFindings(p.endpointVariables(set))...)
	subject, err := p.subject(set, clients, platforms)
	if err != nil {
		return append(findings, doctor.Finding{Check: "bucket", State: doctor.Failed, Message: err.Error(), Fix: "see: cdx push --help"})
	}
	return append(findings, doctor.Examine(ctx, subject)...)
}

// subject is what is to be looked at in AWS.
func (p *program) subject(set *settings.Set, clients *clients, platforms []string) (doctor.Subject, error) {
	uses := []policy.Use{policy.Push, policy.Deploy, policy.Wait, policy.Rollback}
	needs, err := needsOf(set, policy.Place{Region: clients.region}, uses)
	if err != nil {
		return doctor.Subject{}, err
	}
	observer := new(doctor.Observer)
	patience := time.Duration(0)
	if p.canAsk() {
		patience = codeTime
	}
	return doctor.Subject{
		Credentials: clients.codeDeploy.Options().Credentials,
		STS:         sts.New(clients.sts.Options(), func(o *sts.Options) { o.APIOptions = append(o.APIOptions, observer.Attach) }),
		CodeDeploy:  clients.codeDeploy.With(func(o *codedeploy.Options) { o.APIOptions = append(o.APIOptions, observer.Attach) }),
		S3:          s3.New(clients.s3.Options(), func(o *s3.Options) { o.APIOptions = append(o.APIOptions, observer.Attach) }),
		Observer:    observer,

		Region:        clients.region,
		Application:   needs.Application,
		Groups:        needs.Groups,
		Config:        set.String("deployment-config-name"),
		Platforms:     platforms,
		Bucket:        needs.Bucket,
		KeyPrefix:     needs.KeyPrefix,
		AcceptsActive: set.String("if-active") != "fail",
		Permissions: func(account string) []policy.Permission {
			needs.Account = account
			return needs.Permissions()
		},
		Explain:       func(check string, err error) (string, string) { return explainCheck(clients, needs, check, err) },
		Now:           time.Now,
		Patience:      patience,
		FollowCommand: func(id string) string { return "cdx wait " + id + clients.flags },
		PolicyCommand: "cdx policy",
	}, nil
}

// codeTime is how long somebody may take to type the code of an MFA device.
const codeTime = 2 * time.Minute

// explainCheck explains why a look has failed.
func explainCheck(clients *clients, needs policy.Needs, check string, err error) (message, fix string) {
	in := awsapi.Context{Region: clients.region, Profile: clients.profile, Application: needs.Application}
	in.Names = func(kind awsapi.Kind) []string { return clients.names(kind, needs.Application) }
	if group, ok := strings.CutPrefix(check, "group "); ok {
		in.DeploymentGroup = group
	}
	if strings.HasPrefix(check, "bucket ") {
		in.Bucket = needs.Bucket
	}
	if len(needs.Configurations) > 0 {
		in.DeploymentConfig = needs.Configurations[0]
	}
	explained := awsapi.Explain(err, in)
	return explained.Text(), explained.Next
}

// regionOrigin says where the region comes from.
func (p *program) regionOrigin(set *settings.Set, clients *clients) string {
	if origin := set.Origin("region"); origin != "" {
		return origin
	}
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if value, _ := p.lookupEnv(name); value != "" {
			return name
		}
	}
	return "profile " + cmp.Or(clients.profile, "default") + " of the AWS configuration"
}

// endpointVariables are the variables that send requests elsewhere than to AWS.
func (p *program) endpointVariables(set *settings.Set) map[string]string {
	found := make(map[string]string)
	if ignored, _ := p.lookupEnv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"); strings.EqualFold(ignored, "true") || set.IsSet("endpoint-url") {
		return found
	}
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_CODEDEPLOY", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_STS"} {
		if value, _ := p.lookupEnv(name); value != "" {
			found[name] = value
		}
	}
	return found
}

// examineAppSpec looks at a directory's AppSpec file, and tells which platforms its
// revision can go to. Without one there is nothing to find fault with, unless the
// directory was named.
func examineAppSpec(set *settings.Set, dir string, named bool) (doctor.Finding, []string) {
	const check = "AppSpec file"
	path, content, err := readAppSpec(set, dir)
	var missing *appSpecError
	switch {
	case errors.As(err, &missing) && !named:
		return doctor.Finding{Check: check, State: doctor.NotChecked, Message: missing.Error(), Fix: "to have it checked: cdx doctor DIR"}, nil
	case errors.As(err, &missing):
		return doctor.Finding{Check: check, State: doctor.Failed, Message: missing.Error(), Fix: missing.hint}, nil
	case err != nil:
		return doctor.Finding{Check: check, State: doctor.Failed, Message: err.Error(), Fix: "make it readable"}, nil
	}
	file := appspec.Parse(path, content)
	options := appspec.Options{}
	if file.Platform() == appspec.Server {
		options.Files = os.DirFS(dir)
	}
	errorCount, warnings := 0, 0
	for _, finding := range appspec.Check(file, options) {
		if finding.Severity == appspec.SeverityError {
			errorCount++
		} else {
			warnings++
		}
	}
	fix := "see them: cdx validate " + path
	switch {
	case errorCount > 0:
		return doctor.Finding{Check: check, State: doctor.Failed, Message: fmt.Sprintf("%s has %d errors", path, errorCount), Fix: fix}, nil
	case warnings > 0:
		return doctor.Finding{Check: check, State: doctor.Warning, Message: fmt.Sprintf("%s has %d warnings", path, warnings), Fix: fix}, platformsOf(file)
	default:
		return doctor.Finding{Check: check, State: doctor.Passed, Message: path + " is valid"}, platformsOf(file)
	}
}

// platformsOf are the platforms that an AppSpec file is for, as CodeDeploy calls them.
func platformsOf(file *appspec.File) []string {
	switch file.Platform() {
	case appspec.ECS:
		return []string{"ECS"}
	case appspec.Lambda:
		return []string{"Lambda"}
	default:
		return []string{"Server"}
	}
}
