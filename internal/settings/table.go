package settings

import "sync"

var byName = sync.OnceValue(func() map[string]Setting {
	all := make(map[string]Setting)
	for _, group := range [][]Setting{global, awsClient, naming, bundling, storing, creating, waiting, telling, operating, validating, planned, comparing, locally, scaffolding} {
		for _, s := range group {
			all[s.Name] = s
		}
	}
	return all
})

var leaveStopRollback = []string{"leave", "stop", "rollback"}

var global = []Setting{
	{Name: "config", Value: "FILE", Trust: NotInFile, Help: "read the settings from FILE instead of the nearest cdx.yml"},
	{Name: "env", Value: "NAME", Trust: NotInFile, Help: "environment of cdx.yml to use (default: the one whose branch matches)"},
	{Name: "output", Value: "FORMAT", Default: "text", Values: []string{"text", "json", "jsonl"}, Also: []string{"sarif", "github"}, AlsoFor: "validate",
		Help: "form of the result on standard output: text, json or jsonl, for validate also sarif or github"},
	{Name: "quiet", Short: "q", Kind: Bool, Help: "say nothing but warnings and the result"},
	{Name: "verbose", Short: "v", Kind: Bool, Help: "say what is done"},
	{Name: "debug", Kind: Bool, Help: "show the requests, without credentials"},
	{Name: "progress", Value: "FORM", Default: "auto", Values: []string{"auto", "plain", "spinner"}, Trust: NotInFile,
		Help: "progress on a terminal: plain (lines only, for screen readers), spinner, or auto (lines under a CI system)"},
	{Name: "ci", Value: "SYSTEM", Default: "auto", Values: []string{"auto", "none", "github", "gitlab", "circleci", "buildkite", "azure", "teamcity"}, Trust: NotInFile,
		Help: "CI system whose folds, annotations and outputs to use: auto, none, github, gitlab, circleci, buildkite, azure or teamcity"},
	{Name: "yes", Short: "y", Kind: Bool, Trust: NotInFile, Help: "answer yes to every question"},
}

var awsClient = []Setting{
	{Name: "region", Value: "REGION", Help: "AWS region (default: as the AWS CLI finds it)"},
	{Name: "profile", Value: "NAME", Trust: NotInFile, Help: "profile of the AWS configuration (default: as the AWS CLI finds it)"},
	{Name: "endpoint-url", Value: "URL", Trust: NotInFile, Help: "send every AWS request to URL"},
	{Name: "ca-bundle", Hidden: true, Value: "FILE", Trust: NotInFile, Help: "certificates to trust, in PEM (default: AWS_CA_BUNDLE, else the system's)"},
	{Name: "no-verify-ssl", Hidden: true, Kind: Bool, Trust: NotInFile, Help: "trust any certificate"},
	{Name: "cli-connect-timeout", Hidden: true, Kind: Seconds, Value: "SECONDS", Help: "how long a connection may take to come about, 0 for no limit"},
	{Name: "cli-read-timeout", Hidden: true, Kind: Seconds, Value: "SECONDS", Default: "60", Help: "how long an answer may take to begin, 0 for no limit"},
	{Name: "color", Hidden: true, Value: "WHEN", Default: "auto", Values: []string{"on", "off", "auto"}, Help: "colours: on, off or auto"},
	{Name: "no-paginate", Hidden: true, Kind: Bool, Help: "as cdx always does: no pager, and whole lists"},
	{Name: "no-cli-pager", Hidden: true, Kind: Bool, Help: "as cdx always does: no pager, and whole lists"},
}

