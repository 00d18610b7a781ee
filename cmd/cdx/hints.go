package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/appspec/fill"
	"github.com/cdx-deploy/cdx/pkg/bundle"
	"github.com/cdx-deploy/cdx/pkg/deploy"
	"github.com/cdx-deploy/cdx/pkg/local/agent"
	"github.com/cdx-deploy/cdx/pkg/push"
	"github.com/cdx-deploy/cdx/pkg/revision"
	"github.com/cdx-deploy/cdx/pkg/wait"
)

// nextStep is what to type or do about an error of the libraries, where whoever made
// it has not said so. It is never empty: the last resort is to look closer.
func nextStep(err error) string {
	for _, known := range []func(error) string{settingStep, bundleStep, uploadStep, deployStep, diffStep, appSpecStep, fileStep} {
		if step := known(err); step != "" {
			return step
		}
	}
	return "run it again with --debug to see what was sent and what came back"
}

// settingStep is about what stands in cdx.yml and in variables.
func settingStep(err error) string {
	var file *settings.FileError
	var value *settings.ValueError
	var environment *settings.EnvironmentError
	var key *push.KeyError
	switch {
	case errors.As(err, &file) && file.Line > 0:
		return fmt.Sprintf("change line %d of %s; all settings there are: cdx config", file.Line, file.Path)
	case errors.As(err, &file):
		return fmt.Sprintf("change %s; all settings there are: cdx config", file.Path)
	case errors.As(err, &value):
		return "set " + value.Origin + " to something else, or: unset " + value.Origin
	case errors.As(err, &environment) && len(environment.Known) > 0:
		return "choose one: --env " + strings.Join(environment.Known, ", or --env ")
	case errors.As(err, &environment):
		return "leave --env out, or write environments into " + settings.FileName
	case errors.As(err, &key) && len(key.Available) > 0:
		return "write --key with variables that have a value, such as " + push.DefaultKey
	case errors.As(err, &key) && key.Variable == "":
		return "give another key with --key, such as " + push.DefaultKey
	case errors.As(err, &key):
		return "write --key with variables that there are, such as " + push.DefaultKey
	default:
		return ""
	}
}

// bundleStep is about a directory that cannot be bundled.
func bundleStep(err error) string {
	var leftOut *bundle.AppSpecLeftOutError
	switch {
	case as[*bundle.EmptyError](err):
		return "see which rules leave the files out: cdx push --list"
	case as[*bundle.UnreadableError](err):
		return "make the files readable, or leave them out with --exclude PATTERN"
	case as[*bundle.ChangedError](err):
		return "try again when nothing writes to the directory any more"
	case errors.As(err, &leftOut):
		return "take the rule out, or give --exclude " + revision.ShellQuote("!"+leftOut.LeftOut.Path)
	case as[*bundle.LinkError](err):
		return "change the links, leave them out with --exclude PATTERN, or give --symlinks preserve or --allow-outside-links"
	case as[*bundle.NameError](err):
		return "rename the files, or leave them out with --exclude PATTERN"
	default:
		return ""
	}
}

// uploadStep is about what became of an upload.
func uploadStep(err error) string {
	var region *push.RegionError
	switch {
	case as[*push.ExistsError](err):
		return "push under another key, with {DIGEST} or {COMMIT} in it; to replace the object, leave --no-overwrite out"
	case as[*push.ChecksumError](err):
		return "push it again with --force, and do not deploy what is there: something on the way changed it"
	case errors.As(err, &region):
		return "use a bucket in the application's region, or give --region " + region.Region
	default:
		return ""
	}
}

// deployStep is about deployments.
func deployStep(err error) string {
	var platform *deploy.PlatformError
	var active *deploy.ActiveError
	var lost *wait.LostError
	var late *wait.TimeoutError
	var limit *agent.LimitError
	flags := reaching(err)
	switch {
	case errors.As(err, &platform):
		return fmt.Sprintf("name an application for %s with --application-name, or an AppSpec file for %s with --appspec", platform.Wanted[0], platform.Platform)
	case errors.As(err, &active):
		return "follow it with: cdx wait " + active.ID + flags + "; or give --if-active wait to deploy after it"
	case errors.As(err, &late):
		return "follow it again: cdx wait " + late.ID + flags
	case errors.As(err, &lost):
		return "follow it again: cdx wait " + lost.ID + flags
	case as[*deploy.DescriptionError](err):
		return "shorten --description"
	case errors.As(err, &limit) && limit.What == agent.UnpackedBytes:
		return "give --max-unpacked a larger SIZE, if the bundle is to be trusted"
	case limit != nil:
		return "see what is in it, with unzip -l or tar -t, and where its links lead"
	default:
		return ""
	}
}

// reaching are the flags that make any command reach the account in which the request of
// an error failed.
func reaching(err error) string {
	var at *attempt
	if errors.As(err, &at) {
		return at.flags
	}
	return ""
}

// appSpecStep is about AppSpec files.
func appSpecStep(err error) string {
	switch {
	case as[*fill.Error](err):
		return "write the property on a line of its own, as NAME: VALUE"
	case as[*appspec.RefusedError](err), as[*appSpecError](err):
		return "mend it; what a rule means: cdx validate --explain RULE"
	default:
		return ""
	}
}

// fileStep is about files of this machine.
func fileStep(err error) string {
	var path *fs.PathError
	if !errors.As(err, &path) {
		return ""
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "check the path: there is no " + path.Path
	case errors.Is(err, fs.ErrPermission):
		return "check the permissions: ls -ld " + path.Path
	default:
		return "check the file and the disk it is on: " + path.Path
	}
}
