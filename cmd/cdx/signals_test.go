package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/cdx-deploy/cdx/pkg/local"
)

// TestSignalsAtRandomMoments ends pushes at moments that a fixed seed chooses. Whatever
// the moment, either the right object is registered, or nothing is, and never does a
// multipart upload stay open.
func TestSignalsAtRandomMoments(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals")
	}
	t.Parallel()
	p := newPusher(t)
	started := time.Now()
	if code, stderr := p.push("right.zip", nil, 0); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	took, right := time.Since(started), p.eTag("right.zip")
	random := rand.New(rand.NewPCG(4, 4))
	codes := map[int]int{}
	for i := range 16 {
		key := fmt.Sprintf("%d.zip", i)
		sig, want, reason := os.Signal(os.Interrupt), exitInterrupted, "interrupted"
		if i%2 == 1 {
			sig, want, reason = syscall.SIGTERM, 143, "terminated"
		}
		code, stderr := p.push(key, sig, time.Duration(random.Int64N(int64(took))))
		codes[code]++
		registered := p.registered(key)
		switch {
		case code == 0 && !registered:
			t.Errorf("%s: exit code 0, and nothing is registered", key)
		case code == want && !strings.Contains(stderr, reason):
			t.Errorf("%s: exit code %d without a reason: %s", key, code, stderr)
		case code != 0 && code != want && code != killed:
			t.Errorf("%s: exit code %d: %s", key, code, stderr)
		}
		if eTag := p.eTag(key); registered && eTag != right {
			t.Errorf("%s: registered with eTag %q, want %q", key, eTag, right)
		}
		if open, err := p.openUploads("bucket"); err != nil || open != 0 {
			t.Fatalf("%s: %d open uploads, %v; exit code %d: %s", key, open, err, code, stderr)
		}
	}
	if codes[exitInterrupted]+codes[143] == 0 {
		t.Errorf("no push was interrupted: %v", codes)
	}
}

// killed is the exit code of a program that a signal ended before it was listening.
const killed = -1

// pusher runs cdx push of one directory at a service of its own.
type pusher struct {
	*scriptService
	t       *testing.T
	dir     string
	environ []string
}

func newPusher(t *testing.T) *pusher {
	t.Helper()
	home := t.TempDir()
	service, err := local.New(local.Options{Dir: filepath.Join(home, "service")})
	if err != nil {
		t.Fatal(err)
	}
	faults := &faults{next: service.Handler()}
	faults.set("UploadPart", "slow", -1, 0)
	server := httptest.NewServer(faults)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		if err := service.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := service.Ensure("app", "", "bucket"); err != nil {
		t.Fatal(err)
	}
	p := &pusher{scriptService: &scriptService{service, faults, server.URL}, t: t, dir: filepath.Join(home, "tree")}
	p.environ = []string{
		"GORACE=" + os.Getenv("GORACE"), "PATH=" + os.Getenv("PATH"), "SYSTEMROOT=" + os.Getenv("SYSTEMROOT"), "HOME=" + home, "AWS_ENDPOINT_URL=" + server.URL, "AWS_REGION=" + service.Region(),
		"AWS_MAX_ATTEMPTS=2", "AWS_ACCESS_KEY_ID=" + service.Credentials().AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + service.Credentials().SecretAccessKey,
	}
	data := make([]byte, 22<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(data) // never fails
	p.write("appspec.yml", []byte("version: 0.0\nos: linux\n"))
	p.write("data", data)
	return p
}

func (p *pusher) write(name string, content []byte) {
	p.t.Helper()
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.dir, name), content, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// push runs cdx push, sends it a signal after a while, and returns how it ended.
func (p *pusher) push(key string, sig os.Signal, after time.Duration) (code int, stderr string) {
	p.t.Helper()
	var errOut bytes.Buffer
	c := exec.CommandContext(p.t.Context(), "cdx", "push", "-a", "app", "--bucket", "bucket", "--key", key, p.dir)
	c.Env, c.Stderr = p.environ, &errOut
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	if sig != nil {
		time.Sleep(after)
		_ = c.Process.Signal(sig) // fails when the push has ended
	}
	_ = c.Wait() // the exit code tells
	return c.ProcessState.ExitCode(), errOut.String()
}

// registered reports whether a key is registered as a revision.
func (p *pusher) registered(key string) bool {
	p.t.Helper()
	app := "app"
	out, err := localClients(p.Service, p.url).codeDeploy.ListApplicationRevisions(p.t.Context(), &codedeploy.ListApplicationRevisionsInput{ApplicationName: &app})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, rev := range out.Revisions {
		if *rev.S3Location.Key == key {
			return true
		}
	}
	return false
}

// eTag is that of the object under a key, or "" for none.
func (p *pusher) eTag(key string) string {
	bucket := "bucket"
	out, err := localClients(p.Service, p.url).s3.HeadObject(p.t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return ""
	}
	return *out.ETag
}
