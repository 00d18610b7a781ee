package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"sync"
	"syscall"
	"time"
)

// installer carries out a plan.
type installer struct {
	host     *hostRoot
	revision *os.Root
	record   io.Writer // gets the path of every step as it is carried out, a line each
	files    *pool

	mu     sync.Mutex
	denied []deniedStep
}

// remove removes what the plan says of the previous deployment.
func (in *installer) remove(ctx context.Context, plan *Plan) error {
	for _, at := range plan.Remove {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := in.removeOne(at); err != nil {
			return fmt.Errorf("remove %s of the previous deployment: %w", at, err)
		}
	}
	return nil
}

func (in *installer) removeOne(at string) error {
	found, err := in.host.lookup(at, false)
	if err != nil || !found.exists() || found.rel == "." {
		return err
	}
	if found.isDir() {
		in.host.forget(found.rel)
	}
	err = asRoot(in.host.root, path.Dir(found.rel), func() error { return in.host.root.Remove(found.rel) })
	if found.isDir() && isNotEmpty(err) {
		return nil
	}
	return err
}

// install writes what the plan says, up to its first conflict, which it returns as an
// [agentError]. Files are written several at once; nothing depends on their order, but for those that
// end up in one place.
func (in *installer) install(ctx context.Context, plan *Plan) error {
	steps := plan.Steps[:plan.reached()]
	if err := in.carryOutAll(ctx, steps); err != nil {
		return err
	}
	if failure := plan.failure(); failure != nil {
		return agentError(failure.Message)
	}
	return in.setFolderModes(steps)
}

func (in *installer) carryOutAll(ctx context.Context, steps []Step) error {
	in.files = newPool()
	defer in.files.close()
	for i := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := in.carryOut(&steps[i]); err != nil {
			return fmt.Errorf("install %s: %w", steps[i].Path, err)
		}
	}
	return in.finishFiles()
}

func (in *installer) carryOut(step *Step) error {
	if step.Mode.IsDir() {
		if err := in.makeFolder(step.Path); err != nil {
			return err
		}
		return in.note(step)
	}
	if err := in.note(step); err != nil {
		return err
	}
	if step.Mode&fs.ModeSymlink != 0 {
		if err := in.finishFiles(); err != nil {
			return err
		}
		return in.makeLink(step)
	}
	found, err := in.host.lookup(step.Path, true)
	if err != nil {
		return err
	}
	return in.files.do(found.rel, func(w *worker) error {
		err := in.copyFile(w, step, found.rel, func(_ *os.Root, _ string, change func() error) error { return change() })
		if !errors.Is(err, fs.ErrPermission) {
			return err
		}
		in.mu.Lock()
		defer in.mu.Unlock()
		in.denied = append(in.denied, deniedStep{step, found.rel})
		return nil
	})
}

// deniedStep is a file that could not be written without changing the modes of what is there.
type deniedStep struct {
	step *Step
	rel  string
}

// finishFiles waits for the files that are being written, and then writes those, one after the other,
// for which modes must be changed meanwhile: see [asRoot].
func (in *installer) finishFiles() error {
	if err := in.files.drain(); err != nil {
		return err
	}
	var w worker
	defer w.from.drop()
	defer w.to.drop()
	for _, d := range in.denied {
		if err := in.copyFile(&w, d.step, d.rel, asRoot); err != nil {
			return fmt.Errorf("install %s: %w", d.step.Path, err)
		}
	}
	in.denied = nil
	return nil
}

// note puts a step on record for the next deployment to remove.
func (in *installer) note(step *Step) error {
	_, err := io.WriteString(in.record, step.Path+"\n")
	return err
}

func (in *installer) makeFolder(at string) error {
	found, err := in.host.lookup(at, true)
	if err != nil {
		return err
	}
	err = asRoot(in.host.root, path.Dir(found.rel), func() error { return in.host.root.Mkdir(found.rel, 0o755) })
	if err == nil {
		in.host.dirs[found.rel] = true
	}
	return err
}

