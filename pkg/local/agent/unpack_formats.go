package agent

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zip"
)

// maxLinkTarget limits how long the target of a link in a zip may be, as on Linux.
const maxLinkTarget = 4096

// zip unpacks a zip file the way Info-ZIP's unzip does, but several files at once.
func (u *unpacker) zip(src *os.File, size int64) error {
	archive, err := zip.NewReader(src, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return fmt.Errorf("read zip: %w", err)
	}
	u.files = newPool()
	defer u.files.close()
	for _, entry := range archive.File {
		if err := u.zipEntry(entry); err != nil {
			return err
		}
	}
	return u.files.drain()
}

func (u *unpacker) zipEntry(entry *zip.File) error {
	name, mode := zipName(entry), zipMode(entry)
	switch {
	case strings.HasSuffix(name, "/"):
		return u.folder(name, mode.Perm())
	case mode&fs.ModeSymlink != 0:
		return u.zipLink(name, entry)
	}
	rel, err := u.next(name)
	if err != nil {
		return err
	}
	if err := u.settle(rel); err != nil { // the later entry of a name takes the place of the earlier one
		return err
	}
	if _, _, err := u.clear(rel); err != nil {
		return u.unsafe(name, err)
	}
	return u.files.do(rel, func(w *worker) error { return u.unsafe(name, u.zipFile(w, rel, mode.Perm(), entry)) })
}

// zipFile writes one file that is not there.
func (u *unpacker) zipFile(w *worker, rel string, mode fs.FileMode, entry *zip.File) (err error) {
	folder, base, err := w.to.dir(u.root, rel)
	if err != nil {
		return err
	}
	content, err := entry.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	return u.fill(folder, base, content, mode, entry.Modified)
}

// zipLink makes the link whose target an entry contains.
func (u *unpacker) zipLink(name string, entry *zip.File) error {
	if err := u.files.drain(); err != nil {
		return err
	}
	content, err := entry.Open()
	if err != nil {
		return fmt.Errorf("read %s from zip: %w", name, err)
	}
	target, err := io.ReadAll(io.LimitReader(content, maxLinkTarget+1))
	if err = errors.Join(err, content.Close()); err != nil {
		return fmt.Errorf("read %s from zip: %w", name, err)
	}
	if len(target) == 0 || len(target) > maxLinkTarget {
		return fmt.Errorf("read %s from zip: target of the link is %d bytes long", name, len(target))
	}
	return u.link(name, string(target))
}

// zipName returns an entry's name with slashes: some programs on Windows write backslashes.
func zipName(entry *zip.File) string {
	const creatorFAT = 0
	if entry.CreatorVersion>>8 == creatorFAT && !strings.Contains(entry.Name, "/") {
		return strings.ReplaceAll(entry.Name, `\`, "/")
	}
	return entry.Name
}

// zipMode returns an entry's mode. One without Unix permissions gets what a new file or folder has
// on a host with the usual umask; unzip drops the set-user, set-group and sticky bits.
func zipMode(entry *zip.File) fs.FileMode {
	const creatorUnix, creatorMacOS = 3, 19
	mode := entry.Mode()
	creator := entry.CreatorVersion >> 8
	isUnix := creator == creatorUnix || creator == creatorMacOS
	switch {
	case !isUnix:
		return mode.Type() | mode.Perm()&^0o022
	case mode.Perm() == 0 && strings.HasSuffix(entry.Name, "/"):
		return fs.ModeDir | 0o755
	case mode.Perm() == 0:
		return mode.Type() | 0o644
	}
	return mode.Type() | mode.Perm()
}

// tar unpacks a tar file, compressed or not.
func (u *unpacker) tar(src io.Reader, bundleType types.BundleType) error {
	content, err := tarContent(src, bundleType)
	if err != nil {
		return err
	}
	archive := tar.NewReader(content)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return &tarError{err}
		}
		if err := u.tarEntry(archive, header); err != nil {
			return err
		}
	}
}

// tarContent undoes the compression. A tar file that is compressed is unpacked all the same, as GNU
// tar does; a tgz file that is not compressed is refused.
func tarContent(src io.Reader, bundleType types.BundleType) (io.Reader, error) {
	buffered := bufio.NewReaderSize(src, 1<<20)
	start, _ := buffered.Peek(2)
	isGzip := len(start) == 2 && start[0] == 0x1f && start[1] == 0x8b
	switch {
	case len(start) == 0:
		return nil, &tarError{errors.New("the bundle is empty")}
	case isGzip:
		unzipped, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, &tarError{err}
		}
		return unzipped, nil
	case bundleType == types.BundleTypeTarGZip:
		return nil, &tarError{errors.New("not in gzip format")}
	}
	return buffered, nil
}

func (u *unpacker) tarEntry(archive *tar.Reader, header *tar.Header) error {
	mode := unixMode(uint32(header.Mode & 0o7777))
	switch header.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
		return u.file(header.Name, tarFile{archive}, mode, header.ModTime)
	case tar.TypeDir:
		return u.folder(header.Name, mode)
	case tar.TypeSymlink:
		return u.link(header.Name, header.Linkname)
	case tar.TypeLink:
		return u.hardLink(header.Name, header.Linkname)
	case tar.TypeXGlobalHeader:
		return nil
	}
	return &tarError{fmt.Errorf("%s is neither a file, a folder nor a link", header.Name)}
}

// tarError is the failure of the agent's tar program, with its exit code, and the cause.
type tarError struct {
	cause error
}

func (e *tarError) Error() string {
	return fmt.Sprintf("Error extracting tar archive: 2 (%v)", e.cause)
}

func (e *tarError) Unwrap() error { return e.cause }

// tarFile reads a file of a tar; an archive that is cut off fails like any other broken one.
type tarFile struct {
	archive *tar.Reader
}

func (f tarFile) Read(p []byte) (int, error) {
	n, err := f.archive.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &tarError{err}
	}
	return n, err
}
