package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// download fetches the bundle and unpacks it.
func (r *run) download(ctx context.Context) error {
	if err := r.group.prune(r.d.ID); err != nil {
		return err
	}
	bundle := filepath.Join(r.group.deployment(r.d.ID), bundleName)
	fetched, err := r.fetch(ctx, bundle)
	if err != nil {
		return err
	}
	bundleType := fetched.BundleType
	if s3 := r.s3(); bundleType == "" && s3 != nil {
		bundleType = s3.BundleType
	}
	err = Unpack(ctx, bundle, bundleType, r.group.archive(r.d.ID), UnpackOptions{MaxUnpacked: r.opts.MaxUnpacked, MaxEntries: r.opts.MaxEntries})
	// The agent keeps the bundle; no script is told where it is, and it doubles what a revision takes.
	if err = errors.Join(err, os.Remove(bundle)); err != nil {
		return err
	}
	return r.group.point("_most_recent_install", r.d.ID)
}

// fetch downloads the bundle into a file and compares its eTag with the one that the revision pins.
func (r *run) fetch(ctx context.Context, bundle string) (fetched Fetched, err error) {
	f, err := os.Create(bundle)
	if err != nil {
		return Fetched{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	fetched, err = r.opts.Fetch(ctx, r.d.Revision, f)
	if err != nil {
		return Fetched{}, err
	}
	r.etag = fetched.ETag
	if s3 := r.s3(); s3 != nil && s3.ETag != nil && unquoted(*s3.ETag) != unquoted(fetched.ETag) {
		return Fetched{}, agentError(fmt.Sprintf("Expected deployment artifact bundle etag %s but was actually %s", *s3.ETag, fetched.ETag))
	}
	return fetched, nil
}

func (r *run) s3() *types.S3Location {
	if r.d.Revision == nil {
		return nil
	}
	return r.d.Revision.S3Location
}

func unquoted(etag string) string { return strings.ReplaceAll(etag, `"`, "") }