func (in *installer) makeLink(step *Step) error {
	found, err := in.host.lookup(step.Path, false)
	if err != nil {
		return err
	}
	err = asRoot(in.host.root, path.Dir(found.rel), func() error { return in.host.root.Symlink(step.Link, found.rel) })
	if err != nil && isLinkRefused(err) {
		return in.host.root.WriteFile(found.rel, []byte(step.Link), 0o644)
	}
	return err
}

// access makes a change that needs write access to a path: it is [asRoot], or does nothing but that.
type access func(root *os.Root, rel string, change func() error) error

// copyFile copies contents, mode and modification time to a place below the root.
func (in *installer) copyFile(w *worker, step *Step, rel string, as access) (err error) {
	source, name, err := w.from.dir(in.revision, step.real)
	if err != nil {
		return err
	}
	src, err := source.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	folder, name, err := w.to.dir(in.host.root, rel)
	if err != nil {
		return err
	}
	info, err := src.Stat()
	if err != nil {
		return err
	}
	if err := writeFile(folder, name, src, step.Mode, as); err != nil {
		return err
	}
	return folder.Chtimes(name, time.Time{}, info.ModTime())
}

// foreignBits are those of a mode that no file installed here gets: a program with them would run as the
// present user for everybody on this machine. On folders they are harmless.
const foreignBits = fs.ModeSetuid | fs.ModeSetgid

// writeFile writes a file in the place of one that may be there, and gives it a mode.
func writeFile(folder *os.Root, name string, content io.Reader, mode fs.FileMode, as access) (err error) {
	var dst *os.File
	err = as(folder, ".", func() (err error) {
		dst, err = create(folder, name)
		return err
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	if _, err := io.Copy(dst, content); err != nil {
		return err
	}
	return chmodFile(dst, mode&^foreignBits)
}

// create makes a file anew. The agent writes into what is there; but that may be a pipe, or have a
// second name outside of the root, which must not change.
func create(folder *os.Root, name string) (*os.File, error) {
	const flags = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	dst, err := folder.OpenFile(name, flags, 0o600)
	if !errors.Is(err, fs.ErrExist) {
		return dst, err
	}
	if err := folder.Remove(name); err != nil {
		return nil, err
	}
	return folder.OpenFile(name, flags, 0o600)
}

// setFolderModes gives the folders their modes once everything is in them, the innermost first.
func (in *installer) setFolderModes(steps []Step) error {
	for _, step := range slices.Backward(steps) {
		if !step.Mode.IsDir() {
			continue
		}
		found, err := in.host.lookup(step.Path, true)
		if err == nil {
			err = in.host.root.Chmod(found.rel, step.Mode)
		}
		if err != nil {
			return fmt.Errorf("install %s: %w", step.Path, err)
		}
	}
	return nil
}

// asRoot runs a change that needs write access to a file or folder. The agent on an instance is
// root, whom modes do not stop; here the mode is changed for the time of the change.
func asRoot(root *os.Root, rel string, change func() error) error {
	err := change()
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	info, statErr := root.Stat(rel)
	if statErr != nil {
		return err
	}
	if chmodErr := root.Chmod(rel, info.Mode()|0o700); chmodErr != nil {
		return err
	}
	err = change()
	return errors.Join(err, ignoreMissing(root.Chmod(rel, info.Mode())))
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// isNotEmpty reports whether a folder was not removed because something is in it.
func isNotEmpty(err error) bool {
	return errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, fs.ErrExist)
}

// dirCache keeps the folder that was used last open: files come folder by folder, and opening each
// by its whole path would walk that path again and again.
type dirCache struct {
	rel  string
	root *os.Root
}

// dir returns the folder of a path below root, and the path's last component.
func (c *dirCache) dir(root *os.Root, rel string) (*os.Root, string, error) {
	folder, name := path.Split(rel)
	folder = path.Clean(folder)
	if c.root != nil && c.rel == folder {
		return c.root, name, nil
	}
	c.drop()
	opened, err := root.OpenRoot(folder)
	if err != nil {
		return nil, "", err
	}
	c.rel, c.root = folder, opened
	return opened, name, nil
}

// drop closes the folder, which was only read from.
func (c *dirCache) drop() {
	if c.root != nil {
		_ = c.root.Close()
		c.root = nil
	}
}
