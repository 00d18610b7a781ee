package agent

import (
	"fmt"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// mountPoint is a mount of this machine.
type mountPoint struct {
	at       string
	kind     string // file system type
	readOnly bool
}

// isVirtual reports file systems that hold no files of anybody.
func (m mountPoint) isVirtual() bool {
	switch m.kind {
	case "proc", "sysfs", "devpts", "devtmpfs", "cgroup", "cgroup2", "mqueue", "hugetlbfs", "debugfs", "tracefs", "securityfs",
		"pstore", "bpf", "configfs", "fusectl", "binfmt_misc", "autofs", "efivarfs", "nsfs", "rpc_pipefs", "selinuxfs":
		return true
	}
	return false
}

// readMounts reads the mounts of a mount namespace: a folder comes before those below it, and of
// several mounts in one place only the topmost counts.
// Source: https://docs.kernel.org/filesystems/proc.html, /proc/<pid>/mountinfo.
func readMounts(name string) ([]mountPoint, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	byPath := map[string]mountPoint{}
	for line := range strings.Lines(string(data)) {
		m, err := parseMount(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, err
		}
		byPath[m.at] = m
	}
	var mounts []mountPoint
	for _, m := range byPath {
		mounts = append(mounts, m)
	}
	sort.Slice(mounts, func(i, j int) bool { return mounts[i].at < mounts[j].at })
	return mounts, nil
}

// parseMount reads a line like
// "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue".
func parseMount(line string) (mountPoint, error) {
	before, after, ok := strings.Cut(line, " - ")
	fields, kind := strings.Fields(before), strings.Fields(after)
	if !ok || len(fields) < 6 || len(kind) < 1 {
		return mountPoint{}, fmt.Errorf("mountinfo line %q is not understood", line)
	}
	flags := strings.Split(fields[5], ",")
	if len(kind) > 2 {
		flags = append(flags, strings.Split(kind[2], ",")...)
	}
	return mountPoint{at: unescapeMount(fields[4]), kind: kind[0], readOnly: slices.Contains(flags, "ro")}, nil
}

// unescapeMount undoes the octal escapes of blanks and backslashes.
func unescapeMount(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+3 < len(text) {
			if code, err := strconv.ParseUint(text[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
