package main

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/awsjson"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

// The commands here are those of `aws deploy` that scripts around a deployment use:
// they take the AWS CLI's arguments and print its JSON, so that replacing `aws
// deploy` by cdx is enough.

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

// complement takes the rest of a request, a pointer to a structure made of flags, from
// --cli-input-json: flags win.
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
	return set, nil
}

// valueOf is the value of a command's own flag; empty when it has none of that name.
func valueOf(c *cobra.Command, name string) string {
	if f := c.Flags().Lookup(name); f != nil {
		return f.Value.String()
	}
	return ""
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
			in := new(codedeploy.GetDeploymentInput)
			if err := readInput(c, in, []string{"deployment-id"}); err != nil {
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
	addInputFlags(c.Flags(), new(codedeploy.GetDeploymentInput))
	return c
}
