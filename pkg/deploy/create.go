package deploy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
)

// CreateAPI is the part of the CodeDeploy client that [Create] calls. All but
// CreateDeployment is for finding a deployment again, and its absence from the
// caller's permissions is tolerated until then.
type CreateAPI interface {
	CreateDeployment(context.Context, *codedeploy.CreateDeploymentInput, ...func(*codedeploy.Options)) (*codedeploy.CreateDeploymentOutput, error)
	HistoryAPI
}

const (
	defaultAnswerTimeout = time.Minute
	defaultLookFor       = time.Minute
	defaultMaxThrottled  = 8

	// maxUnconnected is how often a connection is tried: an address that refuses one
	// three times is wrong, or down for longer than a user wants to wait unasked.
	maxUnconnected = 3

	// interruptGrace is how long the answer to a request is waited for after ctx ended:
	// knowing the deployment's ID is worth a moment.
	interruptGrace = 5 * time.Second

	firstPause = time.Second
	maxPause   = 15 * time.Second
)

// Options adjusts [Create]. The zero value is ready to use.
type Options struct {
	// IfActive says what to do about an active deployment; "" means [IfActiveFail].
	IfActive IfActive
	// Await returns when deployment id is no longer active, however it ended, or with
	// an error when that cannot be told. [IfActiveWait] needs it. It may be called again
	// for the same one, up to ten times, while CodeDeploy still calls that active; then
	// the error is an [*ActiveError] all the same.
	Await func(ctx context.Context, id string) error

	// MaxAttempts is how often the request is sent at most while it is not accepted;
	// zero means 8 times when throttled (about a minute) and 3 when there is no connection.
	MaxAttempts int
	// AnswerTimeout is how long one answer is waited for; zero means a minute.
	AnswerTimeout time.Duration
	// LookFor is how long a deployment whose answer was lost is looked for; zero means
	// a minute.
	LookFor time.Duration

	// OnRetry is called before the request is sent again after pause; OnLost when the
	// answer was lost and the deployment is looked for. Both may be nil.
	OnRetry func(err error, pause time.Duration)
	OnLost  func(err error)
}

// Created is a deployment.
type Created struct {
	ID       string // like "d-ABCDEF123"
	Adopted  bool   // its answer was lost, and it was found by its mark
	Attached bool   // it was active already, with the same revision; nothing was created
}

// Create creates a deployment and returns its ID, as soon as that is known. in is not
// changed; a random mark is put at the end of its description, which may have at most
// [MaxUserDescription] characters ([*DescriptionError]).
//
// The other errors are [*ActiveError] when another deployment is in the way,
// [*LostError] when a deployment may have been created, and else the SDK's, wrapped,
// when none was. When ctx ends while the request is under way, the answer is waited
// for up to 5 s more: if it comes, Create succeeds all the same.
func Create(ctx context.Context, api CreateAPI, in *codedeploy.CreateDeploymentInput, opts Options) (*Created, error) {
	c, err := newCreation(api, in, opts)
	if err != nil {
		return nil, err
	}
	created, err := c.run(ctx)
	if err != nil {
		return nil, fmt.Errorf("create deployment of application %s: %w", aws.ToString(in.ApplicationName), err)
	}
	return created, nil
}

// creation is one call of [Create].
type creation struct {
	api  CreateAPI
	in   codedeploy.CreateDeploymentInput
	mark string
	opts Options

	awaited string // the active deployment whose end was awaited last
	ends    int    // how often
}

func newCreation(api CreateAPI, in *codedeploy.CreateDeploymentInput, opts Options) (*creation, error) {
	c := &creation{api: api, in: *in, mark: newMark(), opts: opts}
	description, err := marked(aws.ToString(in.Description), c.mark)
	if err != nil {
		return nil, err
	}
	c.in.Description = aws.String(description)
	if c.opts.AnswerTimeout == 0 {
		c.opts.AnswerTimeout = defaultAnswerTimeout
	}
	if c.opts.LookFor == 0 {
		c.opts.LookFor = defaultLookFor
	}
	if opts.IfActive == IfActiveWait && opts.Await == nil {
		return nil, errors.New("deploy: IfActiveWait without Await")
	}
	return c, nil
}

// run creates the deployment, after dealing with active ones as the policy says.
func (c *creation) run(ctx context.Context) (*Created, error) {
	for {
		id, err := c.create(ctx)
		active := activeError(err, c.group())
		switch {
		case err == nil:
			return &Created{ID: id}, nil
		case active != nil:
			created, err := c.besides(ctx, active)
			if created != nil || err != nil {
				return created, err
			}
			continue // nothing is in the way any more
		case isLost(err):
			return c.adopt(ctx, err)
		default:
			return nil, err
		}
	}
}

func (c *creation) group() string { return aws.ToString(c.in.DeploymentGroupName) }

// create sends the request until it is accepted, refused for good, or its fate is not
// known, which is a [*lostAnswer].
func (c *creation) create(ctx context.Context) (id string, err error) {
	for attempt := 1; ; attempt++ {
		id, fate, err := c.send(ctx)
		switch {
		case fate == accepted:
			return id, nil
		case fate == unknown:
			return "", &lostAnswer{err: err}
		case fate == refused || attempt >= c.maxAttempts(fate):
			return "", err
		}
		pause := pauseAfter(attempt)
		if c.opts.OnRetry != nil {
			c.opts.OnRetry(err, pause)
		}
		if sleepErr := sleep(ctx, pause); sleepErr != nil {
			return "", fmt.Errorf("%w, after %w", sleepErr, err)
		}
	}
}

func (c *creation) maxAttempts(f fate) int {
	switch {
	case c.opts.MaxAttempts > 0:
		return c.opts.MaxAttempts
	case f == throttled:
		return defaultMaxThrottled
	default:
		return maxUnconnected
	}
}

// pauseAfter is how long to wait after a number of attempts: doubling, and spread so
// that many clients do not come back at once.
func pauseAfter(attempt int) time.Duration {
	full := min(firstPause<<min(attempt-1, 10), maxPause)
	return full/2 + rand.N(full/2+1)
}

// sleep waits for d, or returns ctx's error when that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
