// Package appspec reads AWS CodeDeploy's AppSpec files and judges them as the
// CodeDeploy agents would: for EC2 and on-premises servers (agent v1 in Ruby, agent
// v2 in Rust), Amazon ECS and AWS Lambda.
//
// [Parse] reads a file and never fails; [Check] returns everything that is wrong with
// it, as data with positions; [File.Spec] returns the settings that one agent would
// understand. Nothing in this package does I/O: files beside the AppSpec file are
// reached through an [io/fs.FS].
package appspec

import (
	"io/fs"
	"time"
)

// Platform is the compute platform an AppSpec file is written for. The zero value
// means unknown, or to be detected.
type Platform string

// The platforms of CodeDeploy.
const (
	Server Platform = "server" // EC2 and on-premises
	ECS    Platform = "ecs"    // Amazon ECS
	Lambda Platform = "lambda" // AWS Lambda
)

// Agent is a CodeDeploy agent whose reading of a server file is asked for.
type Agent string

// The agents. AgentBoth is for [Options] only: what either refuses is an error.
const (
	AgentV1   Agent = "v1" // aws/aws-codedeploy-agent 1.x, in Ruby
	AgentV2   Agent = "v2" // aws/aws-codedeploy-agent 2.x, in Rust
	AgentBoth Agent = "both"
)

// Severity is how bad a finding is.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"   // the deployment would fail
	SeverityWarning Severity = "warning" // it would probably not do what was meant
)

// Finding is one thing that is wrong with an AppSpec file.
type Finding struct {
	Rule     string   // name of the rule, like "mode-octal"; see [Rules]
	Severity Severity // error or warning
	Line     int      // 1-based
	Column   int      // 1-based, counts characters
	Where    string   // path of the setting, like "hooks.BeforeInstall[0].runas"; "document" for the whole file
	Message  string   // what was found
	Expected string   // what was expected; may be empty
	Agents   []Agent  // the agents it concerns; nil for ECS and Lambda
	Fix      string   // what to write instead, in words; may be empty
}

// HasErrors reports whether any of the findings is an error.
func HasErrors(findings []Finding) bool {
	for _, f := range findings {
		if f.Severity == SeverityError {
			return true
		}
	}
	return false
}

// Options adjusts [Check]. The zero value judges a file by itself: what agent v1 refuses
// is an error, what only agent v2 refuses is a warning.
type Options struct {
	// Agent is the agent to judge for. Empty means the default policy above.
	Agent Agent
	// Platform forces the platform. Empty means the one that the file shows.
	Platform Platform
	// Files is the revision's directory. Nil leaves out the rules about other files.
	Files fs.FS
	// LeftOut tells whether a slash-separated path of Files is kept out of the bundle,
	// and by which ignore rule. Nil means that everything is in it.
	LeftOut func(path string) (rule string, out bool)
	// Final says that the file is about to be deployed as it is: a placeholder that
	// something was to fill in, like <TASK_DEFINITION>, is then an error.
	Final bool
	// Disable names rules that are not applied; see [UnknownRules].
	Disable []string
}

// Spec is what one agent understands of a server file, with defaults filled in.
type Spec struct {
	OS                 string              // "linux" or "windows"
	Files              []FileMapping       // in the file's order
	FileExistsBehavior string              // DISALLOW, OVERWRITE, RETAIN, or empty when not stated
	Permissions        []Permission        // in the file's order
	Hooks              map[string][]Script // by lifecycle event, also unknown ones
}

// FileMapping is one entry of the files section.
type FileMapping struct {
	Source      string // path in the revision
	Destination string // directory on the instance
}

// Permission is one entry of the permissions section.
type Permission struct {
	Object  string   // path on the instance
	Pattern string   // "**" when not stated
	Except  []string // patterns that are left out
	Type    []string // "file", "directory"; both when not stated
	Owner   string   // empty: not changed
	Group   string   // empty: not changed
	Mode    string   // three or four octal digits, like "644"; empty: not changed
	ACLs    []string // entries as written; empty: not changed
	Context *Context // SELinux context; nil: not changed
}

// Context is an SELinux context of a permission.
type Context struct {
	User  string // the key name; may be empty
	Type  string // never empty
	Range string // like "s0-s0:c0.c1023"; may be empty
}

// Script is one entry of a lifecycle event in the hooks section.
type Script struct {
	Location string // path in the revision
	// Timeout is how long the script may run. The AppSpec file gives it in whole
	// seconds; absent means 1 h, which is filled in here.
	// Source: aws/aws-codedeploy-agent, application_specification/script_info.rb.
	Timeout time.Duration
	RunAs   string // user; empty: the agent's own
	Sudo    bool
}
