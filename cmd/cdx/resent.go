package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/smithy-go/middleware"
)

// What creates something may be sent again by the SDK after the answer was lost, and is
// then refused because of what the lost answer was about. That is not a failure, if what
// is there is what was asked for.

// attempts counts how often a request is sent.
type attempts int

// count is an option of an operation.
func (a *attempts) count(o *codedeploy.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("CountAttempts",
			func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				*a++
				return next.HandleFinalize(ctx, in)
			}), "Retry", middleware.After)
	})
}

// several reports that one of them may have been carried out without an answer.
func (a *attempts) several() bool { return *a > 1 }

// justCreated bounds how old a thing is at most that this run has created, by clocks that
// differ.
const justCreated = 15 * time.Minute

// isNew reports that something may have been created by this run.
func isNew(created *time.Time) bool { return created != nil && time.Since(*created) < justCreated }
