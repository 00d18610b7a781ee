package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const (
	mib     = 1 << 20
	appSpec = "version: 0.0\nos: linux\nfiles:\n  - source: /\n    destination: /srv/bench\n"
)

// trees make the trees by name, in an empty folder. The same tree is made each time.
var trees = map[string]func(ctx context.Context, dir string) error{
	"go":             goToolchain,
	"node_modules":   func(_ context.Context, dir string) error { return manyFiles(dir, 20_000, 4<<10) },
	"tiny":           func(_ context.Context, dir string) error { return manyFiles(dir, 100_000, 40) },
	"compressible":   func(_ context.Context, dir string) error { return writeText(filepath.Join(dir, "data"), 1024) },
	"incompressible": incompressible,
	"5GiB":           func(_ context.Context, dir string) error { return writeText(filepath.Join(dir, "data"), 5*1024) },
}

func treeNames() []string { return slices.Sorted(maps.Keys(trees)) }

// makeTree returns the folder of a tree, which it makes unless an earlier run has.
func makeTree(ctx context.Context, work, name string) (string, error) {
	build, ok := trees[name]
	if !ok {
		return filepath.Abs(name)
	}
	dir := filepath.Join(work, "trees", name)
	if _, err := os.Stat(filepath.Join(dir, "appspec.yml")); err == nil {
		return dir, nil
	}
	err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755))
	if err == nil {
		err = build(ctx, dir)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "appspec.yml"), []byte(appSpec), 0o644)
	}
	if err != nil {
		return "", fmt.Errorf("make tree %s: %w", name, err)
	}
	return dir, nil
}

// goToolchain copies the tree of the Go toolchain that runs this program.
func goToolchain(ctx context.Context, dir string) error {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	return os.CopyFS(dir, os.DirFS(strings.TrimSpace(string(root))))
}

// manyFiles writes files of text, each of about so many bytes, a hundred in a folder.
func manyFiles(dir string, count, sizeBytes int) error {
	text := newText()
	for i := range count {
		folder := filepath.Join(dir, fmt.Sprintf("package-%04d", i/100), "lib")
		if i%100 == 0 {
			if err := os.MkdirAll(folder, 0o755); err != nil {
				return err
			}
		}
		size := 1 + text.IntN(2*sizeBytes)
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("module-%d.js", i)), text.take(size), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// incompressible writes 16 files of 64 MiB of noise.
func incompressible(_ context.Context, dir string) error {
	noise := rand.NewChaCha8([32]byte{})
	for i := range 16 {
		if err := writeFrom(filepath.Join(dir, fmt.Sprintf("noise-%02d", i)), noise, 64); err != nil {
			return err
		}
	}
	return nil
}

func writeText(path string, sizeMiB int) error { return writeFrom(path, newText(), sizeMiB) }

func writeFrom(path string, from io.Reader, sizeMiB int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, from, int64(sizeMiB)*mib)
	return errors.Join(err, f.Close())
}

// text is endless text of words, which compresses about as well as source code.
type text struct {
	*rand.Rand
	words []string
	rest  []byte
}

func newText() *text {
	t := &text{Rand: rand.New(rand.NewPCG(1, 2))}
	for range 20_000 {
		word := make([]byte, 2+t.IntN(9))
		for i := range word {
			word[i] = byte('a' + t.IntN(26))
		}
		t.words = append(t.words, string(word))
	}
	return t
}

// Read implements [io.Reader].
func (t *text) Read(p []byte) (int, error) {
	for len(t.rest) < len(p) {
		word := t.words[t.IntN(1+t.IntN(len(t.words)))] // some are much more frequent than others
		t.rest = append(append(t.rest, word...), " \n"[min(1, t.IntN(8)/7)])
	}
	n := copy(p, t.rest)
	t.rest = append(t.rest[:0], t.rest[n:]...)
	return n, nil
}

func (t *text) take(size int) []byte {
	p := make([]byte, size)
	_, _ = t.Read(p) // never fails
	return p
}
