package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// hiddenFolders returns the folders that are empty in the view: they hold what belongs to people and to
// services.
func hiddenFolders() (dirs []string) {
	for _, name := range []string{"/home", "/root", "/run"} {
		if real, err := filepath.EvalSymlinks(name); err == nil {
			dirs = append(dirs, real)
		}
	}
	return dirs
}

// ownMounts are the folders that have a mount of the view's own, made for it.
var ownMounts = []string{"/proc", "/sys", "/dev"}

// machineWide is where settings are the whole machine's, whatever the namespace: in the view it can only be
// read.
var machineWide = []string{"/sys", "/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs"}

// view is a file system tree that is this machine's, but for what is written to it.
type view struct {
	config isolationConfig
	root   string // where it is put together
	hidden []string
	layers []layer
	copies map[string]fs.FileInfo // of files that are mounts of their own, as they were copied
	shown  []string               // files in hidden folders that are there all the same
}

// layer is what was written to one of the machine's file systems.
type layer struct {
	at           string
	upper, lower *os.Root // lower is nil for an empty one
}

// setUpView makes the view the root of the present mount namespace.
func setUpView(config isolationConfig) (*view, error) {
	v := &view{config: config, root: filepath.Join(config.Scratch, "root"), hidden: hiddenFolders(), copies: map[string]fs.FileInfo{}}
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"mounts cannot be made private", func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") }},
		{"no tmpfs can be mounted", func() error { return unix.Mount("tmpfs", config.Scratch, "tmpfs", 0, "mode=700") }},
		{"the kernel refuses a copy-on-write view (overlay)", v.overlays},
		{"the view's /proc, /sys and /dev cannot be mounted", v.system},
		{"folders cannot be hidden", v.hide},
		{"the file that says how host names are found cannot be shown", v.resolver},
		{"the deployment's own folders cannot be mounted", v.keep},
		{"the loopback interface cannot be set up", v.network},
		{"the view cannot become the root", v.enter},
	} {
		if err := step.do(); err != nil {
			return nil, &IsolationError{Reason: step.what, Err: err}
		}
	}
	return v, nil
}

// in is the place of a path of the machine in the view.
func (v *view) in(path string) string { return filepath.Join(v.root, path) }

// overlays puts a copy-on-write view of each mounted file system in its place.
func (v *view) overlays() error {
	mounts, err := readMounts("/proc/thread-self/mountinfo")
	if err != nil {
		return err
	}
	if err := os.Mkdir(v.root, 0o755); err != nil {
		return err
	}
	for _, m := range mounts {
		if err := v.mount(m); err != nil {
			return fmt.Errorf("%s (%s): %w", m.at, m.kind, err)
		}
	}
	return nil
}

// mount shows one mount of the machine in the view. What is no file system for files is left out.
func (v *view) mount(m mountPoint) error {
	if m.at == v.config.Scratch || isBelowAny(m.at, ownMounts) || isBelowAny(m.at, v.hidden) || isBelowAny(m.at, v.config.Keep) || m.isVirtual() {
		return nil
	}
	info, err := os.Stat(m.at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another mount hides it
	}
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return v.copyFile(m.at, info.Mode().Perm())
	case m.readOnly:
		return v.bind(m.at)
	}
	return v.overlay(m.at, info)
}

func (v *view) overlay(at string, info fs.FileInfo) error {
	number := strconv.Itoa(len(v.layers))
	upper, work := filepath.Join(v.config.Scratch, "upper"+number), filepath.Join(v.config.Scratch, "work"+number)
	for _, dir := range []string{upper, work} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
	}
	if err := likeFolder(upper, info); err != nil {
		return err
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", escaped(at), escaped(upper), escaped(work))
	err := unix.Mount("overlay", v.in(at), "overlay", 0, options)
	if errors.Is(err, unix.EINVAL) && at != "/" {
		return v.bindReadOnly(at) // one that overlay cannot have below it, such as the FAT of /boot/efi
	}
	if err != nil {
		return err
	}
	return v.addLayer(at, upper, at)
}

// addLayer opens both sides of a layer while they have a path.
func (v *view) addLayer(at, upper, lower string) (err error) {
	l := layer{at: at}
	if l.upper, err = os.OpenRoot(upper); err != nil {
		return err
	}
	if lower != "" {
		l.lower, err = os.OpenRoot(lower)
	}
	v.layers = append(v.layers, l)
	return err
}

