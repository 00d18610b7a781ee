package revision

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

func TestFromAppSpec(t *testing.T) {
	rev := FromAppSpec([]byte("version: 0.0\n"))
	if rev.RevisionType != types.RevisionLocationTypeAppSpecContent || *rev.AppSpecContent.Content != "version: 0.0\n" {
		t.Errorf("FromAppSpec = %+v", rev)
	}
	const want = "6a41e44aabcfd2527a82894a58f037eb82f3ccca36a3dd2fa70f7ee7a182cd56"
	if got := *rev.AppSpecContent.Sha256; got != want {
		t.Errorf("sha256 = %s, want %s", got, want)
	}
	if got := *FromAppSpec(nil).AppSpecContent.Sha256; got != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Errorf("sha256 of nothing = %s", got)
	}
}

func TestBundleTypeForKey(t *testing.T) {
	for key, want := range map[string]types.BundleType{
		"a.zip": "zip", "a.ZIP": "zip", "a": "zip", "": "zip", "a.war": "zip", "tar": "zip", "a.tar.bz2": "zip", "a.zip/b": "zip",
		"dir/a.tar": "tar", "a.tgz": "tgz", "a.tar.gz": "tgz", "a.gz": "zip", "a.TAR.GZ": "tgz",
		"appspec.yml": "YAML", "appspec.yaml": "YAML", "appspec.json": "JSON",
	} {
		if got := BundleTypeForKey(key); got != want {
			t.Errorf("BundleTypeForKey(%q) = %s, want %s", key, got, want)
		}
	}
}

func gitHub(repository, commit string) *types.RevisionLocation {
	return &types.RevisionLocation{
		RevisionType:   types.RevisionLocationTypeGitHub,
		GitHubLocation: &types.GitHubLocation{Repository: aws.String(repository), CommitId: aws.String(commit)},
	}
}

func TestEqual(t *testing.T) {
	s3 := func(key, eTag, version string) *types.RevisionLocation { return FromS3("b", key, "zip", eTag, version) }
	//lint:ignore SA1019 old deployments still have it
	deprecated := &types.RevisionLocation{RevisionType: types.RevisionLocationTypeString, String_: &types.RawString{Content: aws.String("x")}}
	onlyHash := &types.RevisionLocation{AppSpecContent: &types.AppSpecContent{Sha256: aws.String(hash("x"))}}
	tests := map[string]struct {
		a, b *types.RevisionLocation
		want bool
	}{
		"nil and nil":                             {nil, nil, true},
		"nil and something":                       {nil, s3("k", "", ""), false},
		"two empty ones":                          {&types.RevisionLocation{}, &types.RevisionLocation{}, false},
		"unpinned":                                {s3("k", "", ""), s3("k", "", ""), true},
		"another key":                             {s3("k", "e", ""), s3("l", "e", ""), false},
		"another bundle type":                     {s3("k", "e", ""), FromS3("b", "k", "tar", "e", ""), false},
		"another bucket":                          {s3("k", "e", ""), FromS3("c", "k", "zip", "e", ""), false},
		"the same eTag, once in quotes":           {s3("k", `"e"`, ""), &types.RevisionLocation{S3Location: &types.S3Location{Bucket: aws.String("b"), Key: aws.String("k"), BundleType: "zip", ETag: aws.String(`"e"`)}}, true},
		"pinned and unpinned":                     {s3("k", "e", "v"), s3("k", "", ""), false},
		"the eTag only, and eTag with version":    {s3("k", "e", "v"), s3("k", "e", ""), true},
		"the same version, another eTag":          {s3("k", "e", "v"), s3("k", "f", "v"), false},
		"one by eTag, the other by version":       {s3("k", "e", ""), s3("k", "", "v"), false},
		"another version":                         {s3("k", "e", "v"), s3("k", "e", "w"), false},
		"commits":                                 {gitHub("O/n", "ABC"), gitHub("o/N", "abc"), true},
		"another commit":                          {gitHub("o/n", "abc"), gitHub("o/n", "abd"), false},
		"an object and a commit":                  {s3("k", "", ""), gitHub("o/n", "abc"), false},
		"AppSpec texts":                           {FromAppSpec([]byte("x")), FromAppSpec([]byte("x")), true},
		"other AppSpec text":                      {FromAppSpec([]byte("x")), FromAppSpec([]byte("y")), false},
		"an AppSpec text and a deprecated string": {FromAppSpec([]byte("x")), deprecated, true},
		"an AppSpec text and its hash":            {FromAppSpec([]byte("x")), onlyHash, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Equal(test.a, test.b); got != test.want {
				t.Errorf("Equal = %v, want %v", got, test.want)
			}
			if got := Equal(test.b, test.a); got != test.want {
				t.Errorf("Equal the other way round = %v, want %v", got, test.want)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	for want, rev := range map[string]*types.RevisionLocation{
		"no revision":                  nil,
		"s3://b/k.zip?eTag=e":          FromS3("b", "k.zip", "zip", "e", ""),
		"github.com/o/n@abc":           gitHub("o/n", "abc"),
		"AppSpec sha256:" + hash("x"):  FromAppSpec([]byte("x")),
		"AppSpec sha256:" + hash("yy"): {AppSpecContent: &types.AppSpecContent{Sha256: aws.String(hash("yy"))}},
	} {
		if got := Describe(rev); got != want {
			t.Errorf("Describe = %q, want %q", got, want)
		}
	}
	if got := Describe(&types.RevisionLocation{}); got != "no revision" {
		t.Errorf("Describe of an empty revision = %q", got)
	}
}
