package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	application = "bench"
	bucket      = "bench"
)

// service is a "cdx local serve" with an application and a bucket.
type service struct {
	cdx     string // the program
	dir     string // what it keeps; removed at the end
	process *exec.Cmd
	environ []string // what clients need
	s3      *s3.Client
}

// start builds cdx and lets it serve.
func start(ctx context.Context, work string) (*service, error) {
	s := &service{cdx: filepath.Join(work, "cdx")}
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", s.cdx, "./cmd/cdx").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build cdx: %w: %s", err, out)
	}
	dir, err := os.MkdirTemp(work, "service-")
	if err != nil {
		return nil, err
	}
	s.dir, s.process = dir, exec.Command(s.cdx, "local", "serve", "--quiet")
	s.process.Dir = dir
	stdout, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	if err := s.connect(ctx, stdout); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// stop ends the service and waits for it.
func (s *service) stop() {
	_ = s.process.Process.Signal(os.Interrupt)
	_ = s.process.Wait()    // it ends by the signal
	_ = os.RemoveAll(s.dir) // in a folder for temporary files, what is left is harmless
}

// connect reads what the service says to export and makes what pushes need.
func (s *service) connect(ctx context.Context, stdout io.Reader) error {
	values := map[string]string{}
	for lines := bufio.NewScanner(stdout); len(values) < 5 && lines.Scan(); {
		variable, ok := strings.CutPrefix(lines.Text(), "export ")
		if name, value, found := strings.Cut(variable, "="); ok && found {
			values[name] = value
			s.environ = append(s.environ, variable)
		}
	}
	s.environ = append(s.environ, "AWS_EC2_METADATA_DISABLED=true")
	config := aws.Config{
		Region: values["AWS_REGION"], BaseEndpoint: aws.String(values["AWS_ENDPOINT_URL"]),
		Credentials: credentials.NewStaticCredentialsProvider(values["AWS_ACCESS_KEY_ID"], values["AWS_SECRET_ACCESS_KEY"], ""),
	}
	s.s3 = s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := s.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		return err
	}
	_, err := codedeploy.NewFromConfig(config).CreateApplication(ctx, &codedeploy.CreateApplicationInput{ApplicationName: aws.String(application)})
	return err
}

// pairs are the comparisons for one tree.
func (s *service) pairs(dir string) []*pair {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	push := func(key string) command {
		return command{[]string{s.cdx, "push", "--quiet", "-a", application, "--s3-location", "s3://" + bucket + "/" + key, "--source", dir}, "", s.environ}
	}
	awsPush := command{[]string{"aws", "deploy", "push", "--application-name", application, "--s3-location", "s3://" + bucket + "/aws.zip", "--source", dir}, "", s.environ}
	discard := command{args: []string{self, "-discard", "-tree", dir}}
	one := discard
	one.environ = []string{"GOMAXPROCS=1"}
	return []*pair{
		{what: "first push, peer aws deploy push", cdx: push("RUN-" + time.Now().Format("150405") + ".zip"), peer: awsPush},
		{what: "unchanged push again, peer aws deploy push", cdx: push("again.zip"), peer: awsPush},
		{what: "hash and bundle to nowhere, peer zip -r", cdx: discard, peer: command{args: []string{"zip", "-qr", "-", "."}, dir: dir}},
		{what: "hash and bundle to nowhere, peer tar | gzip", cdx: discard, peer: command{args: []string{"sh", "-c", "tar -cf - . | gzip"}, dir: dir}},
		{what: "hash and bundle to nowhere, peer itself with GOMAXPROCS=1", cdx: discard, peer: one},
	}
}

// sizes compares the objects that were pushed, where both are there.
func (s *service) sizes(ctx context.Context) (string, error) {
	var size [2]int64
	for i, key := range []string{"again.zip", "aws.zip"} {
		out, err := s.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
		if err != nil {
			return "", nil
		}
		size[i] = aws.ToInt64(out.ContentLength)
	}
	return fmt.Sprintf("Size: cdx %d bytes, aws deploy push %d bytes, ratio %.3f.", size[0], size[1], float64(size[0])/float64(size[1])), nil
}
