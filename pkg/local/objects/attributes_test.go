package objects_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestObjectAttributes(t *testing.T) {
	_, c := serve(t)
	u := begin(t, c, "parts", withCRC32)
	parts := u.parts(t, content(2*partSize+1))
	done, err := u.complete(t, parts)
	if err != nil {
		t.Fatal(err)
	}
	in := &s3.GetObjectAttributesInput{Bucket: aws.String("bucket"), Key: aws.String("parts"), ObjectAttributes: types.ObjectAttributes("").Values()}
	out, err := c.GetObjectAttributes(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if `"`+*out.ETag+`"` != *done.ETag || *out.Checksum.ChecksumCRC32 != *done.ChecksumCRC32 || out.StorageClass != types.StorageClassStandard ||
		*out.ObjectSize != 2*partSize+1 || out.LastModified == nil || *out.ObjectParts.TotalPartsCount != 3 {
		t.Errorf("%+v", out)
	}
	if p := out.ObjectParts.Parts; len(p) != 3 || *p[2].Size != 1 || *p[2].ChecksumCRC32 != *parts[2].ChecksumCRC32 {
		t.Errorf("%+v", p)
	}
	in.MaxParts, in.PartNumberMarker = aws.Int32(1), aws.String("1")
	out, err = c.GetObjectAttributes(t.Context(), in)
	if err != nil || len(out.ObjectParts.Parts) != 1 || *out.ObjectParts.Parts[0].PartNumber != 2 || !*out.ObjectParts.IsTruncated || *out.ObjectParts.NextPartNumberMarker != "2" {
		t.Errorf("%+v, %v", out.ObjectParts, err)
	}
	put(t, c, "whole", "x")
	out, err = c.GetObjectAttributes(t.Context(), &s3.GetObjectAttributesInput{
		Bucket: in.Bucket, Key: aws.String("whole"), ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesObjectParts, types.ObjectAttributesObjectSize},
	})
	if err != nil || out.ObjectParts != nil || out.ETag != nil || *out.ObjectSize != 1 {
		t.Errorf("%+v, %v", out, err)
	}
	in.Key = aws.String("none")
	if _, err := c.GetObjectAttributes(t.Context(), in); code(err) != "NoSuchKey" {
		t.Error(err)
	}
	in.Key, in.ObjectAttributes = aws.String("whole"), []types.ObjectAttributes{"Colour"}
	if _, err := c.GetObjectAttributes(t.Context(), in); code(err) != "InvalidArgument" {
		t.Error(err)
	}
}

// Whoever asks for a deleted object learns that it was deleted.
func TestDeletedObjectIsTold(t *testing.T) {
	store, c := serve(t)
	enable(t, c, types.BucketVersioningStatusEnabled)
	put(t, c, "key", "x")
	marker, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
	if err != nil {
		t.Fatal(err)
	}
	for target, status := range map[string]int{"": http.StatusNotFound, "?versionId=" + *marker.VersionId: http.StatusMethodNotAllowed, "?attributes&versionId=" + *marker.VersionId: http.StatusMethodNotAllowed} {
		answer := httptest.NewRecorder()
		store.Handler(nil).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/bucket/key"+target, nil))
		if answer.Code != status || answer.Header().Get("X-Amz-Delete-Marker") != "true" || answer.Header().Get("X-Amz-Version-Id") != *marker.VersionId {
			t.Errorf("%s: %d %v", target, answer.Code, answer.Header())
		}
	}
}
