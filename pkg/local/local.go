// Package local is CodeDeploy and S3 on this machine: one HTTP endpoint that any AWS client can use.
//
// A [Service] answers S3, the CodeDeploy API and STS's GetCallerIdentity as AWS does, in AWS's own
// shapes, with AWS's exceptions. Deployments to in-place server groups are carried out by the agent
// in [github.com/cdx-deploy/cdx/pkg/local/agent], hooks included, one at a time; deployments to ECS,
// Lambda and blue/green groups go through their lifecycle events without anything behind them: a
// simulation that starts nothing and calls no function, and tells of traffic that is not there.
//
// Hooks are programs, so they run only for deployments that were created by a request signed with
// the access key of this run ([Service.Credentials]), of a bundle that was uploaded with that key,
// and only while the service listens on loopback. Any other credentials are accepted as long as no
// hook would run. Requests with an Origin header, or with a Host that is not loopback, are refused.
//
// Tests that want faults (throttling, lost answers, a refused permission) wrap [Service.Handler] in
// an http.Handler of their own and serve that.
package local

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/local/agent"
	"github.com/cdx-deploy/cdx/pkg/local/objects"
)

// Options adjusts a [Service].
type Options struct {
	// Dir holds the agent's bundles, unpacked revisions, logs and the history of each deployment
	// group, so that a second run sees the deployments of the first, and the objects of this run. It
	// is created when missing. Required.
	Dir string
	// Keep keeps everything in Dir: the next service with the same Dir has the applications, groups,
	// deployments, objects and all else of this one, whether it was closed or killed: a request that changes
	// something is answered once that is on disk. Without it the state is in memory and ends with the service.
	Keep bool
	// Seed is what is there from the start, and what happens to its deployments; may be nil.
	Seed *Seed
	// Root is the folder that stands for the host's file system: the AppSpec file's destination
	// /var/www is Root/var/www. Empty means "root" in Dir.
	Root string
	// Region is the region that the service says it is in; empty means us-east-1. Requests signed for
	// another region are answered all the same.
	Region string
	// SkipHooks leaves hook scripts out of every deployment: their events are Skipped.
	SkipHooks bool
	// Isolation runs hook scripts apart from the rest of the machine; nil: they run on it as it is.
	Isolation *agent.Isolation
	// Environ is the environment that hook scripts' own is taken from, as "KEY=value"; see the agent's
	// options. Nil means a PATH and nothing else.
	Environ []string
	// Agent is the agent whose behaviour deployments have where the two differ; empty means v1.
	Agent appspec.Agent
	// MaxUnpacked limits the bytes that one bundle may unpack to; zero means 10 GiB.
	MaxUnpacked int64
	// OnNotice is called with what the agent reports instead of applying it, such as owners and
	// runas; may be nil. It may be called by several deployments at once.
	OnNotice func(deploymentID string, notice agent.Notice)
	// OnSave is called when the state that is to be kept cannot be saved, from a goroutine of the service's;
	// it goes on trying. May be nil.
	OnSave func(error)
	// OnChanges is called with what isolated hooks wrote, which is gone; may be nil. It may be called by
	// several deployments at once.
	OnChanges func(deploymentID string, changes []agent.Change)
}

// Service is CodeDeploy and S3. It is safe for concurrent use. Close ends it.
type Service struct {
	options     Options
	own         *ownership // of the folder of the state
	credentials aws.Credentials
	objects     *objects.Store
	api         *api
	handler     http.Handler

	keeper *keeper // nil: the state is not kept

	exposed atomic.Bool // a listener is not on loopback

	mu       sync.Mutex
	server   *http.Server
	url      string
	done     chan error // the end of server
	closing  bool
	requests sync.WaitGroup // those of server
}

