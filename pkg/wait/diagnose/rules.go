package diagnose

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// rule is a known cause of a target's failure, and how to recognise it.
type rule struct {
	kind      Kind
	match     func(failure) bool
	text, fix string
	retry     *Retry
}

// rules are tried in order, the first that matches tells the cause. Message texts are those of
// aws/aws-codedeploy-agent (lib/instance_agent/plugins/codedeploy, and what Ruby, the AWS SDK and
// S3 say through it) and of the service; fixes follow the CodeDeploy User Guide, "Troubleshoot
// EC2/On-Premises deployment issues".
var rules = []rule{
	{
		KindNotStarted, all(onInstance, at("")),
		"no lifecycle event began on the target",
		agentChecks, again,
	},
	{
		KindNotStarted, all(notInstance, at("")),
		"no lifecycle event began on the target",
		"see the deployment's message, and the service role's permissions for the target", again,
	},
	{
		KindAgentUnreachable, anyOf(says("not able to receive the lifecycle event"), unsaid),
		"the CodeDeploy agent did not take the lifecycle event within the time allowed",
		agentChecks, again,
	},
	{
		KindAgentRestarted, says("after an agent restart"),
		"the CodeDeploy agent restarted while the event was in progress",
		"look for the reason in the agent's log (out of memory, an update, a script that restarts it), then deploy again", again,
	},
	{
		KindAgentTooOld, says("Validation of PKCS7 signed message failed"),
		"the CodeDeploy agent on the instance is too old to verify the service's messages",
		"update the agent on the instance", again,
	},
	{
		KindETagMismatch, says("Expected deployment artifact bundle etag"),
		"the object in S3 is no longer the one the revision was registered with: its key was overwritten, and the revision names no version of it",
		"push again under a new key, or switch on versioning in the bucket", nil,
	},
	{
		KindObjectMissing, all(at("DownloadBundle"), says("The specified key does not exist", "The specified bucket does not exist", "The specified version does not exist")),
		"the revision's object or bucket does not exist in S3: the key is misspelt, or the object was deleted",
		"push the revision again", nil,
	},
	{
		KindS3Region, all(at("DownloadBundle"), says("must be addressed using the specified endpoint", "PermanentRedirect")),
		"the bucket is in another region than the instance",
		"use a bucket in the region of the instances", nil,
	},
	{
		KindS3Access, anyOf(says("not opened for reading"), all(at("DownloadBundle"), says("Access Denied", "AccessDenied", "Forbidden"))),
		"the instance may not read the revision's object in S3, or the bucket is in another region",
		"allow s3:GetObject and s3:GetObjectVersion on the object in the instance profile's role (and kms:Decrypt where the bucket is encrypted with a key), and check the bucket policy and region", again,
	},
	{
		KindGitHubAccess, says("Could not download bundle at 'https://api.github.com", "api.github.com"),
		"the instance could not fetch the commit from GitHub",
		"check repository, commit ID and CodeDeploy's connection to GitHub", again,
	},
	{
		KindNetwork, all(at("DownloadBundle"), says("execution expired", "Failed to open TCP connection", "getaddrinfo", "Net::OpenTimeout")),
		"the instance could not reach AWS",
		"check route, NAT, proxy (:proxy_uri: of the agent) and outbound port 443 of the instance", again,
	},
	{
		KindDiskFull, anyOf(says("No space left on device", "no space left on device"), logs("No space left on device")),
		"the instance's disk is full",
		"free space on the instance; fewer kept revisions (:max_revisions: of the agent) help", again,
	},
	{
		KindUnpackedLimit, all(at("DownloadBundle"), ends(" bytes unpacked")),
		"the bundle unpacks to more than a local deployment may",
		"give --max-unpacked a larger SIZE, if the bundle is to be trusted", nil,
	},
	{
		KindAppSpecMissing, anyOf(says("did not find an AppSpec file"), all(says("No such file or directory"), says("deployment-archive/appspec."))),
		"there is no appspec.yml at the root of the bundle",
		"put the AppSpec file at the root of the bundle under the name appspec.yml, exactly so", nil,
	},
	{
		KindUnknownHook, says("unknown lifecycle events"),
		"the AppSpec file has a hook that is no lifecycle event of this deployment",
		"correct the hook's name", nil,
	},
	{
		KindFileExists, says("specified file already exists at this location"),
		"a file to be installed exists already on the instance and was not installed by the group's last deployment",
		"let the deployment overwrite it (file-exists-behavior OVERWRITE), keep it (RETAIN), or remove it from the instance", &Retry{Flag: "file-exists-behavior", Value: "OVERWRITE"},
	},
	{
		KindAppSpecInvalid, says("application specification file", "undefined method", "undefined local variable", "Psych::", "no implicit conversion of", "did not find expected", "mapping values are not allowed"),
		"the agent cannot make sense of the AppSpec file",
		"validate the AppSpec file", nil,
	},
	{
		KindScriptInterpreter, anyOf(says("failed with error Errno::ENOENT", "Exec format error"), logs("bad interpreter", `$'\r'`, "\r: command not found", "\r: not found", "Exec format error")),
		"the script cannot be run: Windows line endings, or a first line (#!) that names no program on the instance",
		"store the script with LF line endings and check its first line", nil,
	},
	{
		KindScriptMissing, anyOf(coded(types.LifecycleErrorCodeScriptMissing), says("Script does not exist at specified location")),
		"the script is not in the revision: a misspelt name (capital and small letters differ), or arguments after it",
		"correct the hook's location: a path in the bundle, without arguments", nil,
	},
	{
		KindNotExecutable, anyOf(exited("126"), coded(types.LifecycleErrorCodeScriptNotExecutable)),
		"the user that the script runs as may not execute it, or a command that it calls",
		"make the script, what it calls and their directories accessible to the runas user, and check for a noexec mount", nil,
	},
	{
		KindCommandNotFound, exited("127"),
		"a command was not found: one that the script calls, or the script's interpreter (Windows line endings)",
		"use full paths or set PATH in the script (the agent's environment is not a login's), and store it with LF line endings", nil,
	},
	{
		KindBackgroundProcess, says("failed to close STDOUT", "failed to close STDERR"),
		"a process that the script started in the background keeps its output open",
		"start it with all output redirected: command > /dev/null 2> /dev/null < /dev/null &", nil,
	},
	{
		KindScriptTimedOut, anyOf(coded(types.LifecycleErrorCodeScriptTimedOut), says("failed to complete in")),
		"the script did not end within its timeout",
		"make it faster, raise the hook's timeout (at most 3600 s for all scripts of an event), or start what goes on running with its output redirected", again,
	},
	{
		KindScriptKilled, exited(""),
		"a signal ended the script: often for want of memory on the instance",
		"look into the instance's system log", again,
	},
	{
		KindSourceMissing, all(at("Install"), says("No such file or directory"), says("deployment-archive/", "os error 2")),
		"a source that the AppSpec file names is not in the revision",
		"correct the source in the AppSpec file (patterns are not expanded)", nil,
	},
	{
		KindDestination, all(at("Install"), says("No such file or directory @", "Not a directory @", "File exists", "Is a directory", "Too many levels of symbolic links")),
		"a destination cannot be written: on the instance there is a file where a folder is wanted, a folder or link where a file is wanted, or a link that leads nowhere",
		"look at that path on the instance, and move what is in the way or change the destination in the AppSpec file", again,
	},
	{
		KindDestination, all(at("Install"), says("Permission denied @", "permission denied", "Read-only file system", "read-only file system", "Operation not permitted @", "operation not permitted")),
		"a destination may not be written: by the permissions on its way, or because its file system is mounted read-only",
		"look at that path on the instance: ls -ld, findmnt -T", again,
	},
	{
		KindReplacementTasks, all(onECS, at("Install")),
		"the replacement task set did not become steady and healthy",
		"look at the stopped tasks' reasons and the target group's health checks", again,
	},
	{
		KindHookFunction, all(notInstance, scriptable),
		"the hook's Lambda function failed, reported Failed, or did not report within one hour",
		"look into the function's log: it must call PutLifecycleEventHookExecutionStatus", again,
	},
	{
		KindLoadBalancer, all(onInstance, at("AllowTraffic")),
		"the instance did not become healthy at the load balancer",
		"check the health checks of the load balancer or target group", again,
	},
	{
		KindLoadBalancer, all(onInstance, at("BlockTraffic")),
		"the instance could not be taken out of the load balancer",
		"check the load balancer of the deployment group and the service role's permissions for it", again,
	},
	{
		KindScriptFailed, coded(types.LifecycleErrorCodeScriptFailed),
		"the script ended with an error of its own",
		"see the log", nil,
	},
	{
		KindUnknownAgentFailed, all(onInstance, coded(types.LifecycleErrorCodeUnknownError)),
		"the agent failed and gives no known reason",
		"look into the agent's log on the target (/var/log/aws/codedeploy-agent/codedeploy-agent.log)", again,
	},
}

