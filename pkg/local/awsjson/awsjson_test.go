package awsjson_test

//lint:file-ignore SA1019 deprecated shapes are tested as well

import (
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/local/awsjson"
)

func TestMarshal(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.UTC)
	for _, test := range []struct {
		name string
		give any
		want string
	}{
		{"empty", &codedeploy.DeleteApplicationOutput{}, `{}`},
		{"nil", (*codedeploy.DeleteApplicationOutput)(nil), `{}`},
		{"empty list", &codedeploy.ListApplicationsOutput{Applications: []string{}}, `{"applications":[]}`},
		{"empty text in a list", &codedeploy.ListApplicationsOutput{Applications: []string{""}}, `{"applications":[""]}`},
		{"empty text", &types.Diagnostics{LogTail: aws.String("")}, `{"logTail":""}`},
		{"time", &types.TimeRange{Start: &at}, `{"start":1767323045.678}`},
		{"names", &types.RevisionLocation{
			RevisionType: types.RevisionLocationTypeS3,
			S3Location:   &types.S3Location{ETag: aws.String(`"a<b"`), BundleType: types.BundleTypeZip},
			String_:      &types.RawString{Sha256: aws.String("s")},
		}, `{"revisionType":"S3","s3Location":{"bundleType":"zip","eTag":"\"a\u003cb\""},"string":{"sha256":"s"}}`},
		{"capitals", &codedeploy.ListTagsForResourceOutput{Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}, `{"Tags":[{"Key":"k","Value":"v"}]}`},
		{"overview", &types.DeploymentOverview{Succeeded: 1}, `{"Failed":0,"InProgress":0,"Pending":0,"Ready":0,"Skipped":0,"Succeeded":1}`},
		{"nested lists", &types.EC2TagSet{Ec2TagSetList: [][]types.EC2TagFilter{{{Key: aws.String("k")}}}}, `{"ec2TagSetList":[[{"Key":"k"}]]}`},
		{"map", &codedeploy.ListDeploymentTargetsInput{TargetFilters: map[string][]string{"TargetStatus": {"Failed"}}}, `{"targetFilters":{"TargetStatus":["Failed"]}}`},
		{"numbers", &types.LambdaFunctionInfo{TargetVersionWeight: 0.5}, `{"targetVersionWeight":0.5}`},
	} {
		got, err := awsjson.Marshal(test.give)
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %s, %v, want %s", test.name, got, err, test.want)
		}
	}
	if _, err := awsjson.Marshal(struct{ F func() }{}); err == nil {
		t.Error("a function has no wire form")
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	for _, body := range []string{
		`{`, `{} {}`, `[]`, `{"applicationName":1}`, `{"revision":[]}`, `{"ignoreApplicationStopFailures":"true"}`,
		`{"autoRollbackConfiguration":{"events":{}}}`, `{"autoRollbackConfiguration":{"events":[1]}}`,
	} {
		if err := awsjson.Unmarshal([]byte(body), new(codedeploy.CreateDeploymentInput)); err == nil {
			t.Errorf("%s", body)
		}
	}
	for _, body := range []string{`{"createTimeRange":{"start":"today"}}`, `{"createTimeRange":{"start":1e300}}`} {
		if err := awsjson.Unmarshal([]byte(body), new(codedeploy.ListDeploymentsInput)); err == nil {
			t.Errorf("%s", body)
		}
	}
	for _, body := range []string{`{"minimumHealthyHosts":{"value":1.5}}`, `{"minimumHealthyHosts":{"value":99999999999}}`} {
		if err := awsjson.Unmarshal([]byte(body), new(codedeploy.CreateDeploymentConfigInput)); err == nil {
			t.Errorf("%s", body)
		}
	}
	if err := awsjson.Unmarshal([]byte(`{"targetFilters":[]}`), new(codedeploy.ListDeploymentTargetsInput)); err == nil {
		t.Error("a map that is a list")
	}
	if err := awsjson.Unmarshal([]byte(`{"targetFilters":{"a":1}}`), new(codedeploy.ListDeploymentTargetsInput)); err == nil {
		t.Error("a list that is a number")
	}
	if err := awsjson.Unmarshal([]byte(`{"targetVersionWeight":"x"}`), new(types.LambdaFunctionInfo)); err == nil {
		t.Error("a number that is text")
	}
}

func TestUnmarshal(t *testing.T) {
	for _, body := range []string{``, ` `, `{}`, `null`, `{"unknown":{"x":[1]},"applicationName":null}`} {
		in := new(codedeploy.CreateDeploymentInput)
		if err := awsjson.Unmarshal([]byte(body), in); err != nil || in.ApplicationName != nil {
			t.Errorf("%q: %+v, %v", body, in, err)
		}
	}
}

// TestRoundTrip fills every member of every shape that the service reads or writes, and expects it back.
func TestRoundTrip(t *testing.T) {
	for _, shape := range []any{
		&codedeploy.CreateDeploymentInput{}, &codedeploy.CreateDeploymentGroupInput{}, &codedeploy.UpdateDeploymentGroupInput{},
		&codedeploy.CreateDeploymentConfigInput{}, &codedeploy.GetDeploymentOutput{}, &codedeploy.GetDeploymentGroupOutput{},
		&codedeploy.BatchGetDeploymentTargetsOutput{}, &codedeploy.ListDeploymentTargetsInput{}, &codedeploy.TagResourceInput{},
		&codedeploy.ListDeploymentsInput{}, &codedeploy.GetOnPremisesInstanceOutput{}, &codedeploy.GetApplicationRevisionOutput{},
	} {
		fill(reflect.ValueOf(shape).Elem())
		text, err := awsjson.Marshal(shape)
		if err != nil {
			t.Fatal(err)
		}
		back := reflect.New(reflect.TypeOf(shape).Elem()).Interface()
		if err := awsjson.Unmarshal(text, back); err != nil || !reflect.DeepEqual(shape, back) {
			t.Errorf("%T: %v\n%s", shape, err, text)
		}
	}
}

// fill sets every exported field.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.UnixMilli(1767323045678).UTC()))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type().Field(i).Name != "ResultMetadata" {
				fill(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		entry := reflect.New(v.Type().Elem()).Elem()
		fill(entry)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key"), entry)
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(1.5)
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"applicationName":"a","revision":{"revisionType":"S3","s3Location":{"bucket":"b"}}}`))
	f.Add([]byte(`{"overrideAlarmConfiguration":{"alarms":[{"name":null}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		in := new(codedeploy.CreateDeploymentInput)
		if awsjson.Unmarshal(body, in) != nil {
			return
		}
		text, err := awsjson.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		if err := awsjson.Unmarshal(text, new(codedeploy.CreateDeploymentInput)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	})
}
