package agent

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// inView runs fn in a view of the file systems, on a thread with a mount namespace of its own, which ends
// with it. Before that it runs prepare. The error is that of setting the view up, or one of theirs.
func inView(config isolationConfig, prepare, fn func() error) (changes []Change, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if err = unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS); err != nil {
			return
		}
		if err = errors.Join(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""), prepare()); err != nil {
			return
		}
		var v *view
		if v, err = setUpView(config); err != nil {
			return
		}
		err = fn()
		changes = v.changes()
		for _, l := range v.layers {
			err = errors.Join(err, l.upper.Close())
			if l.lower != nil {
				err = errors.Join(err, l.lower.Close())
			}
		}
	}()
	<-done
	return changes, err
}

func TestView(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("views take root")
	}
	outside, kept := t.TempDir(), t.TempDir()
	must(t, os.WriteFile(filepath.Join(outside, "present"), []byte("old"), 0o600))
	must(t, os.WriteFile(filepath.Join(outside, "removed"), nil, 0o600))
	single := filepath.Join(outside, "mounted") // like /etc/hosts in a container
	must(t, os.WriteFile(single, nil, 0o600))
	mountSingle := func() error {
		return unix.Mount(filepath.Join(outside, "present"), single, "", unix.MS_BIND, "")
	}
	changes, err := inView(isolationConfig{Scratch: t.TempDir(), Keep: []string{kept}}, mountSingle, func() error {
		if err := unix.Access("/proc/sys/vm/swappiness", unix.W_OK); !errors.Is(err, unix.EROFS) {
			return fmt.Errorf("the machine's settings can be written: %w", err)
		}
		home, err := os.ReadDir("/root")
		if len(home) > 0 {
			err = errors.Join(err, errors.New("/root is not empty"))
		}
		return errors.Join(err,
			os.WriteFile(filepath.Join(outside, "present"), []byte("new"), 0o600),
			os.Remove(filepath.Join(outside, "removed")),
			os.WriteFile(filepath.Join(outside, "added"), nil, 0o600),
			os.WriteFile(filepath.Join(kept, "real"), nil, 0o600),
			os.WriteFile(single, []byte("also new"), 0o600),
			os.WriteFile("/dev/null", []byte("x"), 0o600),
		)
	})
	var refused *IsolationError
	if errors.As(err, &refused) || errors.Is(err, unix.EPERM) {
		t.Skip(err)
	}
	must(t, err)
	for _, want := range []Change{
		{filepath.Join(outside, "present"), ChangeChanged}, {filepath.Join(outside, "removed"), ChangeRemoved}, {filepath.Join(outside, "added"), ChangeAdded}, {single, ChangeChanged},
	} {
		if !slices.Contains(changes, want) {
			t.Errorf("%v is not in %v", want, changes)
		}
	}
	if len(changes) != 4 {
		t.Errorf("changes %v", changes)
	}
	if text, err := os.ReadFile(filepath.Join(outside, "present")); err != nil || string(text) != "old" {
		t.Errorf("outside: %q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(kept, "real")); err != nil {
		t.Error("what is kept was not written: ", err)
	}
}

// TestViewFindsHosts has host names looked up as systemd-resolved sets it up: by a file in a hidden folder.
func TestViewFindsHosts(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("views take root")
	}
	prepare := func() error {
		return errors.Join(unix.Mount("tmpfs", "/etc", "tmpfs", 0, ""), unix.Mount("tmpfs", "/run", "tmpfs", 0, ""),
			os.MkdirAll("/run/resolve/other", 0o755), os.WriteFile("/run/resolve/stub.conf", []byte("nameserver 127.0.0.53"), 0o644),
			os.Symlink("../run/resolve/stub.conf", resolverFile))
	}
	changes, err := inView(isolationConfig{Scratch: t.TempDir()}, prepare, func() error {
		content, err := os.ReadFile(resolverFile)
		if string(content) != "nameserver 127.0.0.53" {
			err = errors.Join(err, fmt.Errorf("%s: %q", resolverFile, content))
		}
		if _, statErr := os.Stat("/run/resolve/other"); statErr == nil {
			err = errors.Join(err, errors.New("/run is not hidden"))
		}
		return errors.Join(err, os.WriteFile("/run/resolve/new", nil, 0o644))
	})
	var refused *IsolationError
	if errors.As(err, &refused) || errors.Is(err, unix.EPERM) {
		t.Skip(err)
	}
	must(t, err)
	if want := []Change{{"/run/resolve/new", ChangeAdded}}; !slices.Equal(changes, want) {
		t.Errorf("changes %v, want %v", changes, want)
	}
}

// TestViewOfFAT: where overlay refuses a file system, the view has it read-only. Here that is a /proc in
// another place, which overlay refuses as well.
func TestViewOfFAT(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("views take root")
	}
	refused := t.TempDir()
	v := &view{config: isolationConfig{Scratch: t.TempDir()}, root: t.TempDir()}
	must(t, os.MkdirAll(v.in(refused), 0o755))
	done := errors.New("done")
	_, err := inView(isolationConfig{}, func() error {
		err := unix.Mount("proc", refused, "proc", 0, "")
		if err != nil {
			return err
		}
		if err := v.mount(mountPoint{at: refused, kind: "vfat"}); err != nil {
			return err
		}
		if err := unix.Access(v.in(filepath.Join(refused, "sys/vm/swappiness")), unix.W_OK); !errors.Is(err, unix.EROFS) {
			return fmt.Errorf("it can be written to: %w", err)
		}
		return done
	}, nil)
	switch {
	case errors.Is(err, unix.EPERM):
		t.Skip(err)
	case err.Error() != done.Error() || len(v.layers) > 0:
		t.Errorf("%v, layers %v", err, v.layers)
	}
}

// A view that cannot be made says which part of it.
func TestViewRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("views take root")
	}
	for _, config := range []isolationConfig{
		{Scratch: filepath.Join(t.TempDir(), "none")},
		{Scratch: t.TempDir(), Keep: []string{"/none/at/all"}},
	} {
		_, err := inView(config, func() error { return nil }, func() error { return nil })
		if errors.Is(err, unix.EPERM) {
			t.Skip(err)
		}
		if refused := (*IsolationError)(nil); !errors.As(err, &refused) || refused.Reason == "" {
			t.Errorf("%+v: %v", config, err)
		}
	}
}
