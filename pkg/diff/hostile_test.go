package diff_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/cdx-deploy/cdx/pkg/bundle"
	"github.com/cdx-deploy/cdx/pkg/diff"
)

// lie overwrites bytes behind the last place of a signature.
func lie(data []byte, signature string, offset int, with ...byte) []byte {
	data = bytes.Clone(data)
	copy(data[bytes.LastIndex(data, []byte(signature))+offset:], with)
	return data
}

func uint32s(values ...uint32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

// zip64Lie is the end of a zip that claims many entries and a large directory.
func zip64Lie(entries, size uint64) []byte {
	b := []byte("PK\x06\x06")
	b = binary.LittleEndian.AppendUint64(b, 44)
	b = append(b, make([]byte, 12)...)
	for _, v := range []uint64{entries, entries, size, 0} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	b = append(b, "PK\x06\x07"...)
	b = append(b, make([]byte, 4+8)...)
	b = append(b, 1, 0, 0, 0)
	b = append(b, "PK\x05\x06"...)
	b = append(b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff)
	return append(append(b, uint32s(0xffffffff, 0xffffffff)...), 0, 0)
}

func TestHostileBundles(t *testing.T) {
	t.Parallel()
	honest := zipOf(t, entry{"appspec.yml", plainAppSpec, 0o644, 3}, entry{"text", strings.Repeat("text", 1000), 0o644, 3})
	honestTar := tarOf(t, false, &tar.Header{Name: "appspec.yml", Mode: 0o644, Uname: plainAppSpec}, &tar.Header{Name: "text", Mode: 0o644, Uname: "text"})
	for _, c := range []struct {
		name, key string
		data      []byte
		want      string
	}{
		{"no zip", "a.zip", []byte("this is no zip"), "is no zip that can be unpacked: it has no end of a central directory"},
		{"cut off", "a.zip", honest[:len(honest)-30], "cut off"},
		{"cut off at its beginning", "a.zip", honest[200:], "central directory"},
		{"a name that leads out", "a.zip", zipOf(t, entry{"../evil", "x", 0o644, 3}), `entry "../evil" leads out of the bundle`},
		{"a name that leads out on Windows", "a.zip", zipOf(t, entry{name: `..\evil`, content: "x"}), "leads out of the bundle"},
		{"a name with a NUL", "a.zip", zipOf(t, entry{"a\x00b", "x", 0o644, 3}), "leads out of the bundle"},
		{"fewer entries than it claims", "a.zip", lie(honest, "PK\x05\x06", 8, 9, 0, 9, 0), "central directory"},
		{"a directory larger than the file", "a.zip", lie(honest, "PK\x05\x06", 12, uint32s(1<<24)...), "larger than the file"},
		{"a huge directory", "a.zip", lie(honest, "PK\x05\x06", 12, uint32s(1<<27)...), "more than 67108864 bytes of central directory"},
		{"an encrypted entry", "a.zip", lie(honest, "PK\x01\x02", 8, 1, 0), `is no zip that can be unpacked: entry "text" is encrypted`},
		{"too many entries", "a.zip", append(bytes.Clone(honest), zip64Lie(1<<40, 100)...), "more than 1000000 entries"},
		{"a huge zip64 directory", "a.zip", append(bytes.Clone(honest), zip64Lie(10, 1<<60)...), "bytes of central directory"},
		{"an empty object", "a.zip", nil, "it is empty"},
		{"no tar", "a.tar", []byte(strings.Repeat("this is no tar", 100)), "is no tar that can be unpacked"},
		{"a tar that is cut off", "a.tar", honestTar[:520], "is no tar that can be unpacked"},
		{"no gzip", "a.tgz", honestTar, "not in gzip format"},
		{"a tgz that is cut off", "a.tgz", tarOf(t, true, &tar.Header{Name: "appspec.yml", Mode: 0o644, Uname: plainAppSpec})[:60], "is no tgz that can be unpacked"},
		{"a tar with a name that leads out", "a.tar", tarOf(t, false, &tar.Header{Name: "a/../../evil", Mode: 0o644, Uname: "x"}), "leads out of the bundle"},
		{"a hard link to nothing", "a.tar", tarOf(t, false, &tar.Header{Name: "a", Typeflag: tar.TypeLink, Linkname: "b"}), "which is not there"},
		{"a hard link that leads out", "a.tar", tarOf(t, false, &tar.Header{Name: "a", Typeflag: tar.TypeLink, Linkname: "../b"}), "leads out of the bundle"},
		{"a device", "a.tar", tarOf(t, false, &tar.Header{Name: "a", Typeflag: tar.TypeChar}), "neither a file, a folder nor a link"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBucket(t)
			_, err := b.compare(t, b.put(t, c.key, c.data, ""), write(t, map[string]string{"text": "x"}))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q in it", err, c.want)
			}
		})
	}
}

