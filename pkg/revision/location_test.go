package revision

import (
	"errors"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"mvdan.cc/sh/v3/shell"

	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

func TestParseS3Location(t *testing.T) {
	for text, want := range map[string]*types.RevisionLocation{
		"bucket=b,key=d/a.zip,bundleType=zip":                                       FromS3("b", "d/a.zip", "zip", "", ""),
		"bucket=b,key=a.tgz,bundleType=tgz,eTag=x-2,version=v":                      FromS3("b", "a.tgz", "tgz", "x-2", "v"),
		`{"bucket":"b","key":"k","bundleType":"YAML","eTag":"\"x\"","version":"v"}`: FromS3("b", "k", "YAML", "x", "v"),
		`bucket=b,key="a,b",bundleType=tar`:                                         FromS3("b", "a,b", "tar", "", ""),
	} {
		got, err := ParseS3Location(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("ParseS3Location(%s) = %+v, %v", text, got, err)
		}
	}
}

func TestParseLocationErrors(t *testing.T) {
	tests := []struct {
		parse func(string) (*types.RevisionLocation, error)
		text  string
		want  string
	}{
		{ParseS3Location, "bucket=b,key=a.tgz", "S3 location must have bucket, key and bundleType, as in bucket=b,key=a.tgz,bundleType=tgz"},
		{ParseS3Location, "eTag=x", "S3 location must have bucket, key and bundleType, as in bucket=BUCKET,key=KEY,bundleType=zip,eTag=x"},
		{ParseS3Location, "bucket=b,key=k,bundleType=ZIP", `S3 location: unknown bundleType "ZIP", did you mean "zip"? (known: tar, tgz, zip, YAML, JSON)`},
		{ParseS3Location, "bucket=b,key=k,bundleType=docker", `S3 location: unknown bundleType "docker" (known: tar, tgz, zip, YAML, JSON)`},
		{ParseS3Location, "s3://b/k", `S3 location: column 9: expected "=", found the end`},
		{ParseGitHubLocation, "repository=o/n", "GitHub location must have repository and commitId, as in repository=OWNER/NAME,commitId=SHA1"},
		{ParseGitHubLocation, "repository=n,commitId=abc", `GitHub location: repository must be OWNER/NAME, not "n"`},
		{ParseGitHubLocation, "repository=https://github.com/o/n,commitId=abc", `GitHub location: repository must be OWNER/NAME, not "https://github.com/o/n"`},
		{ParseGitHubLocation, "repo=o/n", `GitHub location: column 1: unknown member "repo" (known: commitId, repository)`},
	}
	for _, test := range tests {
		_, err := test.parse(test.text)
		if err == nil || len(err.Error()) < len(test.want) || err.Error()[:len(test.want)] != test.want {
			t.Errorf("%s: error %v, want %s", test.text, err, test.want)
		}
	}
	var e *shorthand.Error
	if _, err := ParseS3Location("x=1"); !errors.As(err, &e) || e.Column != 1 {
		t.Errorf("ParseS3Location(x=1) = %v, want a *shorthand.Error", err)
	}
}

func TestParseGitHubLocation(t *testing.T) {
	got, err := ParseGitHubLocation("commitId=abc,repository=o/n")
	if err != nil || !reflect.DeepEqual(got, gitHub("o/n", "abc")) {
		t.Errorf("ParseGitHubLocation = %+v, %v", got, err)
	}
}

func TestShorthand(t *testing.T) {
	for want, rev := range map[string]*types.RevisionLocation{
		"": FromAppSpec([]byte("x")),
		"bucket=b,key=a.zip,bundleType=zip,eTag=x-1,version=v": FromS3("b", "a.zip", "zip", `"x-1"`, "v"),
		`'bucket=b,key="a b,c",bundleType=zip'`:                FromS3("b", "a b,c", "zip", "", ""),
		`'bucket=b,key="it'\''s",bundleType=zip'`:              FromS3("b", "it's", "zip", "", ""),
		`'{"bucket":"b","key":"a\\b","bundleType":"zip"}'`:     FromS3("b", `a\b`, "zip", "", ""),
		"repository=o/n,commitId=abc":                          gitHub("o/n", "abc"),
	} {
		if got := Shorthand(rev); got != want {
			t.Errorf("Shorthand = %s, want %s", got, want)
		}
	}
	if got := Shorthand(nil); got != "" {
		t.Errorf("Shorthand(nil) = %q", got)
	}
}

// FuzzNotations checks that an object's location survives being printed and read
// again, in both notations, the shorthand after a shell's word splitting.
func FuzzNotations(f *testing.F) {
	for _, seed := range []string{"a.zip", "dir/a b.tgz", "a?b#c%d&e=f+g", "it's", `"q"`, `back\slash`, "ünï/🚀.tar", "$(x)`y`;z", "a\nb", "~", "{x}", "*"} {
		f.Add(seed, "abc-1", "3/L4+x=")
	}
	f.Fuzz(func(t *testing.T, key, eTag, version string) {
		if key == "" || bareETag(eTag) == "" && eTag != "" {
			t.Skip("not an object")
		}
		want := FromS3("my-bucket", key, BundleTypeForKey(key), eTag, version)
		if got, err := ParseURL(URL(want)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("ParseURL(%s) = %+v, %v", URL(want), got, err)
		}
		if !isText(key) || !isText(eTag) || !isText(version) {
			return // no argument of a program holds these
		}
		words, err := shell.Fields(Shorthand(want), func(string) string { return "expanded" })
		if err != nil || len(words) != 1 {
			t.Fatalf("the shell reads %s as %q, %v", Shorthand(want), words, err)
		}
		if got, err := ParseS3Location(words[0]); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("ParseS3Location(%s) = %+v, %v", words[0], got, err)
		}
	})
}
