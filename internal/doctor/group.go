package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

// CodeDeployAPI is the part of the CodeDeploy client that is called.
type CodeDeployAPI interface {
	wait.API
	deploy.HistoryAPI
	GetApplication(context.Context, *codedeploy.GetApplicationInput, ...func(*codedeploy.Options)) (*codedeploy.GetApplicationOutput, error)
	GetApplicationRevision(context.Context, *codedeploy.GetApplicationRevisionInput, ...func(*codedeploy.Options)) (*codedeploy.GetApplicationRevisionOutput, error)
	GetDeploymentConfig(context.Context, *codedeploy.GetDeploymentConfigInput, ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentConfigOutput, error)
	GetDeploymentGroup(context.Context, *codedeploy.GetDeploymentGroupInput, ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentGroupOutput, error)
	ListApplications(context.Context, *codedeploy.ListApplicationsInput, ...func(*codedeploy.Options)) (*codedeploy.ListApplicationsOutput, error)
	ListDeploymentConfigs(context.Context, *codedeploy.ListDeploymentConfigsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentConfigsOutput, error)
	ListDeploymentGroups(context.Context, *codedeploy.ListDeploymentGroupsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentGroupsOutput, error)
}

// application looks whether the application exists and is for the revision's platform.
func (d *doctor) application(ctx context.Context) Findings {
	if d.Application == "" {
		return Findings{{"application", NotChecked, "no application is named", "give --application-name NAME, or write application-name: NAME into cdx.yml"}}
	}
	check := "application " + d.Application
	out, err := d.CodeDeploy.GetApplication(ctx, &codedeploy.GetApplicationInput{ApplicationName: &d.Application})
	if err != nil {
		return Findings{d.refused(check, "codedeploy:GetApplication", err)}
	}
	if out.Application == nil {
		return Findings{{check, Passed, "it exists", ""}}
	}
	platform := string(out.Application.ComputePlatform)
	if d.fits(platform) {
		return Findings{{check, Passed, "it exists, for the platform " + platform, ""}}
	}
	return Findings{{check, Failed, fmt.Sprintf("it is for the platform %s, the AppSpec file for %s", platform, strings.Join(d.Platforms, " or ")),
		"name another application with --application-name, or another AppSpec file with --appspec"}}
}

func (d *doctor) fits(platform string) bool {
	return platform == "" || len(d.Platforms) == 0 || slices.Contains(d.Platforms, platform)
}

// names makes the looks that only serve to suggest names.
func (d *doctor) names(ctx context.Context) Findings {
	_, _ = d.CodeDeploy.ListApplications(ctx, &codedeploy.ListApplicationsInput{})           // the observer notes the answer
	_, _ = d.CodeDeploy.ListDeploymentConfigs(ctx, &codedeploy.ListDeploymentConfigsInput{}) // likewise
	if d.Application != "" {
		_, _ = d.CodeDeploy.ListDeploymentGroups(ctx, &codedeploy.ListDeploymentGroupsInput{ApplicationName: &d.Application}) // likewise
	}
	if len(d.Groups) == 0 {
		return Findings{{"group", NotChecked, "no deployment group is named", "give --deployment-group-name NAME, or write deployment-group-name: NAME into cdx.yml"}}
	}
	return nil
}

// group looks at a deployment group, what it deploys to, and its last deployment.
func (d *doctor) group(ctx context.Context, name string) Findings {
	check := "group " + name
	out, err := d.CodeDeploy.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{ApplicationName: &d.Application, DeploymentGroupName: &name})
	switch {
	case code(err) == "ApplicationDoesNotExistException":
		return Findings{{check, NotChecked, "its application does not exist", ""}}
	case err != nil:
		return append(Findings{d.refused(check, "codedeploy:GetDeploymentGroup", err)}, d.configuration(ctx, name, d.Config)...)
	}
	info := out.DeploymentGroupInfo
	if info == nil {
		return Findings{{check, NotChecked, "AWS's answer says nothing about it", ""}}
	}
	all := Findings{d.activity(check, info), d.targets(name, info)}
	all = append(all, d.lastDeployment(ctx, name, info)...)
	all = append(all, d.serviceRole(name, info), settings(name, info))
	config := d.Config
	if config == "" {
		config = aws.ToString(info.DeploymentConfigName)
	}
	return append(all, d.configuration(ctx, name, config)...)
}

