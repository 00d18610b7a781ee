package main

import (
	"fmt"

	"github.com/cdx-deploy/cdx/internal/settings"
)

// checkDirectory finds a directory that would be deployed to several applications in
// place of what each of them has as its own.
func checkDirectory(sets []*settings.Set, args []string) error {
	if len(args) == 0 {
		return nil
	}
	for _, set := range sets[1:] {
		if set.String("source") != sets[0].String("source") {
			return &usageError{
				message: fmt.Sprintf("directory %q and environment %s, whose applications have directories of their own", args[0], set.Environment),
				hint:    "leave the directory out, or choose one application with --application-name",
			}
		}
	}
	return nil
}

// checkTargets finds a deployment group that is to be deployed to twice.
func checkTargets(units []*unit) error {
	type target struct{ application, group string }
	seen := make(map[target]bool)
	for _, u := range units {
		for _, group := range u.groups {
			at := target{u.application, group}
			if seen[at] {
				return &usageError{
					message: fmt.Sprintf("environment %s deploys application %s to deployment group %s twice", u.set.Environment, u.application, group),
					hint:    "name each deployment group once in its applications",
				}
			}
			seen[at] = true
		}
	}
	return nil
}

// checkKeys finds different bundles that are to become the same object: the first would
// be gone before anybody has fetched it.
func checkKeys(units []*unit) error {
	type place struct{ bucket, key string }
	digests := make(map[place]string)
	for _, u := range units {
		if u.upload == nil {
			continue
		}
		at := place{u.upload.bucket, u.upload.key}
		if there, taken := digests[at]; taken && there != u.upload.digest {
			return &usageError{
				message: fmt.Sprintf("environment %s uploads different directories to s3://%s/%s", u.set.Environment, at.bucket, at.key),
				hint:    "put {APPLICATION} or {DIGEST} into the key, or give each of its applications a key of its own",
			}
		}
		digests[at] = u.upload.digest
	}
	return nil
}
