package bundle

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

var allTypes = []Type{Zip, Tar, TGZ}

// noise is incompressible data.
func noise(seed uint64, size int) string {
	b := make([]byte, size)
	var key [32]byte
	key[0], key[1] = byte(seed), byte(seed>>8)
	rand.NewChaCha8(key).Read(b)
	return string(b)
}

// prose is compressible data that does not repeat itself.
func prose(seed uint64, size int) string {
	random := hex.EncodeToString([]byte(noise(seed, size/5+4)))
	b := make([]byte, 0, size+30)
	for ; len(b) < size; random = random[8:] {
		b = append(append(append(b, "bundle "...), random[:8]...), " deployed\n"...)
	}
	return string(b[:size])
}

// variety is a tree of everything that takes its own way through the writers.
func variety(t testing.TB) string {
	files := map[string]string{
		"empty": "", "empty folder/": "", "one": "1", "a/deep/er/path/x": "x", "link": "-> a/deep", "up": "-> ../x",
		"large": prose(4, 2*chunkBytes+12345), "large noise": noise(5, chunkBytes+77), "small noise": noise(6, 100_000),
		"über/日本.txt":            "ü",
		"not\xffutf8":            "raw",
		"new\nline":              "n",
		`back\slash`:             "b",
		strings.Repeat("n", 255): "long name",
		strings.Repeat(strings.Repeat("p", 100)+"/", 5) + "x": "long path",
		"long link": "-> " + strings.Repeat("t", 300),
	}
	for i := range 300 {
		files[fmt.Sprintf("many/%03d", i)] = prose(uint64(i), i*17)
	}
	dir := write(t, files)
	must(t, os.Chmod(filepath.Join(dir, "one"), 0o755|fs.ModeSetuid))
	must(t, os.Chmod(filepath.Join(dir, "a"), 0o700|fs.ModeSticky))
	return dir
}

func TestRoundTrip(t *testing.T) {
	dir := variety(t)
	for _, kind := range allTypes {
		t.Run(string(kind), func(t *testing.T) {
			tree := selected(t, dir, Options{Type: kind})
			compare(t, unpacked(t, kind, bundled(t, tree)), membersOf(t, tree))
		})
	}
}

// TestChunkBorders bundles files whose sizes are about those at which they are cut.
func TestChunkBorders(t *testing.T) {
	dir := write(t, map[string]string{
		"chunk": prose(1, chunkBytes), "chunk+1": prose(2, chunkBytes+1), "chunk-1": prose(3, chunkBytes-1),
		"mixed": prose(7, chunkBytes) + noise(8, chunkBytes) + prose(9, 10), "zeros": strings.Repeat("\x00", 2*chunkBytes),
	})
	for i, kind := range allTypes {
		t.Run(string(kind), func(t *testing.T) {
			tree := selected(t, dir, Options{Type: kind, Level: []int{LevelFastest, LevelDefault, LevelStore}[i]})
			compare(t, unpacked(t, kind, bundled(t, tree)), membersOf(t, tree))
		})
	}
}

func TestLevels(t *testing.T) {
	dir := write(t, map[string]string{"large": strings.Repeat(prose(1, 100_000), 11), "small": prose(2, 1000)})
	for _, kind := range allTypes {
		for _, level := range []int{LevelStore, LevelFastest, LevelBest} {
			t.Run(fmt.Sprintf("%s %d", kind, level), func(t *testing.T) {
				tree := selected(t, dir, Options{Type: kind, Level: level})
				data := bundled(t, tree)
				compare(t, unpacked(t, kind, data), membersOf(t, tree))
				if small := int64(len(data)) < tree.ContentBytes(); small != (kind != Tar && level != LevelStore) {
					t.Errorf("%d bytes became %d", tree.ContentBytes(), len(data))
				}
			})
		}
	}
}

// TestRandomTrees bundles trees made at random and compares what comes out.
func TestRandomTrees(t *testing.T) {
	names := []string{"a", "b", "B", "é", "x y", ".hid", "a.b", "-", "a-b", "~", "日", "\xff", "\n", "'", "$(x)"}
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 2))
		files := make(map[string]string)
		folders := []string{""}
		for range r.IntN(30) {
			path := folders[r.IntN(len(folders))] + names[r.IntN(len(names))]
			if _, taken := files[path]; taken || slices.Contains(folders, path+"/") {
				continue
			}
			switch r.IntN(5) {
			case 0:
				folders = append(folders, path+"/")
				files[path+"/"] = ""
			case 1:
				files[path] = "-> " + names[r.IntN(len(names))]
			case 2:
				files[path] = noise(seed, r.IntN(70_000))
			default:
				files[path] = prose(seed, r.IntN(1<<uint(r.IntN(18))))
			}
		}
		kind := allTypes[seed%3]
		t.Run(fmt.Sprintf("%d %s", seed, kind), func(t *testing.T) {
			dir := write(t, files)
			for name, content := range files {
				if !strings.HasPrefix(content, "-> ") {
					must(t, os.Chmod(filepath.Join(dir, name), fs.FileMode(0o400+r.IntN(0o400))))
				}
			}
			defer unlock(t, dir, folders)
			for _, name := range folders {
				must(t, os.Chmod(filepath.Join(dir, name), 0o755))
			}
			tree := selected(t, dir, Options{Type: kind})
			want := membersOf(t, tree)
			compare(t, unpacked(t, kind, bundled(t, tree)), want)
			if len(want) < len(files) {
				t.Errorf("%d of %d files are in the bundle", len(want), len(files))
			}
		})
	}
}