// activity tells whether a deployment of the group is in the way.
func (d *doctor) activity(check string, info *types.DeploymentGroupInfo) Finding {
	if platform := string(info.ComputePlatform); !d.fits(platform) {
		return Finding{check, Failed, fmt.Sprintf("it is for the platform %s, the AppSpec file for %s", platform, strings.Join(d.Platforms, " or ")), "name another deployment group, or another AppSpec file with --appspec"}
	}
	if id := activeID(info); id != "" {
		state := Failed
		if d.AcceptsActive {
			state = Warning
		}
		return Finding{check, state, "deployment " + id + " to it is active: it takes one at a time", "follow it: " + d.FollowCommand(id) + "; or deploy with --if-active wait"}
	}
	return Finding{check, Passed, "it exists, and no deployment to it is active", ""}
}

// activeID is the deployment of a group that is active; empty without one.
func activeID(info *types.DeploymentGroupInfo) string {
	last := info.LastAttemptedDeployment
	if last == nil {
		return ""
	}
	switch last.Status {
	case types.DeploymentStatusSucceeded, types.DeploymentStatusFailed, types.DeploymentStatusStopped, "":
		return ""
	default:
		return aws.ToString(last.DeploymentId)
	}
}

// configuration looks whether a deployment configuration exists.
func (d *doctor) configuration(ctx context.Context, group, name string) Findings {
	if name == "" {
		return nil
	}
	check := "configuration of " + group
	_, err := d.CodeDeploy.GetDeploymentConfig(ctx, &codedeploy.GetDeploymentConfigInput{DeploymentConfigName: &name})
	if err != nil {
		return Findings{d.refused(check, "codedeploy:GetDeploymentConfig", err)}
	}
	return Findings{{check, Passed, name + " exists", ""}}
}

// serviceRole looks at the role's name, which is all that may be asked.
func (d *doctor) serviceRole(group string, info *types.DeploymentGroupInfo) Finding {
	check, arn := "service role of "+group, aws.ToString(info.ServiceRoleArn)
	account := ""
	if parts := strings.Split(arn, ":"); len(parts) > 5 {
		account = parts[4]
	}
	switch {
	case account == "":
		return Finding{check, Failed, fmt.Sprintf("%q is no role's ARN", arn), "give the group a role: aws deploy update-deployment-group --service-role-arn ARN …"}
	case d.account != "" && account != d.account:
		return Finding{check, Warning, fmt.Sprintf("%s is of account %s, the credentials are of %s", arn, account, d.account), "compare: aws sts get-caller-identity"}
	default:
		return Finding{check, NotChecked, arn + ": whether CodeDeploy may take it, and what it may do, cannot be asked here", "compare it with: cdx policy service-role, and cdx policy service-role --trust"}
	}
}

// settings tells what a group does on failure and alarms, which is worth knowing.
func settings(group string, info *types.DeploymentGroupInfo) Finding {
	text := "a failed deployment is not rolled back automatically"
	if rollback := info.AutoRollbackConfiguration; rollback != nil && rollback.Enabled {
		var events []string
		for _, event := range rollback.Events {
			events = append(events, string(event))
		}
		text = "automatic rollback on " + strings.Join(events, ", ")
	}
	alarms := "no alarms stop a deployment"
	if config := info.AlarmConfiguration; config != nil && config.Enabled {
		var names []string
		for _, alarm := range config.Alarms {
			names = append(names, aws.ToString(alarm.Name))
		}
		alarms = "alarms that stop a deployment: " + strings.Join(names, ", ")
	}
	return Finding{"settings of " + group, Passed, text + "; " + alarms, ""}
}
