package bundle

import (
	"io"
	"path/filepath"
	"runtime"
	"testing"
)

// toolchain is the tree of the Go toolchain, which the benchmarks bundle.
func toolchain(b *testing.B, opts Options) *Tree {
	b.Helper()
	opts.AppSpec = filepath.Join(write(b, nil), "appspec.yml")
	tree := selected(b, runtime.GOROOT(), opts)
	b.SetBytes(tree.ContentBytes())
	return tree
}

func BenchmarkSelect(b *testing.B) {
	opts := Options{AppSpec: filepath.Join(write(b, nil), "appspec.yml")}
	for b.Loop() {
		selected(b, runtime.GOROOT(), opts)
	}
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
