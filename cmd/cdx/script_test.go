package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/cdx-deploy/cdx/pkg/local"
)

var update = flag.Bool("update", false, "rewrite golden and generated files")

func TestMain(m *testing.M) {
	testscript.Main(undisturbed{m}, map[string]func(){"cdx": recordedMain})
}

// undisturbed runs the tests without what the environment says about a developer's AWS
// account, settings of cdx, or the CI system around.
type undisturbed struct{ *testing.M }

func (m undisturbed) Run() int {
	keep := []string{"PATH", "HOME", "USERPROFILE", "LOCALAPPDATA", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP"}
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); !slices.Contains(keep, strings.ToUpper(name)) && !strings.HasPrefix(name, "GO") {
			_ = os.Unsetenv(name)
		}
	}
	for _, name := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		_ = os.Setenv(name, os.DevNull)
	}
	if os.Getenv("GORACE") == "" { // else each program sleeps for a second at its end
		_ = os.Setenv("GORACE", "atexit_sleep_ms=10")
	}
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = parallel.Value.Set(strconv.Itoa(4 * runtime.GOMAXPROCS(0))) // most of the time is spent waiting for programs and pauses
	}
	return m.M.Run()
}

// TestScripts runs whole commands against the embedded service. Each script has a
// service of its own with the application app, its group group and the bucket
// bucket, reached through AWS_ENDPOINT_URL.
func TestScripts(t *testing.T) {
	scripts := filepath.Join("testdata", "script")
	all, err := filepath.Glob(filepath.Join(scripts, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	requests := new(recorder)
	t.Cleanup(func() { requests.check(t, len(all)) })
	testscript.Run(t, testscript.Params{
		Dir:                 scripts,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup:               func(env *testscript.Env) error { return setUpScript(env, requests) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"completes": completes,
			"fault":     setFault,
			"signalled": signalled,
			"uploads":   openUploads,
			"requests":  countRequests,
			"sent":      sentHeader,
			"changes":   changeFile,
			"ensure":    ensure,
			"random":    randomFile,
			"bluegreen": blueGreen,
			"twice":     twice,
			"bundle":    writeBundle,
			"revision":  copyRevision,
			"planned":   isPlanned,
			"serve":     serve,
			"versions":  keepVersions,
			"secure":    secure,
			"proxied":   proxied,
			"unserve":   unserve,
			"iam":       serveIAM,
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "root":
				return os.Getuid() == 0, nil
			case "isolation":
				return canIsolate(), nil
			}
			return false, fmt.Errorf("unknown condition %s", name)
		},
	})
}

// serviceKey is where a script's service is kept.
type serviceKey struct{}

// scriptService is the service of one script.
type scriptService struct {
	*local.Service
	faults *faults
	url    string
}

// openUploads counts the multipart uploads of a bucket that are neither complete nor
// aborted.
func (s *scriptService) openUploads(bucket string) (int, error) {
	out, err := localClients(s.Service, s.url).s3.ListMultipartUploads(context.Background(), &s3.ListMultipartUploadsInput{Bucket: &bucket})
	if err != nil {
		return 0, err
	}
	return len(out.Uploads), nil
}

func setUpScript(env *testscript.Env, requests *recorder) error {
	home := filepath.Join(env.WorkDir, ".home")
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	service, err := local.New(local.Options{Dir: filepath.Join(home, "service")})
	if err != nil {
		return err
	}
	faults := &faults{next: withFunctions(service.Handler())}
	recorded, err := requests.setUp(env, service.Handler(), faults)
	if err != nil {
		return err
	}
	server := httptest.NewServer(recorded)
	env.Defer(func() {
		faults.end()
		server.CloseClientConnections()
		server.Close()
		if err := service.Close(); err != nil {
			env.T().Log("close the service:", err)
		}
	})
	if err := service.Ensure("app", "group", "bucket"); err != nil {
		return err
	}
	revisions, err := filepath.Abs(filepath.Join("..", "..", "pkg", "local", "agent", "testdata", "revisions"))
	if err != nil {
		return err
	}
	env.Values[servedKey{}] = new(*served)
	env.Values[iamKey{}] = new(*iamService)
	env.Values[proxyKey{}] = new(*connectProxy)
	credentials := service.Credentials()
	env.Values[serviceKey{}] = &scriptService{service, faults, server.URL}
	env.Vars = append(env.Vars,
		"HOME="+home, "USERPROFILE="+home,
		"AWS_ENDPOINT_URL="+server.URL,
		"AWS_ACCESS_KEY_ID="+credentials.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY="+credentials.SecretAccessKey,
		"AWS_REGION="+service.Region(),
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_MAX_ATTEMPTS=2", "AWS_NEW_RETRIES_2026=true", // a short pause before the second, where nothing was throttled
		"GIT_CONFIG_GLOBAL="+filepath.Join(home, "gitconfig"),
		"GIT_CONFIG_SYSTEM="+filepath.Join(home, "gitconfig"),
		"CDX_POLL_INTERVAL=20ms",
		"REVISIONS="+revisions,
	)
	return nil
}

// exits runs a program and demands an exit code: exits CODE PROGRAM [ARG…]. What
// it prints is there for stdout and stderr, as after exec.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
	if args[1] == "cdx" && !tellsNextStep(code, ts.ReadFile("stderr")) {
		ts.Fatalf("the error has no next step")
	}
}

