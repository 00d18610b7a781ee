package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/awsapi/slim"
	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/local"
	"github.com/cdx-deploy/cdx/pkg/local/agent"
	"github.com/cdx-deploy/cdx/pkg/local/objects"
)

// localFlags are the settings of a deployment on this machine.
var localFlags = []string{"local", "local-root", "skip-hooks", "isolate", "max-unpacked", "agent"}

// deployLocally runs the same deployment against a service inside this process.
func (p *program) deployLocally(ctx context.Context, sets []*settings.Set, args []string, facts checkout.Facts) (err error) {
	if err := checkLocalState(sets[0], facts); err != nil {
		return err
	}
	var units []*unit
	for _, set := range sets {
		u, err := p.planLocally(ctx, set, args, facts)
		if err != nil {
			return err
		}
		units = append(units, u)
	}
	if sets[0].Bool("dry-run") {
		if err := hashAll(ctx, units); err != nil {
			return err
		}
		return p.dryRun(units)
	}
	options, err := p.localOptions(sets[0])
	if err != nil {
		return err
	}
	service, err := newService(options) // first, so that what is confirmed stays as it is
	if err != nil {
		return err
	}
	defer func() { err = join(err, service.Close()) }()
	if err := p.confirmHooks(ctx, units); err != nil {
		return err
	}
	if err := listenLocally(ctx, service, options, "127.0.0.1:0"); err != nil {
		return err
	}
	p.local = localClients(service, service.URL())
	for _, u := range units {
		if err := p.prepare(ctx, service, u); err != nil {
			return err
		}
	}
	return p.launch(ctx, units)
}

// planLocally names what nobody has named: a local deployment needs no settings.
func (p *program) planLocally(ctx context.Context, set *settings.Set, args []string, facts checkout.Facts) (*unit, error) {
	for _, flag := range []string{"revision", "s3-location", "github-location", "github"} {
		if set.IsSet(flag) {
			return nil, &usageError{message: fmt.Sprintf("--local deploys a directory, and --%s names something else", flag), hint: "leave one of them out"}
		}
	}
	dir, err := directory(set, args)
	if err != nil {
		return nil, err
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	return p.planUnit(ctx, set, args, facts, defaults{application: localName(filepath.Base(absolute)), group: "local", bucket: "cdx-local"})
}

// localName makes a folder's name one that an application may have.
// Source: CodeDeploy API reference, CreateApplication, and the service's own check.
func localName(folder string) string {
	name := strings.Map(func(r rune) rune {
		if r < 0x80 && strings.ContainsRune(plainInName, r) {
			return r
		}
		return '-'
	}, folder)
	return name[:min(len(name), 100)]
}

// plainInName are the characters of an application's name.
const plainInName = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+=,@-"

// prepare makes application, groups and bucket exist in the local service.
func (p *program) prepare(ctx context.Context, service *local.Service, u *unit) error {
	if u.upload != nil {
		if err := service.Ensure("", "", u.upload.bucket); err != nil {
			return err
		}
	}
	for _, group := range u.groups {
		if err := createLocally(ctx, p.local.codeDeploy, u.application, group, u.platform()); err != nil {
			return err
		}
	}
	return nil
}

// platform is the compute platform of what is deployed.
func (u *unit) platform() types.ComputePlatform {
	switch {
	case u.upload != nil:
		return types.ComputePlatformServer
	case u.content == appspec.ECS:
		return types.ComputePlatformEcs
	default:
		return types.ComputePlatformLambda
	}
}

// createLocally creates an application and a deployment group, unless they are there.
func createLocally(ctx context.Context, client *slim.Client, application, group string, platform types.ComputePlatform) error {
	_, err := client.CreateApplication(ctx, &codedeploy.CreateApplicationInput{ApplicationName: &application, ComputePlatform: platform})
	var there *types.ApplicationAlreadyExistsException
	if err != nil && !errors.As(err, &there) {
		return fmt.Errorf("create application %s: %w", application, err)
	}
	in := &codedeploy.CreateDeploymentGroupInput{
		ApplicationName: &application, DeploymentGroupName: &group,
		ServiceRoleArn: aws.String("arn:aws:iam::123456789012:role/local"),
	}
	if platform == types.ComputePlatformEcs {
		in.EcsServices = []types.ECSService{{ClusterName: aws.String("local"), ServiceName: &application}}
	}
	if platform != types.ComputePlatformServer {
		in.DeploymentStyle = &types.DeploymentStyle{DeploymentType: types.DeploymentTypeBlueGreen, DeploymentOption: types.DeploymentOptionWithTrafficControl}
	}
	_, err = client.CreateDeploymentGroup(ctx, in)
	var exists *types.DeploymentGroupAlreadyExistsException
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("create deployment group %s: %w", group, err)
	}
	return nil
}

