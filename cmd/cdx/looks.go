package main

import (
	"context"
	"errors"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/deploy"
)

// prepareAll hashes what is to be uploaded and, at the same time, looks in AWS whether
// everything is there: application, deployment groups, bucket. It begins when no
// mistake is left that can be found without a request, and nothing is uploaded
// before it has ended.
func (p *program) prepareAll(ctx context.Context, units []*unit) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var looking sync.WaitGroup
	var lookErr error
	if p.local == nil {
		looking.Go(func() {
			if lookErr = p.lookAt(ctx, units); lookErr != nil {
				cancel()
			}
		})
	}
	hashErr := hashAll(ctx, units)
	if hashErr != nil {
		cancel()
	}
	looking.Wait()
	if hashErr != nil && (lookErr == nil || !errors.Is(hashErr, context.Canceled)) {
		return hashErr
	}
	return lookErr
}

// hashAll reads all that is to be uploaded, which tells where it goes.
func hashAll(ctx context.Context, units []*unit) error {
	for _, u := range units {
		if u.upload == nil {
			continue
		}
		if err := u.upload.hash(ctx); err != nil {
			return err
		}
	}
	return checkKeys(units)
}

// lookAt makes the looks of all units at once. Of several errors the first is
// returned, in the order of the units and of what is looked at.
func (p *program) lookAt(ctx context.Context, units []*unit) error {
	var looks []func() error
	for _, u := range units {
		clients, err := p.clients(ctx, u.set)
		if err != nil {
			return err
		}
		looks = append(looks, u.looks(ctx, clients)...)
	}
	failed := make([]error, len(looks))
	var running sync.WaitGroup
	for i, look := range looks {
		running.Go(func() { failed[i] = look() })
	}
	running.Wait()
	for _, err := range failed {
		if err != nil && !deploy.IsPassing(err) {
			return err
		}
	}
	return nil
}

// looks are what there is to look at for one unit.
func (u *unit) looks(ctx context.Context, clients *clients) []func() error {
	var looks []func() error
	add := func(in awsapi.Context, look func() error) {
		in.Application = u.application
		looks = append(looks, func() error { return clients.explaining(look(), in) })
	}
	u.seen = make([]*deploy.Group, len(u.groups))
	for i, group := range u.groups {
		add(awsapi.Context{DeploymentGroup: group}, func() (err error) {
			u.seen[i], err = deploy.LookAtGroup(ctx, clients.codeDeploy, u.application, group, u.platforms())
			if err == nil && u.seen[i].Denied {
				return deploy.LookAtApplication(ctx, clients.codeDeploy, u.application, u.platforms())
			}
			return err
		})
	}
	if len(u.groups) == 0 {
		add(awsapi.Context{}, func() error {
			return deploy.LookAtApplication(ctx, clients.codeDeploy, u.application, u.platforms())
		})
	}
	if u.upload != nil {
		add(awsapi.Context{Bucket: u.upload.bucket}, func() error { return deploy.LookAtBucket(ctx, clients.s3, u.upload.bucket) })
	} else {
		add(awsapi.Context{}, func() error { return gone(deploy.CheckObject(ctx, clients.s3, u.revision)) })
	}
	return looks
}

// gone completes what is said of a revision that can no longer be fetched.
func gone(err error) error {
	var missing *deploy.GoneError
	if !errors.As(err, &missing) {
		return err
	}
	hint := "check bucket and key, or push it again"
	if missing.ETag != "" {
		hint = "deploy what is there now by leaving eTag out, or push the revision again"
	}
	return &hintedError{err, hint}
}

// platforms are those that the unit can be deployed to.
func (u *unit) platforms() []types.ComputePlatform {
	switch {
	case u.upload != nil:
		return []types.ComputePlatform{types.ComputePlatformServer}
	case u.content == appspec.ECS:
		return []types.ComputePlatform{types.ComputePlatformEcs}
	case u.content == appspec.Lambda:
		return []types.ComputePlatform{types.ComputePlatformLambda}
	default:
		return deploy.Platforms(u.revision)
	}
}
