package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/awsjson"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

// The commands here are those of `aws deploy` that scripts around a deployment use:
// they take the AWS CLI's arguments and print its JSON, so that replacing `aws
// deploy` by cdx is enough.

// deploymentID is the flag that names the deployment, as in the AWS CLI.
const deploymentID = "deployment-id"

// newAWSCmd is a hidden command of the AWS CLI's name.
func newAWSCmd(p *program, name, short string, run func(*cobra.Command, *clients) (any, error)) *cobra.Command {
	return &cobra.Command{
		Use:    name,
		Short:  short,
		Hidden: true,
		Args:   usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			set, err := p.loadForAWS(c)
			if err != nil {
				return err
			}
			clients, err := p.clients(c.Context(), set)
			if err != nil {
				return err
			}
			answer, err := run(c, clients)
			if err != nil {
				return clients.explaining(err, awsapi.Context{Application: valueOf(c, "application-name"), DeploymentGroup: valueOf(c, "deployment-group-name")})
			}
			if answer != nil {
				p.out.object(awsjson.Value{Of: answer})
			}
			return nil
		},
	}
}

// loadForAWS loads the settings of a command that prints what the AWS CLI prints,
// which is JSON.
func (p *program) loadForAWS(c *cobra.Command) (*settings.Set, error) {
	set, err := p.load(c)
	if err != nil {
		return nil, err
	}
	if output := set.String("output"); set.IsSet("output") && output != "json" {
		return nil, &usageError{message: fmt.Sprintf("%s prints JSON only, not %s", c.Name(), output), hint: "leave --output out, or use: aws deploy " + c.Name()}
	}
	if f := c.Flags().Lookup(deploymentID); f != nil && f.Value.String() == "" {
		return nil, &usageError{message: "--deployment-id is missing", hint: fmt.Sprintf("give an ID such as d-ABCDEF123: %s --deployment-id d-ABCDEF123", c.CommandPath())}
	}
	return set, nil
}

// valueOf is the value of a command's own flag; empty when it has none of that name.
func valueOf(c *cobra.Command, name string) string {
	if f := c.Flags().Lookup(name); f != nil {
		return f.Value.String()
	}
	return ""
}

func newGetDeploymentCmd(p *program) *cobra.Command {
	c := newAWSCmd(p, "get-deployment", "Show a deployment as the AWS CLI does", func(c *cobra.Command, clients *clients) (any, error) {
		return clients.codeDeploy.GetDeployment(c.Context(), &codedeploy.GetDeploymentInput{DeploymentId: aws.String(valueOf(c, deploymentID))})
	})
	c.Flags().String(deploymentID, "", "deployment")
	return c
}

func newStopDeploymentCmd(p *program) *cobra.Command {
	c := newAWSCmd(p, "stop-deployment", "Stop a deployment as the AWS CLI does", func(c *cobra.Command, clients *clients) (any, error) {
		in := &codedeploy.StopDeploymentInput{DeploymentId: aws.String(valueOf(c, deploymentID))}
		yes, no := valueOf(c, "auto-rollback-enabled") == "true", valueOf(c, "no-auto-rollback-enabled") == "true"
		switch {
		case yes && no:
			return nil, &usageError{message: "--auto-rollback-enabled and --no-auto-rollback-enabled contradict each other", hint: "give one of them"}
		case yes || no:
			in.AutoRollbackEnabled = &yes
		}
		return clients.codeDeploy.StopDeployment(c.Context(), in)
	})
	c.Flags().String(deploymentID, "", "deployment")
	c.Flags().Bool("auto-rollback-enabled", false, "roll back what has the new revision")
	c.Flags().Bool("no-auto-rollback-enabled", false, "roll nothing back")
	return c
}

func newContinueDeploymentCmd(p *program) *cobra.Command {
	c := newAWSCmd(p, "continue-deployment", "Continue a blue/green deployment as the AWS CLI does", func(c *cobra.Command, clients *clients) (any, error) {
		_, err := clients.codeDeploy.ContinueDeployment(c.Context(), &codedeploy.ContinueDeploymentInput{
			DeploymentId: aws.String(valueOf(c, deploymentID)), DeploymentWaitType: types.DeploymentWaitType(valueOf(c, "deployment-wait-type")),
		})
		return nil, err
	})
	c.Flags().String(deploymentID, "", "deployment")
	c.Flags().String("deployment-wait-type", "", "READY_WAIT or TERMINATION_WAIT")
	return c
}

