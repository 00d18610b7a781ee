package diff_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cdx-deploy/cdx/pkg/bundle"
	"github.com/cdx-deploy/cdx/pkg/diff"
)

// span reads a Range header.
func span(text string, size int64) (first, last int64, err error) {
	text = strings.TrimPrefix(text, "bytes=")
	if strings.HasPrefix(text, "-") {
		var n int64
		if _, err := fmt.Sscanf(text, "-%d", &n); err != nil || size == 0 {
			return 0, 0, errRange
		}
		return max(0, size-n), size - 1, nil
	}
	if _, err := fmt.Sscanf(text, "%d-%d", &first, &last); err != nil || first >= size || last < first {
		return 0, 0, errRange
	}
	return first, min(last, size-1), nil
}

func rangeText(first, last, size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", first, last, size)
}

const appSpec = `version: 0.0
os: linux
files:
  - source: /
    destination: /var/www
hooks:
  AfterInstall:
    - location: ./scripts/start.sh
`

// TestCompare goes through what can happen to a file, in each type of bundle.
func TestCompare(t *testing.T) {
	t.Parallel()
	before := map[string]string{
		"appspec.yml": appSpec, "scripts/start.sh": "!#!/bin/sh\n", "same": "same", "folder/same": "same", "empty/": "", "emptied/file": "x",
		"text": "one\n", "resized": "one\n", "mode": "x", "both": "one", "gone": "x", "link": "-> text", "link2": "-> text", "gonelink": "-> text",
		"file-to-link": "x", "file-to-folder": "x", "folder-to-file/x": "x", "gonefolder/": "", "gonetree/a/b": "x", "blank": "",
	}
	after := map[string]string{
		"appspec.yml": strings.Replace(appSpec, "AfterInstall", "ApplicationStart", 1), "scripts/start.sh": "!#!/bin/sh\nexit 0\n", "same": "same", "folder/same": "same", "empty/": "", "emptied/": "",
		"text": "two\n", "resized": "three\n", "mode": "!x", "both": "!two", "added": "x", "link": "-> text", "link2": "-> same", "addedlink": "-> text",
		"file-to-link": "-> text", "file-to-folder/x": "x", "folder-to-file": "x", "addedfolder/": "", "addedtree/a/b": "x", "blank": "",
	}
	for _, kind := range []bundle.Type{bundle.Zip, bundle.Tar, bundle.TGZ} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			b := newBucket(t)
			data, digest := bundled(t, selected(t, write(t, before), kind))
			for _, digest := range []string{"", digest} {
				at := b.put(t, "revision."+string(kind), data, digest)
				d, err := b.compare(t, at, write(t, after))
				must(t, err)
				expect(t, d,
					"changed appspec.yml contents (appspec)", "changed scripts/start.sh contents (hook)", "added added", "added addedfolder", "added addedlink", "added addedtree/a/b",
					"changed both contents mode", "removed emptied/file", "changed file-to-folder type", "added file-to-folder/x", "changed file-to-link type", "changed folder-to-file type", "removed folder-to-file/x",
					"removed gone", "removed gonefolder", "removed gonelink", "removed gonetree/a/b", "changed link2 contents", "changed mode mode", "changed resized contents", "changed text contents")
				if !strings.Contains(d.AppSpecDiff, "-  AfterInstall:\n+  ApplicationStart:\n") {
					t.Errorf("the AppSpec file's difference is %q", d.AppSpecDiff)
				}
				for _, c := range d.Changes {
					if folder := map[string]string{"addedtree/a/b": "addedtree", "gonetree/a/b": "gonetree"}[c.Path]; c.Folder != folder {
						t.Errorf("%s came or went with %q", c.Path, c.Folder)
					}
					if c.Path == "link2" && (c.Old.Target != "text" || c.New.Target != "same") {
						t.Errorf("link2 led to %q and leads to %q", c.Old.Target, c.New.Target)
					}
				}
				want := diff.ByCRC32
				if kind != bundle.Zip {
					want = diff.BySHA256
				}
				if d.Basis != want || d.ModesUnknown {
					t.Errorf("basis %s, modes unknown: %v", d.Basis, d.ModesUnknown)
				}
			}
		})
	}
}

