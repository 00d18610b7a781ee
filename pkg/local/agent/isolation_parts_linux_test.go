package agent

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// openDir makes a folder with files and folders (names that end in a slash) and opens it.
func openDir(t *testing.T, names ...string) *os.Root {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if strings.HasSuffix(name, "/") {
			must(t, os.MkdirAll(filepath.Join(dir, name), 0o755))
			continue
		}
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o644))
	}
	root, err := os.OpenRoot(dir)
	must(t, err)
	t.Cleanup(func() { must(t, root.Close()) })
	return root
}

// The upper folder of an overlay has what was written: this says what that did to the lower one.
func TestChangesOfLayers(t *testing.T) {
	v := &view{
		config: isolationConfig{Keep: []string{"/work/.cdx/root"}},
		layers: []layer{
			{at: "/", upper: openDir(t, "etc/changed", "etc/new", "etc/folder/", "opt/tool/bin", "work/.cdx/root/own", "work/.cdx/other"),
				lower: openDir(t, "etc/changed", "etc/old", "work/.cdx/")},
			{at: "/home", upper: openDir(t, "me/.profile")}, // hidden: nothing is below
		},
	}
	want := "[{/etc/changed changed} {/etc/folder added} {/etc/new added} {/home/me added} {/home/me/.profile added} " +
		"{/opt added} {/opt/tool added} {/opt/tool/bin added} {/work/.cdx/other added}]"
	if got := fmt.Sprint(v.changes()); got != want {
		t.Errorf("changes\n%s, want\n%s", got, want)
	}
}

func TestChangesHaveAnEnd(t *testing.T) {
	names := make([]string, maxChanges+5)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	v := &view{layers: []layer{{at: "/x", upper: openDir(t, names...), lower: openDir(t)}}}
	if got := len(v.changes()); got != maxChanges {
		t.Errorf("%d changes", got)
	}
}

func TestWhiteouts(t *testing.T) {
	upper := openDir(t, "file")
	if err := unix.Mknod(filepath.Join(upper.Name(), "gone"), unix.S_IFCHR, 0); err != nil {
		t.Skip("no device can be made: ", err)
	}
	v := &view{layers: []layer{{at: "/", upper: upper, lower: openDir(t, "gone", "file")}}}
	if got := fmt.Sprint(v.changes()); got != "[{/file changed} {/gone removed}]" {
		t.Error(got)
	}
}

