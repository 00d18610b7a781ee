package slim_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/smithy-go"

	"github.com/cdx-deploy/cdx/internal/awsapi/slim"
	"github.com/cdx-deploy/cdx/pkg/local/awsjson"
)

// reply is an answer without a network.
type reply struct {
	status int
	header http.Header
	body   []byte
	cut    error // what reading ends with; nil: the end of the body
}

func (r *reply) Do(*http.Request) (*http.Response, error) {
	body := io.Reader(bytes.NewReader(r.body))
	if r.cut != nil {
		body = io.MultiReader(body, broken{r.cut})
	}
	header := r.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: r.status, Header: header, Body: io.NopCloser(body), ContentLength: -1}, nil
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// pair are both clients with the same replies.
func pair(r *reply) (small *slim.Client, whole *codedeploy.Client) {
	config := aws.Config{
		HTTPClient: r, Region: "eu-west-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	}
	return slim.NewFromConfig(config), codedeploy.NewFromConfig(config)
}

// outcome is what a caller can tell of an error: which kind, what was refused and how,
// and whether it is worth another attempt.
func outcome(err error) string {
	if err == nil {
		return "no error"
	}
	var text []string
	var answered *awshttp.ResponseError
	if errors.As(err, &answered) {
		text = append(text, fmt.Sprintf("status %d, request %q", answered.HTTPStatusCode(), answered.RequestID))
	}
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		text = append(text, operation.ServiceID+" "+operation.OperationName)
	}
	var refused smithy.APIError
	if errors.As(err, &refused) {
		// Where nothing is said, the SDK has this word or none, depending on the operation.
		text = append(text, fmt.Sprintf("%s: %q", refused.ErrorCode(), strings.TrimPrefix(refused.ErrorMessage(), "UnknownError")))
	}
	var garbled *smithy.DeserializationError
	text = append(text, fmt.Sprintf("garbled %t, cut off %t, again %v, timeout %v, throttle %v",
		errors.As(err, &garbled), errors.Is(err, io.ErrUnexpectedEOF),
		retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err),
		retry.IsErrorTimeouts(retry.DefaultTimeouts).IsErrorTimeout(err),
		retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err)))
	return strings.Join(text, "; ")
}

// sameOutcome lets both clients read the reply, and wants the same of them.
func sameOutcome(t *testing.T, r *reply, operation, name string) {
	t.Helper()
	small, whole := pair(r)
	in := reflect.New(reflect.ValueOf(whole).MethodByName(operation).Type().In(1).Elem())
	fill(in.Elem(), 0)
	want, wantErr := invoke(t, whole, operation, in)
	got, gotErr := invoke(t, small, operation, in)
	if a, b := outcome(gotErr), outcome(wantErr); a != b {
		t.Errorf("%s, %s: %.300s\ngot  %s\n     %v\nwant %s\n     %v", operation, name, r.body, a, gotErr, b, wantErr)
		return
	}
	if wantErr != nil {
		return
	}
	clearMetadata(got)
	clearMetadata(want)
	if a, b := fmt.Sprintf("%+v", plain(got)), fmt.Sprintf("%+v", plain(want)); a != b {
		t.Errorf("%s, %s: %.300s\ngot  %s\nwant %s", operation, name, r.body, a, b)
	}
}

// plain is a value as JSON would have it, so that what is no number compares as well.
func plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return []any{plain(v.Elem())}
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		items := []any{v.Len()}
		for i := range v.Len() {
			items = append(items, plain(v.Index(i)))
		}
		return items
	case reflect.Struct:
		if v.NumField() == 0 || !v.Type().Field(0).IsExported() {
			return v.Interface() // a time
		}
		var members []any
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				members = append(members, plain(v.Field(i)))
			}
		}
		return members
	}
	return v.Interface()
}

// TestMutatedAnswers changes every member of every operation's answer in many ways, one
// at a time, with the SDK as the judge of what comes out.
func TestMutatedAnswers(t *testing.T) {
	seen := make(map[string]bool) // shapes, by the member that holds them: once is enough
	for _, operation := range operations() {
		out := reflect.New(reflect.ValueOf(new(codedeploy.Client)).MethodByName(operation).Type().Out(0).Elem())
		fill(out.Elem(), 0)
		text, err := awsjson.Marshal(out.Interface())
		if err != nil {
			t.Fatal(err)
		}
		var tree any
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&tree); err != nil {
			t.Fatal(err)
		}
		r := &reply{status: http.StatusOK}
		mutate(tree, operation, seen, func(name string) {
			if r.body, err = json.Marshal(tree); err != nil {
				t.Fatal(err)
			}
			sameOutcome(t, r, operation, name)
		})
	}
	if len(seen) < 150 {
		t.Errorf("only %d members were changed", len(seen))
	}
}

// otherValues are what may stand where something else should. Numbers too large for a
// member are not among them: the SDK cuts them off, which helps nobody.
func otherValues() []any {
	return []any{
		nil, "", "text", "7", "NaN", "Infinity", "-infinity", true, false, []any{}, []any{nil}, []any{[]any{}}, map[string]any{}, map[string]any{"key": nil},
		json.Number("0"), json.Number("-1"), json.Number("7"), json.Number("1e3"), json.Number("1.5"), json.Number("7.0"), json.Number("1.7673230456789E9"),
		json.Number("1767323045"), json.Number("1767323045.6789"), json.Number("-0.001"), json.Number("0.0005"), json.Number("1e400"),
	}
}

