package appspec

import "strings"

const guideResources = "https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html"

var (
	serviceVersion = &Rule{
		Name: "service-version", refuses: byGuide, warns: byService, Platforms: servicePlatforms(),
		Summary: "version is missing or not 0.0 in a file for ECS or Lambda",
		Why:     "The user guide allows only 0.0. Files with 1 are found in working pipelines, so the service probably does not look.",
		Fix:     "Write version: 0.0.",
		Source:  "https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure.html",
		Fires:   Example{AppSpec: strings.Replace(ecsFile("8080"), "0.0", "1", 1)},
		Silent:  Example{AppSpec: ecsFile("8080")},
	}
	resourcesShape = &Rule{
		Name: "resources-shape", refuses: byService, Platforms: servicePlatforms(),
		Summary: "Resources is not a list of exactly one resource",
		Why:     "The service takes one ECS service or one Lambda function per deployment, as a list entry with a name.",
		Fix:     "Write one entry with a dash: - TargetService: for ECS, - the function's name: for Lambda, with Type and Properties below it.",
		Source:  guideResources,
		Fires:   Example{AppSpec: strings.Replace(ecsFile("8080"), "  - TargetService", "    TargetService", 1)},
		Silent:  Example{AppSpec: ecsFile("8080")},
	}
	resourceType = &Rule{
		Name: "resource-type", refuses: byService, Platforms: servicePlatforms(),
		Summary: "Type is neither AWS::ECS::Service nor AWS::Lambda::Function, or not that of the platform",
		Why:     "The service knows no other resources.",
		Fix:     "Write AWS::ECS::Service or AWS::Lambda::Function.",
		Source:  guideResources,
		Fires:   Example{AppSpec: strings.Replace(ecsFile("8080"), "AWS::ECS::Service", "AWS::ECS::Servce", 1)},
		Silent:  Example{AppSpec: ecsFile("8080")},
	}
	propertyMissing = &Rule{
		Name: "property-missing", refuses: byService, Platforms: servicePlatforms(),
		Summary: "a required property is missing or empty",
		Why:     "ECS needs TaskDefinition and LoadBalancerInfo with ContainerName and ContainerPort; Lambda needs Name, Alias, CurrentVersion and TargetVersion.",
		Fix:     "Add the property.",
		Source:  guideResources,
		Fires:   Example{AppSpec: lambdaFile("1", "")},
		Silent:  Example{AppSpec: lambdaFile("1", "2")},
	}
	containerPort = &Rule{
		Name: "container-port", refuses: byService, warns: byService, Platforms: []Platform{ECS},
		Summary: "ContainerPort is not a number from 1 to 65535",
		Why:     "It is the container's port that the load balancer sends traffic to. The guide says number, though one of its templates shows quotes.",
		Fix:     "Write the port's number, without quotes.",
		Source:  guideResources,
		Fires:   Example{AppSpec: ecsFile("http")},
		Silent:  Example{AppSpec: ecsFile("80")},
	}
	taskDefinition = &Rule{
		Name: "task-definition", warns: byService, Platforms: []Platform{ECS},
		Summary: "TaskDefinition is not an ARN",
		Why:     "The service wants the ARN of a task definition. <TASK_DEFINITION> is fine where CodePipeline or another tool fills it in.",
		Fix:     "Write the ARN, as in arn:aws:ecs:us-east-1:111122223333:task-definition/shop:7.",
		Source:  guideResources,
		Fires:   Example{AppSpec: strings.Replace(ecsFile("80"), "<TASK_DEFINITION>", "task-definition.json", 1)},
		Silent:  Example{AppSpec: ecsFile("80")},
	}
	networkConfiguration = &Rule{
		Name: "network-configuration", refuses: byService, Platforms: []Platform{ECS},
		Summary: "an incomplete or invalid AwsvpcConfiguration",
		Why:     "Subnets, SecurityGroups and AssignPublicIp go together, all or none; AssignPublicIp is ENABLED or DISABLED.",
		Fix:     "Give all three, or leave NetworkConfiguration out.",
		Source:  guideResources,
		Fires:   Example{AppSpec: ecsFile("80\n        NetworkConfiguration:\n          AwsvpcConfiguration:\n            Subnets: [subnet-1]")},
		Silent:  Example{AppSpec: ecsFile("80\n        NetworkConfiguration:\n          AwsvpcConfiguration:\n            Subnets: [subnet-1]\n            SecurityGroups: [sg-1]\n            AssignPublicIp: DISABLED")},
	}
	capacityProvider = &Rule{
		Name: "capacity-provider", refuses: byService, Platforms: []Platform{ECS},
		Summary: "an invalid CapacityProviderStrategy",
		Why:     "Each entry names a CapacityProvider; Base and Weight are numbers; one entry at most has a Base; one weight at least is above 0.",
		Fix:     "Correct the strategy, or leave it out.",
		Source:  guideResources + "; https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html",
		Fires:   Example{AppSpec: ecsFile("80\n        CapacityProviderStrategy:\n          - CapacityProvider: FARGATE\n            Weight: many")},
		Silent:  Example{AppSpec: ecsFile("80\n        CapacityProviderStrategy:\n          - CapacityProvider: FARGATE\n            Base: 1\n            Weight: 1")},
	}
	lambdaVersion = &Rule{
		Name: "lambda-version", refuses: byService, Platforms: []Platform{Lambda},
		Summary: "CurrentVersion or TargetVersion is not a positive integer",
		Why:     "Traffic is shifted between published versions, which have numbers; $LATEST is none.",
		Fix:     "Publish a version and write its number.",
		Source:  guideResources,
		Fires:   Example{AppSpec: lambdaFile("1", "$LATEST")},
		Silent:  Example{AppSpec: lambdaFile("1", "2")},
	}
	lambdaVersionsEqual = &Rule{
		Name: "lambda-versions-equal", fails: byService, Platforms: []Platform{Lambda},
		Summary: "CurrentVersion and TargetVersion are the same",
		Why:     "There is nothing to shift, and the deployment fails.",
		Fix:     "Publish a new version and write its number as TargetVersion.",
		Source:  guideResources,
		Fires:   Example{AppSpec: lambdaFile("2", "2")},
		Silent:  Example{AppSpec: lambdaFile("1", "2")},
	}
	serviceHook = &Rule{
		Name: "service-hook", refuses: byService, Platforms: servicePlatforms(),
		Summary: "an invalid entry of Hooks",
		Why:     "Hooks is a list; each entry has one lifecycle event of the platform and, as its value, the name or ARN of a Lambda function.",
		Fix:     "Write - BeforeAllowTraffic: \"function\".",
		Source:  "https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html",
		Fires:   Example{AppSpec: lambdaFile("1", "2") + "Hooks:\n  - AfterInstall: probe\n"},
		Silent:  Example{AppSpec: lambdaFile("1", "2") + "Hooks:\n  - BeforeAllowTraffic: probe\n"},
	}
	placeholderLeft = &Rule{
		Name: "placeholder", fails: byService, Platforms: servicePlatforms(),
		Summary: "a placeholder that nothing fills in",
		Why:     "<TASK_DEFINITION> and the like are filled in by CodePipeline or a template engine; sent as they are, they name nothing. Looked for only in a file that is about to be deployed.",
		Fix:     "Replace the placeholder before deploying.",
		Source:  "https://docs.aws.amazon.com/codepipeline/latest/userguide/tutorials-ecs-ecr-codedeploy.html",
		Fires:   Example{AppSpec: ecsFile("80"), Final: true},
		Silent:  Example{AppSpec: ecsFile("80")},
	}
	jsonSyntax = &Rule{
		Name: "json-syntax", warns: byService, Platforms: servicePlatforms(),
		Summary: "a file named .json that is not valid JSON",
		Why:     "As YAML it can be read, but what reads it by its name or as bundle type JSON may refuse it.",
		Fix:     "Remove trailing commas and comments, and quote keys and texts.",
		Source:  "https://docs.aws.amazon.com/codedeploy/latest/userguide/application-specification-files.html",
		Fires:   Example{AppSpec: "{\"version\": 0.0, \"Resources\": [{\"f\": {\"Type\": \"AWS::Lambda::Function\", \"Properties\": {\"Name\": \"f\", \"Alias\": \"a\", \"CurrentVersion\": \"1\", \"TargetVersion\": \"2\",}}}]}", Name: "appspec.json"},
		Silent:  Example{AppSpec: "{\"version\": 0.0, \"Resources\": [{\"f\": {\"Type\": \"AWS::Lambda::Function\", \"Properties\": {\"Name\": \"f\", \"Alias\": \"a\", \"CurrentVersion\": \"1\", \"TargetVersion\": \"2\"}}}]}", Name: "appspec.json"},
	}
)

func servicePlatforms() []Platform { return []Platform{ECS, Lambda} }

func serviceRules() []*Rule {
	return []*Rule{
		serviceVersion, resourcesShape, resourceType, propertyMissing, containerPort, taskDefinition, networkConfiguration,
		capacityProvider, lambdaVersion, lambdaVersionsEqual, serviceHook, placeholderLeft, jsonSyntax,
	}
}
