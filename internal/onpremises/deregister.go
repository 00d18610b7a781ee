package onpremises

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// StepError says at which step a deregistration ended. Doing it again goes on from there.
type StepError struct {
	Done []string // the steps before
	Left []string // the one that failed, and those after it
	Err  error
}

// Error names the steps.
func (e *StepError) Error() string {
	done := "nothing"
	if len(e.Done) > 0 {
		done = strings.Join(e.Done, ", ")
	}
	return fmt.Sprintf("done: %s; not done: %s: %v", done, strings.Join(e.Left, ", "), e.Err)
}

// Unwrap is what went wrong.
func (e *StepError) Unwrap() error { return e.Err }

// step is a part of a deregistration.
type step struct {
	name string
	do   func(ctx context.Context) error
}

// Steps are the names of what [Deregister] would do.
func Steps(info *types.InstanceInfo, keepUser bool) []string {
	var names []string
	for _, s := range steps(nil, nil, info, keepUser) {
		names = append(names, s.name)
	}
	return names
}

// Deregister takes an instance's tags away, deregisters it, and deletes its IAM user if
// that was made for it and is not to be kept. tell is called after each step. The error is
// a [*StepError].
func Deregister(ctx context.Context, api API, iam IAM, info *types.InstanceInfo, keepUser bool, tell func(done string)) error {
	all := steps(api, iam, info, keepUser)
	for i, s := range all {
		if err := s.do(ctx); err != nil {
			failed := &StepError{Err: err}
			for j, other := range all {
				if j < i {
					failed.Done = append(failed.Done, other.name)
				} else {
					failed.Left = append(failed.Left, other.name)
				}
			}
			return failed
		}
		tell("done: " + s.name)
	}
	return nil
}

func steps(api API, iam IAM, info *types.InstanceInfo, keepUser bool) []step {
	var all []step
	names := []string{aws.ToString(info.InstanceName)}
	if info.DeregisterTime == nil {
		if len(info.Tags) > 0 {
			all = append(all, step{"remove the tags of " + names[0], func(ctx context.Context) error {
				_, err := api.RemoveTagsFromOnPremisesInstances(ctx, &codedeploy.RemoveTagsFromOnPremisesInstancesInput{InstanceNames: names, Tags: info.Tags})
				return err
			}})
		}
		all = append(all, step{"deregister " + names[0], func(ctx context.Context) error {
			_, err := api.DeregisterOnPremisesInstance(ctx, &codedeploy.DeregisterOnPremisesInstanceInput{InstanceName: &names[0]})
			return err
		}})
	}
	if arn := aws.ToString(info.IamUserArn); IsOwnUser(arn) && !keepUser {
		all = append(all, step{"delete the IAM user " + arn, func(ctx context.Context) error { return deleteUser(ctx, iam, userName(arn)) }})
	}
	return all
}