// TestBomb sees that a small tgz that unpacks to more than a gigabyte is given up.
func TestBomb(t *testing.T) {
	t.Parallel()
	header := make([]byte, 512)
	copy(header, "bomb")
	copy(header[100:], "0000644\x00")
	copy(header[124:], "77777777777\x00") // 8 GiB
	header[156] = '0'
	copy(header[257:], "ustar\x0000")
	sum := 8 * 0x20
	for i, c := range header {
		if i < 148 || i >= 156 {
			sum += int(c)
		}
	}
	copy(header[148:], []byte{'0' + byte(sum>>15&7), '0' + byte(sum>>12&7), '0' + byte(sum>>9&7), '0' + byte(sum>>6&7), '0' + byte(sum>>3&7), '0' + byte(sum&7), 0, ' '})
	opened, err := diff.Open(t.Context(), memory(header), location("a.tar"), diff.Options{})
	must(t, err)
	var limit *diff.LimitError
	if _, err := opened.Compare(t.Context(), selected(t, write(t, nil), bundle.Zip)); !errors.As(err, &limit) {
		t.Errorf("%v, want a LimitError", err)
	}
}

// TestLiesAboutContents reads contents, for a patch, that are not as the central directory
// says.
func TestLiesAboutContents(t *testing.T) {
	t.Parallel()
	honest := zipOf(t, entry{"appspec.yml", plainAppSpec, 0o644, 3}, entry{"text", strings.Repeat("text", 1000), 0o644, 3})
	central := "PK\x01\x02"
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"smaller than it is": {lie(honest, central, 24, uint32s(10)...), `entry "text"`},
		"larger than it is":  {lie(honest, central, 24, uint32s(1<<20)...), `entry "text"`},
		"another checksum":   {lie(honest, central, 16, uint32s(1)...), "checksum"},
		"no known method":    {lie(honest, central, 10, 99, 0), "unsupported compression"},
		"outside of it":      {lie(honest, central, 42, uint32s(1<<30)...), `entry "text"`},
	} {
		b := newBucket(t)
		d, err := b.compare(t, b.put(t, "a.zip", c.data, ""), write(t, map[string]string{"text": "x"}))
		must(t, err)
		var broken *diff.BrokenError
		if _, err = d.Patch(t.Context(), io.Discard); !errors.As(err, &broken) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
	}
}

// TestHugeLinkTargets sees that a link's target is not read when it is none.
func TestHugeLinkTargets(t *testing.T) {
	t.Parallel()
	b := newBucket(t)
	data := zipOf(t, entry{"appspec.yml", plainAppSpec, 0o644, 3}, entry{"link", strings.Repeat("x", 1<<20), 0o777 | fs.ModeSymlink, 3})
	d, err := b.compare(t, b.put(t, "a.zip", data, ""), write(t, map[string]string{"link": "-> x"}))
	must(t, err)
	expect(t, d, "changed link contents")
	done, err := d.Patch(t.Context(), io.Discard)
	must(t, err)
	if d.Changes[0].Old.Target != "" || len(done.TooLarge) != 1 {
		t.Errorf("target of %d bytes, patched %+v", len(d.Changes[0].Old.Target), done)
	}
}

// TestDirectoryElsewhere has a record of the central directory that lies where no program
// puts it: what is read then is limited too.
func TestDirectoryElsewhere(t *testing.T) {
	t.Parallel()
	end := zip64Lie(900_000, 100)
	filler := bytes.Repeat(append([]byte("PK\x01\x02"), make([]byte, 42)...), 70<<20/46) // entries without names
	data := append(bytes.Clone(filler), zip64Lie(1_000_000_000, uint64(len(filler)))[:56]...)
	data = append(data, make([]byte, 1000)...)
	locator := bytes.Clone(end[56:76])
	binary.LittleEndian.PutUint64(locator[8:], uint64(len(filler)))
	data = append(append(append(data, end[:56]...), locator...), end[76:]...)
	opened, err := diff.Open(t.Context(), memory(data), location("a.zip"), diff.Options{})
	must(t, err)
	if _, err := opened.Compare(t.Context(), selected(t, write(t, nil), bundle.Zip)); err == nil {
		t.Error("no error")
	}
	if read, _ := opened.Reads(); read > 70<<20 {
		t.Errorf("read %d bytes", read)
	}
}

