package main

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// existingFlags name a revision that is there already, each with its parser.
var existingFlags = []struct {
	name  string
	parse func(string) (*types.RevisionLocation, error)
}{
	{"revision", revision.ParseURL},
	{"s3-location", revision.ParseS3Location},
	{"github-location", revision.ParseGitHubLocation},
}

// existingRevision returns the revision that the flags name, or nil when they
// name none, so that a directory is to be pushed.
func existingRevision(set *settings.Set, args []string) (*types.RevisionLocation, error) {
	var found *types.RevisionLocation
	var by string
	for _, flag := range existingFlags {
		text := set.String(flag.name)
		if text == "" || flag.name == "s3-location" && isUpload(text) {
			continue
		}
		if by != "" {
			return nil, &usageError{message: fmt.Sprintf("--%s and --%s both name a revision", by, flag.name), hint: "give one of them"}
		}
		rev, err := parseParameter(flag.name, text, flag.parse)
		if err != nil {
			return nil, err
		}
		found, by = rev, flag.name
	}
	if found != nil && len(args) > 0 {
		return nil, &usageError{
			message: fmt.Sprintf("directory %q and --%s: either a directory is pushed, or a revision that is there already is deployed", args[0], by),
			hint:    "leave one of them out",
		}
	}
	return found, nil
}

// isUpload tells s3://BUCKET/KEY, where an upload goes, from the notation of a
// revision that is there.
func isUpload(location string) bool {
	_, _, err := revision.SplitURL(location)
	return err == nil
}

// parseParameter reads a flag in the AWS CLI's syntax, also file://NAME.
func parseParameter[T any](name, text string, parse func(string) (T, error)) (T, error) {
	var none T
	text, err := readParameter(name, text)
	if err != nil {
		return none, err
	}
	value, err := parse(text)
	if err != nil {
		return none, &usageError{message: fmt.Sprintf("--%s: %v", name, err), hint: "the syntax is the AWS CLI's: shorthand, JSON or file://NAME"}
	}
	return value, nil
}
