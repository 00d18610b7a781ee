package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/bundle"
	"github.com/cdx-deploy/cdx/pkg/local/agent"
)

// plannable is a revision for servers that a plan can be made of.
type plannable struct {
	name    string
	files   fs.FS
	appSpec *appspec.File
	spec    *appspec.Spec
	close   func() error // removes what was unpacked
}

// openPlanned opens what a plan is asked for: a directory, or a bundle. There may be a
// revision as well as an error, as openDirectory says.
func (p *program) openPlanned(ctx context.Context, set *settings.Set, args []string) (*plannable, error) {
	if len(args) > 0 && isFile(args[0]) {
		return p.openPlannedBundle(ctx, set, args[0])
	}
	dir, err := directory(set, args)
	if err != nil {
		return nil, err
	}
	return p.openDirectory(ctx, set, dir)
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// openPlannedBundle opens a bundle and checks its AppSpec file as one in a directory is.
func (p *program) openPlannedBundle(ctx context.Context, set *settings.Set, name string) (*plannable, error) {
	if err := idle(set, packageFlags, "when a bundle is planned for"); err != nil {
		return nil, err
	}
	rev, err := unpackBundle(ctx, set, name)
	if err != nil {
		return nil, err
	}
	var found error
	if appspec.HasErrors(p.reportFindings(set, rev.appSpec, appspec.Options{Files: rev.files})) {
		found = &appSpecError{message: rev.appSpec.Name() + " would make the deployment fail", hint: "mend it where the bundle was made, and package that again"}
	}
	if err := rev.understand(set); err != nil {
		return nil, join(cmp.Or(found, err), rev.close())
	}
	return rev, found
}

// openRevision opens a directory or a bundle to compare with.
func (p *program) openRevision(ctx context.Context, set *settings.Set, name string) (*plannable, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, &usageError{message: fmt.Sprintf("%s: %v", name, cause(err)), hint: "give a directory or a bundle: zip, tar or tgz"}
	case info.IsDir():
		rev, err := p.openDirectory(ctx, set, name)
		if err != nil {
			return nil, err
		}
		return rev, nil
	case !info.Mode().IsRegular():
		return nil, &usageError{message: name + " is no file", hint: "give a directory or a bundle: zip, tar or tgz"}
	}
	rev, err := unpackBundle(ctx, set, name)
	if err != nil {
		return nil, err
	}
	if err := rev.understand(set); err != nil {
		return nil, join(err, rev.close())
	}
	return rev, nil
}

// openDirectory looks at what ships of a directory. When the AppSpec file has
// errors that an agent finds only later, there is a revision and an error.
func (p *program) openDirectory(ctx context.Context, set *settings.Set, dir string) (*plannable, error) {
	pkg, found := p.packageDir(ctx, set, dir)
	if pkg == nil || found != nil && pkg.tree == nil {
		return nil, found
	}
	if pkg.tree == nil {
		return nil, &usageError{
			message: fmt.Sprintf("%s is an AppSpec file for %s: it installs no files", pkg.appSpec.Name(), pkg.appSpec.Platform()),
			hint:    "see what it deploys with: cdx deploy --dry-run",
		}
	}
	rev := &plannable{name: dir, files: agent.BundleFS(pkg.tree), appSpec: pkg.appSpec, close: func() error { return nil }}
	if err := rev.understand(set); err != nil {
		return nil, cmp.Or(found, err)
	}
	return rev, found
}

// understand reads the AppSpec file as the agent does.
func (r *plannable) understand(set *settings.Set) (err error) {
	if r.spec, err = r.appSpec.Spec(agentOf(set)); err != nil {
		return &appSpecError{message: fmt.Sprintf("%s: %v", r.appSpec.Name(), err), cause: err}
	}
	return nil
}

// unpackBundle unpacks a bundle into a temporary folder.
func unpackBundle(ctx context.Context, set *settings.Set, name string) (*plannable, error) {
	kind, ok := bundle.TypeForKey(name)
	if !ok {
		return nil, &usageError{message: fmt.Sprintf("%s is not called like a bundle", name), hint: "give a directory, or a file that ends in .zip, .tar or .tgz"}
	}
	dir, err := os.MkdirTemp("", "cdx-plan-")
	if err != nil {
		return nil, err
	}
	remove := func() error { return os.RemoveAll(dir) }
	revision := filepath.Join(dir, "revision")
	if err := agent.Unpack(ctx, name, types.BundleType(kind), revision, agent.UnpackOptions{MaxUnpacked: set.Size("max-unpacked")}); err != nil {
		return nil, join(notUnpacked(name, err), remove())
	}
	root, err := os.OpenRoot(revision) // so that its links lead nowhere else
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open bundle %s: %w", name, err), remove())
	}
	closeAll := func() error { return errors.Join(root.Close(), remove()) }
	appSpec, err := bundledAppSpec(name, root.FS())
	if err != nil {
		return nil, join(err, closeAll())
	}
	return &plannable{name: name, files: root.FS(), appSpec: appSpec, close: closeAll}, nil
}

// notUnpacked says why a bundle could not be unpacked, and what helps where that is the bundle's fault.
func notUnpacked(name string, err error) error {
	err = fmt.Errorf("open bundle %s: %w", name, err)
	if errors.Is(err, context.Canceled) || as[*fs.PathError](err) || as[*agent.LimitError](err) {
		return err
	}
	return &hintedError{err, "make it again, or download it again"}
}

// bundledAppSpec finds and reads the AppSpec file of an unpacked bundle.
func bundledAppSpec(bundle string, files fs.FS) (*appspec.File, error) {
	name, err := appspec.Find(files)
	var missing *appspec.NotFoundError
	switch {
	case errors.As(err, &missing) && missing.Nearest != "":
		return nil, &appSpecError{message: fmt.Sprintf("bundle %s has no appspec.yml in its root, but %s", bundle, missing.Nearest), hint: "package the directory again with appspec.yml in its root, the only name that every agent reads", cause: err}
	case err != nil:
		return nil, &appSpecError{message: fmt.Sprintf("bundle %s has no appspec.yml in its root", bundle), hint: "package the directory that holds appspec.yml", cause: err}
	}
	content, err := appSpecContent(files, name)
	if err != nil {
		return nil, fmt.Errorf("open bundle %s: %w", bundle, err)
	}
	return appspec.Parse(filepath.Join(bundle, name), content), nil
}

// appSpecContent reads an AppSpec file, but not more of one than shows that it is too large.
func appSpecContent(files fs.FS, name string) (content []byte, err error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, appspec.MaxSize+1))
}