var naming = []Setting{
	{Name: "application-name", Short: "a", Value: "NAME", Help: "CodeDeploy application"},
	{Name: "s3-location", Value: "LOCATION", Trust: FlagOnly, Help: "where to upload, s3://BUCKET/KEY"},
	{Name: "bucket", Value: "NAME", Help: "S3 bucket for revisions"},
	{Name: "key", Value: "TEMPLATE", Default: "{APPLICATION}/{DIGEST}.{BUNDLE_TYPE}", Help: "S3 key to upload to, with variables such as {BRANCH}, {SHORT_COMMIT} or {DIGEST}"},
	{Name: "description", Value: "TEXT", Help: "description of the deployment, or for push of the revision"},
	{Name: "revision-description", Value: "TEXT", Help: "description of the revision that is pushed"},
	{Name: "source", Value: "DIR", Path: true, Help: "directory to package (default: the current one)"},
	{Name: "appspec", Value: "FILE", Path: true, Help: "AppSpec file to use instead of the directory's appspec.yml"},
}

var bundling = []Setting{
	{Name: "ignore-hidden-files", Kind: Bool, Help: "leave out every file and folder whose name starts with a dot"},
	{Name: "include", Kind: Strings, Value: "PATTERN", Help: "take what is otherwise never taken, such as .git (repeatable, gitignore syntax)"},
	{Name: "exclude", Kind: Strings, Value: "PATTERN", Help: "leave out what matches (repeatable, gitignore syntax)"},
	{Name: "symlinks", Value: "POLICY", Default: "preserve", Values: []string{"preserve", "follow", "error"}, Help: "symbolic links: preserve, follow or error"},
	{Name: "allow-outside-links", Kind: Bool, Trust: FlagOnly, Help: "let followed links lead out of the directory"},
	{Name: "secrets", Value: "POLICY", Default: "warn", Values: []string{"allow", "warn", "error"}, Help: "files that look like secrets: allow, warn or error"},
	{Name: "git-modes", Kind: Bool, Help: "reduce file modes to the two that git knows, 644 and 755"},
	{Name: "bundle-type", Value: "TYPE", Values: []string{"zip", "tar", "tgz"}, Help: "zip, tar or tgz (default: by the key's suffix, else zip)"},
	{Name: "compression-level", Value: "LEVEL", Values: []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, Help: "0 (store), 1 (fastest) to 9 (smallest) (default: a balance of both)"},
	{Name: "list", Kind: Bool, Trust: FlagOnly, Help: "show what ships, what is left out and why, and the largest files; send nothing"},
}

