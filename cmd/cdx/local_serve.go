package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/infile"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/local"
)

func newLocalCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "local",
		Short: "Run CodeDeploy and S3 on this machine",
		Args:  arguments(0, 0),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	serve := &cobra.Command{
		Use:   "serve",
		Short: "Serve CodeDeploy and S3 to any AWS client until interrupted",
		Long: `Serves CodeDeploy and S3 on this machine and prints the variables that make AWS
clients use them. Applications, deployment groups, deployments and objects are
kept in .cdx/local, where the next "cdx local serve" finds them, or with
--in-memory not at all.

Deployments to in-place groups are carried out: their files go below --local-root.
Their hooks are run for requests with the access key that is printed, of bundles
that were uploaded with it, while the service listens on loopback: --yes allows
that, on a terminal cdx asks, and otherwise, or with --skip-hooks, they are left
out. Other groups are simulated, and those that --seed gives a timeline do what
that says.`,
		Example: `  cdx local serve --yes > local.env &
  . ./local.env
  aws s3 mb s3://my-bucket
  cdx local serve --seed scenario.yml --address 127.0.0.1:4566`,
		Args: arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error { return p.serveLocally(c) },
	}
	settings.AddFlags(serve.Flags(), "address", "seed", "in-memory")
	settings.AddFlags(serve.Flags(), localFlags[1:]...)
	c.AddCommand(serve)
	return c
}

func (p *program) serveLocally(c *cobra.Command) error {
	set, err := p.load(c)
	if err != nil {
		return err
	}
	ctx := c.Context()
	options, err := p.serveOptions(ctx, set)
	if err != nil {
		return err
	}
	service, err := newService(options)
	var mistake *local.SeedError
	if errors.As(err, &mistake) {
		return badSeed(set.String("seed"), mistake)
	}
	if err != nil {
		return err
	}
	if err := listenLocally(ctx, service, options, set.String("address")); err != nil {
		return join(err, service.Close())
	}
	p.printEndpoint(service)
	if service.Exposed() && !options.SkipHooks {
		p.progress.Warn("hooks are left out, because others than this machine can reach the service; --address 127.0.0.1:0 lets them run")
	}
	p.progress.Event("serving CodeDeploy and S3 at " + service.URL() + "; Ctrl-C ends it")
	<-ctx.Done()
	if err := service.Close(); err != nil {
		return join(context.Cause(ctx), err)
	}
	return &hintedError{context.Cause(ctx), serveAgain(options)}
}

// serveAgain says what is left of a service that was ended.
func serveAgain(options local.Options) string {
	if options.Keep {
		return "its state is kept in " + localDir + "; go on with: cdx local serve"
	}
	return "nothing is kept; start anew with: cdx local serve --in-memory"
}

// serveOptions are those of a service that goes on.
func (p *program) serveOptions(ctx context.Context, set *settings.Set) (local.Options, error) {
	allowed, err := p.allowHooks(ctx, set)
	if err != nil {
		return local.Options{}, err
	}
	if err := checkLocalState(set, checkout.Read(ctx, ".", p.lookupEnv)); err != nil {
		return local.Options{}, err
	}
	options, err := p.localOptions(set)
	if err != nil {
		return local.Options{}, err
	}
	options.Keep = !set.Bool("in-memory")
	options.OnSave = func(err error) { p.progress.Warn(fmt.Sprintf("what has changed cannot be kept: %v", err)) }
	options.SkipHooks = !allowed
	if name := set.String("seed"); name != "" {
		data, err := infile.Read(name, maxParameterBytes)
		if err != nil {
			return local.Options{}, badSeed(name, err)
		}
		if options.Seed, err = local.ParseSeed(data); err != nil {
			return local.Options{}, badSeed(name, err)
		}
	}
	return options, nil
}

func badSeed(name string, err error) error {
	return &usageError{message: fmt.Sprintf("seed %s: %v", name, err), hint: "docs/local.md describes seeds"}
}

// allowHooks says whether hooks of deployments may run here. Without a terminal to
// ask on they may not: whoever starts a service does not know what will come.
func (p *program) allowHooks(ctx context.Context, set *settings.Set) (bool, error) {
	switch {
	case set.Bool("skip-hooks"):
		return false, nil
	case set.Bool("yes"):
		return true, nil
	case !p.streams.InTerminal:
		p.progress.Warn("hooks are left out: --yes lets those of requests with the printed access key run")
		return false, nil
	}
	return p.progress.Confirm(ctx, "Run the hooks of what is deployed with the access key that is printed here, as you?")
}

// printEndpoint prints what clients need, in the form of a shell or as an object.
func (p *program) printEndpoint(service *local.Service) {
	credentials := service.Credentials()
	values := map[string]string{}
	for _, variable := range [][2]string{
		{"AWS_ENDPOINT_URL", service.URL()},
		{"AWS_ACCESS_KEY_ID", credentials.AccessKeyID},
		{"AWS_SECRET_ACCESS_KEY", credentials.SecretAccessKey},
		{"AWS_REGION", service.Region()},
		{"AWS_DEFAULT_REGION", service.Region()}, // the AWS CLI's version 1 reads this one only
	} {
		p.out.line(fmt.Sprintf("export %s=%s", variable[0], variable[1]))
		values[variable[0]] = variable[1]
	}
	if p.out.structured() {
		p.out.object(values)
	}
}
