package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

// createFlags are the settings of CreateDeployment, named as in the AWS CLI.
var createFlags = []string{
	"deployment-config-name", "file-exists-behavior", "ignore-application-stop-failures",
	"auto-rollback-configuration", "update-outdated-instances-only", "target-instances",
	"override-alarm-configuration",
}

// createInput is the CreateDeployment request that the settings ask for, but for
// the revision.
func createInput(set *settings.Set, group string) (*codedeploy.CreateDeploymentInput, error) {
	in := &codedeploy.CreateDeploymentInput{
		ApplicationName:               aws.String(set.String("application-name")),
		DeploymentGroupName:           optional(group),
		DeploymentConfigName:          optional(set.String("deployment-config-name")),
		FileExistsBehavior:            types.FileExistsBehavior(set.String("file-exists-behavior")),
		IgnoreApplicationStopFailures: set.Bool("ignore-application-stop-failures"),
		UpdateOutdatedInstancesOnly:   set.Bool("update-outdated-instances-only"),
	}
	description, err := readParameter("description", set.String("description"))
	if err != nil {
		return nil, err
	}
	in.Description = optional(description)
	if in.AutoRollbackConfiguration, err = structure[types.AutoRollbackConfiguration](set, "auto-rollback-configuration"); err != nil {
		return nil, err
	}
	if in.TargetInstances, err = structure[types.TargetInstances](set, "target-instances"); err != nil {
		return nil, err
	}
	in.OverrideAlarmConfiguration, err = structure[types.AlarmConfiguration](set, "override-alarm-configuration")
	return in, err
}

// input is the unit's CreateDeployment request for one group.
func (u *unit) input(group string) (*codedeploy.CreateDeploymentInput, error) {
	in, err := createInput(u.set, group)
	if err != nil {
		return nil, err
	}
	in.ApplicationName, in.Revision = &u.application, u.revision
	if in.Description == nil {
		in.Description = optional(u.description)
	}
	return in, nil
}

// structure reads a setting that holds a structure in the AWS CLI's syntax; it
// is nil when the setting has no value.
func structure[T any](set *settings.Set, name string) (*T, error) {
	text := set.String(name)
	if text == "" {
		return nil, nil
	}
	return parseParameter(name, text, func(text string) (*T, error) {
		value := new(T)
		return value, shorthand.Decode(text, value)
	})
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
