package diagnose

// Kind names a known cause, for callers that have more to say about it. A cause of a deployment as
// a whole has the service's error code in lower case with hyphens, like "health-constraints".
type Kind string

// Kinds of causes.
const (
	KindPartialSuccess     Kind = "partial-success"       // the deployment Succeeded although targets failed
	KindPreviousRevision   Kind = "previous-revision"     // the script is the last successful revision's
	KindAgentUnreachable   Kind = "agent-unreachable"     // the agent did not take the lifecycle event
	KindNotStarted         Kind = "not-started"           // nothing began on the target
	KindAgentRestarted     Kind = "agent-restarted"       // the agent restarted during the event
	KindScriptMissing      Kind = "script-missing"        // no such file in the revision
	KindScriptInterpreter  Kind = "script-interpreter"    // line endings or the first line keep the script from running
	KindNotExecutable      Kind = "script-permission"     // the user may not execute the script
	KindCommandNotFound    Kind = "command-not-found"     // the script calls a command that is not there
	KindScriptKilled       Kind = "script-killed"         // a signal ended the script
	KindScriptTimedOut     Kind = "script-timed-out"      // the script did not end in time
	KindBackgroundProcess  Kind = "background-process"    // a process in the background holds the script's output
	KindScriptFailed       Kind = "script-failed"         // the script ended with an error of its own
	KindFileExists         Kind = "file-exists"           // a file to be installed is there already
	KindETagMismatch       Kind = "etag-mismatch"         // the bundle's object was replaced
	KindObjectMissing      Kind = "object-missing"        // the bundle's object or bucket is not there
	KindS3Access           Kind = "s3-access"             // the instance may not read the bundle
	KindS3Region           Kind = "s3-region"             // the bucket is in another region
	KindGitHubAccess       Kind = "github-access"         // the commit cannot be fetched
	KindNetwork            Kind = "network"               // the instance cannot reach AWS
	KindAppSpecMissing     Kind = "appspec-missing"       // no appspec.yml at the bundle's root
	KindAppSpecInvalid     Kind = "appspec-invalid"       // the agent does not understand the AppSpec file
	KindUnknownHook        Kind = "unknown-hook"          // the AppSpec file has a hook that the platform has not
	KindSourceMissing      Kind = "source-missing"        // a source of the AppSpec file is not in the revision
	KindDestination        Kind = "destination"           // something on the instance is in the way of a destination
	KindDiskFull           Kind = "disk-full"             // no space left on the instance
	KindUnpackedLimit      Kind = "unpacked-limit"        // the bundle is larger than a local deployment may unpack
	KindLoadBalancer       Kind = "load-balancer"         // the instance did not become healthy, or could not be taken out
	KindHookFunction       Kind = "hook-function"         // the Lambda function of a hook failed or did not report
	KindReplacementTasks   Kind = "replacement-tasks"     // the replacement task set did not become healthy
	KindAgentTooOld        Kind = "agent-too-old"         // the agent cannot verify the service's messages
	KindUnknownAgentFailed Kind = "agent-unknown-failure" // the agent failed and gives no known reason
)
