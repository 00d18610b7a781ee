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
)

// Uses are all of them.
func Uses() []Use { return []Use{Push, Deploy, Wait, Rollback, List, Stop, Continue, Diff, Doctor} }

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
func grants() []grant {
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

func hasBucket(n Needs) bool { return n.Bucket != "" }
func hasKey(n Needs) bool    { return hasBucket(n) && n.KMSKey != "" }

// of reports whether a grant is needed.
func (g grant) of(n Needs) bool {
	wanted := slices.ContainsFunc(g.uses, func(use Use) bool { return slices.Contains(n.Uses, use) })
	return wanted && (g.only == nil || g.only(n))
}
