package slim_test

import (
	"context"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"

	"github.com/cdx-deploy/cdx/internal/awsapi/slim"
	"github.com/cdx-deploy/cdx/pkg/local/awsjson"
)

// peer is a server that keeps the last request and answers what it is told.
type peer struct {
	status  int
	header  http.Header
	answer  []byte
	request *http.Request
	body    []byte
	count   int
}

func (p *peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.count++
	p.request = r
	p.body, _ = io.ReadAll(r.Body)
	maps.Copy(w.Header(), p.header)
	w.WriteHeader(p.status)
	_, _ = w.Write(p.answer)
}

func clients(t *testing.T, p *peer) (*slim.Client, *codedeploy.Client) {
	t.Helper()
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	config := aws.Config{
		BaseEndpoint: &server.URL, Region: "eu-west-1", RetryMaxAttempts: 1, AppID: "cdx",
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	}
	return slim.NewFromConfig(config), codedeploy.NewFromConfig(config)
}

// invoke calls a method by its name.
func invoke(t *testing.T, client any, operation string, in reflect.Value) (reflect.Value, error) {
	t.Helper()
	results := reflect.ValueOf(client).MethodByName(operation).Call([]reflect.Value{reflect.ValueOf(context.Background()), in})
	err, _ := results[1].Interface().(error)
	return results[0], err
}

// operations are the names of the client's methods that are operations.
func operations() []string {
	var names []string
	for method := range reflect.TypeFor[*slim.Client]().Methods() {
		if method.Type.NumIn() == 4 {
			names = append(names, method.Name)
		}
	}
	return names
}

// TestSameAsTheSDK sends every operation by both clients, with every member of its input
// set and with none, and lets both read an answer with every member set.
func TestSameAsTheSDK(t *testing.T) {
	p := &peer{status: http.StatusOK}
	small, whole := clients(t, p)
	if len(operations()) < 30 {
		t.Fatalf("operations: %v", operations())
	}
	for _, operation := range operations() {
		t.Run(operation, func(t *testing.T) {
			method := reflect.ValueOf(whole).MethodByName(operation).Type()
			answer := reflect.New(method.Out(0).Elem())
			fill(answer.Elem(), 0)
			var err error
			if p.answer, err = awsjson.Marshal(answer.Interface()); err != nil {
				t.Fatal(err)
			}
			in := reflect.New(method.In(1).Elem())
			fill(in.Elem(), 0)
			compare(t, p, small, whole, operation, in)
			zeros(in.Elem())
			compare(t, p, small, whole, operation, in)
		})
	}
}

func compare(t *testing.T, p *peer, small, whole any, operation string, in reflect.Value) {
	t.Helper()
	want, err := invoke(t, whole, operation, in)
	if err != nil {
		t.Fatalf("the SDK: %v", err)
	}
	wantBody, wantHeader := p.body, p.request.Header
	got, err := invoke(t, small, operation, in)
	if err != nil {
		t.Fatal(err)
	}
	if !sameJSON(t, p.body, wantBody) {
		t.Errorf("sent %s\nwant %s", p.body, wantBody)
	}
	for name := range wantHeader {
		switch name {
		case "Authorization", "Amz-Sdk-Invocation-Id", "X-Amz-Date", "Content-Length", "User-Agent", "Amz-Sdk-Request":
			continue
		}
		if !reflect.DeepEqual(p.request.Header[name], wantHeader[name]) {
			t.Errorf("%s: %v, want %v", name, p.request.Header[name], wantHeader[name])
		}
	}
	clearMetadata(got)
	clearMetadata(want)
	if !reflect.DeepEqual(got.Interface(), want.Interface()) {
		t.Errorf("read %+v\nwant %+v", got.Elem(), want.Elem())
	}
}

func clearMetadata(out reflect.Value) { out.Elem().FieldByName("ResultMetadata").SetZero() }

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal(a, &x), json.Unmarshal(b, &y)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

// fill sets every member.
func fill(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.UnixMilli(1767323045678).UTC()))
			return
		}
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && field.Name != "ResultMetadata" {
				fill(v.Field(i), depth+1)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth+1)
	case reflect.Map:
		entry := reflect.New(v.Type().Elem()).Elem()
		fill(entry, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), entry)
	case reflect.String:
		v.SetString("text<&")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(1.5)
	}
}