// unlock lets the testing package remove a directory.
func unlock(t *testing.T, dir string, folders []string) {
	for _, name := range folders {
		must(t, os.Chmod(filepath.Join(dir, name), 0o755))
	}
}

func TestReproducible(t *testing.T) {
	dir, again := variety(t), variety(t)
	for _, name := range []string{"a", "a/deep", "a/deep/er", "many", "empty folder", "über", strings.Repeat("p", 100)} {
		must(t, os.Chtimes(filepath.Join(dir, name), stamp, stamp))
		must(t, os.Chtimes(filepath.Join(again, name), stamp, stamp))
	}
	opts := Options{ModTime: stamp}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, kind := range allTypes {
		opts.Type = kind
		var digest string
		var sum [sha256.Size]byte
		for i, procs := range []int{1, 2, 8} {
			runtime.GOMAXPROCS(procs)
			source := dir
			if i%2 == 1 {
				source = again
			}
			tree := selected(t, source, opts)
			d, err := tree.Hash(t.Context())
			must(t, err)
			s := sha256.Sum256(bundled(t, tree))
			if i > 0 && (d != digest || s != sum) {
				t.Errorf("%s: another bundle with %d processors", kind, procs)
			}
			digest, sum = d, s
		}
	}
}

// TestCompressorState sees that what a compressor did before does not matter.
func TestCompressorState(t *testing.T) {
	pieces := []string{prose(1, 100_000), noise(2, 40_000), "", "x", prose(3, 200), strings.Repeat("ab", 40_000), hex.EncodeToString([]byte(noise(1, 20_000)))}
	for _, level := range []int{LevelStore, LevelFastest, LevelDefault, LevelBest} {
		used, err := newDeflater(level)
		must(t, err)
		for round := range 2 {
			for i, piece := range pieces {
				window := pieces[(i+round)%len(pieces)]
				window = window[:min(len(window), windowBytes)]
				fresh, err := newDeflater(level)
				must(t, err)
				want, err := fresh.deflate(nil, []byte(window), []byte(piece), round == 0)
				must(t, err)
				got, err := used.deflate(nil, []byte(window), []byte(piece), round == 0)
				must(t, err)
				if !bytes.Equal(got, want) {
					t.Fatalf("level %d: a used compressor makes %d bytes of piece %d, a fresh one %d", level, len(got), i, len(want))
				}
				if limit := maxDeflated(int64(len(piece))); int64(len(got)) > limit {
					t.Errorf("level %d: %d bytes became %d, more than %d", level, len(piece), len(got), limit)
				}
			}
		}
	}
}

func TestCompressedDataIsStored(t *testing.T) {
	dir := write(t, map[string]string{
		"small noise": noise(1, 5000), "large noise": noise(2, 3*chunkBytes/2), "prose": prose(3, chunkBytes+1), "one byte": "x",
		"prose at the end": noise(4, chunkBytes) + prose(5, chunkBytes/2),
	})
	got := make(map[string]uint16)
	data := bundled(t, selected(t, dir, Options{}))
	for name, f := range zipFiles(t, data) {
		got[name] = f.Method
	}
	want := map[string]uint16{
		"appspec.yml": got["appspec.yml"], "small noise": zipStored, "large noise": zipStored, "prose": zipDeflated,
		"one byte": zipStored, "prose at the end": zipDeflated,
	}
	if !maps.Equal(got, want) {
		t.Errorf("methods %v, want %v", got, want)
	}
}