func newListDeploymentsCmd(p *program) *cobra.Command {
	c := newAWSCmd(p, "list-deployments", "List the IDs of deployments as the AWS CLI does", listDeployments)
	c.Args = nil // the AWS CLI takes several statuses after one flag
	c.Flags().String("application-name", "", "application")
	c.Flags().String("deployment-group-name", "", "deployment group")
	c.Flags().String("external-id", "", "ID of an external resource")
	c.Flags().StringArray("include-only-statuses", nil, "statuses to list")
	c.Flags().String("create-time-range", "", "start=TIME,end=TIME")
	return c
}

func listDeployments(c *cobra.Command, clients *clients) (any, error) {
	in, err := listInput(c)
	if err != nil {
		return nil, err
	}
	return allDeployments(c.Context(), clients, in)
}

func listInput(c *cobra.Command) (*codedeploy.ListDeploymentsInput, error) {
	in := &codedeploy.ListDeploymentsInput{
		ApplicationName:     optional(valueOf(c, "application-name")),
		DeploymentGroupName: optional(valueOf(c, "deployment-group-name")),
		ExternalId:          optional(valueOf(c, "external-id")),
	}
	statuses, _ := c.Flags().GetStringArray("include-only-statuses")
	further := c.Flags().Args()
	if len(statuses) == 0 && len(further) > 0 {
		return nil, &usageError{message: fmt.Sprintf("unexpected argument %q", further[0]), hint: "see: aws deploy list-deployments help"}
	}
	for _, status := range append(statuses, further...) {
		in.IncludeOnlyStatuses = append(in.IncludeOnlyStatuses, types.DeploymentStatus(status))
	}
	if text := valueOf(c, "create-time-range"); text != "" {
		span, err := parseParameter("create-time-range", text, timeRange)
		if err != nil {
			return nil, err
		}
		in.CreateTimeRange = span
	}
	return in, nil
}

// timeRange reads start=TIME,end=TIME, each optional.
func timeRange(text string) (*types.TimeRange, error) {
	var span struct{ Start, End string }
	if err := shorthand.Decode(text, &span); err != nil {
		return nil, err
	}
	start, err := timestamp(span.Start)
	if err != nil {
		return nil, err
	}
	end, err := timestamp(span.End)
	return &types.TimeRange{Start: start, End: end}, err
}

// timestamp reads a time as the AWS CLI does: ISO 8601, in UTC where no zone is given,
// or seconds since 1970. It is nil for an empty text.
func timestamp(text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return aws.Time(time.Unix(seconds, 0)), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return &t, nil
		}
	}
	return nil, fmt.Errorf("expected a time such as 2026-01-31T12:00:00Z, not %q", text)
}

// allDeployments reads all pages, as the AWS CLI does.
func allDeployments(ctx context.Context, clients *clients, in *codedeploy.ListDeploymentsInput) (*codedeploy.ListDeploymentsOutput, error) {
	all := &codedeploy.ListDeploymentsOutput{Deployments: []string{}}
	pager := codedeploy.NewListDeploymentsPaginator(clients.codeDeploy, in)
	for pager.HasMorePages() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all.Deployments = append(all.Deployments, page.Deployments...)
	}
	return all, nil
}

// newDeploymentSuccessfulCmd is `aws deploy wait deployment-successful`, which prints
// nothing on standard output. It waits as cdx wait does and has its exit codes.
func newDeploymentSuccessfulCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:    "deployment-successful",
		Short:  "Follow a deployment to its end, with the AWS CLI's arguments",
		Hidden: true,
		Args:   usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			set, err := p.loadForAWS(c)
			if err != nil {
				return err
			}
			all, err := p.byID(c, set, []string{valueOf(c, deploymentID)})
			if err != nil {
				return err
			}
			_, err = p.follow(c.Context(), all)
			return err
		},
	}
	settings.AddFlags(c.Flags(), waitFlags[1:]...)
	c.Flags().String(deploymentID, "", "deployment")
	return c
}