func TestReplacedAndGone(t *testing.T) {
	t.Parallel()
	b := newBucket(t)
	dir := write(t, map[string]string{"a": "a"})
	first, _ := bundled(t, selected(t, dir, bundle.Zip))
	large := zipOf(t, entry{"appspec.yml", plainAppSpec, 0o644, 3}, entry{"a", string(make([]byte, 100)), 0o644, 3})
	old := b.put(t, "a.zip", first, "")
	now := b.put(t, "a.zip", large, "")
	var replaced *diff.ReplacedError
	if _, err := b.compare(t, old, dir); !errors.As(err, &replaced) || replaced.ETag != *old.ETag || !strings.Contains(err.Error(), "was replaced") {
		t.Errorf("an object with another eTag: %v", err)
	}
	now.ETag = aws.String(`"` + *now.ETag + `"`) // as some write it
	opened, err := diff.Open(t.Context(), b.client, now, diff.Options{})
	must(t, err)
	if at := opened.Location(); *at.ETag != strings.Trim(*now.ETag, `"`) || at.BundleType != types.BundleTypeZip {
		t.Errorf("location %+v", at)
	}
	d, err := opened.Compare(t.Context(), selected(t, dir, bundle.Zip))
	must(t, err)
	expect(t, d, "changed a contents")
	var gone *diff.GoneError
	if _, err := b.compare(t, location("b.zip"), dir); !errors.As(err, &gone) {
		t.Errorf("no such object: %v", err)
	}
	elsewhere := location("a.zip")
	elsewhere.Bucket = aws.String("elsewhere")
	if _, err := b.compare(t, elsewhere, dir); errors.As(err, &gone) || err == nil || !strings.Contains(err.Error(), "NoSuchBucket") {
		t.Errorf("no such bucket: %v", err)
	}
	if _, err := b.compare(t, location("a.yaml"), dir); err == nil || !strings.Contains(err.Error(), "no bundle") {
		t.Errorf("a text: %v", err)
	}
}

// TestReplacedWhileItIsRead sees that the second request does not mix two objects.
func TestReplacedWhileItIsRead(t *testing.T) {
	t.Parallel()
	b := newBucket(t)
	random := strings.Repeat("0123456789abcdef", 1<<13)
	zipped := func(content string) []byte {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for _, e := range [][2]string{{"appspec.yml", plainAppSpec}, {"text", content}, {"z", random}} {
			f, err := w.CreateHeader(&zip.FileHeader{Name: e[0], Method: zip.Store})
			must(t, err)
			_, err = f.Write([]byte(e[1]))
			must(t, err)
		}
		must(t, w.Close())
		return out.Bytes()
	}
	at := b.put(t, "a.zip", zipped("one\n"), "")
	at.ETag = nil
	d, err := b.compare(t, at, write(t, map[string]string{"text": "two\n"}))
	must(t, err)
	b.put(t, "a.zip", zipped("six\n"), "")
	var replaced *diff.ReplacedError
	if _, err := d.Patch(t.Context(), io.Discard); !errors.As(err, &replaced) {
		t.Errorf("%v, want a ReplacedError", err)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	b := newBucket(t)
	_, err := b.client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: aws.String("bucket"), VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
	})
	must(t, err)
	dir := write(t, map[string]string{"a": "a"})
	data, _ := bundled(t, selected(t, dir, bundle.Zip))
	at := b.put(t, "a.zip", data, "")
	b.put(t, "a.zip", []byte("something else"), "")
	at.ETag = nil
	d, err := b.compare(t, at, dir)
	must(t, err)
	expect(t, d)
}

func TestReadText(t *testing.T) {
	t.Parallel()
	b := newBucket(t)
	for _, size := range []int{1, 1000, 100_000, 1 << 20} {
		want := bytes.Repeat([]byte("x"), size)
		got, err := diff.ReadText(t.Context(), b.client, b.put(t, "a.yaml", want, ""))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %d bytes, %v", size, len(got), err)
		}
	}
	var limit *diff.LimitError
	if _, err := diff.ReadText(t.Context(), b.client, b.put(t, "a.yaml", make([]byte, 1<<20+1), "")); !errors.As(err, &limit) {
		t.Errorf("a large one: %v", err)
	}
	var gone *diff.GoneError
	if _, err := diff.ReadText(t.Context(), b.client, location("none.yaml")); !errors.As(err, &gone) {
		t.Errorf("none: %v", err)
	}
}

// TestChangedMeanwhile sees that a file that changes after it was selected is an error.
func TestChangedMeanwhile(t *testing.T) {
	t.Parallel()
	b := newBucket(t)
	dir := write(t, map[string]string{"a": "as selected"})
	data, digest := bundled(t, selected(t, dir, bundle.Zip))
	for _, digest := range []string{"", digest} {
		tree := selected(t, dir, bundle.Zip)
		put(t, dir, "a", "longer than when it was selected")
		opened, err := diff.Open(t.Context(), b.client, b.put(t, "a.zip", data, digest), diff.Options{})
		must(t, err)
		var changed *bundle.ChangedError
		if _, err := opened.Compare(t.Context(), tree); !errors.As(err, &changed) {
			t.Errorf("%v, want a ChangedError", err)
		}
		must(t, os.WriteFile(filepath.Join(dir, "a"), []byte("as selected"), 0o644))
	}
}

func location(key string) *types.S3Location {
	return &types.S3Location{Bucket: aws.String("bucket"), Key: &key}
}
