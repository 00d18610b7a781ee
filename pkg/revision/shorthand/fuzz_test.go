package shorthand

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// FuzzDecode checks that no text makes Decode panic, and that errors are placed inside it.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"", "=", "a=b", "bucket=b,key=k,bundleType=zip", `key="a\"`, "key='", `key=a\,b,c=d`, "key=a,b,", "a=[b,{c=d}],e=f,g",
		"tagFilters=[{Key=a,Type=KEY_ONLY}],autoScalingGroups=x,y", "a@=file://b", `{"bucket":"b","key":null}`, `[{"Key":`, `{"a":1}}`,
		"key=\xff\xfe", "key=\u2028", "ec2TagSet={ec2TagSetList=[[{Key=a}]]}", "enabled=TRUE,events=a,b", "{\"x\"\n:\t[1.5e3,true]}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, out := range []any{&types.RevisionLocation{}, &types.S3Location{}, &types.TargetInstances{}, &types.AutoRollbackConfiguration{}, &[]types.EC2TagFilter{}} {
			err := Decode(text, out)
			var e *Error
			if err != nil && !errors.As(err, &e) {
				t.Fatalf("Decode(%q) = %T, want *Error", text, err)
			}
			if e != nil && (e.Line < 1 || e.Line > strings.Count(text, "\n")+1 || e.Column < 1 || e.Column > len(text)+1) {
				t.Errorf("Decode(%q) places its error at %d:%d", text, e.Line, e.Column)
			}
		}
	})
}

// FuzzQuote checks that a quoted value is read back unchanged, wherever it stands.
func FuzzQuote(f *testing.F) {
	for _, seed := range []string{"", "plain", "a,b", "a=b", `"`, `'`, `"'`, `\`, " a ", "[x]", "{x}", "🚀", "\x00", "\u2028", "file://x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		quoted, ok := Quote(value)
		if !ok {
			if !strings.Contains(value, `\`) && !(strings.Contains(value, `"`) && strings.Contains(value, `'`)) && strings.ToValidUTF8(value, "") == value {
				t.Errorf("Quote(%q) has no form", value)
			}
			return
		}
		var first, last types.S3Location
		if err := Decode("key="+quoted+",bucket=b", &first); err != nil || aws.ToString(first.Key) != value {
			t.Errorf("first: %q read back as %q, %v", value, aws.ToString(first.Key), err)
		}
		if err := Decode("bucket=b,key="+quoted, &last); err != nil || aws.ToString(last.Key) != value {
			t.Errorf("last: %q read back as %q, %v", value, aws.ToString(last.Key), err)
		}
		var listed types.TargetInstances
		if err := Decode("autoScalingGroups=[x,"+quoted+"],tagFilters={Key="+quoted+"}", &listed); err != nil || listed.AutoScalingGroups[1] != value || *listed.TagFilters[0].Key != value {
			t.Errorf("nested: %q read back as %+v, %v", value, listed, err)
		}
	})
}
