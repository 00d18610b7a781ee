package bundle

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func zipFiles(t testing.TB, data []byte) map[string]*zip.File {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	must(t, err)
	files := make(map[string]*zip.File)
	for _, f := range r.File {
		files[f.Name] = f
	}
	return files
}

// sparse is an archive of which only some parts are kept; the rest reads as zeros.
type sparse struct {
	size  int64
	parts map[int64][]byte
}

func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	n := int(min(int64(len(p)), s.size-off))
	for at, part := range s.parts {
		if from, to := max(at, off), min(at+int64(len(part)), off+int64(n)); from < to {
			copy(p[from-off:], part[from-at:to-at])
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// skip is an output that pretends to have written some bytes.
func (s *sparse) skip(out *output, n int64) {
	out.progress.BytesOut += n
	s.size += n
}

// Write keeps what is written.
func (s *sparse) Write(p []byte) (int, error) {
	if s.parts == nil {
		s.parts = make(map[int64][]byte)
	}
	s.parts[s.size] = bytes.Clone(p)
	s.size += int64(len(p))
	return len(p), nil
}

// TestZip64 writes an archive of 14 GiB of which only the headers exist.
func TestZip64(t *testing.T) {
	const gib = 1 << 30
	entries := []Entry{
		{Path: "stored", Mode: 0o644, Size: 5 * gib, ModTime: stamp},
		{Path: "streamed", Mode: 0o600, Size: 6 * gib, ModTime: stamp},
		{Path: "just below", Mode: 0o600, Size: 1<<32 - 2, ModTime: stamp},
		{Path: "small, far away", Mode: 0o755, Size: 3, ModTime: stamp},
	}
	file := &sparse{}
	out := &output{w: file}
	var d zipDirectory
	add := func(i int, size int64, streamed bool, method uint16) {
		z := zipEntry{index: i, offset: out.progress.BytesOut, size: size, crc: 7, method: method, streamed: streamed}
		if z.streamed {
			z.size = 0
		}
		_, err := out.Write(appendLocalHeader(nil, &entries[i], z))
		must(t, err)
		file.skip(out, size)
		if z.size = size; streamed {
			_, err := out.Write(appendDescriptor(nil, &entries[i], z))
			must(t, err)
		}
		d.entries = append(d.entries, z)
	}
	add(0, 5*gib, false, zipStored)
	add(1, 4*gib+5, true, zipDeflated)
	add(2, 1<<32-2, true, zipDeflated)
	add(3, 3, false, zipStored)
	must(t, d.write(out, entries))

	r, err := zip.NewReader(file, file.size)
	must(t, err)
	for i, f := range r.File {
		z := d.entries[i]
		if f.Name != entries[i].Path || f.UncompressedSize64 != uint64(entries[i].Size) || f.CompressedSize64 != uint64(z.size) || f.CRC32 != 7 || f.Mode() != entries[i].Mode {
			t.Errorf("entry %d is read as %+v", i, f.FileHeader)
		}
		start, err := f.DataOffset()
		must(t, err)
		header := appendLocalHeader(nil, &entries[i], z)
		if want := z.offset + int64(len(header)); start != want || len(header) != localHeaderBytes(&entries[i], z) {
			t.Errorf("%s: data at %d, want %d", f.Name, start, want)
		}
		if limit := maxZipEntry(&entries[i]); int64(len(header))+z.size+24 > limit {
			t.Errorf("%s is larger than maxZipEntry %d", f.Name, limit)
		}
	}
}

// TestManyEntries sees that more entries than 16 bits can count are all found.
func TestManyEntries(t *testing.T) {
	for _, n := range []int{65534, 65535, 70_000} {
		entries := make([]Entry, n)
		for i := range entries {
			entries[i] = Entry{Path: fmt.Sprintf("f%07d", i), Mode: fs.ModeDir | 0o755, ModTime: stamp}
		}
		tree := &Tree{opts: Options{Type: Zip}, entries: entries, files: osFiles{}, sums: newSums(entries)}
		var out bytes.Buffer
		_, err := tree.Write(t.Context(), &out)
		must(t, err)
		if got := len(zipFiles(t, out.Bytes())); got != n {
			t.Errorf("%d entries are read as %d", n, got)
		}
		if limit := tree.MaxSize(); int64(out.Len()) > limit {
			t.Errorf("%d bytes, more than MaxSize %d", out.Len(), limit)
		}
	}
}

func TestCombineCRC(t *testing.T) {
	data := []byte(noise(1, 100_000))
	for _, cut := range []int{0, 1, 7, 4096, 99_999, 100_000} {
		a, b := crc32.ChecksumIEEE(data[:cut]), crc32.ChecksumIEEE(data[cut:])
		if got, want := combineCRC(a, b, int64(len(data)-cut)), crc32.ChecksumIEEE(data); got != want {
			t.Errorf("cut at %d: %08x, want %08x", cut, got, want)
		}
	}
}

// brokenDisk has files that cannot be read.
type brokenDisk struct{}

func (d brokenDisk) open(string) (file, error) { return d, nil }
func (d brokenDisk) Close() error              { return nil }
func (d brokenDisk) ReadAt(p []byte, off int64) (int, error) {
	return io.ReadFull(iotest.ErrReader(errors.New("disk failed")), p)
}

func TestReadFails(t *testing.T) {
	there := filepath.Join(write(t, map[string]string{"f": "0123456789"}), "f")
	entries := []Entry{{Path: "f", Mode: 0o644, Size: 10, ModTime: stamp, Source: there}}
	tree := &Tree{opts: Options{Type: Zip}, entries: entries, files: brokenDisk{}}
	if _, err := tree.Hash(t.Context()); err == nil || !strings.Contains(err.Error(), "read f: disk failed") {
		t.Errorf("Hash = %v", err)
	}
	for _, kind := range allTypes {
		tree.opts.Type, tree.sums = kind, newSums(entries)
		if _, err := tree.Write(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), "read f: disk failed") {
			t.Errorf("%s: Write = %v", kind, err)
		}
	}
}

// FuzzNames bundles one file of any name that the file system takes, and sees that it
// comes out under that name and below the root.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"a", "a/b", "..\\x", "\\\\host\\share", "c:\\x", "a\\..\\..\\b", "...", " ", "\xff", "é", "a/../b", "\n", "~", "-rf", ".", "appspec.yml/x"} {
		f.Add(name, "content", uint32(0o644))
	}
	f.Fuzz(func(t *testing.T, name, content string, mode uint32) {
		if name == "." || name != path.Clean(name) || !fs.ValidPath(strings.ToValidUTF8(name, "x")) || strings.Contains(name, "\x00") || len(name) > 1000 {
			t.Skip()
		}
		for part := range strings.SplitSeq(name, "/") {
			if len(part) > 255 || builtInRule(part, true)+builtInRule(part, false) != "" || part == "appspec.yml" {
				t.Skip()
			}
		}
		dir := write(t, map[string]string{name: strings.TrimPrefix(content, "-> ")})
		stored := fs.FileMode(mode).Perm()
		opts := Options{ModTime: time.Unix(int64(mode), 0), Mode: func(string, fs.FileMode) fs.FileMode { return stored }}
		for _, opts.Type = range allTypes {
			tree, err := Select(t.Context(), dir, opts)
			var bad *NameError
			if errors.As(err, &bad) && strings.Contains(name, `\`) {
				return
			}
			must(t, err)
			got := unpacked(t, opts.Type, bundled(t, tree))
			want := membersOf(t, tree)
			if opts.Type == Zip {
				for name, m := range want { // what the format can say
					m.stamp = got[name].stamp
					want[name] = m
				}
			}
			compare(t, got, want)
			for name := range got {
				for _, as := range []string{name, strings.ReplaceAll(name, `\`, "/")} {
					if path.IsAbs(as) || strings.HasPrefix(path.Clean(as)+"/", "../") {
						t.Errorf("%q leaves the root", name)
					}
				}
			}
		}
	})
}
