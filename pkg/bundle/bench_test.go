package bundle

import (
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// toolchain is the tree of the Go toolchain, which the benchmarks bundle.
func toolchain(b *testing.B, opts Options) *Tree {
	b.Helper()
	opts.AppSpec = filepath.Join(write(b, nil), "appspec.yml")
	tree := selected(b, goRoot(b), opts)
	b.SetBytes(tree.ContentBytes())
	return tree
}

func BenchmarkSelect(b *testing.B) {
	opts := Options{AppSpec: filepath.Join(write(b, nil), "appspec.yml")}
	dir := goRoot(b)
	for b.Loop() {
		selected(b, dir, opts)
	}
}

func goRoot(b *testing.B) string {
	b.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	must(b, err)
	return strings.TrimSpace(string(out))
}

func BenchmarkHash(b *testing.B) {
	tree := toolchain(b, Options{})
	for b.Loop() {
		_, err := tree.Hash(b.Context())
		must(b, err)
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, kind := range allTypes {
		b.Run(string(kind), func(b *testing.B) {
			tree := toolchain(b, Options{Type: kind})
			_, err := tree.Hash(b.Context())
			must(b, err)
			for b.Loop() {
				stats, err := tree.Write(b.Context(), io.Discard)
				must(b, err)
				b.ReportMetric(float64(stats.BytesOut)/float64(stats.BytesIn), "ratio")
			}
		})
	}
}

// BenchmarkHashAndWrite is what a first push does of packaging.
func BenchmarkHashAndWrite(b *testing.B) {
	tree := toolchain(b, Options{})
	for b.Loop() {
		_, err := tree.Hash(b.Context())
		must(b, err)
		_, err = tree.Write(b.Context(), io.Discard)
		must(b, err)
	}
}

// BenchmarkTinyFiles selects, hashes and writes many files of a few bytes.
func BenchmarkTinyFiles(b *testing.B) {
	files := make(map[string]string)
	for i := range 20_000 {
		files[fmt.Sprintf("%d/%d", i%200, i)] = "content"
	}
	dir := write(b, files)
	for b.Loop() {
		_, err := selected(b, dir, Options{}).Write(b.Context(), io.Discard)
		must(b, err)
	}
}
