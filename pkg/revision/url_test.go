package revision

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// isText reports whether a POSIX program can get text as an argument.
func isText(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsAny(text, "\x00\r")
}

func TestURL(t *testing.T) {
	for want, rev := range map[string]*types.RevisionLocation{
		"": gitHub("o/n", "abc"),
		"s3://b/d/a.zip?versionId=3%2FL&eTag=x-1": FromS3("b", "d/a.zip", "zip", `"x-1"`, "3/L"),
		"s3://b/a%20b%3F%25.tgz":                  FromS3("b", "a b?%.tgz", "tgz", "", ""),
		"s3://b/plain?eTag=e&bundleType=tar":      FromS3("b", "plain", "tar", "e", ""),
		"s3://b/a.tar?bundleType=zip":             FromS3("b", "a.tar", "zip", "", ""),
	} {
		want = strings.ReplaceAll(want, "%2F", "/")
		if got := URL(rev); got != want {
			t.Errorf("URL = %s, want %s", got, want)
		}
	}
	if got := URL(nil); got != "" {
		t.Errorf("URL(nil) = %q", got)
	}
}

func TestParseURL(t *testing.T) {
	for text, want := range map[string]*types.RevisionLocation{
		"s3://b/k":                               FromS3("b", "k", "zip", "", ""),
		"s3://b/d/k.tgz?":                        FromS3("b", "d/k.tgz", "tgz", "", ""),
		"s3://b/a+b%2Bc%20d e#f":                 FromS3("b", "a+b+c d e#f", "zip", "", ""),
		"s3://b/k?versionId=a+b%2B&eTag=%22x%22": FromS3("b", "k", "zip", "x", "a+b+"),
		"s3://b/k.tar?bundleType=zip":            FromS3("b", "k.tar", "zip", "", ""),
		"s3://b//k":                              FromS3("b", "/k", "zip", "", ""),
	} {
		if got, err := ParseURL(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("ParseURL(%s) = %+v, %v", text, got, err)
		}
	}
}

func TestParseURLErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                               `"" is not an object in S3: it must look like s3://bucket/key`,
		"https://b/k":                    `"https://b/k" is not an object in S3: it must look like s3://bucket/key`,
		"s3://":                          `"s3://" must name a bucket and a key: s3://bucket/key`,
		"s3://b":                         `"s3://b" must name a bucket and a key: s3://bucket/key`,
		"s3://b/":                        `"s3://b/" must name a bucket and a key: s3://bucket/key`,
		"s3:///k":                        `"s3:///k" must name a bucket and a key: s3://bucket/key`,
		"s3://b/100%.zip":                `revision "s3://b/100%.zip": the key must be percent-encoded, with %25 for %: invalid URL escape "%.z"`,
		"s3://b/k?etag=x":                `revision "s3://b/k?etag=x": unknown "etag" after the ?, did you mean "eTag"?`,
		"s3://b/k?really":                `revision "s3://b/k?really": after the ? may stand versionId, eTag and bundleType; a ? in the key is written %3F`,
		"s3://b/k?eTag=":                 `revision "s3://b/k?eTag=": eTag has no value`,
		"s3://b/k?eTag=%":                `revision "s3://b/k?eTag=%": eTag: invalid URL escape "%"`,
		"s3://b/k?eTag=a&eTag=b":         `revision "s3://b/k?eTag=a&eTag=b": eTag is given twice`,
		"s3://b/k?bundleType=tarr":       `revision "s3://b/k?bundleType=tarr": unknown bundleType "tarr", did you mean "tar"? (known: tar, tgz, zip, YAML, JSON)`,
		"s3://b/k?versionId=v&bundleTyp": `revision "s3://b/k?versionId=v&bundleTyp": unknown "bundleTyp" after the ?, did you mean "bundleType"?`,
	} {
		if _, err := ParseURL(text); err == nil || err.Error() != want {
			t.Errorf("ParseURL(%s) error\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestSplitURL(t *testing.T) {
	bucket, key, err := SplitURL("s3://b/a%20b?c")
	if bucket != "b" || key != "a%20b?c" || err != nil {
		t.Errorf("SplitURL = %q, %q, %v", bucket, key, err)
	}
}

// FuzzParseURL checks that no text makes ParseURL panic, and that what it accepts is
// printed so that it is read the same again.
func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{"s3://b/k", "s3://b/k?eTag=x&versionId=y&bundleType=tar", "s3://b/%41?", "s3:///", "s3://b/%zz", "s3://?/k", "s3://b/k?&&"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rev, err := ParseURL(text)
		if err != nil {
			return
		}
		if again, err := ParseURL(URL(rev)); err != nil || !reflect.DeepEqual(again, rev) {
			t.Errorf("%q prints as %s, which is %+v, %v", text, URL(rev), again, err)
		}
	})
}
