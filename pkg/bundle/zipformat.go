package bundle

import (
	"encoding/binary"
	"math"
	"time"
	"unicode/utf8"
)

// The records of a zip archive.
// Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.5; Info-ZIP's proginfo/extrafld.txt
// for the extended time stamp; Info-ZIP for Unix modes in the external attributes.
const (
	zipStored   uint16 = 0
	zipDeflated uint16 = 8

	sigLocal      = 0x04034b50
	sigDescriptor = 0x08074b50
	sigCentral    = 0x02014b50
	sigEnd64      = 0x06064b50
	sigLocator64  = 0x07064b50
	sigEnd        = 0x06054b50

	madeByUnix = 3 << 8
	version20  = 20 // folders, deflate
	version45  = 45 // Zip64

	flagStreamed = 1 << 3
	flagUTF8     = 1 << 11

	extraZip64 = 0x0001
	extraTime  = 0x5455

	localFixedBytes   = 30
	centralFixedBytes = 46
	timeExtraBytes    = 9
	zipEndBytes       = 22 + 20 + 56 // end, Zip64 locator, Zip64 end

	// streamed64Bytes is the content size from which a file whose compressed size is not
	// known yet gets 64-bit sizes: compression can add a little.
	streamed64Bytes = math.MaxUint32 - 1<<24
)

// zipEntry is what the central directory keeps of an entry.
type zipEntry struct {
	index    int   // in the tree
	offset   int64 // of the local header
	size     int64 // as stored
	crc      uint32
	method   uint16
	streamed bool // the sizes follow the data
}

// zip64 tells whether the local header and the descriptor have 64-bit sizes.
func (z zipEntry) zip64(e *Entry) bool {
	if z.streamed {
		return e.Size >= streamed64Bytes
	}
	return e.Size >= math.MaxUint32 || z.size >= math.MaxUint32
}

// contentSize is the uncompressed size.
func contentSize(e *Entry) int64 {
	if e.isLink() {
		return int64(len(e.Target))
	}
	return e.Size
}

// zipName is the name of an entry in the archive.
func zipName(e *Entry) string {
	if e.isFolder() {
		return e.Path + "/"
	}
	return e.Path
}

func localHeaderBytes(e *Entry, z zipEntry) int {
	size := localFixedBytes + len(zipName(e)) + timeExtraBytes
	if z.zip64(e) {
		size += 4 + 16
	}
	return size
}

// maxZipEntry is the most that an entry takes in the archive.
func maxZipEntry(e *Entry) int64 {
	const descriptor, zip64 = 24, 20 + 28
	headers := localFixedBytes + centralFixedBytes + 2*(len(zipName(e))+timeExtraBytes) + descriptor + zip64
	return int64(headers) + maxDeflated(contentSize(e))
}

func zipFlags(e *Entry, z zipEntry) uint16 {
	var flags uint16
	if z.streamed {
		flags |= flagStreamed
	}
	if name := e.Path; !isASCII(name) && utf8.ValidString(name) {
		flags |= flagUTF8
	}
	return flags
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// appendLocalHeader appends the header that precedes an entry's data.
func appendLocalHeader(b []byte, e *Entry, z zipEntry) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, sigLocal)
	b = le.AppendUint16(b, zipVersion(z.zip64(e)))
	b = appendCommon(b, e, z)
	content, crc := contentSize(e), z.crc
	if z.streamed {
		content, crc = 0, 0
	}
	b = le.AppendUint32(b, crc)
	extra := timeExtraBytes
	if z.zip64(e) {
		b = le.AppendUint64(b, math.MaxUint64) // two sizes
		extra += 4 + 16
	} else {
		b = le.AppendUint32(b, uint32(z.size))
		b = le.AppendUint32(b, uint32(content))
	}
	b = le.AppendUint16(b, uint16(len(zipName(e))))
	b = le.AppendUint16(b, uint16(extra))
	b = append(b, zipName(e)...)
	if z.zip64(e) {
		b = appendZip64(b, content, z.size)
	}
	return appendTimeExtra(b, e.ModTime)
}

// appendCommon appends what local and central headers share up to the CRC.
func appendCommon(b []byte, e *Entry, z zipEntry) []byte {
	le := binary.LittleEndian
	b = le.AppendUint16(b, zipFlags(e, z))
	b = le.AppendUint16(b, z.method)
	date, clock := dosTime(e.ModTime)
	b = le.AppendUint16(b, clock)
	return le.AppendUint16(b, date)
}

func zipVersion(zip64 bool) uint16 {
	if zip64 {
		return version45
	}
	return version20
}

// appendZip64 appends an extra field of 64-bit values.
func appendZip64(b []byte, values ...int64) []byte {
	b = binary.LittleEndian.AppendUint16(b, extraZip64)
	b = binary.LittleEndian.AppendUint16(b, uint16(8*len(values)))
	for _, value := range values {
		b = binary.LittleEndian.AppendUint64(b, uint64(value))
	}
	return b
}

// appendTimeExtra appends the extended time stamp: the modification time in seconds
// since 1970, UTC. DOS times, beside it, have no time zone.
func appendTimeExtra(b []byte, stamp time.Time) []byte {
	b = binary.LittleEndian.AppendUint16(b, extraTime)
	b = binary.LittleEndian.AppendUint16(b, timeExtraBytes-4)
	b = append(b, 1) // a modification time, nothing else
	return binary.LittleEndian.AppendUint32(b, uint32(min(max(stamp.Unix(), 0), math.MaxInt32)))
}

