package policy

import "slices"

// Use is something that cdx does.
type Use string

// The uses.
const (
	Push     Use = "push"     // upload a bundle and register it
	Deploy   Use = "deploy"   // create deployments
	Wait     Use = "wait"     // follow deployments
	Rollback Use = "rollback" // deploy an earlier revision
	List     Use = "list"     // show deployments
	Stop     Use = "stop"     // stop deployments
	Continue Use = "continue" // end a wait of a blue/green deployment
	Diff     Use = "diff"     // compare a directory with what runs
	Doctor   Use = "doctor"   // look for what would keep a deployment from starting
	Prune    Use = "prune"    // delete objects of revisions that nothing needs
	Create   Use = "create"   // create what is missing, for cdx init --create

	// The families of commands, named like them.
	Apps       Use = "apps"
	Groups     Use = "groups"
	Configs    Use = "configs"
	Revisions  Use = "revisions"
	OnPremises Use = "on-premises"
)

// Uses are all of them.
func Uses() []Use {
	return []Use{Push, Deploy, Wait, Rollback, List, Stop, Continue, Diff, Doctor, Prune, Create, Apps, Groups, Configs, Revisions, OnPremises}
}

// Access says what an action does.
type Access int

// The kinds of access.
const (
	Read    Access = iota // it changes nothing, and cdx asks by itself
	Checked               // it changes nothing; CodeDeploy demands it of whoever creates a deployment
	Write
)

// kind is a type of resource. Source of which action takes which: AWS service
// authorization reference, "Actions, resources, and condition keys for AWS
// CodeDeploy", "… for Amazon S3", "… for AWS KMS" and "… for AWS Lambda".
type kind int

const (
	application   kind = iota // application:APPLICATION
	group                     // deploymentgroup:APPLICATION/GROUP
	configuration             // deploymentconfig:NAME
	everything                // the action knows no resource: only "*" allows it
	bucket
	object
	key // of KMS
	function
	objects        // all of the bucket
	applications   // application:*
	groups         // deploymentgroup:APPLICATION/*
	everyGroup     // deploymentgroup:*/*
	configurations // deploymentconfig:*
	instances      // instance:*, on-premises
	role           // that CodeDeploy takes
	users          // of IAM, one for each on-premises instance
)

// grant is one action, and what it is needed for.
type grant struct {
	action string
	on     kind
	access Access
	uses   []Use
	only   func(Needs) bool // nil: always
}

var (
	deploying = []Use{Deploy, Rollback}
	examining = []Use{Deploy, Rollback, Doctor}
	following = []Use{Wait, List, Doctor}
)

// grants are all actions that cdx may need. CreateDeployment also demands
// GetDeploymentConfig for the configuration and GetApplicationRevision or
// RegisterApplicationRevision for the revision; a deployment that replaces the group's
// alarms demands UpdateDeploymentGroup. Sources: CodeDeploy user guide, "CodeDeploy
// permissions reference"; CodeDeploy API reference, CreateDeployment.
func grants() []grant { return append(deploymentGrants(), managementGrants()...) }