// localOptions are what the settings say about deployments on this machine.
func (p *program) localOptions(set *settings.Set) (local.Options, error) {
	if err := makeLocalDir(); err != nil {
		return local.Options{}, &hintedError{fmt.Errorf("make a folder for the local state: %w", err), elsewhereHint}
	}
	isolation, err := isolation(set)
	if err != nil {
		return local.Options{}, err
	}
	return local.Options{
		Dir:         localDir,
		Root:        set.String("local-root"),
		SkipHooks:   set.Bool("skip-hooks"),
		Isolation:   isolation,
		Environ:     p.environ,
		Agent:       agentOf(set),
		MaxUnpacked: set.Size("max-unpacked"),
		OnChanges:   p.showChanges,
		OnNotice: func(_ string, notice agent.Notice) {
			text := fmt.Sprintf("%s: %s", notice.Where, notice.Message)
			if notice.Kind == agent.NoticeHook && !set.Bool("skip-hooks") {
				p.progress.Warn(text) // nobody has asked for that
				return
			}
			p.progress.Detail(text)
		},
	}, nil
}

// newService makes a local service, or says what is in its way and what helps.
func newService(options local.Options) (*local.Service, error) {
	service, err := local.New(options)
	var inUse *local.InUseError
	var damaged *objects.DamagedError
	switch {
	case errors.As(err, &inUse):
		return nil, &hintedError{inUse, "wait until it has ended, or work in another folder: what is remembered of deployments is in " + localDir + " of the working directory"}
	case errors.As(err, &damaged):
		return nil, &hintedError{damaged, "to begin anew, and lose nothing: mv " + localDir + " " + localDir + ".damaged"}
	case err != nil:
		return nil, &hintedError{err, elsewhereHint}
	}
	if err := checkIsolation(options.Isolation); err != nil { // by one at a time, which has the folder now
		return nil, join(err, service.Close())
	}
	return service, nil
}

// listenLocally makes the local root, and the service listen.
func listenLocally(ctx context.Context, service *local.Service, options local.Options, address string) error {
	if err := os.MkdirAll(options.Root, 0o755); err != nil {
		return &hintedError{fmt.Errorf("make the local root: %w", err), "name a folder that you may write to: --local-root DIR"}
	}
	err := service.Listen(ctx, address)
	var malformed *net.AddrError
	var unknown *net.DNSError
	switch {
	case errors.As(err, &malformed), errors.As(err, &unknown):
		return &usageError{message: fmt.Sprintf("--address: %v", err), hint: "give a host and a port: --address 127.0.0.1:4566"}
	case err != nil:
		return &hintedError{err, "name another address of this machine: --address 127.0.0.1:0 takes a port that is free"}
	}
	return nil
}

// confirmHooks lists the programs that a local deployment runs on this machine
// and asks whether it may.
func (p *program) confirmHooks(ctx context.Context, units []*unit) error {
	set := units[0].set
	var hooks []string
	for _, u := range units {
		if u.upload != nil {
			these, err := hooksOf(u)
			if err != nil {
				return err
			}
			hooks = append(hooks, these...)
		}
	}
	if len(hooks) == 0 || set.Bool("skip-hooks") {
		return nil
	}
	list := "hooks that run on this machine, as you:\n  " + strings.Join(hooks, "\n  ")
	if set.Bool("yes") {
		p.progress.Detail(list)
		return nil
	}
	refusal := &usageError{message: "the hooks of this revision were not confirmed", hint: "give --yes to run them, or --skip-hooks to leave them out"}
	p.progress.Report(list)
	if yes, err := p.progress.Confirm(ctx, "Run them?"); err != nil || !yes {
		return refusal
	}
	return nil
}

// hooksOf lists the scripts that a local deployment runs, in order: for each group
// those of the previous revision, which stop it, and those of this one.
func hooksOf(u *unit) (hooks []string, err error) {
	version := agentOf(u.set)
	spec, err := u.upload.pkg.appSpec.Spec(version)
	if err != nil {
		return nil, &appSpecError{message: err.Error(), cause: err}
	}
	files := agent.BundleFS(u.upload.pkg.tree)
	for _, group := range u.groups {
		options := agent.PlanOptions{Agent: version}
		history, err := remember(&options, u.application, group)
		if err != nil {
			return nil, fmt.Errorf("read what was deployed here before: %w", err)
		}
		for _, event := range agent.PlanEvents(files, spec, options) {
			if event.Previous && !history.Vouched {
				continue // they are left out
			}
			for _, script := range event.Scripts {
				hook := event.Name + " " + filepath.ToSlash(filepath.Join(u.upload.pkg.dir, script.Location))
				switch {
				case !filepath.IsLocal(strings.TrimLeft(script.Location, "/")):
					hook = event.Name + " " + script.Location + ", which leads out of the unpacked revision"
				case event.Previous:
					hook = event.Name + " " + script.Location + " of the previous revision, from deployment " + history.LastSuccessful
				}
				if !slices.Contains(hooks, hook) { // groups have most of them in common
					hooks = append(hooks, hook)
				}
			}
		}
	}
	return hooks, nil
}
