package diagnose

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// rule is a known cause of a target's failure, and how to recognise it.
type rule struct {
	Cause
	match func(failure) bool
}

// rules are tried in order, the first that matches tells the cause. Message texts are those of
// aws/aws-codedeploy-agent (lib/instance_agent/plugins/codedeploy, and what Ruby, the AWS SDK and
// S3 say through it) and of the service; fixes follow the CodeDeploy User Guide, "Troubleshoot
// EC2/On-Premises deployment issues".
var rules = []rule{
	{Cause{KindNotStarted, "no lifecycle event began on the target", agentChecks, again}, func(f failure) bool { return f.event.Name == "" }},
	{Cause{KindAgentUnreachable, "the CodeDeploy agent did not take the lifecycle event within the time allowed", agentChecks, again}, anyOf(says("not able to receive the lifecycle event"), unsaid)},
	{Cause{KindAgentRestarted, "the CodeDeploy agent restarted while the event was in progress", "look for the reason in the agent's log (out of memory, an update, a script that restarts it), then deploy again", again}, says("after an agent restart")},
	{Cause{KindAgentTooOld, "the CodeDeploy agent on the instance is too old to verify the service's messages", "update the agent on the instance", again}, says("Validation of PKCS7 signed message failed")},
	{Cause{KindETagMismatch, "the object in S3 is no longer the one the revision was registered with: its key was overwritten, in a bucket without versions", "push again under a new key, or switch on versioning in the bucket", nil}, says("Expected deployment artifact bundle etag")},
	{Cause{KindObjectMissing, "the revision's object or bucket does not exist in S3: the key is misspelt, or the object was deleted", "push the revision again", nil}, all(at("DownloadBundle"), says("The specified key does not exist", "The specified bucket does not exist", "The specified version does not exist"))},
	{Cause{KindS3Region, "the bucket is in another region than the instance", "use a bucket in the region of the instances", nil}, all(at("DownloadBundle"), says("must be addressed using the specified endpoint", "PermanentRedirect"))},
	{Cause{KindS3Access, "the instance may not read the revision's object in S3, or the bucket is in another region", "allow s3:GetObject and s3:GetObjectVersion on the object in the instance profile's role (and kms:Decrypt where the bucket is encrypted with a key), and check the bucket policy and region", again}, anyOf(says("not opened for reading"), all(at("DownloadBundle"), says("Access Denied", "AccessDenied", "Forbidden")))},
	{Cause{KindGitHubAccess, "the instance could not fetch the commit from GitHub", "check repository, commit ID and CodeDeploy's connection to GitHub", again}, says("Could not download bundle at 'https://api.github.com", "api.github.com")},
	{Cause{KindNetwork, "the instance could not reach AWS", "check route, NAT, proxy (:proxy_uri: of the agent) and outbound port 443 of the instance", again}, all(at("DownloadBundle"), says("execution expired", "Failed to open TCP connection", "getaddrinfo", "Net::OpenTimeout"))},
	{Cause{KindDiskFull, "the instance's disk is full", "free space on the instance; fewer kept revisions (:max_revisions: of the agent) help", again}, anyOf(says("No space left on device"), logs("No space left on device"))},
	{Cause{KindAppSpecMissing, "there is no appspec.yml at the root of the bundle", "put the AppSpec file at the root of the bundle under the name appspec.yml, exactly so", nil}, anyOf(says("did not find an AppSpec file"), all(says("No such file or directory"), says("deployment-archive/appspec.")))},
	{Cause{KindUnknownHook, "the AppSpec file has a hook that is no lifecycle event of this deployment", "correct the hook's name", nil}, says("unknown lifecycle events")},
	{Cause{KindFileExists, "a file to be installed exists already on the instance and was not installed by the group's last deployment", "let the deployment overwrite it (file-exists-behavior OVERWRITE), keep it (RETAIN), or remove it from the instance", &Retry{Flag: "file-exists-behavior", Value: "OVERWRITE"}}, says("specified file already exists at this location")},
	{Cause{KindAppSpecInvalid, "the agent cannot make sense of the AppSpec file", "validate the AppSpec file", nil}, says("application specification file", "undefined method", "undefined local variable", "Psych::", "no implicit conversion of", "did not find expected", "mapping values are not allowed")},
	{Cause{KindScriptInterpreter, "the script cannot be run: Windows line endings, or a first line (#!) that names no program on the instance", "store the script with LF line endings and check its first line", nil}, anyOf(says("failed with error Errno::ENOENT", "Exec format error"), logs("bad interpreter", `$'\r'`, "\r: command not found", "\r: not found", "Exec format error"))},
	{Cause{KindScriptMissing, "the script is not in the revision: a misspelt name (capital and small letters differ), or arguments after it", "correct the hook's location: a path in the bundle, without arguments", nil}, anyOf(coded(types.LifecycleErrorCodeScriptMissing), says("Script does not exist at specified location"))},
	{Cause{KindNotExecutable, "the user that the script runs as may not execute it", "make the script and its directories accessible to the runas user, and check for a noexec mount", nil}, anyOf(exited("126"), coded(types.LifecycleErrorCodeScriptNotExecutable))},
	{Cause{KindCommandNotFound, "a command was not found: one that the script calls, or the script's interpreter (Windows line endings)", "use full paths or set PATH in the script (the agent's environment is not a login's), and store it with LF line endings", nil}, exited("127")},
	{Cause{KindBackgroundProcess, "a process that the script started in the background keeps its output open", "start it with all output redirected: command > /dev/null 2> /dev/null < /dev/null &", nil}, says("failed to close STDOUT", "failed to close STDERR")},
	{Cause{KindScriptTimedOut, "the script did not end within its timeout", "make it faster, raise the hook's timeout (at most 3600 s for all scripts of an event), or start what goes on running with its output redirected", again}, anyOf(coded(types.LifecycleErrorCodeScriptTimedOut), says("failed to complete in"))},
	{Cause{KindScriptKilled, "a signal ended the script: often for want of memory on the instance", "look into the instance's system log", again}, exited("")},
	{Cause{KindSourceMissing, "a source that the AppSpec file names is not in the revision", "correct the source in the AppSpec file (patterns are not expanded)", nil}, all(at("Install"), says("No such file or directory"))},
	{Cause{KindReplacementTasks, "the replacement task set did not become steady and healthy", "look at the stopped tasks' reasons and the target group's health checks", again}, all(onECS, at("Install"))},
	{Cause{KindHookFunction, "the hook's Lambda function failed, reported Failed, or did not report within one hour", "look into the function's log: it must call PutLifecycleEventHookExecutionStatus", again}, all(notInstance, scriptable)},
	{Cause{KindLoadBalancer, "the instance did not become healthy at the load balancer", "check the health checks of the load balancer or target group", again}, all(onInstance, at("AllowTraffic"))},
	{Cause{KindLoadBalancer, "the instance could not be taken out of the load balancer", "check the load balancer of the deployment group and the service role's permissions for it", again}, all(onInstance, at("BlockTraffic"))},
	{Cause{KindScriptFailed, "the script ended with an error of its own", "see the log", nil}, coded(types.LifecycleErrorCodeScriptFailed)},
	{Cause{KindUnknownAgentFailed, "the agent failed and gives no known reason", "look into the agent's log on the target (/var/log/aws/codedeploy-agent/codedeploy-agent.log)", again}, all(onInstance, coded(types.LifecycleErrorCodeUnknownError))},
}

