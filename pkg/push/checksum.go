package push

import (
	"crypto/sha1" //nolint:gosec // a checksum algorithm that S3 offers, nothing relies on its strength
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// crc64NVME is the reversed polynomial of CRC-64/NVME.
// Source: NVM Express NVM Command Set Specification 1.0d, 5.2.1.3.4.
const crc64NVME = 0x9a6c9329ac4bc9b5

// verify compares the checksum of the stored object with what was sent, where S3
// names it. S3 has checked each part by itself already; this covers their order and
// number.
func (u upload) verify(out *transfermanager.UploadObjectOutput, t *transfer, full hash.Hash) error {
	algorithm := u.checksumAlgorithm()
	stored := storedChecksum(out, algorithm)
	var sent string
	switch {
	case stored == "":
		return nil
	case full != nil:
		sent = base64.StdEncoding.EncodeToString(full.Sum(nil))
	case t.uploadID == "":
		sent = t.sums[1]
	case strings.Contains(stored, "-"):
		sent = composite(algorithm, t.sums)
	}
	if sent == "" || sent == stored {
		return nil
	}
	return &ChecksumError{Bucket: u.opts.Bucket, Key: u.opts.Key, Algorithm: string(algorithm), Sent: sent, Stored: stored}
}

// storedChecksum is the checksum in S3's last answer, or "".
func storedChecksum(out *transfermanager.UploadObjectOutput, algorithm types.ChecksumAlgorithm) string {
	return aws.ToString(map[types.ChecksumAlgorithm]*string{
		types.ChecksumAlgorithmCrc32:     out.ChecksumCRC32,
		types.ChecksumAlgorithmCrc32c:    out.ChecksumCRC32C,
		types.ChecksumAlgorithmCrc64nvme: out.ChecksumCRC64NVME,
		types.ChecksumAlgorithmSha1:      out.ChecksumSHA1,
		types.ChecksumAlgorithmSha256:    out.ChecksumSHA256,
		types.ChecksumAlgorithmSha512:    out.ChecksumSHA512,
	}[algorithm])
}

// composite is the checksum of the parts' checksums, in their order, with their
// number: "…=-3". It is "" when one of them is unknown.
// Source: Amazon S3 User Guide, "Checking object integrity", composite checksums.
func composite(algorithm types.ChecksumAlgorithm, sums map[int32]string) string {
	h := newHash(algorithm)
	if h == nil {
		return ""
	}
	for part := int32(1); int(part) <= len(sums); part++ {
		sum, err := base64.StdEncoding.DecodeString(sums[part])
		if err != nil || len(sum) == 0 {
			return ""
		}
		h.Write(sum)
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil)) + "-" + strconv.Itoa(len(sums))
}

// newHash makes the hash of an algorithm that S3 combines from the parts' checksums.
// It is nil for others.
func newHash(algorithm types.ChecksumAlgorithm) hash.Hash {
	switch algorithm {
	case types.ChecksumAlgorithmCrc32:
		return crc32.NewIEEE()
	case types.ChecksumAlgorithmCrc32c:
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case types.ChecksumAlgorithmSha1:
		return sha1.New() //nolint:gosec // see above
	case types.ChecksumAlgorithmSha256:
		return sha256.New()
	case types.ChecksumAlgorithmSha512:
		return sha512.New()
	default:
		return nil
	}
}

// fullHash makes the hash of an algorithm that S3 applies to the whole object, however
// many parts it has. It is nil for others.
func fullHash(algorithm types.ChecksumAlgorithm) hash.Hash {
	if algorithm == types.ChecksumAlgorithmCrc64nvme {
		return crc64.New(crc64.MakeTable(crc64NVME))
	}
	return nil
}