func TestReadMounts(t *testing.T) {
	name := filepath.Join(t.TempDir(), "mountinfo")
	must(t, os.WriteFile(name, []byte(`25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 25 0:5 / /proc rw - proc proc rw
31 25 0:6 / /mnt/two\040words rw - ext4 /dev/sdb ro
32 25 0:7 / /mnt/back\134slash ro,nosuid - tmpfs none rw
33 25 0:8 / /mnt rw - ext4 /dev/hidden rw
34 25 0:9 / /mnt rw - xfs /dev/topmost rw
`), 0o644))
	mounts, err := readMounts(name)
	must(t, err)
	want := `[{/ ext4 false} {/mnt xfs false} {/mnt/back\slash tmpfs true} {/mnt/two words ext4 true} {/proc proc false}]`
	if got := fmt.Sprint(mounts); got != want {
		t.Errorf("mounts %s, want %s", got, want)
	}
	for i, m := range mounts {
		if m.isVirtual() != (i == 4) {
			t.Errorf("%+v is virtual: %t", m, m.isVirtual())
		}
	}
	for _, text := range []string{"no mount\n", "1 2 3 4 - ext4\n", "1 2 3 4 5 6 -\n"} {
		must(t, os.WriteFile(name, []byte(text), 0o644))
		if _, err := readMounts(name); err == nil {
			t.Errorf("%q is understood", text)
		}
	}
	if _, err := readMounts(name + ".none"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestMountOptions(t *testing.T) {
	if got := escaped(`/a:b,c\d`); got != `/a\:b\,c\\d` {
		t.Error(got)
	}
	for path, want := range map[string]bool{"/run": true, "/run/lock": true, "/runtime": false, "/": false} {
		if isBelowAny(path, []string{"/home", "/run"}) != want {
			t.Errorf("%s is below: %t", path, !want)
		}
	}
	for path, want := range map[string]bool{"/work": true, "/work/.cdx": false, "/wor": false} {
		if isAbove(path, []string{"/work/.cdx"}) != want {
			t.Errorf("%s is above: %t", path, !want)
		}
	}
}

// Mounts that are nobody's files, hidden, or the deployment's own are left out of the view: nothing is mounted.
func TestLeftOutMounts(t *testing.T) {
	v := &view{config: isolationConfig{Scratch: "/scratch", Keep: []string{"/keep"}}, root: "/none", hidden: []string{"/home"}}
	for _, m := range []mountPoint{
		{at: "/scratch", kind: "tmpfs"}, {at: "/dev/shm", kind: "tmpfs"}, {at: "/home/me", kind: "ext4"}, {at: "/keep", kind: "ext4"},
		{at: "/x", kind: "cgroup2"}, {at: "/is-not-there-at-all", kind: "ext4"},
	} {
		if err := v.mount(m); err != nil || len(v.layers) > 0 {
			t.Errorf("%+v: %v", m, err)
		}
	}
}

// What fails in the namespaces is told outside of them, with the number that the system gave.
func TestFailuresOfIsolation(t *testing.T) {
	reply := failedSetUp(&IsolationError{Reason: "no overlay", Err: fmt.Errorf("/: %w", syscall.EPERM)})
	if reply.Reason != "no overlay" || reply.Errno != syscall.EPERM || reply.Message != "/: operation not permitted" {
		t.Errorf("%+v", reply)
	}
	if reply := failedSetUp(errors.New("odd")); reply.Reason == "" || reply.Errno != 0 || reply.Message != "odd" {
		t.Errorf("%+v", reply)
	}
	if reply := failedSetUp(&IsolationError{Reason: "no root"}); reply.Reason != "no root" || reply.Message != "" {
		t.Errorf("%+v", reply)
	}
	var text bytes.Buffer
	must(t, writeErrno(&text, fmt.Errorf("start: %w", syscall.ENOEXEC)))
	if err := parseErrno(text.String()); !errors.Is(err, syscall.ENOEXEC) {
		t.Errorf("%s: %v", text.String(), err)
	}
	text.Reset()
	must(t, writeErrno(&text, errors.New("no number")))
	if err := parseErrno(text.String()); err.Error() != "no number" {
		t.Errorf("%s: %v", text.String(), err)
	}
	for err, want := range map[error]string{
		&IsolationError{Reason: "that takes root"}:                  "hooks cannot be isolated: that takes root",
		&IsolationError{Reason: "no overlay", Err: syscall.EPERM}:   "hooks cannot be isolated: no overlay: operation not permitted",
		error(&SignalledError{Signal: syscall.SIGKILL}):             "ended by signal: killed",
		fmt.Errorf("x: %w", &IsolationError{Err: fs.ErrPermission}): "x: hooks cannot be isolated: : permission denied",
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
	if !errors.Is(&IsolationError{Err: fs.ErrPermission}, fs.ErrPermission) {
		t.Error("the system's error is lost")
	}
}

// A helper that does not know its task, or a process whose namespaces are not there, is an error.
func TestHelperMistakes(t *testing.T) {
	for _, args := range [][]string{nil, {"init"}, {"run", "1"}, {"other", "{}"}} {
		if code, err := IsolationHelper(args); code == 0 || err == nil {
			t.Errorf("%v: %d, %v", args, code, err)
		}
	}
	if _, err := IsolationHelper([]string{helperInit, "no JSON"}); err == nil {
		t.Error("a configuration that is none")
	}
}

// A start that the helper cannot do is an isolation error, not a hook's.
func TestIsolationWithoutHelper(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("root is asked for first")
	}
	for _, helper := range []string{filepath.Join(t.TempDir(), "none"), "/bin/false"} {
		err := CheckIsolation(Isolation{Helper: []string{helper}}, t.TempDir())
		if refused := (*IsolationError)(nil); !errors.As(err, &refused) {
			t.Errorf("%s: %v", helper, err)
		}
	}
}

// The folders that cannot be written are given up with what is in them, as root could.
func TestFoldersAgainstTheirModes(t *testing.T) {
	root := openDir(t, "closed/file", "closed/sub/file")
	must(t, os.Chmod(filepath.Join(root.Name(), "closed/sub"), 0o500))
	must(t, os.Chmod(filepath.Join(root.Name(), "closed"), 0o500))
	refusals := 0
	err := asRoot(root, "closed", func() error {
		info, err := root.Stat("closed")
		must(t, err)
		if info.Mode().Perm()&0o200 == 0 { // what the system says to others than root
			refusals++
			return &fs.PathError{Op: "unlinkat", Path: "closed/file", Err: syscall.EACCES}
		}
		return root.Remove("closed/file")
	})
	info, statErr := root.Stat("closed")
	must(t, statErr)
	if err != nil || refusals != 1 || info.Mode().Perm() != 0o500 {
		t.Errorf("%v after %d refusals, mode %v", err, refusals, info.Mode())
	}
	if err := asRoot(root, "none", func() error { return fs.ErrPermission }); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	if err := asRoot(root, "closed", func() error { return fs.ErrInvalid }); !errors.Is(err, fs.ErrInvalid) {
		t.Error(err)
	}
	must(t, removeAll(filepath.Join(root.Name(), "closed")))
	if _, err := root.Stat("closed"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the folder is there still: ", err)
	}
}