// TestUnchanged sees what is read where nothing differs.
func TestUnchanged(t *testing.T) {
	t.Parallel()
	files := map[string]string{"link": "-> a", "folder/": ""}
	random := rand.NewChaCha8([32]byte{})
	for i := range 1000 {
		content := make([]byte, 2500)
		_, _ = random.Read(content) // never fails
		files[fmt.Sprintf("folder-%d/file-%d.txt", i%50, i)] = string(content)
	}
	dir := write(t, files)
	b := newBucket(t)
	data, digest := bundled(t, selected(t, dir, bundle.Zip))
	if len(data) < 2<<20 {
		t.Fatalf("the bundle has only %d bytes", len(data))
	}
	for _, c := range []struct {
		digest string
		basis  diff.Basis
		most   int64
	}{{digest, diff.ByDigest, 65 << 10}, {"", diff.ByCRC32, 200 << 10}, {"another", diff.ByCRC32, 200 << 10}} {
		at := b.put(t, "a.zip", data, c.digest)
		b.sent.Store(0)
		b.asked.Store(0)
		opened, err := diff.Open(t.Context(), b.client, at, diff.Options{})
		must(t, err)
		d, err := opened.Compare(t.Context(), selected(t, dir, bundle.Zip))
		must(t, err)
		expect(t, d)
		if d.Basis != c.basis || d.Entries != len(files)+50+1 {
			t.Errorf("basis %s with %d entries, want %s with %d", d.Basis, d.Entries, c.basis, len(files)+50+1)
		}
		bytes, requests := opened.Reads()
		if bytes > c.most || bytes != b.sent.Load() || int64(requests) != b.asked.Load() || requests > 2 {
			t.Errorf("%s: read %d bytes in %d requests, S3 sent %d in %d; want %d at most", c.basis, bytes, requests, b.sent.Load(), b.asked.Load(), c.most)
		}
	}
}

// TestDigestOfOtherType sees that the directory is taken as a bundle of the type that is
// there.
func TestDigestOfOtherType(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"a": strings.Repeat("a", 1<<20)})
	b := newBucket(t)
	data, digest := bundled(t, selected(t, dir, bundle.Tar))
	d, err := b.compare(t, b.put(t, "a.tar", data, digest), dir)
	must(t, err)
	expect(t, d)
	if d.Basis != diff.ByDigest || b.sent.Load() > 65<<10 {
		t.Errorf("basis %s after %d bytes", d.Basis, b.sent.Load())
	}
}

func TestBrokenOffAnswers(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 1000 {
		files[fmt.Sprintf("a-long-name-of-a-file-%d", i)] = fmt.Sprintf("%x", sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
	}
	dir := write(t, files)
	for _, kind := range []bundle.Type{bundle.Zip, bundle.TGZ} {
		b := newBucket(t)
		data, _ := bundled(t, selected(t, dir, kind))
		at := b.put(t, "a."+string(kind), data, "")
		b.cut.Store(3)
		d, err := b.compare(t, at, dir)
		must(t, err)
		expect(t, d)
		b.cut.Store(1000)
		b.mute.Store(true)
		if _, err := b.compare(t, at, dir); err == nil || !strings.Contains(err.Error(), "broke off") {
			t.Errorf("%s: with every answer breaking off: %v", kind, err)
		}
	}
}

// TestZip64 has more entries than the zip format once allowed.
func TestZip64(t *testing.T) {
	t.Parallel()
	entries := []entry{{"appspec.yml", plainAppSpec, 0o644, 3}}
	for i := range 66_000 {
		entries = append(entries, entry{fmt.Sprintf("a/%d", i), "", 0o644, 3})
	}
	data := zipOf(t, entries...)
	opened, err := diff.Open(t.Context(), memory(data), location("a.zip"), diff.Options{})
	must(t, err)
	d, err := opened.Compare(t.Context(), selected(t, write(t, map[string]string{"a/7": "", "a/8": "x"}), bundle.Zip))
	must(t, err)
	if len(d.Changes) != 65_999 || d.Changes[0].Kind != diff.Removed {
		t.Errorf("%d changes", len(d.Changes))
	}
	if _, requests := opened.Reads(); requests != 2 {
		t.Errorf("%d requests", requests)
	}
}

// TestPatchReadsRuns sees that contents that lie side by side are read together.
func TestPatchReadsRuns(t *testing.T) {
	t.Parallel()
	before, after := map[string]string{}, map[string]string{}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		name := fmt.Sprintf("file-%03d", i)
		before[name] = fmt.Sprintf("%x\n", random.Perm(1000))
		after[name] = before[name] + "more\n"
	}
	b := newBucket(t)
	data, _ := bundled(t, selected(t, write(t, before), bundle.Zip))
	opened, err := diff.Open(t.Context(), b.client, b.put(t, "a.zip", data, ""), diff.Options{})
	must(t, err)
	d, err := opened.Compare(t.Context(), selected(t, write(t, after), bundle.Zip))
	must(t, err)
	done, err := d.Patch(t.Context(), io.Discard)
	must(t, err)
	if _, requests := opened.Reads(); done.Files != 300 || requests > 3 {
		t.Errorf("%d files in %d requests", done.Files, requests)
	}
}
