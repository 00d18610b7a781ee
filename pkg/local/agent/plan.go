package agent

import (
	"io/fs"
	"time"
)

// Plan is what the agent would do with a revision, in the order in which it would do it.
type Plan struct {
	// Remove has what Install removes first: what the group's previous deployment installed, as paths
	// of the host ("/var/www/html/index.html"), in order of removal.
	Remove []string
	// Steps has what Install then writes, in order.
	Steps []Step
	// Conflicts says why Install would fail; empty when it would not. With conflicts, Install removes
	// what Remove names and writes nothing.
	Conflicts []Conflict
	// Events has every lifecycle event of a deployment and the scripts that it would run.
	Events []PlannedEvent
	// Notices has what is reported and not applied.
	Notices []Notice
}

// Step is one file or folder that Install writes.
type Step struct {
	// Path is the destination as a path of the host, like "/var/www/html/index.html".
	Path string
	// Source is the path in the revision, slash-separated; empty for a folder.
	Source string
	// Link is the target of a symbolic link; empty otherwise.
	Link string
	// Mode has the type bits and the permission bits after permissions.
	Mode fs.FileMode
	// Size is the file's size in bytes.
	Size int64
	// Owner and Group are what permissions ask for; empty: the agent's own user.
	Owner, Group string
	// Replaces says that a file exists there and is overwritten.
	Replaces bool
}

// Conflict is a reason for Install to fail.
type Conflict struct {
	// Path is the destination concerned, as a path of the host.
	Path string
	// Sources has the paths in the revision concerned, if any.
	Sources []string
	// Message is the agent's own text.
	Message string
}

// PlannedEvent is a lifecycle event and what it would run.
type PlannedEvent struct {
	// Name is the lifecycle event's.
	Name string
	// Previous says that the scripts are the last successful revision's.
	Previous bool
	// Scripts has the hook's scripts in order; nil for events without.
	Scripts []PlannedScript
}

// PlannedScript is one script of a hook.
type PlannedScript struct {
	// Location is the script's path as the AppSpec file has it.
	Location string
	// RunAs is the user it would run as; empty: the agent's own user.
	RunAs string
	// Timeout is how long it may run.
	Timeout time.Duration
	// Missing says that the revision has no such file.
	Missing bool
}