// zeros empties what is below: numbers, booleans, texts behind no pointer and lists, but
// nothing that the SDK demands.
func zeros(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		zeros(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && field.Type.Kind() != reflect.String {
				zeros(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			zeros(v.Index(i))
		}
		if v.Len() > 0 && v.Index(0).Kind() != reflect.Struct {
			v.SetLen(0)
		}
	case reflect.Bool, reflect.Int32, reflect.Int64, reflect.Float64:
		v.SetZero()
	}
}

// TestRefusals reads what the SDK reads of errors.
func TestRefusals(t *testing.T) {
	p := &peer{header: http.Header{"X-Amzn-Requestid": {"r-1"}}}
	small, whole := clients(t, p)
	for _, test := range []struct {
		name, header, body string
		status             int
	}{
		{"by its type", "", `{"__type":"ApplicationDoesNotExistException","message":"no application"}`, 400},
		{"with a name space", "", `{"__type":"com.amazonaws.codedeploy#ApplicationDoesNotExistException","message":"m"}`, 400},
		{"by a header", "ApplicationDoesNotExistException:http://x/", `{"message":"m"}`, 400},
		{"with a capital", "", `{"__type":"AccessDeniedException","Message":"may not"}`, 400},
		{"without words", "", `{"__type":"InvalidApplicationNameException"}`, 400},
		{"without anything", "", `{}`, 500},
		{"no JSON", "", `<html>`, 502},
		{"a throttle", "", `{"__type":"ThrottlingException","message":"Rate exceeded"}`, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			p.status, p.answer = test.status, []byte(test.body)
			p.header.Set("X-Amzn-Errortype", test.header)
			in := &codedeploy.GetApplicationInput{ApplicationName: aws.String("a")}
			_, want := whole.GetApplication(t.Context(), in)
			_, got := small.GetApplication(t.Context(), in)
			if got == nil || want == nil {
				t.Fatalf("%v, %v", got, want)
			}
			var refused, whole smithy.APIError
			if errors.As(got, &refused) != errors.As(want, &whole) || refused != nil && refused.ErrorCode() != whole.ErrorCode() {
				t.Errorf("got  %v\nwant %v", got, want)
			}
			if refused != nil && whole.ErrorMessage() != "" && refused.ErrorMessage() != whole.ErrorMessage() {
				t.Errorf("it says %q, want %q", refused.ErrorMessage(), whole.ErrorMessage())
			}
			var missing *types.ApplicationDoesNotExistException
			if errors.As(got, &missing) != errors.As(want, &missing) {
				t.Errorf("its type: %v", got)
			}
			var operation *smithy.OperationError
			var answered *awshttp.ResponseError
			if !errors.As(got, &operation) || operation.OperationName != "GetApplication" || !errors.As(got, &answered) ||
				answered.RequestID != "r-1" || answered.HTTPStatusCode() != test.status {
				t.Errorf("%v, %+v", operation, answered)
			}
		})
	}
}

func TestAnswerThatIsNone(t *testing.T) {
	p := &peer{status: http.StatusOK, answer: []byte(`{"application": 7}`)}
	small, _ := clients(t, p)
	_, err := small.GetApplication(t.Context(), &codedeploy.GetApplicationInput{})
	var broken *smithy.DeserializationError
	if !errors.As(err, &broken) {
		t.Errorf("%v", err)
	}
}

// TestOptions changes options of one call, and of a client.
func TestOptions(t *testing.T) {
	p := &peer{status: http.StatusInternalServerError, answer: []byte(`{}`)}
	small, _ := clients(t, p)
	thrice := func(o *codedeploy.Options) { o.Retryer, o.RetryMaxAttempts = quick{aws.NopRetryer{}, 3}, 3 }
	if _, err := small.ListApplications(t.Context(), nil, thrice); err == nil || p.count != 3 {
		t.Errorf("%d requests, %v", p.count, err)
	}
	if _, err := small.With(thrice).ListApplications(t.Context(), new(codedeploy.ListApplicationsInput)); err == nil || p.count != 6 {
		t.Errorf("%d requests, %v", p.count, err)
	}
	if small.Options().Region != "eu-west-1" {
		t.Error("the options are not the client's")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := small.ListApplications(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// quick tries everything again at once.
type quick struct {
	aws.NopRetryer
	attempts int
}

func (q quick) IsErrorRetryable(error) bool                  { return true }
func (q quick) MaxAttempts() int                             { return q.attempts }
func (q quick) RetryDelay(int, error) (time.Duration, error) { return 0, nil }

// TestEveryExceptionIsKnown looks for the exceptions that the program and its library tell
// apart, and expects each as the SDK's type.
func TestEveryExceptionIsKnown(t *testing.T) {
	p := &peer{status: http.StatusBadRequest}
	small, _ := clients(t, p)
	for name := range exceptions(t) {
		p.answer = []byte(`{"__type":"` + name + `","message":"m"}`)
		_, got := small.GetApplication(t.Context(), &codedeploy.GetApplicationInput{ApplicationName: aws.String("a")})
		var refused smithy.APIError
		if !errors.As(got, &refused) || reflect.TypeOf(refused).String() != "*types."+name {
			t.Errorf("%s is a %T", name, refused)
		}
	}
}

func exceptions(t *testing.T) map[string]bool {
	t.Helper()
	names := make(map[string]bool)
	root := filepath.Join("..", "..", "..")
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && (name == "pkg/local" || strings.HasPrefix(entry.Name(), ".") && name != ".") {
			return fs.SkipDir
		}
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, filepath.FromSlash(name)), nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && strings.HasSuffix(s.Sel.Name, "Exception") {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "types" {
					names[s.Sel.Name] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil || len(names) < 10 {
		t.Fatalf("%d exceptions, %v", len(names), err)
	}
	return names
}
