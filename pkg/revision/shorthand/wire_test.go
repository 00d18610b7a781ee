package shorthand

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// TestMemberNamesAreTheWires has the SDK send structures in which every member is
// set, and reads back what went over the wire.
func TestMemberNamesAreTheWires(t *testing.T) {
	in := &codedeploy.CreateDeploymentInput{
		ApplicationName:            aws.String("a"),
		Revision:                   fill[types.RevisionLocation](),
		TargetInstances:            fill[types.TargetInstances](),
		AutoRollbackConfiguration:  fill[types.AutoRollbackConfiguration](),
		OverrideAlarmConfiguration: fill[types.AlarmConfiguration](),
	}
	body := send(t, in)
	check(t, body["revision"], in.Revision)
	check(t, body["targetInstances"], in.TargetInstances)
	check(t, body["autoRollbackConfiguration"], in.AutoRollbackConfiguration)
	check(t, body["overrideAlarmConfiguration"], in.OverrideAlarmConfiguration)
}

func check[T any](t *testing.T, text json.RawMessage, want *T) {
	t.Helper()
	var got T
	if err := Decode(string(text), &got); err != nil {
		t.Errorf("%s: %v", text, err)
	}
	if !reflect.DeepEqual(&got, want) {
		t.Errorf("%s was read as %+v", text, got)
	}
}

// send returns the members of the JSON that the SDK sends for in.
func send(t *testing.T, in *codedeploy.CreateDeploymentInput) map[string]json.RawMessage {
	t.Helper()
	var sent []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ = io.ReadAll(r.Body)
		_, _ = io.WriteString(w, "{}")
	}))
	defer server.Close()
	client := codedeploy.New(codedeploy.Options{
		BaseEndpoint: &server.URL, Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	})
	if _, err := client.CreateDeployment(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	var body map[string]json.RawMessage
	if err := json.Unmarshal(sent, &body); err != nil {
		t.Fatal(err)
	}
	return body
}

// fill makes a T with every member set to something that is not its zero value.
func fill[T any]() *T {
	var v T
	fillValue(reflect.ValueOf(&v).Elem())
	return &v
}

func fillValue(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillValue(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fillValue(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillValue(v.Index(0))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	}
}
