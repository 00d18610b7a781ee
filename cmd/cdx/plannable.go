package main

import (
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
	name  string
	files fs.FS
	spec  *appspec.Spec
	close func() error // removes what was unpacked
}

// openRevision opens a directory or a bundle.
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
	}
	return openBundle(ctx, set, name)
}

// openDirectory looks at what ships of a directory. When the AppSpec file has
// errors that an agent finds only later, there is a revision and an error.
func (p *program) openDirectory(ctx context.Context, set *settings.Set, dir string) (*plannable, error) {
	pkg, found := p.packageDir(ctx, set, dir)
	if pkg == nil {
		return nil, found
	}
	if pkg.tree == nil {
		return nil, &usageError{
			message: fmt.Sprintf("%s is an AppSpec file for %s: it installs no files", pkg.appSpec.Name(), pkg.appSpec.Platform()),
			hint:    "see what it deploys with: cdx deploy --dry-run",
		}
	}
	spec, err := pkg.appSpec.Spec(agentOf(set))
	if err != nil {
		return nil, join(found, &appSpecError{message: fmt.Sprintf("%s: %v", pkg.appSpec.Name(), err), cause: err})
	}
	return &plannable{name: dir, files: agent.BundleFS(pkg.tree), spec: spec, close: func() error { return nil }}, found
}

// openBundle unpacks a bundle into a temporary folder.
func openBundle(ctx context.Context, set *settings.Set, name string) (*plannable, error) {
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
		return nil, errors.Join(fmt.Errorf("open bundle %s: %w", name, err), remove())
	}
	root, err := os.OpenRoot(revision) // so that its links lead nowhere else
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open bundle %s: %w", name, err), remove())
	}
	closeAll := func() error { return errors.Join(root.Close(), remove()) }
	spec, err := bundleSpec(set, root.FS())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open bundle %s: %w", name, err), closeAll())
	}
	return &plannable{name: name, files: root.FS(), spec: spec, close: closeAll}, nil
}

// bundleSpec reads the AppSpec file of an unpacked bundle.
func bundleSpec(set *settings.Set, files fs.FS) (*appspec.Spec, error) {
	path, err := appspec.Find(files)
	if err != nil {
		return nil, err
	}
	content, err := appSpecContent(files, path)
	if err != nil {
		return nil, err
	}
	spec, err := appspec.Parse(path, content).Spec(agentOf(set))
	if err != nil {
		return nil, &appSpecError{message: fmt.Sprintf("%s: %v", path, err), cause: err}
	}
	return spec, nil
}

// appSpecContent reads an AppSpec file, but not more than a byte over what one may have:
// a bundle can hold one of any size.
func appSpecContent(files fs.FS, path string) (content []byte, err error) {
	f, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, appspec.MaxSize+1))
}