// New makes a service that does not listen yet. The error is an [*InUseError] when another one, maybe of
// another process, uses the same [Options.Dir], an [*objects.DamagedError] when what is kept there cannot be
// read, and a [*SeedError] when a seed asks for what cannot be.
func New(opts Options) (*Service, error) {
	if opts.Dir == "" {
		return nil, errors.New("start the local service: no folder for its state")
	}
	if opts.Root == "" {
		opts.Root = filepath.Join(opts.Dir, "root")
	}
	if opts.Region == "" {
		opts.Region = "us-east-1"
	}
	own, err := takeDir(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("start the local service: %w", err)
	}
	s := &Service{options: opts, own: own, credentials: newCredentials()}
	if err := s.begin(); err != nil {
		return nil, errors.Join(fmt.Errorf("start the local service: %w", err), own.release())
	}
	return s, nil
}

// begin opens the store of objects and all that builds on it.
func (s *Service) begin() error {
	open := objects.New
	if s.options.Keep {
		open = objects.Keep
	}
	store, err := open(s.options.Dir, s.options.Region)
	if err != nil {
		return err
	}
	s.objects, s.api = store, newAPI(s.options, store)
	if err := s.takeOver(); err != nil {
		return errors.Join(err, store.Close())
	}
	return nil
}

// takeOver takes over what an earlier run and the seed have, and begins to keep what changes.
func (s *Service) takeOver() error {
	if s.options.Keep {
		if err := s.load(); err != nil {
			return err
		}
		s.keeper = newKeeper(s.save, s.options.OnSave)
		s.api.onChange = func() { s.keeper.changed() }
	}
	if err := s.plant(s.options.Seed); err != nil {
		return err
	}
	s.handler = s.guard(s.failing(s.keeping(s.route(s.objects.Handler(s.vouchedFor)))))
	if s.keeper != nil {
		s.keeper.changed() // what the seed has planted
		go s.keeper.run()
	}
	return nil
}

// Handler serves everything over HTTP. It may be wrapped, and served by a listener of the caller's: what
// [Service.Listen] serves is this.
func (s *Service) Handler() http.Handler { return s.handler }

// Credentials are the access key pair of this run, made at random by [New].
func (s *Service) Credentials() aws.Credentials { return s.credentials }

// Region is the region that the service says it is in.
func (s *Service) Region() string { return s.options.Region }

// Ensure creates the application for servers, its in-place deployment group and the bucket, unless they
// are there. Empty names are left out.
func (s *Service) Ensure(application, group, bucket string) error {
	if s.keeper != nil {
		defer s.keeper.await()
	}
	if bucket != "" {
		if err := s.objects.EnsureBucket(bucket); err != nil {
			return fmt.Errorf("create bucket %s: %w", bucket, err)
		}
	}
	if application == "" {
		return nil
	}
	return s.api.ensure(application, group)
}

// Close stops listening, ends the deployments in flight, which become Stopped, and waits for everything
// that the service started. The objects are removed, or kept with all else. What a listener of the caller's still serves of
// [Service.Handler] then fails; it is the caller's to end.
func (s *Service) Close() error {
	s.mu.Lock()
	server, done, keeper := s.server, s.done, s.keeper
	s.server, s.closing = nil, true
	s.mu.Unlock()
	var err error
	if server != nil {
		err = errors.Join(server.Close(), <-done)
	}
	s.requests.Wait()
	s.api.close()
	if keeper != nil {
		err = errors.Join(err, keeper.end())
	}
	return errors.Join(err, s.objects.Close(), s.own.release())
}

// vouchedFor reports whether a request may lead to hooks: it carries this run's access key and came by
// loopback. The router has verified the signature by then.
func (s *Service) vouchedFor(r *http.Request) bool {
	signed, ok := parseSignature(r.Header.Get("Authorization"))
	return ok && signed.accessKey == s.credentials.AccessKeyID && arrivedOnLoopback(r) && !s.exposed.Load()
}

// callerKey is where a request's context says who called.
type callerKey struct{}

// caller is who sent a request to the CodeDeploy API.
type caller struct {
	vouchedFor bool // its deployments may run hooks
}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}