func (r rule) cause() Cause { return newCause(r.kind, r.text, r.fix, r.retry) }

// again is a retry that needs no other setting.
var again = &Retry{}

// agentChecks is what to look at when an agent takes no work.
const agentChecks = "check on the target that the CodeDeploy agent is installed and running (service codedeploy-agent status), that it has an instance profile (restart the agent after attaching one), reaches CodeDeploy and S3 on port 443, and that its clock is right"

// previousRevision is the cause that lies behind the rules' ones for scripts of the last
// successful revision.
var previousRevision = rule{
	kind:  KindPreviousRevision,
	text:  "the script that failed is the last successful revision's, not one of the revision being deployed, which therefore cannot correct it",
	fix:   "deploy again with ignore-application-stop-failures, which holds for this event; the new revision's scripts count from then on",
	retry: &Retry{Flag: "ignore-application-stop-failures"},
}

// previousEvents run the scripts of the last successful revision on instances.
// Source: CodeDeploy API Reference, CreateDeployment, ignoreApplicationStopFailures.
var previousEvents = []string{"ApplicationStop", "BeforeBlockTraffic", "AfterBlockTraffic"}

// causes returns what is known to cause a failure, what to act on first.
func causes(f failure, info *types.DeploymentInfo) []Cause {
	var out []Cause
	for _, r := range rules {
		if r.match(f) {
			out = append(out, r.cause())
			break
		}
	}
	ran := len(out) == 0 || out[0].Kind != KindAgentUnreachable && out[0].Kind != KindAgentRestarted
	if ran && onInstance(f) && slices.Contains(previousEvents, f.event.Name) && (info == nil || !info.IgnoreApplicationStopFailures) {
		out = append([]Cause{previousRevision.cause()}, out...)
	}
	return out
}

