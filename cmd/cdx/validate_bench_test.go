//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// BenchmarkValidateProcess measures whole runs of cdx validate, from the start of the
// process to its end, and beside them a program that does nothing.
func BenchmarkValidateProcess(b *testing.B) {
	dir := b.TempDir()
	cdx := built(b, dir, "cdx", ".")
	hello := filepath.Join(dir, "hello.go")
	write(b, hello, "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\") }\n")
	near := strings.Repeat("  - source: a\n    destination: /b\n", appspec.MaxSize/34-2)
	files := map[string]string{
		"one file":            sixtyLines,
		"just under 1 MiB":    "version: 0.0\nos: linux\nfiles:\n" + near,
		"10 MB":               "version: 0.0\nos: linux\n" + strings.Repeat("# comment\n", 1_000_000),
		"alias bomb":          aliasBomb(),
		"aliases in one list": "version: 0.0\nos: linux\nx: &a [1, 2]\ny: [" + strings.Repeat("*a, ", 90_000) + "*a]\n",
	}
	b.Run("hello world", func(b *testing.B) { measured(b, built(b, dir, "hello", hello)) })
	for name, text := range files {
		path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".yml")
		write(b, path, text)
		b.Run(name, func(b *testing.B) { measured(b, cdx, "validate", "--no-files", path) })
	}
	args := []string{"validate", "--no-files"}
	for i := range 1000 {
		path := filepath.Join(dir, fmt.Sprintf("service-%04d.yml", i))
		write(b, path, sixtyLines)
		args = append(args, path)
	}
	b.Run("1000 files", func(b *testing.B) { measured(b, cdx, args...) })
}

// measured runs a program again and again and reports the most memory that a run has
// had, in MiB.
func measured(b *testing.B, program string, args ...string) {
	var most int64
	for b.Loop() {
		command := exec.Command(program, args...)
		command.Env = []string{"HOME=" + b.TempDir(), "PATH=" + os.Getenv("PATH")}
		_ = command.Run() // an invalid file is exit 3, which is as good
		if usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage); ok {
			most = max(most, int64(usage.Maxrss)) //nolint:unconvert // not int64 everywhere
		}
		if code := command.ProcessState.ExitCode(); code != exitDone && code != exitAppSpec {
			b.Fatalf("exit code %d", code)
		}
	}
	if runtime.GOOS == "linux" {
		most <<= 10 // kilobytes there, bytes elsewhere
	}
	b.ReportMetric(float64(most)/(1<<20), "MiB")
}

// built returns a program as a release has it.
func built(b *testing.B, dir, name, source string) string {
	b.Helper()
	program := filepath.Join(dir, name)
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, source).CombinedOutput(); err != nil {
		b.Fatalf("build %s: %v\n%s", name, err, out)
	}
	return program
}

func write(b *testing.B, path, text string) {
	b.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
}

// sixtyLines is an AppSpec file of the size that people have.
var sixtyLines = "# release\nversion: 0.0\nos: linux\nfiles:\n" +
	"  - source: build\n    destination: /srv/shop\n  - source: conf/shop.conf\n    destination: /etc/shop\npermissions:\n" +
	"  - object: /srv/shop\n    owner: shop\n    group: web\n    mode: 755\n    type:\n      - directory\n" +
	"  - object: /etc/shop\n    owner: root\n    group: web\n    mode: 640\n    type:\n      - file\n" +
	"hooks:\n" + scripts("ApplicationStop") + scripts("BeforeInstall") + scripts("AfterInstall") + scripts("ApplicationStart") + scripts("ValidateService")

func scripts(event string) string {
	return fmt.Sprintf("  %[1]s:\n    - location: bin/%[1]s-1.sh\n      timeout: 300\n      runas: root\n    - location: bin/%[1]s-2.sh\n      timeout: 60\n      runas: shop\n", event)
}

// aliasBomb would be 10^40 nodes if anybody followed all aliases.
func aliasBomb() string {
	var bomb strings.Builder
	bomb.WriteString("version: 0.0\nos: linux\na0: &a0 [x, x]\n")
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	return bomb.String()
}