// storing are the properties of the S3 object that a bundle becomes. Of the storage
// classes, those are missing from which an instance cannot fetch at once.
// Source: Amazon S3 API reference, PutObject; AWS CLI, "s3 cp" and "s3api put-object".
var storing = []Setting{
	{Name: "no-overwrite", Kind: Bool, Help: "refuse to replace a different object under the same key"},
	{Name: "force", Kind: Bool, Help: "upload also what is there already with the same content"},
	{Name: "sse", Value: "METHOD", Values: []string{"AES256", "aws:kms", "aws:kms:dsse"}, Help: "encryption of the object: AES256, aws:kms or aws:kms:dsse (default: the bucket's)"},
	{Name: "sse-kms-key-id", Value: "KEY", Help: "KMS key to encrypt with: ID, ARN or alias"},
	{Name: "storage-class", Value: "CLASS", Values: []string{"STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "EXPRESS_ONEZONE", "OUTPOSTS"},
		Missing: "instances cannot fetch a revision from GLACIER or DEEP_ARCHIVE before somebody restores it; STANDARD_IA is cheap too",
		Help:    "storage class of the object, such as STANDARD_IA"},
	{Name: "tagging", Value: "TAGS", Help: "tags of the object, such as 'team=web&stage=test', or JSON"},
	{Name: "metadata", Value: "MAP", Help: "metadata of the object, such as build=42,branch=main, or JSON"},
	{Name: "acl", Value: "ACL", Values: []string{"private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control"},
		Help: "canned ACL of the object, such as bucket-owner-full-control"},
	{Name: "expected-bucket-owner", Value: "ACCOUNT", Help: "account that must own the bucket, 12 digits"},
	{Name: "checksum-algorithm", Value: "NAME", Values: []string{"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"}, Help: "checksum by which S3 verifies each part: CRC32, CRC32C, CRC64NVME, SHA1 or SHA256 (default CRC32)"},
}

var creating = []Setting{
	{Name: "deployment-group-name", Short: "g", Kind: Strings, Value: "NAME", Help: "deployment group (repeatable)"},
	{Name: "deployment-config-name", Value: "NAME", Help: "deployment configuration (default: the group's)"},
	{Name: "file-exists-behavior", Value: "BEHAVIOR", Values: []string{"DISALLOW", "OVERWRITE", "RETAIN"}, Help: "what to do with files that exist already: DISALLOW, OVERWRITE or RETAIN"},
	{Name: "ignore-application-stop-failures", Kind: Bool, Help: "go on when ApplicationStop, BeforeBlockTraffic or AfterBlockTraffic fails"},
	{Name: "auto-rollback-configuration", Value: "CONFIG", Help: "automatic rollback, such as enabled=true,events=DEPLOYMENT_FAILURE"},
	{Name: "update-outdated-instances-only", Kind: Bool, Help: "deploy only to instances that do not run this revision yet"},
	{Name: "target-instances", Value: "TARGETS", Help: "the instances to deploy to, in the AWS CLI's syntax"},
	{Name: "override-alarm-configuration", Value: "CONFIG", Help: "alarms that replace the group's, in the AWS CLI's syntax"},
	{Name: "github-location", Value: "LOCATION", Trust: FlagOnly, Help: "deploy from GitHub, repository=OWNER/NAME,commitId=ID"},
	{Name: "revision", Value: "URL", Trust: FlagOnly, Help: "deploy what push printed, s3://BUCKET/KEY?versionId=…&eTag=…"},
	{Name: "github", Kind: Bool, Trust: FlagOnly, Help: "deploy the commit that is checked out from GitHub: repository and commit from the CI system or git"},
	{Name: "task-definition", Value: "ARN", Help: "task definition to put into an ECS AppSpec file"},
	{Name: "lambda-current-version", Value: "VERSION", Help: "CurrentVersion to put into a Lambda AppSpec file; alias: the one that the alias names now"},
	{Name: "lambda-target-version", Value: "VERSION", Help: "TargetVersion to put into a Lambda AppSpec file"},
	{Name: "skip-current", Kind: Bool, Help: "deploy nothing to a deployment group that runs this revision already"},
	{Name: "serial", Kind: Bool, Help: "deploy to one deployment group after the other, and stop at the first that fails"},
	{Name: "if-active", Value: "ACTION", Default: "fail", Values: []string{"fail", "wait", "attach"}, Help: "when a deployment of the group is active: fail, wait or attach"},
	{Name: "dry-run", Kind: Bool, Trust: FlagOnly, Help: "check everything, print the CreateDeployment request and send nothing"},
}

var waiting = []Setting{
	{Name: "wait", Kind: Bool, Help: "follow the deployment to its end"},
	{Name: "timeout", Kind: Duration, Value: "TIME", Default: "60m", Help: "give up waiting after TIME, such as 90s or 2h"},
	{Name: "poll-interval", Kind: Duration, Value: "TIME", Help: "fixed pause between two looks (default: adaptive, 2s to 15s)"},
	{Name: "until", Value: "STATUS", Default: "final", Values: []string{"final", "ready"}, Help: "how long to follow: final, or ready (blue/green waits for a person)"},
	{Name: "strict", Kind: Bool, Help: "exit 4 when a target failed although the deployment Succeeded"},
	{Name: "on-timeout", Value: "ACTION", Default: "leave", Values: leaveStopRollback, Help: "what becomes of the deployment on a time-out: leave, stop or rollback"},
	{Name: "on-interrupt", Value: "ACTION", Default: "leave", Values: leaveStopRollback, Help: "what becomes of the deployment on Ctrl-C: leave, stop or rollback"},
}

// telling are the files that a run may leave behind. A checkout must not say where.
var telling = []Setting{
	{Name: "report", Value: "FILE", Trust: FlagOnly, Help: "write a page about the deployments to FILE, in HTML"},
	{Name: "dotenv", Value: "FILE", Trust: NotInFile, Help: "write deployment ID, revision and status to FILE, as GitLab reads dotenv reports"},
}

var operating = []Setting{
	{Name: "rollback", Kind: Bool, Trust: FlagOnly, Help: "bring the previous revision back to targets that have the new one (--no-rollback: do not; default: as the deployment is configured)"},
	{Name: "termination", Kind: Bool, Trust: FlagOnly, Help: "end the wait before the original targets are terminated, not the one before traffic is rerouted"},
	{Name: "to", Kind: Number, Value: "N", Default: "1", Trust: FlagOnly, Help: "go back to the Nth last successful revision other than the present one"},
	{Name: "max-items", Kind: Number, Value: "N", Default: "20", Trust: FlagOnly, Help: "list so many deployments at most"},
}

var validating = []Setting{
	{Name: "agent", Value: "VERSION", Values: []string{"v1", "v2", "both"}, Help: "agent to judge for, and to be in plans and local deployments: v1, v2 or both (default: v1, and warn about what only v2 refuses)"},
	{Name: "platform", Value: "PLATFORM", Values: []string{"server", "ecs", "lambda"}, Help: "server, ecs or lambda (default: what the file looks like)"},
	{Name: "no-files", Kind: Bool, Help: "check the AppSpec file alone, not the files it names"},
	{Name: "disable", Kind: Strings, Value: "RULE", Help: "leave RULE out (repeatable, or with commas)"},
	{Name: "warnings-as-errors", Kind: Bool, Help: "exit 3 for warnings too"},
	{Name: "fix", Kind: Bool, Trust: FlagOnly, Help: "mend what can be mended safely, in the files themselves"},
	{Name: "rules", Kind: Bool, Trust: FlagOnly, Help: "list all rules"},
	{Name: "explain", Value: "RULE", Trust: FlagOnly, Help: "say what RULE is about, why it matters and what to do"},
}

var planned = []Setting{
	{Name: "root", Value: "DIR", Trust: FlagOnly, Help: "folder that stands for an instance's file system (default: --local-root's)"},
	{Name: "previous", Value: "BUNDLE", Trust: FlagOnly, Help: "bundle or directory of the previous deployment (default: what a local deployment remembers)"},
	{Name: "diff", Value: "OTHER", Trust: FlagOnly, Help: "show only what differs from OTHER, a directory or bundle"},
	{Name: "load-balancer", Kind: Bool, Trust: FlagOnly, Help: "plan for a deployment group with a load balancer"},
}

var comparing = []Setting{
	{Name: "stat", Kind: Bool, Trust: FlagOnly, Help: "a line for each file, with its size before and after"},
	{Name: "patch", Value: "FILE", Trust: FlagOnly, Help: "write what differs in text files to FILE, - for standard output, as git apply and patch -p1 take it"},
	{Name: "exit-code", Kind: Bool, Trust: FlagOnly, Help: "exit with 8 when anything would change"},
}

var locally = []Setting{
	{Name: "local", Kind: Bool, Trust: FlagOnly, Help: "deploy on this machine, with an embedded CodeDeploy and S3"},
	{Name: "local-root", Value: "DIR", Trust: NotInFile, Default: ".cdx/local/root", Help: "folder under which a local deployment places its files"},
	{Name: "skip-hooks", Kind: Bool, Trust: NotInFile, Help: "leave the hooks of a local deployment out"},
	{Name: "isolate", Value: "MODE", Bare: "on", Default: "off", Values: []string{"on", "offline", "off"}, Trust: NotInFile, Help: "run hooks in namespaces of their own, over a copy-on-write view of the file systems (Linux, as root; no sandbox against hostile code): on, offline for no network either, or off"},
	{Name: "max-unpacked", Kind: Size, Value: "SIZE", Default: "10GiB", Help: "most that a local deployment unpacks, such as 500MiB"},
	{Name: "seed", Value: "FILE", Trust: FlagOnly, Help: "start with the applications, timelines and faults in FILE"},
	{Name: "in-memory", Kind: Bool, Trust: FlagOnly, Help: "keep nothing for the next time"},
	{Name: "address", Value: "HOST:PORT", Trust: FlagOnly, Default: "127.0.0.1:0", Help: "where to listen; port 0 is any that is free"},
}

// scaffolding are the settings of cdx init. Those of what it creates have the AWS CLI's
// names and syntax.
// Source: AWS CLI, "deploy create-application" and "deploy create-deployment-group".
var scaffolding = []Setting{
	{Name: "language", Value: "NAME", Trust: FlagOnly, Values: []string{"node", "php", "python", "java", "go", "ruby", "dotnet", "static", "docker", "other"}, Help: "what the directory holds (default: what its files say)"},
	{Name: "start-command", Value: "COMMAND", Trust: FlagOnly, Help: "shell command that runs the program (default: what its files say)"},
	{Name: "port", Kind: Number, Value: "PORT", Trust: FlagOnly, Help: "port that the program answers HTTP on (default: what its files say)"},
	{Name: "from", Value: "FILE", Trust: FlagOnly, Help: "write the cdx.yml that does what circle.yml, .circleci/config.yml or .travis.yml does"},
	{Name: "keep-existing", Kind: Bool, Trust: FlagOnly, Help: "leave files that are there as they are, and write the others"},
	{Name: "create", Kind: Bool, Trust: FlagOnly, Help: "create the application and the deployment groups that are missing"},
	{Name: "compute-platform", Value: "PLATFORM", Default: "Server", Values: []string{"Server", "Lambda", "ECS"}, Trust: FlagOnly, Help: "what the application is for: Server, Lambda or ECS"},
	{Name: "service-role-arn", Value: "ARN", Trust: FlagOnly, Help: "role that CodeDeploy takes for the deployment group"},
	{Name: "ec2-tag-filters", Kind: Strings, Value: "FILTER", Trust: FlagOnly, Help: "EC2 instances of the group, repeatable: Key=app,Value=web,Type=KEY_AND_VALUE"},
	{Name: "on-premises-instance-tag-filters", Kind: Strings, Value: "FILTER", Trust: FlagOnly, Help: "on-premises instances of the group, in the same syntax (repeatable)"},
	{Name: "auto-scaling-groups", Kind: Strings, Value: "NAME", Trust: FlagOnly, Help: "Auto Scaling group whose instances belong to the group (repeatable)"},
	{Name: "load-balancer-info", Value: "INFO", Trust: FlagOnly, Help: "load balancer, such as targetGroupInfoList=[{name=web}]"},
	{Name: "deployment-style", Value: "STYLE", Trust: FlagOnly, Help: "style of the group, such as deploymentType=BLUE_GREEN"},
	{Name: "blue-green-deployment-configuration", Value: "CONFIG", Trust: FlagOnly, Help: "blue/green configuration of the group"},
	{Name: "ecs-services", Kind: Strings, Value: "SERVICE", Trust: FlagOnly, Help: "ECS service of the group, serviceName=…,clusterName=… (repeatable)"},
	{Name: "trigger", Kind: Strings, Value: "TRIGGER", Trust: FlagOnly, Help: "notify an SNS topic, name=…,events=…,arn=… (repeatable)"},
	{Name: "tags", Kind: Strings, Value: "TAG", Trust: FlagOnly, Help: "tag of what is created, Key=…,Value=… (repeatable)"},
}
