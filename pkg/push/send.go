package push

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"hash"
	"io"
	"maps"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	tmtypes "github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/cdx-deploy/cdx/pkg/bundle"
)

const (
	mib = 1 << 20

	// minPartBytes is the smallest part that S3 takes, apart from the last one.
	// maxParts is how many it takes for one object.
	// Source: Amazon S3 User Guide, "Amazon S3 multipart upload limits".
	minPartBytes = 5 * mib
	maxParts     = 10_000

	// concurrency is the number of parts on their way at a time. The transfer manager
	// holds one part more, and the first one twice while it is being read.
	concurrency = 4

	// pipeBytes gathers the bundle's small writes.
	pipeBytes = 256 << 10

	defaultAbortTimeout = 15 * time.Second

	// abortAgain is the pause before an upload is aborted a second time.
	abortAgain = time.Second
)

// PartSize is the size of the parts, in bytes, in which a bundle of at most
// maxSizeBytes is uploaded: whole MiB, so large that 10,000 parts suffice. Up to
// 48.8 GiB it is 5 MiB. Upload holds about seven parts in memory.
func PartSize(maxSizeBytes int64) int64 {
	wanted := maxSizeBytes/maxParts + 1
	return max(minPartBytes, (wanted+mib-1)/mib*mib)
}

// send uploads the bundle. What was under the key before is there.
func (u upload) send(ctx context.Context, there existing) (*Object, error) {
	sending, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	t := &transfer{S3API: u.api, fail: fail}
	source := u.start(sending, fail)
	out, err := u.manager(t).UploadObject(sending, u.input(source.reader))
	if err != nil || t.completeErr != nil {
		err = cmp.Or(context.Cause(sending), withoutUploadID(err))
	}
	fail(err)
	stats := source.finish()
	*u.stray = *u.stray || t.stray
	if err != nil {
		return u.afterFailure(ctx, t, err, there)
	}
	if err := u.verify(out, t, source.full); err != nil {
		return nil, err
	}
	object := u.object(bareETag(out.ETag), realVersion(out.VersionID), aws.ToInt64(out.ContentLength))
	object.Stats = stats
	return object, nil
}

// afterFailure clears up after err. If only the answer to the completion was lost,
// the object may be there.
func (u upload) afterFailure(ctx context.Context, t *transfer, err error, there existing) (*Object, error) {
	abortErr := u.abort(ctx, t)
	if t.completeErr != nil && mayHaveHappened(t.completeErr) && !u.isOurs(there) && ctx.Err() == nil {
		if now, lookErr := u.look(ctx); lookErr == nil && u.isOurs(now) {
			return u.object(now.eTag, now.versionID, now.size), nil
		}
	}
	if abortErr == nil {
		return nil, err
	}
	leftover := &LeftoverError{Bucket: u.opts.Bucket, Key: u.opts.Key, UploadID: t.uploadID, Err: err, AbortErr: abortErr}
	if apiCode(abortErr) == "AccessDenied" {
		leftover.Permission = AbortPermission
	}
	return nil, leftover
}

// abort removes the parts of a multipart upload, also when ctx has ended. It
// succeeds where there is nothing to abort. No request with a part is under way by now.
// If S3 has a part that it has not answered, it may keep it although the upload is
// aborted, so this is done again after a moment.
// Source: Amazon S3 API reference, AbortMultipartUpload.
func (u upload) abort(ctx context.Context, t *transfer) error {
	if t.uploadID == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cmp.Or(u.opts.AbortTimeout, defaultAbortTimeout))
	defer cancel()
	err := u.abortOnce(ctx, t.uploadID)
	if err != nil || !t.unanswered.Load() {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(abortAgain):
		return u.abortOnce(ctx, t.uploadID)
	}
}

func (u upload) abortOnce(ctx context.Context, uploadID string) error {
	_, err := u.api.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
		Bucket:              aws.String(u.opts.Bucket),
		Key:                 aws.String(u.opts.Key),
		UploadId:            aws.String(uploadID),
		ExpectedBucketOwner: optional(u.opts.Object.ExpectedBucketOwner),
	})
	if apiCode(err) == "NoSuchUpload" {
		return nil
	}
	return err
}

