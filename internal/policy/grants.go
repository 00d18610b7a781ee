package policy

import (
	"slices"
	"strings"
)

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
type Access string

// The kinds of access.
const (
	Read    Access = "read"    // it changes nothing, and cdx asks by itself
	Checked Access = "checked" // it changes nothing; CodeDeploy demands it of whoever creates a deployment
	Write   Access = "write"
)

// kind is a type of resource. Source of which action takes which: AWS service
// authorization reference, "Actions, resources, and condition keys for AWS
// CodeDeploy", "… for Amazon S3", "… for AWS KMS", "… for AWS Lambda" and "… for AWS
// Identity and Access Management".
type kind string

const (
	application    kind = "application"    // application:APPLICATION
	group          kind = "group"          // deploymentgroup:APPLICATION/GROUP
	configuration  kind = "configuration"  // deploymentconfig:NAME
	everything     kind = "everything"     // the action knows no resource: only "*" allows it
	bucket         kind = "bucket"         // of S3
	object         kind = "object"         // those below the key's prefix
	key            kind = "key"            // of KMS
	function       kind = "function"       // of Lambda
	objects        kind = "objects"        // all of the bucket
	applications   kind = "applications"   // application:*
	groups         kind = "groups"         // deploymentgroup:APPLICATION/*
	everyGroup     kind = "everyGroup"     // deploymentgroup:*/*
	configurations kind = "configurations" // deploymentconfig:*
	instances      kind = "instances"      // instance:*, on-premises
	role           kind = "role"           // that CodeDeploy takes
	users          kind = "users"          // of IAM, one for each on-premises instance
)

// statements are the kinds in the order of a policy, with what their statements are called.
var statements = []struct {
	on  kind
	sid string
}{
	{application, "Application"}, {group, "DeploymentGroup"}, {configuration, "DeploymentConfig"}, {everything, "Deployments"},
	{bucket, "Bucket"}, {object, "Bundles"}, {key, "Encryption"}, {function, "FunctionAlias"}, {objects, "AllBundles"},
	{applications, "Applications"}, {groups, "DeploymentGroups"}, {everyGroup, "AllDeploymentGroups"}, {configurations, "DeploymentConfigs"},
	{instances, "OnPremisesInstances"}, {role, "ServiceRole"}, {users, "OnPremisesUsers"},
}

// grant is one action, and what it is needed for.
type grant struct {
	action string
	on     kind
	access Access
	uses   []string
	only   string // what a configuration must have; empty: always
}