func deploymentGrants() []grant {
	return []grant{
		{"codedeploy:GetApplication", application, Read, []Use{Push, Doctor}, nil},
		{"codedeploy:GetApplicationRevision", application, Checked, examining, nil},
		{"codedeploy:ListDeploymentGroups", application, Read, []Use{Deploy, Rollback, List, Diff, Doctor}, nil},
		{"codedeploy:RegisterApplicationRevision", application, Write, []Use{Push}, nil},

		{"codedeploy:CreateDeployment", group, Write, deploying, nil},
		{"codedeploy:GetDeploymentGroup", group, Read, []Use{Deploy, Rollback, List, Diff, Doctor}, nil},
		{"codedeploy:GetDeployment", group, Read, []Use{Deploy, Rollback, Wait, List, Diff, Doctor}, nil},
		{"codedeploy:ListDeployments", group, Read, []Use{Deploy, Rollback, List, Doctor}, nil},
		{"codedeploy:BatchGetDeployments", group, Read, []Use{Deploy, Rollback, List, Doctor}, nil},
		{"codedeploy:UpdateDeploymentGroup", group, Write, deploying, func(n Needs) bool { return n.Alarms }},

		{"codedeploy:GetDeploymentConfig", configuration, Checked, examining, nil},

		{"codedeploy:BatchGetDeploymentTargets", everything, Read, following, nil},
		{"codedeploy:ListDeploymentTargets", everything, Read, following, nil},
		{"codedeploy:ListApplications", everything, Read, []Use{Push, Deploy, Rollback, List, Diff, Doctor}, nil},
		{"codedeploy:ListDeploymentConfigs", everything, Read, []Use{Deploy, Doctor}, nil},
		{"codedeploy:StopDeployment", everything, Write, []Use{Stop}, nil},
		{"codedeploy:StopDeployment", everything, Write, []Use{Wait}, func(n Needs) bool { return n.Stops }},
		{"codedeploy:ContinueDeployment", everything, Write, []Use{Continue}, nil},

		{"s3:ListBucket", bucket, Read, []Use{Push, Doctor}, hasBucket},
		{"s3:GetBucketPublicAccessBlock", bucket, Read, []Use{Doctor}, hasBucket},
		{"s3:GetBucketVersioning", bucket, Read, []Use{Doctor}, hasBucket},
		{"s3:GetEncryptionConfiguration", bucket, Read, []Use{Doctor}, hasBucket},
		{"s3:GetObject", object, Read, []Use{Push, Deploy, Rollback, Diff, Doctor}, hasBucket},
		{"s3:GetObjectVersion", object, Read, []Use{Deploy, Rollback, Diff}, hasBucket},
		{"s3:PutObject", object, Write, []Use{Push}, hasBucket},
		{"s3:PutObjectTagging", object, Write, []Use{Push}, func(n Needs) bool { return hasBucket(n) && n.Tagging }},
		{"s3:PutObjectAcl", object, Write, []Use{Push}, func(n Needs) bool { return hasBucket(n) && n.ACL }},
		{"s3:AbortMultipartUpload", object, Write, []Use{Push}, hasBucket},

		{"kms:Decrypt", key, Write, []Use{Push, Diff}, hasKey},
		{"kms:GenerateDataKey", key, Write, []Use{Push}, hasKey},

		{"lambda:GetAlias", function, Read, []Use{Deploy}, func(n Needs) bool { return n.Function != "" }},
	}
}

