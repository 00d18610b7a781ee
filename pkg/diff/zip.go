package diff

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"
	"strings"

	"github.com/klauspost/compress/zip"

	"github.com/cdx-deploy/cdx/pkg/bundle"
)

// maxDirectoryBytes limits the central directory of a zip, which is held in memory.
const maxDirectoryBytes = 64 << 20

// zipArchive is a zip of which only the central directory is read, and single entries.
type zipArchive struct {
	object *object
	reader *reader
	files  []*zip.File
}

func (z *zipArchive) newHash() hash.Hash { return crc32.NewIEEE() }
func (z *zipArchive) basis() Basis       { return ByCRC32 }

// list reads the central directory.
func (z *zipArchive) list(ctx context.Context) (map[string]*node, error) {
	if err := z.readDirectory(ctx); err != nil {
		return nil, err
	}
	budget := int64(maxDirectoryBytes)
	z.reader = &reader{ctx: ctx, object: z.object, ahead: 1 << 20, budget: &budget}
	archive, err := zip.NewReader(z.reader, z.object.size)
	z.object.directory, z.reader.budget = span{}, nil
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, fmt.Errorf("its central directory: %w", err)
	}
	z.files = archive.File
	all := newNodes()
	for i, file := range z.files {
		if file.Flags&encrypted != 0 {
			return nil, fmt.Errorf("entry %q is encrypted", file.Name)
		}
		entry := zipNode(file)
		entry.at = i
		if err := all.add(zipName(file), entry); err != nil {
			return nil, err
		}
	}
	return all.byPath, nil
}

// encrypted is the flag of an entry that takes a password, which no agent has.
// Source: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", 4.4.4.
const encrypted = 1

// The signatures and sizes of the records that end a zip.
// Source: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", 4.3.14 to 4.3.16.
const (
	endSignature       = "PK\x05\x06"
	endBytes           = 22
	zip64EndSignature  = "PK\x06\x06"
	zip64EndBytes      = 56
	zip64LocatorBytes  = 20
	entriesInZip64     = 0xffff     // there are more: the other record tells
	directoryInZip64   = 0xffffffff // it is larger: the same
	endEntriesAt       = 10
	endDirectoryAt     = 12
	zip64EntriesAt     = 32
	zip64DirectoryAt   = 40
	zip64EndFromBehind = zip64LocatorBytes + zip64EndBytes
)

// readDirectory reads the central directory in one request, after a look whether it is of
// a size that fits into memory. What is wrong with it otherwise, the zip's reader finds.
func (z *zipArchive) readDirectory(ctx context.Context) error {
	tail := z.object.tail
	end := endOf(tail.data)
	if end < 0 {
		return errors.New("it has no end of a central directory: it is no zip, or was cut off")
	}
	record := tail.data[end:]
	entries := uint64(binary.LittleEndian.Uint16(record[endEntriesAt:]))
	size := uint64(binary.LittleEndian.Uint32(record[endDirectoryAt:]))
	if at := end - zip64EndFromBehind; at >= 0 && bytes.HasPrefix(tail.data[at:], []byte(zip64EndSignature)) && (entries == entriesInZip64 || size == directoryInZip64) {
		end, record = at, tail.data[at:]
		entries = binary.LittleEndian.Uint64(record[zip64EntriesAt:])
		size = binary.LittleEndian.Uint64(record[zip64DirectoryAt:])
	}
	switch start := tail.offset + int64(end) - int64(min(size, maxDirectoryBytes+1)); {
	case entries > maxEntries:
		return &LimitError{What: "entries", Limit: maxEntries}
	case size > maxDirectoryBytes:
		return &LimitError{What: "bytes of central directory", Limit: maxDirectoryBytes}
	case start < 0:
		return errors.New("its central directory is larger than the file: it was cut off at its beginning")
	case start < tail.offset:
		data := make([]byte, tail.offset-start)
		if err := z.object.fill(ctx, start, data); err != nil {
			return err
		}
		z.object.directory = span{start, data}
	}
	return nil
}

// endOf is where the record begins that ends a zip, behind which is only its comment; -1
// if there is none.
func endOf(tail []byte) int {
	for at := len(tail) - endBytes; at >= 0; at-- {
		if bytes.HasPrefix(tail[at:], []byte(endSignature)) {
			comment := int(binary.LittleEndian.Uint16(tail[at+endBytes-2:]))
			if at+endBytes+comment <= len(tail) {
				return at
			}
		}
	}
	return -1
}

// zipNode is an entry as the agent unpacks it.
func zipNode(file *zip.File) *node {
	const creatorUnix, creatorMacOS = 3, 19
	creator := file.CreatorVersion >> 8
	mode, entry := file.Mode(), &node{size: int64(min(file.UncompressedSize64, 1<<62))}
	entry.modeKnown = creator == creatorUnix || creator == creatorMacOS
	switch {
	case strings.HasSuffix(zipName(file), "/"):
		entry.mode, entry.size = fs.ModeDir|mode.Perm(), 0
	case mode&fs.ModeSymlink != 0:
		entry.mode, entry.unread = fs.ModeSymlink, true
	default:
		entry.mode = mode.Perm()
	}
	entry.mode = unpackedMode(bundle.Zip, entry.mode)
	if !entry.isFolder() {
		entry.sum = checksumText(file.CRC32)
	}
	return entry
}

// checksumText is a CRC-32 as the sum of a node.
func checksumText(sum uint32) string { return string(binary.BigEndian.AppendUint32(nil, sum)) }

// zipName returns an entry's name with slashes: some programs on Windows write backslashes.
func zipName(file *zip.File) string {
	const creatorFAT = 0
	if file.CreatorVersion>>8 == creatorFAT && !strings.Contains(file.Name, "/") {
		return strings.ReplaceAll(file.Name, `\`, "/")
	}
	return file.Name
}

// headerSlack is room for a local header, which may have more than the central directory
// tells.
const headerSlack = 128

// contents reads single entries, in their order in the central directory.
func (z *zipArchive) contents(ctx context.Context, wanted map[int]bool) iter.Seq2[content, error] {
	return func(yield func(content, error) bool) {
		z.reader.ctx = ctx
		for at, file := range z.files {
			if !wanted[at] {
				continue
			}
			z.reader.ahead = z.runFrom(at, wanted)
			data, err := z.content(file)
			if err != nil {
				yield(content{}, fmt.Errorf("entry %q: %w", file.Name, err))
				return
			}
			if !yield(content{at, data}, nil) {
				return
			}
		}
	}
}

// runFrom is about how many bytes the wanted entries take that follow each other from one
// on, up to 4 MiB: what is best read at once.
func (z *zipArchive) runFrom(at int, wanted map[int]bool) int64 {
	const most = 4 << 20
	size := int64(0)
	for ; wanted[at] && size < most; at++ {
		size += int64(min(z.files[at].CompressedSize64, most)) + int64(len(z.files[at].Name)) + headerSlack
	}
	return min(size, most)
}

// content reads an entry. It fails for one that is not of the size and checksum that the
// central directory promises, which shows at its end.
func (z *zipArchive) content(file *zip.File) (data []byte, err error) {
	body, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	return io.ReadAll(io.LimitReader(body, int64(file.UncompressedSize64)+1))
}
