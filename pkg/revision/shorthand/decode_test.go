package shorthand

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

func TestDecode(t *testing.T) {
	tests := map[string]struct {
		text string
		want any
	}{
		"a map of any names": {
			"build=42,branch=a b,x-y.z=", map[string]string{"build": "42", "branch": "a b", "x-y.z": ""},
		},
		"a map as JSON": {
			`{"build": "42"}`, map[string]string{"build": "42"},
		},
		"strings and an enumeration": {
			"bucket=b,key=dir/app.zip,bundleType=zip,eTag=abc-3,version=3/L4+x",
			types.S3Location{Bucket: aws.String("b"), Key: aws.String("dir/app.zip"), BundleType: types.BundleTypeZip, ETag: aws.String("abc-3"), Version: aws.String("3/L4+x")},
		},
		"the first value keeps equals signs and brackets": {
			"key=a=b[{,bucket=b", types.S3Location{Key: aws.String("a=b[{"), Bucket: aws.String("b")},
		},
		"blanks around tokens and after values": {
			" bucket = b , key = a  b ,version=1", types.S3Location{Bucket: aws.String("b"), Key: aws.String("a  b"), Version: aws.String("1")},
		},
		"times": {
			"start=2026-01-31T12:00:00.5+01:00,end=2026-01-31",
			types.TimeRange{Start: aws.Time(time.Date(2026, 1, 31, 12, 0, 0, 5e8, time.FixedZone("", 3600))), End: aws.Time(time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC))},
		},
		"times to the minute": {
			"start=2026-01-31T12:00Z,end=2026-01-31T12:01",
			types.TimeRange{Start: aws.Time(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)), End: aws.Time(time.Date(2026, 1, 31, 12, 1, 0, 0, time.UTC))},
		},
		"times in seconds": {
			`{"start": 1577836800, "end": "1577836800.5"}`,
			types.TimeRange{Start: aws.Time(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)), End: aws.Time(time.Date(2020, 1, 1, 0, 0, 0, 5e8, time.UTC))},
		},
		"an escaped comma": {
			`bucket=b,key=a\,c`, types.S3Location{Bucket: aws.String("b"), Key: aws.String("a,c")},
		},
		"double quotes": {
			`key="a,\"b\" \\ c",bucket=b`, types.S3Location{Key: aws.String(`a,"b" \ c`), Bucket: aws.String("b")},
		},
		"single quotes": {
			`key='a,\'b\'',bucket='"'`, types.S3Location{Key: aws.String(`a,'b'`), Bucket: aws.String(`"`)},
		},
		"an escaped quote closes when no other does": {
			`key="a\"`, types.S3Location{Key: aws.String(`a\`)},
		},
		"an empty value": {
			"eTag=,bucket=b", types.S3Location{ETag: aws.String(""), Bucket: aws.String("b")},
		},
		"an empty value at the end": {
			"bucket=b,eTag=", types.S3Location{ETag: aws.String(""), Bucket: aws.String("b")},
		},
		"characters beyond the basic plane": {
			"bucket=b,key=🚀.zip", types.S3Location{Bucket: aws.String("b"), Key: aws.String("🚀.zip")},
		},
		"two commas together": {
			"bucket=b,,key=k", types.S3Location{Bucket: aws.String("b"), Key: aws.String("k")},
		},
		"the at-sign form without a file": {
			"bucket@=b,key=k", types.S3Location{Bucket: aws.String("b"), Key: aws.String("k")},
		},
		"a boolean in any case and a list without brackets": {
			"enabled=True,events=DEPLOYMENT_FAILURE,DEPLOYMENT_STOP_ON_ALARM",
			types.AutoRollbackConfiguration{Enabled: true, Events: []types.AutoRollbackEvent{"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"}},
		},
		"a list in brackets, and one value for a list": {
			"events=[DEPLOYMENT_FAILURE],enabled=false",
			types.AutoRollbackConfiguration{Events: []types.AutoRollbackEvent{"DEPLOYMENT_FAILURE"}},
		},
		"a single value becomes a list": {
			"events=DEPLOYMENT_FAILURE,enabled=true",
			types.AutoRollbackConfiguration{Enabled: true, Events: []types.AutoRollbackEvent{"DEPLOYMENT_FAILURE"}},
		},
		"structures in lists": {
			`tagFilters=[{Key=Stage,Value="a, b",Type=KEY_AND_VALUE},{Key=x,Type=KEY_ONLY,}],autoScalingGroups=web,db`,
			types.TargetInstances{
				TagFilters: []types.EC2TagFilter{
					{Key: aws.String("Stage"), Value: aws.String("a, b"), Type: types.EC2TagFilterTypeKeyAndValue},
					{Key: aws.String("x"), Type: types.EC2TagFilterTypeKeyOnly},
				},
				AutoScalingGroups: []string{"web", "db"},
			},
		},
		"one structure for a list": {
			"tagFilters={Key=Name,Value=a,Type=KEY_AND_VALUE}",
			types.TargetInstances{TagFilters: []types.EC2TagFilter{{Key: aws.String("Name"), Value: aws.String("a"), Type: types.EC2TagFilterTypeKeyAndValue}}},
		},
		"lists of lists": {
			"ec2TagSet={ec2TagSetList=[[{Key=a},{Key=b}],[{Key=c}]]}",
			types.TargetInstances{Ec2TagSet: &types.EC2TagSet{Ec2TagSetList: [][]types.EC2TagFilter{{{Key: aws.String("a")}, {Key: aws.String("b")}}, {{Key: aws.String("c")}}}}},
		},
		"numbers": {
			"type=HOST_COUNT,value= 3 ", types.MinimumHealthyHosts{Type: types.MinimumHealthyHostsTypeHostCount, Value: 3},
		},
		"a quoted list value": {
			`autoScalingGroups=a,"b,c",'d'`, types.TargetInstances{AutoScalingGroups: []string{"a", "b,c", "d"}},
		},
		"a closing bracket may begin a value": {
			"key=],bucket=}", types.S3Location{Key: aws.String("]"), Bucket: aws.String("}")},
		},
		"later values of a list keep brackets": {
			"autoScalingGroups=a,b]}", types.TargetInstances{AutoScalingGroups: []string{"a", "b]}"}},
		},
		"a duplicate in braces: the later counts": {
			"tagFilters={Key=a,Key=b}", types.TargetInstances{TagFilters: []types.EC2TagFilter{{Key: aws.String("b")}}},
		},
		"JSON": {
			" {\"alarms\": [{\"name\": \"a\\u00e9\"}], \"enabled\": true, \"ignorePollAlarmFailure\": null}",
			types.AlarmConfiguration{Alarms: []types.Alarm{{Name: aws.String("aé")}}, Enabled: true},
		},
		"a JSON list": {
			`[{"Key":"a"},{"Key":"b","Key":"c"}]`, []types.EC2TagFilter{{Key: aws.String("a")}, {Key: aws.String("c")}},
		},
		"JSON numbers": {
			`{"type":"HOST_COUNT","value":3}`, types.MinimumHealthyHosts{Type: "HOST_COUNT", Value: 3},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			out := reflect.New(reflect.TypeOf(test.want))
			if err := Decode(test.text, out.Interface()); err != nil {
				t.Fatal(err)
			}
			if got := out.Elem().Interface(); !reflect.DeepEqual(got, test.want) {
				t.Errorf("Decode(%s) = %+v, want %+v", test.text, got, test.want)
			}
		})
	}
}

func TestDecodeErrors(t *testing.T) {
	tests := []struct {
		text string
		out  any
		want string
	}{
		{"", &types.S3Location{}, "column 1: the value is empty"},
		{" \n", &types.S3Location{}, "column 1: the value is empty"},
		{"deploymentType=BLUEGREEN", &types.DeploymentStyle{}, `column 16: deploymentType has no value "BLUEGREEN", did you mean "BLUE_GREEN"? (known: IN_PLACE, BLUE_GREEN)`},
		{"Bucket=b", &types.S3Location{}, `column 1: unknown member "Bucket", did you mean "bucket"? (known: bucket, bundleType, eTag, key, version)`},
		{"bucket=b,bundelType=zip", &types.S3Location{}, `column 10: unknown member "bundelType", did you mean "bundleType"? (known: bucket, bundleType, eTag, key, version)`},
		{"ключ=1,zzz=1", &types.S3Location{}, `column 1: expected "=", found "к"`},
		{"bucket=é,zzz=1", &types.S3Location{}, `column 10: unknown member "zzz" (known: bucket, bundleType, eTag, key, version)`},
		{"bucket=b,\nkey=k,\n  x=1", &types.S3Location{}, `line 3, column 3: unknown member "x" (known: bucket, bundleType, eTag, key, version)`},
		{"tagFilters=[{Key=a},{key=b}]", &types.TargetInstances{}, `column 22: tagFilters[1] has no member "key", did you mean "Key"? (known: Key, Type, Value)`},
		{"bucket", &types.S3Location{}, `column 7: expected "=", found the end`},
		{"bucket=b,key", &types.S3Location{}, `column 8: bucket must be a string, not a list`},
		{"bucket=b,", &types.S3Location{}, `column 10: expected a value, found the end`},
		{"bucket=b,c=d,e", &types.S3Location{}, `column 10: unknown member "c" (known: bucket, bundleType, eTag, key, version)`},
		{"bucket=b,bucket=c", &types.S3Location{}, `column 10: second "bucket": values that contain a comma need quotes`},
		{`key="a`, &types.S3Location{}, `column 5: the quote " is not closed`},
		{`key=a,'b`, &types.S3Location{}, `column 7: the quote ' is not closed`},
		{`key="a"b`, &types.S3Location{}, `column 8: expected ",", found "b"`},
		{"key={a=b}", &types.S3Location{}, "column 5: key must be a string, not a structure"},
		{"enabled=yes", &types.AutoRollbackConfiguration{}, `column 9: enabled must be true or false, not "yes"`},
		{"enabled=[true]", &types.AutoRollbackConfiguration{}, `column 9: enabled must be true or false, not a list`},
		{"value=many", &types.MinimumHealthyHosts{}, `column 7: value must be a whole number, not "many"`},
		{"value=99999999999", &types.MinimumHealthyHosts{}, `column 7: value must be a whole number, not "99999999999"`},
		{"value=[1]", &types.MinimumHealthyHosts{}, `column 7: value must be a whole number, not a list`},
		{"ec2TagSet=x", &types.TargetInstances{}, `column 11: ec2TagSet must be a structure of ec2TagSetList, not "x"`},
		{"events=[a", &types.AutoRollbackConfiguration{}, `column 10: expected ",", found the end`},
		{"events=[[a", &types.AutoRollbackConfiguration{}, `column 11: expected ",", found the end`},
		{"tagFilters={Key", &types.TargetInstances{}, `column 16: expected "=", found the end`},
		{"tagFilters={Key=a", &types.TargetInstances{}, `column 18: expected ",", found the end`},
		{"tagFilters={Key=}", &types.TargetInstances{}, `column 18: expected ",", found the end`},
		{"tagFilters={Key=[a}", &types.TargetInstances{}, `column 19: expected ",", found "}"`},
		{"events=" + strings.Repeat("[", 200), &types.AutoRollbackConfiguration{}, "column 108: nested too deeply"},
		{"key@=file://x", &types.S3Location{}, "column 6: a file can only stand for the whole value, as in file://key.json"},
		{"autoScalingGroups@=a,fileb://x", &types.TargetInstances{}, "column 20: a file can only stand for the whole value, as in file://autoScalingGroups.json"},
		{`{"enabled": "true"}`, &types.AutoRollbackConfiguration{}, `column 13: enabled must be true or false, not "true"`},
		{`{"enabled": 1}`, &types.AutoRollbackConfiguration{}, `column 13: enabled must be true or false, not the number 1`},
		{`{"events": "a"}`, &types.AutoRollbackConfiguration{}, `column 12: events must be a list, not "a"`},
		{`{"events": [true]}`, &types.AutoRollbackConfiguration{}, `column 13: events[0] must be a string, not true`},
		{`{"value": "3"}`, &types.MinimumHealthyHosts{}, `column 11: value must be a whole number, not "3"`},
		{`{"value": 3.5}`, &types.MinimumHealthyHosts{}, `column 11: value must be a whole number, not the number 3.5`},
		{"{\"tagFilters\":\n [{\"Kye\": \"x\"}]}", &types.TargetInstances{}, `line 2, column 4: tagFilters[0] has no member "Kye", did you mean "Key"? (known: Key, Type, Value)`},
		{`{"key": "a"`, &types.S3Location{}, "column 12: the JSON value is not finished"},
		{`{"key": "a"} x`, &types.S3Location{}, "column 13: expected nothing more after the JSON value"},
		{`{"key": "a"},`, &types.S3Location{}, "column 13: expected nothing more after the JSON value"},
		{`{"key": nul}`, &types.S3Location{}, "column 9: invalid JSON: invalid character '}' in literal null (expecting 'l')"},
		{`{key: 1}`, &types.S3Location{}, "column 2: invalid JSON: invalid character 'k'"},
		{`{"key" 1}`, &types.S3Location{}, "column 8: invalid JSON: invalid character '1' after object key"},
		{`[{"key": "a"}]`, &types.S3Location{}, "column 1: must be a structure of bucket, bundleType, eTag, key, version, not a list"},
		{`{"events": ` + strings.Repeat("[", 200), &types.AutoRollbackConfiguration{}, "column 112: nested too deeply"},
		{"enabled=" + strings.Repeat("é", 70), &types.AutoRollbackConfiguration{}, `column 9: enabled must be true or false, not "` + strings.Repeat("é", 60) + `…"`},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			before := reflect.ValueOf(test.out).Elem().Interface()
			err := Decode(test.text, test.out)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("Decode(%s) = %v, want an *Error", test.text, err)
			}
			if got := e.Error(); !strings.HasPrefix(got, test.want) {
				t.Errorf("Decode(%s)\n got %s\nwant %s", test.text, got, test.want)
			}
			if after := reflect.ValueOf(test.out).Elem().Interface(); !reflect.DeepEqual(before, after) {
				t.Errorf("out was changed to %+v", after)
			}
		})
	}
}

func TestDecodePanicsOnMisuse(t *testing.T) {
	for name, out := range map[string]any{
		"no pointer":  types.S3Location{},
		"nil pointer": (*types.S3Location)(nil),
		"no notation": &struct{ Time func() }{},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("Decode did not panic")
				}
			}()
			_ = Decode("time=x", out)
		})
	}
}

func TestNearest(t *testing.T) {
	known := []string{"bucket", "bundleType", "eTag", "key", "version"}
	for name, want := range map[string]string{
		"Bucket": "bucket", "bukcet": "bucket", "bundletype": "bundleType", "etag": "eTag", "versoin": "version",
		"ky": "", "key ": "key", "zzz": "", "": "", strings.Repeat("x", 100): "",
	} {
		if got := Nearest(name, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}
