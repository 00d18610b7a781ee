package objects

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"net/http"
	"strings"
)

// algorithm is a checksum algorithm as S3 spells it in x-amz-checksum-algorithm.
type algorithm string

// crc64NVME is the polynomial of CRC64NVME in the form that hash/crc64 takes.
const crc64NVME = 0x9a6c9329ac4bc9b5

// algorithms are those that S3 takes, but for the XXHASH family.
// Source: Amazon S3 User Guide, "Checking object integrity".
func algorithms() []algorithm {
	return []algorithm{"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5"}
}

// new makes the hash; nil for an algorithm that is not supported.
func (a algorithm) new() hash.Hash {
	switch a {
	case "CRC32":
		return crc32.NewIEEE()
	case "CRC32C":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case "CRC64NVME":
		return crc64.New(crc64.MakeTable(crc64NVME))
	case "SHA1":
		return sha1.New()
	case "SHA256":
		return sha256.New()
	case "SHA512":
		return sha512.New()
	case "MD5":
		return md5.New()
	}
	return nil
}

// parseAlgorithm reads the algorithm that a request asks for; empty for none.
func parseAlgorithm(header http.Header) (algorithm, error) {
	a := algorithm(strings.ToUpper(header.Get("X-Amz-Checksum-Algorithm")))
	if a != "" && a.new() == nil {
		return "", &Error{Code: codeInvalidRequest, Message: "Checksum algorithm provided is unsupported. Please try again with " +
			"any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"}
	}
	return a, nil
}

// header is the name of the header that carries the checksum.
func (a algorithm) header() string {
	return http.CanonicalHeaderKey("x-amz-checksum-" + strings.ToLower(string(a)))
}

// fullOnly says that the algorithm has no composite checksums.
func (a algorithm) fullOnly() bool { return a == "CRC64NVME" }

// The two types of checksum of a multipart upload.
const (
	typeComposite = "COMPOSITE"
	typeFull      = "FULL_OBJECT"
)

// checksum is what S3 keeps about an object's content.
type checksum struct {
	algorithm algorithm // empty: no checksum
	value     string    // base64, with "-N" when composite
	kind      string    // COMPOSITE or FULL_OBJECT
}

// set writes the checksum's headers.
func (c checksum) set(header http.Header) {
	if c.algorithm == "" {
		return
	}
	header.Set(c.algorithm.header(), c.value)
	header.Set("X-Amz-Checksum-Type", c.kind)
}

func encodeSum(h hash.Hash) string { return base64.StdEncoding.EncodeToString(h.Sum(nil)) }

// declared finds the checksum that a request carries: the algorithm, and the value unless it comes in
// the trailer.
func declared(header http.Header) (algorithm, string, error) {
	for _, a := range algorithms() {
		if value := header.Get(a.header()); value != "" {
			if raw, err := base64.StdEncoding.DecodeString(value); err != nil || len(raw) != a.new().Size() {
				return "", "", &Error{Code: codeInvalidRequest, Message: "Value for " + strings.ToLower(a.header()) + " header is invalid."}
			}
			return a, value, nil
		}
		if strings.EqualFold(header.Get("X-Amz-Trailer"), a.header()) {
			return a, "", nil
		}
	}
	if name := header.Get("X-Amz-Sdk-Checksum-Algorithm"); name != "" {
		return "", "", &Error{Code: codeInvalidRequest, Message: "x-amz-sdk-checksum-algorithm specified, but no " +
			"corresponding x-amz-checksum-* or x-amz-trailer headers were found."}
	}
	return "", "", nil
}

// composite is the checksum of the parts' checksums: how S3 sums a multipart upload up.
func composite(a algorithm, sums []string) (checksum, error) {
	all := a.new()
	for _, sum := range sums {
		raw, err := base64.StdEncoding.DecodeString(sum)
		if err != nil {
			return checksum{}, fmt.Errorf("checksum of a part: %w", err)
		}
		all.Write(raw)
	}
	return checksum{a, fmt.Sprintf("%s-%d", encodeSum(all), len(sums)), typeComposite}, nil
}

// whole is the checksum of all the content.
func whole(a algorithm, r io.Reader) (checksum, error) {
	sum := a.new()
	if _, err := io.Copy(sum, r); err != nil {
		return checksum{}, err
	}
	return checksum{a, encodeSum(sum), typeFull}, nil
}
