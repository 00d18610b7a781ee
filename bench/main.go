// Command bench times packaging and pushing side by side with other programs, where
// they are at hand: zip, tar with gzip, and the AWS CLI. Everything runs on this machine,
// against one "cdx local serve", and alternates, so that what else the machine does hits
// all alike. It prints a table in Markdown; docs/benchmarks.md says how to read it.
//
//	go run ./bench -tree go -runs 5
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/cdx-deploy/cdx/pkg/bundle"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	tree := flag.String("tree", "go", "which tree: "+strings.Join(treeNames(), ", ")+", or a directory with an appspec.yml")
	runs := flag.Int("runs", 5, "how often each command is timed")
	only := flag.String("only", "", "time only the pairs whose name contains this")
	work := flag.String("work", filepath.Join(os.TempDir(), "cdx-bench"), "folder for trees and the service")
	discard := flag.Bool("discard", false, "only hash and bundle -tree, a directory, to nowhere; what the benchmark runs itself for")
	flag.Parse()
	if *discard {
		return bundleToNowhere(ctx, *tree)
	}
	if err := os.MkdirAll(*work, 0o700); err != nil {
		return err
	}
	dir, err := makeTree(ctx, *work, *tree)
	if err != nil {
		return err
	}
	s, err := start(ctx, *work)
	if err != nil {
		return err
	}
	defer s.stop()
	return report(ctx, s, dir, *only, *runs)
}

// bundleToNowhere is what a first push does of packaging.
func bundleToNowhere(ctx context.Context, dir string) error {
	tree, err := bundle.Select(ctx, dir, bundle.Options{})
	if err != nil {
		return err
	}
	if _, err := tree.Hash(ctx); err != nil {
		return err
	}
	_, err = tree.Write(ctx, io.Discard)
	return err
}

// report times each pair of commands and prints a row for it.
func report(ctx context.Context, s *service, dir, only string, runs int) error {
	fmt.Println("| what | cdx | peer | peer's time / cdx's | peak memory of cdx |")
	fmt.Println("| --- | --- | --- | --- | --- |")
	for _, pair := range s.pairs(dir) {
		if _, err := exec.LookPath(pair.peer.args[0]); err != nil || !strings.Contains(pair.what, only) {
			continue
		}
		if err := pair.time(ctx, runs); err != nil {
			return fmt.Errorf("%s: %w", pair.what, err)
		}
		fmt.Println(pair.row())
	}
	sizes, err := s.sizes(ctx)
	if err == nil && sizes != "" {
		fmt.Println("\n" + sizes)
	}
	return errors.Join(err, ctx.Err())
}