// again is a retry that needs no other setting.
var again = &Retry{}

// agentChecks is what to look at when an agent takes no work.
const agentChecks = "check on the target that the CodeDeploy agent is installed and running (service codedeploy-agent status), that it has an instance profile (restart the agent after attaching one), reaches CodeDeploy and S3 on port 443, and that its clock is right"

// previousRevision is the cause that lies behind the rules' ones for scripts of the last
// successful revision.
var previousRevision = Cause{
	Kind:  KindPreviousRevision,
	Text:  "the script that failed is the last successful revision's, not one of the revision being deployed, which therefore cannot correct it",
	Fix:   "deploy again with ignore-application-stop-failures, which holds for this event; the new revision's scripts count from then on",
	Retry: &Retry{Flag: "ignore-application-stop-failures"},
}

// previousEvents run the scripts of the last successful revision on instances.
// Source: CodeDeploy API Reference, CreateDeployment, ignoreApplicationStopFailures.
var previousEvents = []string{"ApplicationStop", "BeforeBlockTraffic", "AfterBlockTraffic"}

// causes returns what is known to cause a failure, what to act on first.
func causes(f failure, info *types.DeploymentInfo) []Cause {
	var out []Cause
	for _, r := range rules {
		if r.match(f) {
			out = append(out, r.Cause)
			break
		}
	}
	ran := len(out) == 0 || out[0].Kind != KindAgentUnreachable && out[0].Kind != KindAgentRestarted
	if ran && onInstance(f) && slices.Contains(previousEvents, f.event.Name) && (info == nil || !info.IgnoreApplicationStopFailures) {
		out = append([]Cause{previousRevision}, out...)
	}
	return out
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
