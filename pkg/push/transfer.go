package push

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// answerGrace is how long the answer to a request that S3 has is waited for after an
// interrupt.
const answerGrace = 2 * time.Second

// transfer stands between the transfer manager and S3 for one upload. It notes what
// is sent, and leaves clearing up to the upload: the manager would abort after
// completing fails, keep only the text of what went wrong, and write to the log.
type transfer struct {
	S3API
	fail context.CancelCauseFunc // stops reading and sending after the first failure

	mu          sync.Mutex
	uploadID    string           // of a multipart upload; empty for a single PutObject
	stray       bool             // there may be another one, of which nothing is known
	unanswered  atomic.Bool      // S3 may have a request to which no answer came
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

// CreateMultipartUpload notes the upload's ID.
func (t *transfer) CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, opts ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	out, err := t.S3API.CreateMultipartUpload(ctx, in, append(slices.Clip(opts), aroundAttempts("NoteStray", t.noteStray), aroundAttempts("AwaitAnswer", t.awaitAnswer))...)
	if err != nil {
		return nil, err
	}
	t.uploadID = aws.ToString(out.UploadId)
	t.unanswered.Store(false) // of parts, from now on
	return out, nil
}

// attempt is what middleware does around one attempt of a request, also one after which
// the SDK tries again.
type attempt = func(context.Context, middleware.DeserializeInput, middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error)

func aroundAttempts(name string, do attempt) func(*s3.Options) {
	return s3.WithAPIOptions(func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc(name, do), middleware.Before)
	})
}

// awaitAnswer lets the end of ctx cut a request off only while it is being sent. S3
// carries out what it has, and neither a multipart upload whose ID is not known can be
// aborted, nor a part that it takes meanwhile; so its answer is waited for a moment longer.
func (t *transfer) awaitAnswer(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	sent := func() bool { return true }
	if request, ok := in.Request.(*smithyhttp.Request); ok && request.GetStream() != nil {
		b := &body{ctx: ctx, content: request.GetStream(), left: request.ContentLength}
		request, err := request.SetStream(b)
		if err != nil {
			return middleware.DeserializeOutput{}, middleware.Metadata{}, err
		}
		in.Request, sent = request, b.read
	}
	defer context.AfterFunc(ctx, func() {
		if sent() {
			time.AfterFunc(answerGrace, cancel)
		} else {
			cancel()
		}
	})()
	out, metadata, err := next.HandleDeserialize(sending, in)
	if err != nil && sent() && httpStatus(err) == 0 {
		t.unanswered.Store(true)
	}
	return out, metadata, err
}

// body is what is sent of a request: the whole of it, or, if ctx ends before, so little
// that S3 cannot carry the request out.
type body struct {
	ctx     context.Context //nolint:containedctx // lives as long as one attempt
	mu      sync.Mutex
	content io.Reader
	left    int64 // bytes to be read
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left > 0 && b.ctx.Err() != nil {
		return 0, context.Cause(b.ctx)
	}
	n, err := b.content.Read(p)
	b.left -= int64(n)
	return n, err
}

// read tells whether nothing is left. After the end of ctx the answer stays the same.
func (b *body) read() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.left <= 0
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
	out, err := t.S3API.UploadPart(ctx, in, append(slices.Clip(opts), aroundAttempts("AwaitAnswer", t.awaitAnswer))...)
	if err != nil {
		err = fmt.Errorf("part %d: %w", aws.ToInt32(in.PartNumber), err)
		t.fail(err)
		return nil, err
	}
	t.note(aws.ToInt32(in.PartNumber), string(in.ChecksumAlgorithm), out.ResultMetadata)
	return out, nil
}

// CompleteMultipartUpload completes the upload, and hides a failure from the manager.
func (t *transfer) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, opts ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	out, err := t.S3API.CompleteMultipartUpload(ctx, in, opts...)
	if err != nil {
		t.completeErr = err
		t.fail(err)
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