// managementGrants are those of the commands that look after what deployments need.
// Whoever gives CodeDeploy a service role must be allowed to pass it. Sources: as above;
// IAM user guide, "Grant a user permissions to pass a role to an AWS service"; IAM user
// guide, "Actions, resources, and condition keys for AWS Identity and Access Management".
func managementGrants() []grant {
	return []grant{
		{"codedeploy:ListApplications", everything, Read, []Use{Apps, Groups, Configs, Revisions, Prune}, nil},
		{"codedeploy:BatchGetApplications", applications, Read, []Use{Apps, Configs}, nil},
		{"codedeploy:GetApplication", application, Read, []Use{Apps, Create}, nil},
		{"codedeploy:CreateApplication", application, Write, []Use{Apps, Create}, nil},
		{"codedeploy:DeleteApplication", application, Write, []Use{Apps}, nil},

		{"codedeploy:ListDeploymentGroups", application, Read, []Use{Apps, Groups}, nil},
		{"codedeploy:ListDeploymentGroups", applications, Read, []Use{Configs, Prune}, nil},
		{"codedeploy:BatchGetDeploymentGroups", groups, Read, []Use{Apps, Groups}, nil},
		{"codedeploy:BatchGetDeploymentGroups", everyGroup, Read, []Use{Configs, Prune}, nil},
		{"codedeploy:GetDeploymentGroup", groups, Read, []Use{Groups, Create}, nil},
		{"codedeploy:CreateDeploymentGroup", groups, Write, []Use{Groups, Create}, nil},
		{"codedeploy:UpdateDeploymentGroup", groups, Write, []Use{Groups}, nil},
		{"codedeploy:DeleteDeploymentGroup", groups, Write, []Use{Groups}, nil},
		{"iam:PassRole", role, Write, []Use{Groups, Create}, nil},

		{"codedeploy:ListDeploymentConfigs", everything, Read, []Use{Groups, Configs}, nil},
		{"codedeploy:GetDeploymentConfig", configurations, Read, []Use{Configs}, nil},
		{"codedeploy:CreateDeploymentConfig", configurations, Write, []Use{Configs}, nil},
		{"codedeploy:DeleteDeploymentConfig", configurations, Write, []Use{Configs}, nil},

		{"codedeploy:ListApplicationRevisions", application, Read, []Use{Apps, Revisions}, nil},
		{"codedeploy:ListApplicationRevisions", applications, Read, []Use{Prune}, nil},
		{"codedeploy:BatchGetApplicationRevisions", application, Read, []Use{Revisions}, nil},
		{"codedeploy:BatchGetApplicationRevisions", applications, Read, []Use{Prune}, nil},
		{"codedeploy:GetApplicationRevision", application, Read, []Use{Revisions}, nil},
		{"codedeploy:RegisterApplicationRevision", application, Write, []Use{Revisions}, nil},

		{"codedeploy:GetDeployment", everyGroup, Read, []Use{Prune}, nil},
		{"codedeploy:ListDeployments", everyGroup, Read, []Use{Prune}, nil},
		{"codedeploy:BatchGetDeployments", everyGroup, Read, []Use{Prune}, nil},
		{"s3:GetBucketVersioning", bucket, Read, []Use{Prune}, hasBucket},
		{"s3:GetObject", objects, Read, []Use{Revisions, Prune}, hasBucket},
		{"s3:GetObjectVersion", objects, Read, []Use{Revisions, Prune}, hasBucket},
		{"s3:DeleteObject", objects, Write, []Use{Prune}, hasBucket},
		{"s3:DeleteObjectVersion", objects, Write, []Use{Prune}, hasBucket},

		{"codedeploy:ListOnPremisesInstances", everything, Read, []Use{OnPremises}, nil},
		{"codedeploy:BatchGetOnPremisesInstances", instances, Read, []Use{OnPremises}, nil},
		{"codedeploy:GetOnPremisesInstance", instances, Read, []Use{OnPremises}, nil},
		{"codedeploy:AddTagsToOnPremisesInstances", instances, Write, []Use{OnPremises}, nil},
		{"codedeploy:RemoveTagsFromOnPremisesInstances", instances, Write, []Use{OnPremises}, nil},
		{"codedeploy:RegisterOnPremisesInstance", instances, Write, []Use{OnPremises}, nil},
		{"codedeploy:DeregisterOnPremisesInstance", instances, Write, []Use{OnPremises}, nil},
		{"iam:CreateUser", users, Write, []Use{OnPremises}, nil},
		{"iam:DeleteUser", users, Write, []Use{OnPremises}, nil},
		{"iam:PutUserPolicy", users, Write, []Use{OnPremises}, nil},
		{"iam:ListUserPolicies", users, Read, []Use{OnPremises}, nil},
		{"iam:DeleteUserPolicy", users, Write, []Use{OnPremises}, nil},
		{"iam:CreateAccessKey", users, Write, []Use{OnPremises}, nil},
		{"iam:ListAccessKeys", users, Read, []Use{OnPremises}, nil},
		{"iam:DeleteAccessKey", users, Write, []Use{OnPremises}, nil},
	}
}

func hasBucket(n Needs) bool { return n.Bucket != "" }
func hasKey(n Needs) bool    { return hasBucket(n) && n.KMSKey != "" }

// of reports whether a grant is needed.
func (g grant) of(n Needs) bool {
	wanted := slices.ContainsFunc(g.uses, func(use Use) bool { return slices.Contains(n.Uses, use) })
	return wanted && (g.only == nil || g.only(n))
}
