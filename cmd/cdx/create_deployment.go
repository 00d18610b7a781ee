package main

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

// newCreateDeploymentCmd is `aws deploy create-deployment` for scripts that
// replace `aws deploy` by cdx: no directory, no push, the AWS CLI's output.
func newCreateDeploymentCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:    "create-deployment",
		Short:  "Create a deployment as the AWS CLI does",
		Hidden: true,
		Args:   arguments(0, 0),
		RunE:   func(c *cobra.Command, _ []string) error { return p.createDeployment(c) },
	}
	settings.AddFlags(c.Flags(), "application-name", "deployment-group-name", "description", "s3-location", "github-location")
	settings.AddFlags(c.Flags(), createFlags...)
	c.Flags().String("revision", "", "revision, in the AWS CLI's syntax")
	addInputFlag(c)
	return c
}

func (p *program) createDeployment(c *cobra.Command) error {
	set, err := p.loadForAWS(c)
	if err != nil {
		return err
	}
	in, err := createRequest(c, set)
	if err != nil {
		return err
	}
	clients, err := p.clients(c.Context(), set)
	if err != nil {
		return err
	}
	p.shorten(in)
	following := p.following(false)
	created, err := deploy.Create(c.Context(), clients.codeDeploy, in, p.createOptions(set, clients, following, func() {}))
	_, _ = following.end() // but for what was in the way, nothing is followed
	if err != nil {
		return clients.explaining(err, awsapi.Context{
			Application: aws.ToString(in.ApplicationName), DeploymentGroup: aws.ToString(in.DeploymentGroupName),
		})
	}
	p.out.object(map[string]string{"deploymentId": created.ID})
	return nil
}

// shorten makes room in a description for the mark of its deployment. The AWS CLI has none,
// and a script that comes from there cannot know of it.
func (p *program) shorten(in *codedeploy.CreateDeploymentInput) {
	text := []rune(aws.ToString(in.Description))
	if len(text) <= deploy.MaxUserDescription {
		return
	}
	in.Description = aws.String(string(text[:deploy.MaxUserDescription-1]) + "…")
	p.progress.Warn(fmt.Sprintf("the description was shortened from %d to %d characters: cdx puts a mark behind it", len(text), deploy.MaxUserDescription))
}

// createRequest is the request that the AWS CLI would send.
func createRequest(c *cobra.Command, set *settings.Set) (*codedeploy.CreateDeploymentInput, error) {
	groups := set.Strings("deployment-group-name")
	if len(groups) > 1 {
		return nil, &usageError{message: "create-deployment takes one --deployment-group-name", hint: "use: cdx deploy"}
	}
	in, err := createInput(set, append(groups, "")[0])
	if err != nil {
		return nil, err
	}
	in.ApplicationName = optional(set.String("application-name"))
	if in.Revision, err = revisionOf(c, set); err != nil {
		return nil, err
	}
	if err := complement(c, in); err != nil {
		return nil, err
	}
	if in.ApplicationName == nil {
		return nil, missing("application-name", "the CodeDeploy application")
	}
	return in, nil
}

// revisionOf reads --revision as the AWS CLI does, a whole RevisionLocation, or
// one of its short forms. Without any the group's last revision is meant, which
// the service knows.
func revisionOf(c *cobra.Command, set *settings.Set) (*types.RevisionLocation, error) {
	text, _ := c.Flags().GetString("revision")
	if text == "" {
		rev, _, err := revisionByFlag(set)
		return rev, err
	}
	return parseParameter("revision", text, func(text string) (*types.RevisionLocation, error) {
		rev := new(types.RevisionLocation)
		return rev, shorthand.Decode(text, rev)
	})
}
