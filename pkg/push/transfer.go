package push

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// createGrace is how long the ID of a multipart upload is waited for after an interrupt.
const createGrace = 2 * time.Second

// transfer stands between the transfer manager and S3 for one upload. It notes what
// is sent, and leaves clearing up to the upload: the manager would abort after
// completing fails, keep only the text of what went wrong, and write to the log.
type transfer struct {
	S3API
	cancel context.CancelFunc // stops reading and sending after the first failure

	mu          sync.Mutex
	uploadID    string           // of a multipart upload; empty for a single PutObject
	stray       bool             // there may be another one, of which nothing is known
	sums        map[int32]string // part number → base64 checksum that was sent with it
	completeErr error
}

// PutObject sends the only part.
func (t *transfer) PutObject(ctx context.Context, in *s3.PutObjectInput, opts ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	out, err := t.S3API.PutObject(ctx, in, opts...)
	if err == nil {
		t.note(1, string(in.ChecksumAlgorithm), out.ResultMetadata)
	}
	return out, err
}

// CreateMultipartUpload notes the upload's ID. As an upload whose ID is not known
// cannot be aborted, the answer is waited for a moment longer when ctx ends.
func (t *transfer) CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, opts ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	creating, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(createGrace, cancel) })()
	out, err := t.S3API.CreateMultipartUpload(creating, in, append(opts, t.watchAttempts)...)
	if err != nil {
		return nil, err
	}
	t.uploadID = aws.ToString(out.UploadId)
	return out, nil
}

// watchAttempts lets noteStray see each attempt of a request that is sent, also those
// after which the SDK tries again.
func (t *transfer) watchAttempts(o *s3.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("NoteStray", t.noteStray), middleware.Before)
	})
}

// noteStray notes whether an attempt to begin a multipart upload may have begun one
// without telling its ID.
func (t *transfer) noteStray(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	t.stray = t.stray || err != nil && isLost(err)
	return out, metadata, err
}

// UploadPart sends a part. When that fails for good, so has the upload.
func (t *transfer) UploadPart(ctx context.Context, in *s3.UploadPartInput, opts ...func(*s3.Options)) (*s3.UploadPartOutput, error) {
	out, err := t.S3API.UploadPart(ctx, in, opts...)
	if err != nil {
		t.cancel()
		return nil, fmt.Errorf("part %d: %w", aws.ToInt32(in.PartNumber), err)
	}
	t.note(aws.ToInt32(in.PartNumber), string(in.ChecksumAlgorithm), out.ResultMetadata)
	return out, nil
}

// CompleteMultipartUpload completes the upload, and hides a failure from the manager.
func (t *transfer) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, opts ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	out, err := t.S3API.CompleteMultipartUpload(ctx, in, opts...)
	if err != nil {
		t.completeErr = err
		return &s3.CompleteMultipartUploadOutput{}, nil
	}
	return out, nil
}

// AbortMultipartUpload does nothing: the upload aborts itself.
func (t *transfer) AbortMultipartUpload(context.Context, *s3.AbortMultipartUploadInput, ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error) {
	return &s3.AbortMultipartUploadOutput{}, nil
}

// GetObject is not part of an upload.
func (t *transfer) GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	return nil, errors.ErrUnsupported
}

// ListObjectsV2 is not part of an upload.
func (t *transfer) ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	return nil, errors.ErrUnsupported
}

// note keeps the checksum that the SDK computed of a part it sent.
func (t *transfer) note(part int32, algorithm string, metadata middleware.Metadata) {
	computed, ok := s3.GetComputedInputChecksumsMetadata(metadata)
	if !ok {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sums == nil {
		t.sums = map[int32]string{}
	}
	t.sums[part] = computed.ComputedChecksums[algorithm]
}