// table lists all actions that cdx may need, each with its kind of resource, its access,
// its uses and the condition. It is a text because that takes a third of the room.
//
// CreateDeployment also demands GetDeploymentConfig for the configuration and
// GetApplicationRevision or RegisterApplicationRevision for the revision; a deployment
// that replaces the group's alarms demands UpdateDeploymentGroup. Whoever gives
// CodeDeploy a service role must be allowed to pass it. Sources: CodeDeploy user guide,
// "CodeDeploy permissions reference"; CodeDeploy API reference, CreateDeployment; IAM
// user guide, "Grant a user permissions to pass a role to an AWS service".
const table = `
codedeploy:GetApplication application read push,doctor
codedeploy:GetApplicationRevision application checked deploy,rollback,doctor
codedeploy:ListDeploymentGroups application read deploy,rollback,list,diff,doctor
codedeploy:RegisterApplicationRevision application write push

codedeploy:CreateDeployment group write deploy,rollback
codedeploy:GetDeploymentGroup group read deploy,rollback,list,diff,doctor
codedeploy:GetDeployment group read deploy,rollback,wait,list,diff,doctor
codedeploy:ListDeployments group read deploy,rollback,list,doctor
codedeploy:BatchGetDeployments group read deploy,rollback,list,doctor
codedeploy:UpdateDeploymentGroup group write deploy,rollback if alarms

codedeploy:GetDeploymentConfig configuration checked deploy,rollback,doctor

codedeploy:BatchGetDeploymentTargets everything read wait,list,doctor
codedeploy:ListDeploymentTargets everything read wait,list,doctor
codedeploy:ListApplications everything read push,deploy,rollback,list,diff,doctor
codedeploy:ListDeploymentConfigs everything read deploy,doctor
codedeploy:StopDeployment everything write stop
codedeploy:StopDeployment everything write wait if stops
codedeploy:ContinueDeployment everything write continue

s3:ListBucket bucket read push,doctor if bucket
s3:GetBucketPublicAccessBlock bucket read doctor if bucket
s3:GetBucketVersioning bucket read doctor if bucket
s3:GetEncryptionConfiguration bucket read doctor if bucket
s3:GetObject object read push,deploy,rollback,diff,doctor if bucket
s3:GetObjectVersion object read deploy,rollback,diff if bucket
s3:PutObject object write push if bucket
s3:PutObjectTagging object write push if tagging
s3:PutObjectAcl object write push if acl
s3:AbortMultipartUpload object write push if bucket

kms:Decrypt key write push,diff if key
kms:GenerateDataKey key write push if key

lambda:GetAlias function read deploy if function

codedeploy:ListApplications everything read apps,groups,configs,revisions,prune
codedeploy:BatchGetApplications applications read apps,configs
codedeploy:GetApplication application read apps,create
codedeploy:CreateApplication application write apps,create
codedeploy:DeleteApplication application write apps

codedeploy:ListDeploymentGroups application read apps,groups
codedeploy:ListDeploymentGroups applications read configs,prune
codedeploy:BatchGetDeploymentGroups groups read apps,groups
codedeploy:BatchGetDeploymentGroups everyGroup read configs,prune
codedeploy:GetDeploymentGroup groups read groups,create
codedeploy:CreateDeploymentGroup groups write groups,create
codedeploy:UpdateDeploymentGroup groups write groups
codedeploy:DeleteDeploymentGroup groups write groups
iam:PassRole role write groups,create

codedeploy:ListDeploymentConfigs everything read groups,configs
codedeploy:GetDeploymentConfig configurations read configs
codedeploy:CreateDeploymentConfig configurations write configs
codedeploy:DeleteDeploymentConfig configurations write configs

codedeploy:ListApplicationRevisions application read apps,revisions
codedeploy:ListApplicationRevisions applications read prune
codedeploy:BatchGetApplicationRevisions application read revisions
codedeploy:BatchGetApplicationRevisions applications read prune
codedeploy:GetApplicationRevision application read revisions
codedeploy:RegisterApplicationRevision application write revisions

codedeploy:GetDeployment everyGroup read prune
codedeploy:ListDeployments everyGroup read prune
codedeploy:BatchGetDeployments everyGroup read prune
s3:GetBucketVersioning bucket read prune if bucket
s3:GetObject objects read revisions,prune if bucket
s3:GetObjectVersion objects read revisions,prune if bucket
s3:DeleteObject objects write prune if bucket
s3:DeleteObjectVersion objects write prune if bucket

codedeploy:ListOnPremisesInstances everything read on-premises
codedeploy:BatchGetOnPremisesInstances instances read on-premises
codedeploy:GetOnPremisesInstance instances read on-premises
codedeploy:AddTagsToOnPremisesInstances instances write on-premises
codedeploy:RemoveTagsFromOnPremisesInstances instances write on-premises
codedeploy:RegisterOnPremisesInstance instances write on-premises
codedeploy:DeregisterOnPremisesInstance instances write on-premises
iam:CreateUser users write on-premises
iam:DeleteUser users write on-premises
iam:PutUserPolicy users write on-premises
iam:ListUserPolicies users read on-premises
iam:DeleteUserPolicy users write on-premises
iam:CreateAccessKey users write on-premises
iam:ListAccessKeys users read on-premises
iam:DeleteAccessKey users write on-premises
`

// grants reads the table.
func grants() (all []grant) {
	for line := range strings.Lines(table) {
		line, only, _ := strings.Cut(strings.TrimSpace(line), " if ")
		if columns := strings.Fields(line); len(columns) == 4 {
			all = append(all, grant{columns[0], kind(columns[1]), Access(columns[2]), strings.Split(columns[3], ","), only})
		}
	}
	return all
}

// of reports whether a grant is needed.
func (g grant) of(n Needs) bool {
	return n.have(g.only) && slices.ContainsFunc(n.Uses, func(use Use) bool { return slices.Contains(g.uses, string(use)) })
}

// have reports whether a configuration has what a grant is needed for.
func (n Needs) have(what string) bool {
	inBucket := n.Bucket != ""
	switch what {
	case "bucket":
		return inBucket
	case "key":
		return inBucket && n.KMSKey != ""
	case "tagging":
		return inBucket && n.Tagging
	case "acl":
		return inBucket && n.ACL
	case "alarms":
		return n.Alarms
	case "stops":
		return n.Stops
	case "function":
		return n.Function != ""
	default:
		return true
	}
}
