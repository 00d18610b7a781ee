package integrations

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const program = "#!/bin/sh\necho the program\n"

// release is a fake release: files by name.
type release map[string][]byte

// published is a release of cdx 1.2.3 for all machines.
func published(t *testing.T) release {
	t.Helper()
	files := release{}
	var sums strings.Builder
	for _, machine := range []string{"linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64", "windows_arm64"} {
		name, data := "cdx_1.2.3_"+machine+".tar.gz", tarball(t)
		if strings.HasPrefix(machine, "windows") {
			name, data = "cdx_1.2.3_"+machine+".zip", zipped(t)
		}
		files[name] = data
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), name)
	}
	files["checksums.txt"] = []byte(sums.String())
	return files
}

func tarball(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	compressed := gzip.NewWriter(&b)
	archive := tar.NewWriter(compressed)
	for _, name := range []string{"LICENSE", "cdx"} {
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(program))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(program)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := compressed.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	w, err := archive.Create("cdx.exe")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(program)); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// needs skips a test where a program is missing.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the scripts are tried on Unix")
	}
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not here", name)
		}
	}
}

// install runs install.sh against the release, on a machine that uname describes, and
// returns the folder it installs to.
func install(t *testing.T, files release, system, machine, version string) (dir, said string, err error) {
	t.Helper()
	needs(t, "sh", "curl", "tar")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, ok := files[strings.TrimPrefix(r.URL.Path, "/v1.2.3/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(data)
	}))
	defer server.Close()
	bin := t.TempDir()
	uname := fmt.Sprintf("#!/bin/sh\ncase $1 in -s) echo %s ;; -m) echo %s ;; esac\n", system, machine)
	if err := os.WriteFile(filepath.Join(bin, "uname"), []byte(uname), 0o700); err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	dir = filepath.Join(t.TempDir(), "a folder", "bin")
	command := exec.CommandContext(t.Context(), "sh", "install.sh")
	command.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "TMPDIR="+temp, "INSTALL_VERSION="+version, "INSTALL_DIR="+dir, "INSTALL_FROM="+server.URL, "no_proxy=127.0.0.1")
	out, err := command.CombinedOutput()
	left, globErr := filepath.Glob(filepath.Join(temp, "*"))
	if globErr != nil {
		t.Fatal(globErr)
	}
	if len(left) > 0 {
		t.Errorf("it leaves %v", left)
	}
	return dir, string(out), err
}

func TestInstall(t *testing.T) {
	for _, machine := range []struct{ system, machine, program string }{
		{"Linux", "x86_64", "cdx"}, {"Linux", "aarch64", "cdx"}, {"Darwin", "arm64", "cdx"}, {"Darwin", "x86_64", "cdx"}, {"MINGW64_NT-10.0-20348", "x86_64", "cdx.exe"},
	} {
		t.Run(machine.system+"_"+machine.machine, func(t *testing.T) {
			if machine.program == "cdx.exe" {
				needs(t, "unzip")
			}
			dir, said, err := install(t, published(t), machine.system, machine.machine, "1.2.3")
			if err != nil {
				t.Fatalf("%v: %s", err, said)
			}
			got, err := os.ReadFile(filepath.Join(dir, machine.program))
			if err != nil || string(got) != program {
				t.Errorf("%v; installed is %q", err, got)
			}
			if _, err := os.Stat(filepath.Join(dir, "LICENSE")); err == nil {
				t.Error("more than the program was installed")
			}
		})
	}
}

func TestInstallRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		spoil   func(release)
		system  string
		version string
		want    string
	}{
		{"another archive", func(r release) { r["cdx_1.2.3_linux_amd64.tar.gz"] = append(r["cdx_1.2.3_linux_amd64.tar.gz"], 0) }, "Linux", "1.2.3", "nothing was installed"},
		{"no checksum", func(r release) { r["checksums.txt"] = []byte("abc  other\n") }, "Linux", "1.2.3", "does not name cdx_1.2.3_linux_amd64.tar.gz"},
		{"two checksums", func(r release) {
			r["checksums.txt"] = append(r["checksums.txt"], "abc  cdx_1.2.3_linux_amd64.tar.gz\n"...)
		}, "Linux", "1.2.3", "nothing was installed"},
		{"no archive", func(r release) { delete(r, "cdx_1.2.3_linux_amd64.tar.gz") }, "Linux", "1.2.3", "could not download"},
		{"another system", func(release) {}, "Plan9", "1.2.3", "there is no release for Plan9"},
		{"a version that is none", func(release) {}, "Linux", "1.2.3/../x", "is no version"},
		{"no version", func(release) {}, "Linux", "", "is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := published(t)
			c.spoil(files)
			dir, said, err := install(t, files, c.system, "x86_64", c.version)
			if err == nil || !strings.Contains(said, c.want) {
				t.Errorf("%v: it says %q, want %q", err, said, c.want)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("something was installed")
			}
		})
	}
}

func TestArgumentsAreNoCommands(t *testing.T) {
	needs(t, "sh")
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "cdx"), []byte("#!/bin/sh\nfor a; do printf '%s\\n' \"<$a>\"; done\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "sh", "github/run.sh")
	command.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "ARGS=deploy\n\n--description=a  b; $(id) `id` 'q' \"x\"\nEND\n*\n$HOME\\n\n")
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	want := "<deploy>\n<--description=a  b; $(id) `id` 'q' \"x\">\n<END>\n<*>\n<$HOME\\n>\n"
	if string(out) != want {
		t.Errorf("cdx is given\n%s, want\n%s", out, want)
	}
}
