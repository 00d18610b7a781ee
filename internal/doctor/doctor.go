// Package doctor looks for whatever would keep a deployment from starting: it asks
// AWS what may be asked without changing anything, and says what it found as data.
// What cannot be asked is said to be not checked, never to be in order.
package doctor

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cdx-deploy/cdx/internal/policy"
)

// State is what a look at one thing has come to.
type State string

// The states.
const (
	Passed     State = "passed"
	Warning    State = "warning"     // worth knowing; a deployment can start
	Failed     State = "failed"      // a deployment cannot start
	NotChecked State = "not checked" // it cannot be asked, or could not
)

// Finding is what is known about one thing.
type Finding struct {
	Check   string `json:"check"` // what was looked at, like "bucket my-bucket"
	State   State  `json:"state"`
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"` // what to type or do; empty where there is nothing to mend
}

// Findings are all findings, in the order to read them in.
type Findings []Finding

// CanStart reports that nothing was found that would prevent a start.
func (f Findings) CanStart() bool {
	return !slices.ContainsFunc(f, func(one Finding) bool { return one.State == Failed })
}

// Count counts the findings of a state.
func (f Findings) Count(state State) int {
	count := 0
	for _, one := range f {
		if one.State == state {
			count++
		}
	}
	return count
}

// Subject is what is to be looked at.
type Subject struct {
	Credentials aws.CredentialsProvider
	STS         STSAPI
	CodeDeploy  CodeDeployAPI
	S3          S3API
	Observer    *Observer // of the clients above

	Region        string
	Application   string   // empty: not named
	Groups        []string // none: not named
	Config        string   // deployment configuration; empty: each group's own
	Platforms     []string // those that the revision can go to, like "Server"; none: not known
	Bucket        string   // empty: nothing is uploaded
	KeyPrefix     string   // what the keys begin with
	AcceptsActive bool     // a deployment waits for, or joins, an active one
	Permissions   func(account string) []policy.Permission
	Explain       func(check string, err error) (message, fix string)
	Limit         time.Duration // for each look; zero means 10 s
	Now           func() time.Time
	Patience      time.Duration          // for the credentials, where somebody may have to type a code; zero means Limit
	FollowCommand func(id string) string // what follows a deployment
	PolicyCommand string                 // what prints the permissions needed
}

const defaultLimit = 10 * time.Second

// doctor is one examination.
type doctor struct {
	Subject
	account string // of the credentials; empty until it is known
}

// Examine looks at everything, at most for a few times the limit: looks that do not
// depend on each other are made at the same time.
func Examine(ctx context.Context, s Subject) Findings {
	if s.Limit == 0 {
		s.Limit = defaultLimit
	}
	d := &doctor{Subject: s}
	all := d.within(ctx, cmp.Or(s.Patience, s.Limit), d.credentials)
	if !all.CanStart() {
		return append(all, d.untold("there are no credentials to ask with")...)
	}
	who := d.atOnce(ctx, d.identity)
	all = append(all, who...)
	if !who.CanStart() {
		return append(all, d.untold("AWS refuses the credentials")...)
	}
	looks := []look{d.application}
	for _, group := range d.Groups {
		looks = append(looks, func(ctx context.Context) Findings { return d.group(ctx, group) })
	}
	looks = append(looks, d.bucket, d.names)
	all = append(all, d.atOnce(ctx, looks...)...)
	all = append(all, d.clock()...)
	return append(all, d.permissions()...)
}

// look is one examination of one thing.
type look func(ctx context.Context) Findings

// atOnce makes looks at the same time, each within the limit.
func (d *doctor) atOnce(ctx context.Context, looks ...look) Findings {
	return d.within(ctx, d.Limit, looks...)
}

func (d *doctor) within(ctx context.Context, limit time.Duration, looks ...look) Findings {
	results := make([]Findings, len(looks))
	var running sync.WaitGroup
	for i, look := range looks {
		running.Go(func() {
			limited, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			results[i] = look(limited)
		})
	}
	running.Wait()
	return slices.Concat(results...)
}

// untold says of everything that it was not looked at.
func (d *doctor) untold(why string) Findings {
	var all Findings
	for _, check := range d.subjects() {
		all = append(all, Finding{Check: check, State: NotChecked, Message: why})
	}
	return all
}

// subjects are the names of what is looked at with credentials.
func (d *doctor) subjects() []string {
	var all []string
	if d.Application != "" {
		all = append(all, "application "+d.Application)
	}
	for _, group := range d.Groups {
		all = append(all, "group "+group)
	}
	if d.Bucket != "" {
		all = append(all, "bucket "+d.Bucket)
	}
	return append(all, "permissions")
}

// refused is the finding about a look that was not answered as hoped. Whether that
// prevents a start depends on why: a look that is not permitted does not.
func (d *doctor) refused(check, action string, err error) Finding {
	switch {
	case isDenied(err):
		return Finding{check, NotChecked, "it may not be looked at: " + action + " is not allowed", d.allow(action)}
	case errors.Is(err, context.DeadlineExceeded):
		return Finding{check, Failed, "AWS did not answer within " + d.Limit.String(), "check the network and HTTPS_PROXY, and try again"}
	case isPassing(err):
		message, fix := d.Explain(check, err)
		return Finding{check, NotChecked, message, fix}
	default:
		message, fix := d.Explain(check, err)
		return Finding{check, Failed, message, fix}
	}
}

func (d *doctor) allow(action string) string {
	return "allow " + action + "; this prints all that is needed: " + d.PolicyCommand
}