// TestFrequencies sees that data is compressed which has no repetitions.
func TestFrequencies(t *testing.T) {
	for name, content := range map[string]string{
		"hexadecimal": hex.EncodeToString([]byte(noise(1, chunkBytes/2+9))), "base64": base64.StdEncoding.EncodeToString([]byte(noise(2, chunkBytes))),
		"small": hex.EncodeToString([]byte(noise(3, 40_000))),
	} {
		var want bytes.Buffer
		w, err := flate.NewWriter(&want, flate.DefaultCompression)
		must(t, err)
		_, err = io.WriteString(w, content)
		must(t, err)
		must(t, w.Close())
		f := zipFiles(t, bundled(t, selected(t, write(t, map[string]string{"f": content}), Options{})))["f"]
		if limit := uint64(want.Len()) * 105 / 100; f.CompressedSize64 > limit {
			t.Errorf("%s: %d bytes, the standard library makes %d", name, f.CompressedSize64, want.Len())
		}
	}
}

// TestJoinedPieces sees that cutting a file costs next to nothing.
func TestJoinedPieces(t *testing.T) {
	content := prose(1, 2*chunkBytes)
	d, err := newDeflater(LevelDefault)
	must(t, err)
	whole, err := d.deflate(nil, nil, []byte(content), true)
	must(t, err)
	data := bundled(t, selected(t, write(t, map[string]string{"f": content}), Options{}))
	if f := zipFiles(t, data)["f"]; f.CompressedSize64 > uint64(len(whole)+len(whole)/100) {
		t.Errorf("%d bytes in pieces, %d as a whole", f.CompressedSize64, len(whole))
	}
}

func TestChangedFiles(t *testing.T) {
	rewrite := func(content string) func(string) {
		return func(path string) { must(t, os.WriteFile(path, []byte(content), 0o644)) }
	}
	original := noise(1, 2*chunkBytes+10)
	changes := map[string]func(string){
		"same size":      rewrite(original[:chunkBytes] + "x" + original[chunkBytes+1:]),
		"longer":         rewrite(original + "x"),
		"shorter":        rewrite(original[:len(original)-1]),
		"much shorter":   rewrite("x"),
		"empty":          rewrite(""),
		"gone":           func(path string) { must(t, os.RemoveAll(path)) },
		"one byte later": rewrite(original[:len(original)-1] + "x"),
	}
	for name, change := range changes {
		for _, target := range []string{"large", "small", "none"} {
			content := map[string]string{"large": original, "small": "just a few bytes", "none": ""}[target]
			if target == "none" && name == "empty" {
				continue // that is no change
			}
			for _, kind := range allTypes {
				t.Run(fmt.Sprintf("%s, %s, %s", name, target, kind), func(t *testing.T) {
					dir := write(t, map[string]string{target: content, "z": "z"})
					tree := selected(t, dir, Options{Type: kind})
					if _, err := tree.Hash(t.Context()); err != nil {
						t.Fatal(err)
					}
					change(filepath.Join(dir, target))
					_, err := tree.Write(t.Context(), io.Discard)
					if changed := wants[*ChangedError](t, err); changed.Path != target {
						t.Errorf("changed: %q", changed.Path)
					}
				})
			}
		}
		t.Run(name+", before it is hashed", func(t *testing.T) {
			dir := write(t, map[string]string{"large": original, "same size": ""})
			tree := selected(t, dir, Options{})
			change(filepath.Join(dir, "large"))
			_, err := tree.Write(t.Context(), io.Discard)
			if name == "same size" || name == "one byte later" {
				must(t, err) // nothing was known about the content yet
				return
			}
			if changed := wants[*ChangedError](t, err); changed.Path != "large" {
				t.Errorf("changed: %q", changed.Path)
			}
		})
	}
}

// failingWriter fails after some bytes.
type failingWriter struct {
	left int
	err  error
}

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, w.err
	}
	return len(p), nil
}

func TestWriterFails(t *testing.T) {
	dir := write(t, map[string]string{"large": prose(1, chunkBytes+1), "small": "x", "z": noise(1, 100_000)})
	broken := errors.New("pipe broke")
	for _, kind := range allTypes {
		tree := selected(t, dir, Options{Type: kind})
		size := len(bundled(t, tree))
		for _, left := range []int{5, size / 2, size - 10} {
			if _, err := tree.Write(t.Context(), &failingWriter{left, broken}); !errors.Is(err, broken) {
				t.Errorf("%s, after %d bytes: %v", kind, left, err)
			}
		}
	}
}

// TestCancelled: whoever cancels may say why, and is told so.
func TestCancelled(t *testing.T) {
	dir := variety(t)
	why := errors.New("enough")
	for _, kind := range allTypes {
		tree := selected(t, dir, Options{Type: kind})
		ctx, cancel := context.WithCancelCause(t.Context())
		tree.opts.OnHash = func(Progress) { cancel(why) }
		if _, err := tree.Hash(ctx); !errors.Is(err, why) {
			t.Errorf("%s: Hash = %v", kind, err)
		}
		_, err := tree.Hash(t.Context())
		must(t, err)
		ctx, cancel = context.WithCancelCause(t.Context())
		tree.opts.OnWrite = func(Progress) { cancel(why) }
		if _, err := tree.Write(ctx, io.Discard); !errors.Is(err, why) {
			t.Errorf("%s: Write = %v", kind, err)
		}
		cancel(why)
		if _, err := Select(ctx, dir, Options{Type: kind}); !errors.Is(err, why) {
			t.Errorf("%s: Select = %v", kind, err)
		}
		if err := tree.WriteContent(ctx, 0, io.Discard); !errors.Is(err, why) {
			t.Errorf("%s: WriteContent = %v", kind, err)
		}
	}
}