// dosTime converts a time to UTC in MS-DOS's form, which knows the years 1980 to 2107
// and even seconds. Other years become the nearest that it knows.
func dosTime(stamp time.Time) (date, clock uint16) {
	stamp = stamp.UTC()
	switch {
	case stamp.Year() < 1980:
		stamp = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	case stamp.Year() > 2107:
		stamp = time.Date(2107, 12, 31, 23, 59, 58, 0, time.UTC)
	}
	date = uint16(stamp.Day() + int(stamp.Month())<<5 + (stamp.Year()-1980)<<9)
	clock = uint16(stamp.Second()/2 + stamp.Minute()<<5 + stamp.Hour()<<11)
	return date, clock
}

// appendDescriptor appends the sizes that follow the data of a streamed entry.
func appendDescriptor(b []byte, e *Entry, z zipEntry) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, sigDescriptor)
	b = le.AppendUint32(b, z.crc)
	if z.zip64(e) {
		b = le.AppendUint64(b, uint64(z.size))
		return le.AppendUint64(b, uint64(e.Size))
	}
	b = le.AppendUint32(b, uint32(z.size))
	return le.AppendUint32(b, uint32(e.Size))
}

// zipDirectory is the central directory.
type zipDirectory struct {
	entries []zipEntry
}

// write appends the directory and the end records to the archive.
func (d *zipDirectory) write(out *output, entries []Entry) error {
	start := out.progress.BytesOut
	var b []byte
	for _, z := range d.entries {
		b = appendCentralHeader(b, &entries[z.index], z)
		if len(b) >= chunkBytes/2 {
			if _, err := out.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	if _, err := out.Write(b); err != nil {
		return err
	}
	_, err := out.Write(appendEnd(nil, int64(len(d.entries)), start, out.progress.BytesOut))
	return err
}

// appendCentralHeader appends an entry of the central directory.
func appendCentralHeader(b []byte, e *Entry, z zipEntry) []byte {
	le := binary.LittleEndian
	var large []int64 // the values that do not fit into 32 bits, in the order of the fields
	fit := func(value int64) uint32 {
		if value >= math.MaxUint32 {
			large = append(large, value)
			return math.MaxUint32
		}
		return uint32(value)
	}
	content, stored, offset := fit(contentSize(e)), fit(z.size), fit(z.offset)
	var extra []byte
	if len(large) > 0 {
		extra = appendZip64(extra, large...)
	}
	extra = appendTimeExtra(extra, e.ModTime)
	version := zipVersion(len(large) > 0 || z.zip64(e))

	b = le.AppendUint32(b, sigCentral)
	b = le.AppendUint16(b, madeByUnix|version)
	b = le.AppendUint16(b, version)
	b = appendCommon(b, e, z)
	b = le.AppendUint32(b, z.crc)
	b = le.AppendUint32(b, stored)
	b = le.AppendUint32(b, content)
	b = le.AppendUint16(b, uint16(len(zipName(e))))
	b = le.AppendUint16(b, uint16(len(extra)))
	b = le.AppendUint16(b, 0) // comment
	b = le.AppendUint16(b, 0) // disk
	b = le.AppendUint16(b, 0) // internal attributes
	b = le.AppendUint32(b, zipAttributes(e))
	b = le.AppendUint32(b, offset)
	b = append(b, zipName(e)...)
	return append(b, extra...)
}

// zipAttributes are the external attributes: the Unix mode, and MS-DOS's folder bit.
func zipAttributes(e *Entry) uint32 {
	const typeFile, typeFolder, typeLink, dosFolder = 0o100000, 0o040000, 0o120000, 0x10
	switch {
	case e.isFolder():
		return (typeFolder|e.unixMode())<<16 | dosFolder
	case e.isLink():
		return (typeLink | e.unixMode()) << 16
	}
	return (typeFile | e.unixMode()) << 16
}

// appendEnd appends the end of the archive: the directory's place and, where a number
// does not fit, its Zip64 form before it.
func appendEnd(b []byte, count, start, end int64) []byte {
	le := binary.LittleEndian
	size := end - start
	if count >= math.MaxUint16 || size >= math.MaxUint32 || start >= math.MaxUint32 {
		b = appendEnd64(b, count, start, end)
		count = min(count, math.MaxUint16)
		size = min(size, math.MaxUint32)
		start = min(start, math.MaxUint32)
	}
	b = le.AppendUint32(b, sigEnd)
	b = le.AppendUint32(b, 0) // two disk numbers
	b = le.AppendUint16(b, uint16(count))
	b = le.AppendUint16(b, uint16(count))
	b = le.AppendUint32(b, uint32(size))
	b = le.AppendUint32(b, uint32(start))
	return le.AppendUint16(b, 0) // comment
}

func appendEnd64(b []byte, count, start, end int64) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, sigEnd64)
	b = le.AppendUint64(b, 56-12) // size of the rest
	b = le.AppendUint16(b, madeByUnix|version45)
	b = le.AppendUint16(b, version45)
	b = le.AppendUint64(b, 0) // two disk numbers
	b = le.AppendUint64(b, uint64(count))
	b = le.AppendUint64(b, uint64(count))
	b = le.AppendUint64(b, uint64(end-start))
	b = le.AppendUint64(b, uint64(start))
	b = le.AppendUint32(b, sigLocator64)
	b = le.AppendUint32(b, 0) // disk
	b = le.AppendUint64(b, uint64(end))
	return le.AppendUint32(b, 1) // disks
}
