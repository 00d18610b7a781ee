package agent

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// RootVariable is the environment variable that tells scripts which folder stands for the host's
// file system here. On an instance it is not set.
const RootVariable = "CDX_LOCAL_ROOT"

// inherited are the variables of the caller's environment that scripts get. Everything else,
// credentials above all, stays away from them.
var inherited = []string{
	"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TMP", "TEMP",
	"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "PROGRAMDATA", "PROGRAMFILES",
}

// environment returns the environment of an event's scripts.
// Source: aws/aws-codedeploy-agent hook_executor.rb initialize, command_executor.rb get_revision_envs.
func environment(event string, d *Deployment, etag, root string, environ []string) []string {
	env := baseEnvironment(environ)
	env = append(env,
		"LIFECYCLE_EVENT="+event,
		"DEPLOYMENT_ID="+d.ID,
		"APPLICATION_NAME="+d.Application,
		"DEPLOYMENT_GROUP_NAME="+d.DeploymentGroup,
		"DEPLOYMENT_GROUP_ID="+d.DeploymentGroupID,
		RootVariable+"="+root,
	)
	return append(env, bundleEnvironment(d.Revision, etag)...)
}

// bundleEnvironment says where the bundle came from; etag stands in when the revision pins none.
func bundleEnvironment(revision *types.RevisionLocation, etag string) []string {
	switch {
	case revision == nil:
		return nil
	case revision.S3Location != nil:
		s3 := revision.S3Location
		env := []string{"BUNDLE_BUCKET=" + text(s3.Bucket), "BUNDLE_KEY=" + text(s3.Key)}
		if s3.Version != nil {
			env = append(env, "BUNDLE_VERSION="+*s3.Version)
		}
		if s3.ETag != nil {
			etag = *s3.ETag
		}
		if etag != "" {
			env = append(env, "BUNDLE_ETAG="+etag)
		}
		return env
	case revision.GitHubLocation != nil:
		return []string{"BUNDLE_COMMIT=" + text(revision.GitHubLocation.CommitId)}
	}
	return nil
}

// baseEnvironment keeps what scripts may inherit, and makes sure of a PATH.
func baseEnvironment(environ []string) []string {
	var env []string
	hasPath := false
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		upper := strings.ToUpper(name)
		if slices.Contains(inherited, upper) || strings.HasPrefix(upper, "LC_") {
			env = append(env, entry)
			hasPath = hasPath || upper == "PATH"
		}
	}
	if !hasPath {
		env = append(env, "PATH="+defaultPath)
	}
	return env
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