// tellsNextStep reports that standard error says what to type or do. The end of a
// deployment has its explanation instead.
func tellsNextStep(code int, stderr string) bool {
	switch code {
	case exitDone, exitFailed, exitStopped:
		return true
	default:
		return strings.Contains(stderr, "hint:") || strings.Contains(stderr, "to follow it again: ")
	}
}

// signalled starts a program, sends it a signal once its standard error matches a
// pattern, and demands an exit code: signalled SIGNAL PATTERN CODE PROGRAM [ARG…].
// Both outputs end up in the files signalled.out and signalled.err.
func signalled(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: signalled SIGNAL PATTERN CODE PROGRAM [ARG…]")
	}
	signal, ok := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}[args[0]]
	if !ok {
		ts.Fatalf("unknown signal %s", args[0])
	}
	pattern := regexp.MustCompile(args[1])
	want, err := strconv.Atoi(args[2])
	ts.Check(err)
	path := lookPath(ts, args[3])
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, path, args[4:]...)
	command.Dir = ts.MkAbs(".")
	command.Env = scriptEnviron(ts)
	var stdout bytes.Buffer
	stderr := &watched{pattern: pattern, found: make(chan struct{})}
	command.Stdout, command.Stderr = &stdout, stderr
	ts.Check(command.Start())
	done := make(chan error, 1)
	go func() { done <- command.Wait() }()
	select {
	case <-stderr.found:
		ts.Check(command.Process.Signal(signal))
		<-done
	case err := <-done:
		ts.Fatalf("ended (%v) before its standard error matched %q:\n%s", err, args[1], stderr.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs("signalled.out"), stdout.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("signalled.err"), []byte(stderr.String()), 0o600))
	if code := command.ProcessState.ExitCode(); code != want {
		ts.Fatalf("exit code %d, want %d; standard error:\n%s", code, want, stderr.String())
	}
}

// lookPath finds a program as the script itself would.
func lookPath(ts *testscript.TestScript, name string) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	ts.Fatalf("no program %s", name)
	return ""
}

// ensure creates an application with a deployment group: ensure APPLICATION GROUP
// [PLATFORM], with Server, ECS or Lambda as platform.
func ensure(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: ensure APPLICATION GROUP [PLATFORM]")
	}
	platform := "Server"
	if len(args) == 3 {
		platform = args[2]
	}
	s := service(ts)
	client := localClients(s.Service, s.url).codeDeploy
	ts.Check(createLocally(context.Background(), client, args[0], args[1], types.ComputePlatform(platform)))
}

// randomFile writes a file that cannot be compressed: random NAME MIB.
func randomFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: random NAME MIB")
	}
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	data := make([]byte, size<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(data) // never fails
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
}

// watched collects what is written and tells when it matches.
type watched struct {
	mu      sync.Mutex
	buf     bytes.Buffer
	pattern *regexp.Regexp
	found   chan struct{}
	told    bool
}

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf.Write(b)
	if !w.told && w.pattern.Match(w.buf.Bytes()) {
		w.told = true
		close(w.found)
	}
	return len(b), nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}

func service(ts *testscript.TestScript) *scriptService {
	return ts.Value(serviceKey{}).(*scriptService)
}

// openUploads demands a number of multipart uploads that are neither complete nor
// aborted: uploads BUCKET COUNT.
func openUploads(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: uploads BUCKET COUNT")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	got, err := service(ts).openUploads(args[0])
	ts.Check(err)
	if got != want {
		ts.Fatalf("%d open multipart uploads in %s, want %d", got, args[0], want)
	}
}

// countRequests demands how many requests of an operation were answered:
// requests OPERATION COUNT.
func countRequests(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: requests OPERATION COUNT")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	if got := service(ts).faults.count(args[0]); got != want {
		ts.Fatalf("%d requests %s, want %d", got, args[0], want)
	}
}

// scriptEnviron is the environment that the script's own programs get.
func scriptEnviron(ts *testscript.TestScript) []string {
	var environ []string
	for _, name := range []string{
		"PATH", "HOME", "TMPDIR", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION",
		"AWS_EC2_METADATA_DISABLED", "AWS_MAX_ATTEMPTS", "AWS_NEW_RETRIES_2026", "CDX_POLL_INTERVAL", "SYSTEMROOT", policiesVariable, "GORACE",
	} {
		environ = append(environ, name+"="+ts.Getenv(name))
	}
	return environ
}

// setFault makes operations fail from now on, or after some requests that are answered:
// fault OPERATION KIND [COUNT [AFTER]].
func setFault(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 4 {
		ts.Fatalf("usage: fault OPERATION KIND [COUNT [AFTER]]")
	}
	count, after := -1, 0
	for i, into := range []*int{&count, &after} {
		if len(args) > 2+i {
			var err error
			*into, err = strconv.Atoi(args[2+i])
			ts.Check(err)
		}
	}
	if !service(ts).faults.set(args[0], args[1], count, after) {
		ts.Fatalf("unknown kind of fault %q, want one of %s", args[1], strings.Join(faultKinds(), ", "))
	}
}
