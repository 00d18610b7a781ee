package main

import (
	"encoding/json"
	"fmt"
	"reflect"

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
	c := &cobra.Command{
		Use:    name,
		Short:  short,
		Hidden: true,
		Args:   arguments(0, 0),
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
			switch answer := answer.(type) {
			case nil:
				p.out.nothing()
			case json.Marshaler:
				p.out.object(answer)
			default:
				p.out.object(awsjson.Value{Of: answer})
			}
			return nil
		},
	}
	addInputFlag(c)
	return c
}

// inputJSON is the flag that gives a whole request, as in the AWS CLI.
const inputJSON = "cli-input-json"

func addInputFlag(c *cobra.Command) { c.Flags().String(inputJSON, "", "the request, in JSON") }

// completed is a request made of flags, with the rest from --cli-input-json: flags win.
func completed[T any](c *cobra.Command, in *T) (*T, error) {
	return in, complement(c, in)
}

// complement is completed for any pointer to a structure: it is not generic, because the
// program would have it once for each operation.
func complement(c *cobra.Command, in any) error {
	text := valueOf(c, inputJSON)
	if text == "" {
		return nil
	}
	to := reflect.ValueOf(in).Elem()
	from, err := parseParameter(inputJSON, text, func(text string) (reflect.Value, error) {
		whole := reflect.New(to.Type())
		return whole.Elem(), shorthand.Decode(text, whole.Interface())
	})
	if err != nil {
		return err
	}
	for i := range to.NumField() {
		if to.Field(i).CanSet() && to.Field(i).IsZero() {
			to.Field(i).Set(from.Field(i))
		}
	}
	return nil
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
	if f := c.Flags().Lookup(deploymentID); f != nil && f.Value.String() == "" && valueOf(c, inputJSON) == "" {
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
		in, err := completed(c, &codedeploy.GetDeploymentInput{DeploymentId: optional(valueOf(c, deploymentID))})
		if err != nil {
			return nil, err
		}
		return clients.codeDeploy.GetDeployment(c.Context(), in)
	})
	c.Flags().String(deploymentID, "", "deployment")
	return c
}

func newStopDeploymentCmd(p *program) *cobra.Command {
	c := newAWSCmd(p, "stop-deployment", "Stop a deployment as the AWS CLI does", func(c *cobra.Command, clients *clients) (any, error) {
		in := &codedeploy.StopDeploymentInput{DeploymentId: optional(valueOf(c, deploymentID))}
		yes, no := valueOf(c, "auto-rollback-enabled") == "true", valueOf(c, "no-auto-rollback-enabled") == "true"
		switch {
		case yes && no:
			return nil, &usageError{message: "--auto-rollback-enabled and --no-auto-rollback-enabled contradict each other", hint: "give one of them"}
		case yes || no:
			in.AutoRollbackEnabled = &yes
		}
		if _, err := completed(c, in); err != nil {
			return nil, err
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
		in, err := completed(c, &codedeploy.ContinueDeploymentInput{
			DeploymentId: optional(valueOf(c, deploymentID)), DeploymentWaitType: types.DeploymentWaitType(valueOf(c, "deployment-wait-type")),
		})
		if err != nil {
			return nil, err
		}
		_, err = clients.codeDeploy.ContinueDeployment(c.Context(), in)
		return nil, err
	})
	c.Flags().String(deploymentID, "", "deployment")
	c.Flags().String("deployment-wait-type", "", "READY_WAIT or TERMINATION_WAIT")
	return c
}

// newDeploymentSuccessfulCmd is `aws deploy wait deployment-successful`, which prints
// nothing on standard output. It waits as cdx wait does and has its exit codes.
func newDeploymentSuccessfulCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:    "deployment-successful",
		Short:  "Follow a deployment to its end, with the AWS CLI's arguments",
		Hidden: true,
		Args:   arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			set, err := p.loadForAWS(c)
			if err != nil {
				return err
			}
			in, err := completed(c, &codedeploy.GetDeploymentInput{DeploymentId: optional(valueOf(c, deploymentID))})
			if err != nil {
				return err
			}
			all, err := p.byID(c, set, []string{aws.ToString(in.DeploymentId)})
			if err != nil {
				return err
			}
			_, err = p.follow(c.Context(), all)
			return err
		},
	}
	settings.AddFlags(c.Flags(), waitFlags[1:]...)
	addInputFlag(c)
	c.Flags().String(deploymentID, "", "deployment")
	return c
}
