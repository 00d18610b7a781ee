package main

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// existingFlags name a revision that is there already, each with its parser and what its
// value looks like.
var existingFlags = []struct {
	name  string
	parse func(string) (*types.RevisionLocation, error)
	like  string
}{
	{"revision", revision.ParseURL, "s3://BUCKET/KEY, or what cdx push printed, in quotes"},
	{"s3-location", revision.ParseS3Location, "bucket=BUCKET,key=KEY,bundleType=zip"},
	{"github-location", revision.ParseGitHubLocation, "repository=OWNER/NAME,commitId=ID"},
}

// existingRevision returns the revision that the flags name, or nil when they
// name none, so that a directory is to be pushed.
func (p *program) existingRevision(set *settings.Set, args []string, facts checkout.Facts) (*types.RevisionLocation, error) {
	found, by, err := revisionByFlag(set)
	if err != nil {
		return nil, err
	}
	if set.Bool("github") {
		if found != nil {
			return nil, &usageError{message: fmt.Sprintf("--%s and --github both name a revision", by), hint: "give one of them"}
		}
		if found, err = p.checkedOut(facts); err != nil {
			return nil, err
		}
		by = "github"
	}
	if found != nil && len(args) > 0 {
		return nil, &usageError{
			message: fmt.Sprintf("directory %q and --%s: either a directory is pushed, or a revision that is there already is deployed", args[0], by),
			hint:    "leave one of them out",
		}
	}
	return found, nil
}

// revisionByFlag returns the revision that one of the flags names, and that flag.
func revisionByFlag(set *settings.Set) (found *types.RevisionLocation, by string, err error) {
	for _, flag := range existingFlags {
		text := set.String(flag.name)
		if text == "" || flag.name == "s3-location" && isUpload(text) {
			continue
		}
		if by != "" {
			return nil, "", &usageError{message: fmt.Sprintf("--%s and --%s both name a revision", by, flag.name), hint: "give one of them"}
		}
		if found, err = parseParameter(flag.name, text, flag.parse); err != nil {
			return nil, "", &usageError{message: err.Error(), hint: "write --" + flag.name + " " + flag.like}
		}
		by = flag.name
	}
	return found, by, nil
}

// checkedOut is the commit that is checked out, at GitHub.
func (p *program) checkedOut(facts checkout.Facts) (*types.RevisionLocation, error) {
	repository, commit := facts.Repository(), facts.Commit()
	if repository == "" || commit == "" {
		return nil, &usageError{
			message: "--github: neither the CI system nor git tells the repository at GitHub and the commit",
			hint:    "run it in a clone whose remote origin is at github.com, or give --github-location repository=OWNER/NAME,commitId=ID",
		}
	}
	if facts.Provider() == "" && !facts.Clean() {
		p.progress.Warn(fmt.Sprintf("the checkout has changes that commit %s has not: they are not deployed", commit[:min(7, len(commit))]))
	}
	return &types.RevisionLocation{
		RevisionType:   types.RevisionLocationTypeGitHub,
		GitHubLocation: &types.GitHubLocation{Repository: &repository, CommitId: &commit},
	}, nil
}

// isUpload tells s3://BUCKET/KEY, where an upload goes, from the notation of a
// revision that is there.
func isUpload(location string) bool {
	_, _, err := revision.SplitURL(location)
	return err == nil
}