func TestProgress(t *testing.T) {
	dir := variety(t)
	for _, kind := range allTypes {
		var hashed, written Progress
		advance := func(kept *Progress) func(Progress) {
			return func(p Progress) {
				if p.Files < kept.Files || p.BytesIn < kept.BytesIn || p.BytesOut < kept.BytesOut {
					t.Errorf("%s: progress went back from %+v to %+v", kind, *kept, p)
				}
				*kept = p
			}
		}
		tree := selected(t, dir, Options{Type: kind, OnHash: advance(&hashed), OnWrite: advance(&written)})
		var out bytes.Buffer
		stats, err := tree.Write(t.Context(), &out)
		must(t, err)
		if want := (Progress{Files: len(tree.Entries()), BytesIn: tree.ContentBytes()}); hashed != want {
			t.Errorf("%s: hashing ended at %+v, want %+v", kind, hashed, want)
		}
		written.BytesOut = 0 // a directory or trailer follows the last call
		if want := (Progress{Files: len(tree.Entries()), BytesIn: tree.ContentBytes()}); written != want {
			t.Errorf("%s: writing ended at %+v, want %+v", kind, written, want)
		}
		if stats.Files+stats.Folders+stats.Links != len(tree.Entries()) || stats.Links != 3 || stats.Duration <= 0 || tree.Type() != kind {
			t.Errorf("%s: stats %+v", kind, stats)
		}
	}
}

func TestOldAndNewTimes(t *testing.T) {
	for stored, want := range map[string]string{
		"1975-05-05T05:05:05Z": "1975-05-05T05:05:05Z", "1960-01-01T00:00:00Z": "1970-01-01T00:00:00Z",
		"2037-01-01T00:00:01Z": "2037-01-01T00:00:01Z", "2024-01-01T00:00:01Z": "2024-01-01T00:00:01Z",
	} {
		at, err := time.Parse(time.RFC3339, stored)
		must(t, err)
		tree := selected(t, write(t, nil), Options{ModTime: at})
		f := zipFiles(t, bundled(t, tree))["appspec.yml"]
		if got := f.Modified.UTC().Format(time.RFC3339); got != want {
			t.Errorf("%s is unpacked as %s, want %s", stored, got, want)
		}
	}
	for year, want := range map[int]uint16{1975: 0<<9 | 1<<5 | 1, 1980: 0<<9 | 6<<5 | 7, 2107: 127<<9 | 6<<5 | 7, 2200: 127<<9 | 12<<5 | 31} {
		if date, _ := dosTime(time.Date(year, 6, 7, 1, 2, 3, 0, time.UTC)); date != want {
			t.Errorf("year %d: date %#x, want %#x", year, date, want)
		}
	}
}

func TestTypeForKey(t *testing.T) {
	for key, want := range map[string]Type{
		"a.zip": Zip, "a/b.TAR": Tar, "x.tgz": TGZ, "x.tar.gz": TGZ, "": "", "zip": "", "a.zip/b": "", "x.gz": "", "x.7z": "",
	} {
		if got, known := TypeForKey(key); got != want || known != (want != "") {
			t.Errorf("TypeForKey(%q) = %q, %v", key, got, known)
		}
	}
}

// TestTarNamesThatAreNotUTF8 keeps such names out of POSIX's extended headers, where some
// programs refuse them.
func TestTarNamesThatAreNotUTF8(t *testing.T) {
	long := strings.Repeat("\xe9", 200)
	dir := write(t, map[string]string{long: "a", "caf\xe9": "b", "\xff": "-> " + long, "ü": "c"})
	tree := selected(t, dir, Options{Type: Tar})
	data := bundled(t, tree)
	compare(t, untarred(t, data), membersOf(t, tree))
	if bytes.Contains(data, []byte("path=caf\xe9")) || bytes.Contains(data, []byte("path="+long)) || !bytes.Contains(data, []byte("path=ü")) {
		t.Error("only names of UTF-8 may be in extended headers")
	}
	if int64(len(data)) > tree.MaxSize() {
		t.Errorf("%d bytes, more than %d", len(data), tree.MaxSize())
	}
}