// ends matches failures whose message has the text at its end.
func ends(text string) func(failure) bool {
	return func(f failure) bool { return strings.HasSuffix(f.event.Message, text) }
}

// says matches failures whose message has one of the texts in it.
func says(texts ...string) func(failure) bool {
	return func(f failure) bool { return hasAny(f.event.Message, texts) }
}

// logs matches failures of a script that logged one of the texts last.
func logs(texts ...string) func(failure) bool {
	return func(f failure) bool { return hasAny(f.event.LogTail, texts) }
}

func hasAny(s string, texts []string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(s, text) })
}

// exited matches failures of a script that ended with that exit code; "" stands for none, which
// the agent tells of a script that a signal ended.
func exited(code string) func(failure) bool {
	return func(f failure) bool {
		_, rest, found := strings.Cut(f.event.Message, "failed with exit code")
		rest = strings.TrimLeft(rest, " ")
		end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if end < 0 {
			end = len(rest)
		}
		return found && rest[:end] == code
	}
}

func at(event string) func(failure) bool {
	return func(f failure) bool { return f.event.Name == event }
}

func coded(code types.LifecycleErrorCode) func(failure) bool {
	return func(f failure) bool { return f.event.Code == code }
}

func anyOf(matches ...func(failure) bool) func(failure) bool {
	return func(f failure) bool {
		return slices.ContainsFunc(matches, func(m func(failure) bool) bool { return m(f) })
	}
}

func all(matches ...func(failure) bool) func(failure) bool {
	return func(f failure) bool {
		return !slices.ContainsFunc(matches, func(m func(failure) bool) bool { return !m(f) })
	}
}

func onInstance(f failure) bool {
	return f.target.Type == types.DeploymentTargetTypeInstanceTarget
}

func notInstance(f failure) bool { return !onInstance(f) }

func onECS(f failure) bool { return f.target.Type == types.DeploymentTargetTypeEcsTarget }

// scriptable matches the events at which a hook runs.
func scriptable(f failure) bool {
	return strings.HasPrefix(f.event.Name, "Before") || strings.HasPrefix(f.event.Name, "After")
}

// unsaid matches the first event on an instance that failed without a word: what the service
// tells when it never heard of the agent.
func unsaid(f failure) bool {
	e := f.event
	return onInstance(f) && f.target.Lifecycle[0].Name == e.Name && slices.Contains(previousEvents, e.Name) &&
		e.Script == "" && e.Message == "" && e.LogTail == ""
}