// escaped writes a path as a mount option.
func escaped(path string) string {
	return strings.NewReplacer(`\`, `\\`, ":", `\:`, ",", `\,`).Replace(path)
}

// likeFolder gives a folder the owner and mode of another.
func likeFolder(dir string, info fs.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		if err := os.Chown(dir, int(stat.Uid), int(stat.Gid)); err != nil {
			return err
		}
	}
	return os.Chmod(dir, info.Mode())
}

// copyFile puts a copy of a mounted file in its place, such as a container's /etc/resolv.conf.
func (v *view) copyFile(at string, mode fs.FileMode) error {
	content, err := os.ReadFile(at)
	if err != nil {
		return err
	}
	duplicate := filepath.Join(v.config.Scratch, "file"+strconv.Itoa(len(v.copies))+"-"+filepath.Base(at))
	if err := os.WriteFile(duplicate, content, mode); err != nil {
		return err
	}
	if v.copies[at], err = os.Stat(duplicate); err != nil {
		return err
	}
	return unix.Mount(duplicate, v.in(at), "", unix.MS_BIND, "")
}

// bind shows a folder of the machine as it is.
func (v *view) bind(at string) error {
	return unix.Mount(at, v.in(at), "", unix.MS_BIND|unix.MS_REC, "")
}

// bindReadOnly shows a folder of the machine so that it cannot be written to.
func (v *view) bindReadOnly(at string) error {
	if err := v.bind(at); err != nil {
		return err
	}
	return unix.Mount("", v.in(at), "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "")
}

// system mounts what belongs to the namespaces, not to the machine.
func (v *view) system() error {
	if err := unix.Mount("proc", v.in("/proc"), "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return err
	}
	if err := v.bind("/sys"); err != nil {
		return err
	}
	if err := v.freeze(); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", v.in("/dev"), "tmpfs", unix.MS_NOSUID, "mode=755"); err != nil {
		return err
	}
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		if err := os.WriteFile(v.in("/dev/"+name), nil, 0o666); err != nil {
			return err
		}
		if err := unix.Mount("/dev/"+name, v.in("/dev/"+name), "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	return v.devices()
}

func (v *view) devices() error {
	for name, target := range map[string]string{
		"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2", "ptmx": "pts/ptmx",
	} {
		if err := os.Symlink(target, v.in("/dev/"+name)); err != nil {
			return err
		}
	}
	for _, dir := range []string{"/dev/pts", "/dev/shm"} {
		if err := os.Mkdir(v.in(dir), 0o755); err != nil {
			return err
		}
	}
	if err := unix.Mount("devpts", v.in("/dev/pts"), "devpts", unix.MS_NOSUID|unix.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620"); err != nil {
		return err
	}
	return unix.Mount("tmpfs", v.in("/dev/shm"), "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=1777")
}

// freeze keeps what is machine-wide from being written to, mounts below such as /sys/fs/cgroup included.
func (v *view) freeze() error {
	var frozen []string
	for _, name := range machineWide {
		at := v.in(name)
		if err := unix.Mount(at, at, "", unix.MS_BIND|unix.MS_REC, ""); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: %w", name, err)
		}
		frozen = append(frozen, at)
	}
	mounts, err := readMounts("/proc/thread-self/mountinfo")
	if err != nil {
		return err
	}
	const flags = unix.MS_BIND | unix.MS_REMOUNT | unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	for _, m := range mounts {
		if !isBelowAny(m.at, frozen) {
			continue
		}
		if err := unix.Mount("", m.at, "", flags, ""); err != nil {
			return fmt.Errorf("%s (%s): %w", m.at, m.kind, err)
		}
	}
	return nil
}

// hide puts an empty folder in the place of each that is hidden.
func (v *view) hide() error {
	for i, at := range v.hidden {
		info, err := os.Stat(at)
		if err != nil {
			return err
		}
		empty := filepath.Join(v.config.Scratch, "hidden"+strconv.Itoa(i))
		if err := os.Mkdir(empty, info.Mode().Perm()); err != nil {
			return err
		}
		if err := v.addLayer(at, empty, ""); err != nil {
			return err
		}
		if err := unix.Mount(empty, v.in(at), "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	return nil
}

// resolverFile says where host names are looked up.
const resolverFile = "/etc/resolv.conf"

// resolver shows the file that the resolver's is a link to, where that is hidden (as systemd-resolved has
// it, in /run): without it no hook could install a package.
func (v *view) resolver() error {
	real, err := filepath.EvalSymlinks(resolverFile)
	if err != nil || !isBelowAny(real, v.hidden) {
		return nil
	}
	content, err := os.ReadFile(real)
	if err != nil {
		return err
	}
	v.shown = append(v.shown, real)
	if err := os.MkdirAll(v.in(filepath.Dir(real)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(v.in(real), content, 0o644)
}

// keep shows the deployment's own folders as they are, also where the folders above are hidden.
func (v *view) keep() error {
	for _, dir := range v.config.Keep {
		if err := os.MkdirAll(v.in(dir), 0o755); err != nil {
			return err
		}
		if err := v.bind(dir); err != nil {
			return err
		}
	}
	if !isBelowAny(v.config.Scratch, v.config.Keep) {
		return nil
	}
	return unix.Unmount(v.in(v.config.Scratch), unix.MNT_DETACH) // what the view is made of came along
}

// network brings up the one interface that a new network namespace has.
func (v *view) network() (err error) {
	if !v.config.Offline {
		return nil
	}
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unix.Close(socket)) }()
	loopback, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	loopback.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, loopback)
}

// enter makes the view the root of the namespace and lets go of the old one.
func (v *view) enter() error {
	if err := os.Chdir(v.root); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return err
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return err
	}
	return os.Chdir("/")
}

// isBelowAny reports whether a path is one of some folders or below it.
func isBelowAny(path string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") })
}
