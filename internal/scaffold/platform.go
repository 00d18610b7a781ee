package scaffold

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// resource is what an AppSpec file for ECS or Lambda moves traffic to.
type resource struct {
	name  string // of the container, or of the function
	file  string // that tells it
	port  int    // of the container
	alias string // of the function
}

// lookAtPlatform finds out where the program runs, unless that is said: a task definition
// is for ECS, a template with functions for Lambda, where nothing listens that the template
// may only stand beside.
func (d *directory) lookAtPlatform(p *Project, platform appspec.Platform) {
	container, function := d.container(p), d.function(p)
	switch {
	case platform == "" && container != nil:
		platform = appspec.ECS
	case platform == "" && function != nil && (p.Port == 0 || function.file == "serverless.yml"):
		platform = appspec.Lambda
	}
	switch platform {
	case appspec.ECS:
		p.resource = cmp.Or(container, &resource{name: p.Name, port: cmp.Or(p.Port, 80)})
	case appspec.Lambda:
		p.resource = cmp.Or(function, &resource{name: p.Name, alias: defaultAlias})
	default:
		p.Platform = appspec.Server
		return
	}
	if p.resource.file != "" {
		d.tell(p.resource.file)
	}
	p.Platform, p.Start, p.Port, p.unit, p.recipe = platform, "", p.resource.port, nil, recipe{}
}

// container is the first container of a task definition that listens; nil without one.
// Source: Amazon ECS developer guide, "Amazon ECS task definition parameters".
func (d *directory) container(p *Project) *resource {
	for _, file := range d.glob("*task*def*.json", ".aws/*task*def*.json", "*/*task*def*.json") {
		var task struct {
			ContainerDefinitions []struct {
				Name         string
				PortMappings []struct{ ContainerPort int }
			}
		}
		if json.Unmarshal([]byte(d.peek(file)), &task) != nil {
			continue
		}
		for _, one := range task.ContainerDefinitions {
			if one.Name != "" && len(one.PortMappings) > 0 {
				return &resource{name: one.Name, file: file, port: one.PortMappings[0].ContainerPort}
			}
		}
	}
	return nil
}

// defaultAlias is the alias of a function whose template names none.
const defaultAlias = "live"

// function is the first function of a template of AWS SAM, CloudFormation or the
// Serverless Framework; nil without one.
func (d *directory) function(p *Project) *resource {
	if text := d.peek("serverless.yml"); text != "" {
		if name := match(`(?m)^functions:[ \t]*\n(?:[ \t]*(?:#.*)?\n)*[ \t]+([\w-]+):`, text); name != "" {
			return &resource{file: "serverless.yml", name: cmp.Or(match(`(?m)^service:\s*["']?([\w-]+)`, text), p.Name) + "-dev-" + name, alias: defaultAlias}
		}
	}
	for _, file := range d.glob("template.yaml", "template.yml", "sam.yaml", "sam.yml") {
		groups := regexp.MustCompile(`(?m)^[ \t]+(\w+):[ \t]*\n(?:[ \t]*#.*\n)*[ \t]+Type:[ \t]*["']?AWS::(?:Serverless|Lambda)::Function`).FindStringSubmatchIndex(d.peek(file))
		if groups == nil {
			continue
		}
		text := d.peek(file)
		return &resource{
			file:  file,
			name:  cmp.Or(match(`(?m)^[ \t]+FunctionName:[ \t]*["']?([\w-]+)["']?[ \t]*$`, text[groups[0]:]), text[groups[2]:groups[3]]),
			alias: cmp.Or(match(`(?m)^[ \t]+AutoPublishAlias:[ \t]*["']?([\w-]+)`, text), defaultAlias),
		}
	}
	return nil
}

// resourceAppSpec is the AppSpec file for ECS or Lambda, which is itself the revision.
// Source: CodeDeploy user guide, "AppSpec file structure".
func (p *Project) resourceAppSpec() string {
	const head = "# What CodeDeploy does with the %s. cdx deploy fills in what stands between < and >;\n# a hook is the name of a Lambda function. Check it with: cdx validate\nversion: 0.0\nResources:\n"
	if p.Platform == appspec.ECS {
		return fmt.Sprintf(head+`  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: <TASK_DEFINITION>
        LoadBalancerInfo:
          ContainerName: %s
          ContainerPort: %d
`, "ECS service", scalar(p.resource.name), p.resource.port)
	}
	return fmt.Sprintf(head+`  - %s:
      Type: AWS::Lambda::Function
      Properties:
        Name: %s # the function's own name; CloudFormation may have made it longer
        Alias: %s
        CurrentVersion: <CURRENT_VERSION>
        TargetVersion: <TARGET_VERSION>
`, "Lambda function", scalar(p.resource.name), scalar(p.resource.name), scalar(p.resource.alias))
}

// FillFlags are the flags of cdx deploy that fill the AppSpec file in, with values to go by;
// empty where nothing is to be filled in.
func (p *Project) FillFlags() string {
	switch p.Platform {
	case appspec.ECS:
		return " --task-definition arn:aws:ecs:REGION:ACCOUNT:task-definition/NAME:1"
	case appspec.Lambda:
		return " --lambda-current-version 1 --lambda-target-version 2"
	default:
		return ""
	}
}

// FillVariable is the environment variable by which CI names what is to be deployed.
func (p *Project) FillVariable() string {
	if p.Platform == appspec.ECS {
		return "CDX_TASK_DEFINITION"
	}
	return "CDX_LAMBDA_TARGET_VERSION"
}