// mutate puts other values in the place of each member below a value, calls try, and
// puts things right again.
func mutate(value any, where string, seen map[string]bool, try func(name string)) {
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			old := value[key]
			shape, _ := json.Marshal(old)
			if id := key + string(shape); seen[id] {
				continue
			} else {
				seen[id] = true
			}
			for _, other := range otherValues() {
				value[key] = other
				try(fmt.Sprintf("%s.%s = %v", where, key, other))
			}
			delete(value, key)
			try(where + " without " + key)
			value[strings.ToUpper(key)] = old
			try(where + " with another capital in " + key)
			delete(value, strings.ToUpper(key))
			value[key] = old
			mutate(old, where+"."+key, seen, try)
		}
		value["unknown to all"] = map[string]any{"a": []any{json.Number("1"), nil}}
		try(where + " with an unknown member")
		delete(value, "unknown to all")
	case []any:
		for i, old := range value {
			for _, other := range otherValues() {
				value[i] = other
				try(fmt.Sprintf("%s[%d] = %v", where, i, other))
			}
			value[i] = old
			mutate(old, fmt.Sprintf("%s[%d]", where, i), seen, try)
		}
	}
}

// TestOddAnswers are bodies that are not what they should be, in answers of each kind.
func TestOddAnswers(t *testing.T) {
	const page = "<html><head><title>502 Bad Gateway</title></head></html>"
	bodies := []string{
		"", " \n", "null", "{}", "[]", "7", `"text"`, "{", `{"application":`, `{"application":{"applicationName":"a"}`, "{} ", "{}{}", "{} x", "\xef\xbb\xbf{}", "\x00", page,
		`{"application":{"applicationName":"a"}}` + page, `{"application":{"applicationName":"\ud800","createTime":1}}`, `{"application":{"applicationName":"a","applicationName":null}}`,
		"{\"application\":{\"applicationName\":\"\xff\"}}", strings.Repeat("[", 20000), `{"message":7}`, `{"__type":7}`, `{"code":7}`, `{"code":"ThrottlingException"}`,
		`{"__type":"ThrottlingException","Message":"m"}`, `{"__type":"a#b#c","message":"m"}`,
		`{"__type":"com.amazonaws.codedeploy.v20141006#ApplicationDoesNotExistException:http://x/","message":"m"}`, `{"__type":":","message":null}`, `{"__type":"#"}`,
		`{"__type":"applicationdoesnotexistexception","message":"m"}`, `{"__type":"ApplicationDoesNotExistException"}`, `{"__type":"ApplicationDoesNotExistException","message":""}`,
		`{"__type":"ApplicationDoesNotExistException","message":"m"} trailing`, `{"__TYPE":"ApplicationDoesNotExistException"}`,
		`{"code":"A","__type":"B","message":"m"}`, `{"code":"A","__type":"","message":"m"}`, `{"__type":"ExpiredTokenException","message":"m"}`, `{"__type":"InternalFailure"}`,
		`{"__type":"RequestLimitExceeded"}`, `{"__type":"RequestTimeout"}`, `{"__type":"ServiceUnavailable"}`,
	}
	for _, status := range []int{200, 201, 204, 302, 400, 401, 403, 404, 407, 408, 413, 429, 500, 502, 503, 504} {
		for _, kind := range []string{"", "ApplicationDoesNotExistException:http://internal/", "x#ThrottlingException", "AccessDenied"} {
			header := http.Header{"X-Amzn-Requestid": {"r-1"}, "X-Amzn-Errortype": {kind}}
			for _, body := range bodies {
				name := fmt.Sprintf("%d %q", status, kind)
				sameOutcome(t, &reply{status: status, header: header, body: []byte(body)}, "GetApplication", name)
				if kind == "" {
					sameOutcome(t, &reply{status: status, header: header, body: []byte(body), cut: io.ErrUnexpectedEOF}, "GetApplication", name+" cut off")
					sameOutcome(t, &reply{status: status, header: header, body: []byte(body), cut: errors.New("connection reset by peer")}, "GetApplication", name+" reset")
				}
			}
		}
	}
}

// TestCompressedAnswers come from a proxy; whether they are asked for is the same too.
func TestCompressedAnswers(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(`{"application":{"applicationName":"packed"}}`))
	_ = w.Close()
	for _, length := range []int{packed.Len(), packed.Len() / 2} {
		p := &peer{status: http.StatusOK, header: http.Header{"Content-Encoding": {"gzip"}}, answer: packed.Bytes()[:length]}
		small, whole := clients(t, p)
		in := &codedeploy.GetApplicationInput{ApplicationName: aws.String("a")}
		want, wantErr := whole.GetApplication(t.Context(), in)
		asked := p.request.Header.Get("Accept-Encoding")
		got, gotErr := small.GetApplication(t.Context(), in)
		if now := p.request.Header.Get("Accept-Encoding"); now != asked || outcome(gotErr) != outcome(wantErr) {
			t.Errorf("%q, %v\nwant %q, %v", now, gotErr, asked, wantErr)
		}
		if gotErr == nil && wantErr == nil && *got.Application.ApplicationName != *want.Application.ApplicationName {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}