// withoutUploadID takes off the wrapping that names an upload that will be aborted.
func withoutUploadID(err error) error {
	var multipart transfermanager.MultipartUploadError
	if errors.As(err, &multipart) && errors.Unwrap(multipart) != nil {
		return errors.Unwrap(multipart)
	}
	return err
}

// manager makes the transfer manager. Its FailTimeout is of no use, as t keeps it from
// aborting, and ContentLength is never set, as it would go to S3 as the object's size.
func (u upload) manager(t *transfer) *transfermanager.Client {
	return transfermanager.New(t, func(o *transfermanager.Options) {
		o.PartSizeBytes = PartSize(u.bundle.MaxSize())
		o.MultipartUploadThreshold = o.PartSizeBytes
		o.Concurrency = concurrency
		o.ChecksumAlgorithm = tmtypes.ChecksumAlgorithm(u.checksumAlgorithm())
		if u.opts.OnUploaded != nil {
			o.ObjectProgressListeners.Register(&progress{report: u.opts.OnUploaded})
		}
	})
}

func (u upload) checksumAlgorithm() types.ChecksumAlgorithm {
	if u.opts.Object.ChecksumAlgorithm == "" {
		return types.ChecksumAlgorithmCrc32
	}
	return u.opts.Object.ChecksumAlgorithm
}

// input describes the object to the transfer manager.
func (u upload) input(body io.Reader) *transfermanager.UploadObjectInput {
	o := u.opts.Object
	metadata := maps.Clone(o.Metadata)
	if u.opts.Digest != "" {
		if metadata == nil {
			metadata = map[string]string{}
		}
		metadata[DigestMetadata] = u.opts.Digest
	}
	in := &transfermanager.UploadObjectInput{
		Bucket: aws.String(u.opts.Bucket), Key: aws.String(u.opts.Key), Body: body,
		Metadata:             metadata,
		ServerSideEncryption: tmtypes.ServerSideEncryption(o.ServerSideEncryption),
		SSEKMSKeyID:          optional(o.SSEKMSKeyID),
		StorageClass:         tmtypes.StorageClass(o.StorageClass),
		Tagging:              optional(o.Tagging),
		ACL:                  tmtypes.ObjectCannedACL(o.ACL),
		ExpectedBucketOwner:  optional(o.ExpectedBucketOwner),
	}
	if u.opts.NoOverwrite {
		in.IfNoneMatch = aws.String("*")
	}
	return in
}

// progress passes the transfer manager's counts on, one at a time and rising.
type progress struct {
	mu     sync.Mutex
	most   int64
	report func(bytes int64)
}

// OnObjectBytesTransferred implements [transfermanager.ObjectBytesTransferredListener].
func (p *progress) OnObjectBytesTransferred(_ context.Context, e *transfermanager.ObjectBytesTransferredEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.BytesTransferred > p.most {
		p.most = e.BytesTransferred
		p.report(p.most)
	}
}

// source is the bundle being written into a pipe.
type source struct {
	reader *io.PipeReader
	full   hash.Hash // over everything written; nil when not wanted
	stats  bundle.Stats
	done   chan struct{}
}

// start writes the bundle into a pipe until ctx ends or the reader is closed. It tells
// fail why the bundle cannot be written.
func (u upload) start(ctx context.Context, fail context.CancelCauseFunc) *source {
	reader, writer := io.Pipe()
	s := &source{reader: reader, full: fullHash(u.checksumAlgorithm()), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		err := s.write(ctx, u.bundle, writer)
		if err != nil {
			fail(err)
		}
		writer.CloseWithError(err)
	}()
	return s
}

// write writes the whole bundle to w; nil means all of it.
func (s *source) write(ctx context.Context, b Bundle, w io.Writer) (err error) {
	if s.full != nil {
		w = io.MultiWriter(w, s.full)
	}
	buffered := bufio.NewWriterSize(w, pipeBytes)
	if s.stats, err = b.Write(ctx, buffered); err != nil {
		return err
	}
	return buffered.Flush()
}

// finish stops the writing if it still goes on, and waits for its end.
func (s *source) finish() bundle.Stats {
	_ = s.reader.Close() // makes writes fail, and never fails itself
	<-s.done
	return s.stats
}
