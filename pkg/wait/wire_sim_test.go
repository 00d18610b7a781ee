package wait_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"

	"github.com/cdx-deploy/cdx/pkg/wait"
)

// simWire is the network between the SDK's client and a sim: it stands for the HTTP client
// and the server, so that requests are signed, written, read, answered and understood as over
// a network, in fake time.
type simWire struct {
	sim  *sim
	peak uint64 // of the heap, in bytes, seen at a call
}

// client is the SDK's client of what the wire leads to.
func (w *simWire) client() *codedeploy.Client {
	return codedeploy.New(codedeploy.Options{Region: "eu-west-1", HTTPClient: w, Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")})
}

// Do implements [codedeploy.HTTPClient].
func (w *simWire) Do(r *http.Request) (*http.Response, error) {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	w.peak = max(w.peak, memory.HeapAlloc)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	out, err := w.carryOut(r.Context(), strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "CodeDeploy_20141006."), body)
	status := http.StatusOK
	var api smithy.APIError
	switch {
	case errors.As(err, &api):
		status, out = http.StatusBadRequest, map[string]string{"__type": api.ErrorCode(), "message": api.ErrorMessage()}
	case err != nil:
		return nil, err
	default:
		out = asJSON(reflect.ValueOf(out))
	}
	answer, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	header := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "Date": {time.Now().Add(w.sim.skew).UTC().Format(http.TimeFormat)}}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(answer)), ContentLength: int64(len(answer)), Request: r}, nil
}

func (w *simWire) carryOut(ctx context.Context, operation string, body []byte) (any, error) {
	switch operation {
	case "GetDeployment":
		return served(ctx, body, w.sim.GetDeployment)
	case "ListDeploymentTargets":
		return served(ctx, body, w.sim.ListDeploymentTargets)
	case "BatchGetDeploymentTargets":
		return served(ctx, body, w.sim.BatchGetDeploymentTargets)
	}
	return nil, fmt.Errorf("the wait calls %q", operation)
}

// served reads a request and has it carried out. The names in JSON differ from Go's in case
// only.
func served[In, Out any](ctx context.Context, body []byte, do func(context.Context, *In, ...func(*codedeploy.Options)) (*Out, error)) (any, error) {
	in := new(In)
	if err := json.Unmarshal(body, in); err != nil {
		return nil, err
	}
	return do(ctx, in)
}

// asJSON gives an answer the form of AWS JSON 1.1: names in lower camel case, but for an
// overview's, times in seconds since 1970, nothing for what is absent.
func asJSON(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		return asJSON(v.Elem())
	case reflect.Struct:
		if moment, ok := v.Interface().(time.Time); ok {
			return float64(moment.UnixMilli()) / 1000
		}
		object := map[string]any{}
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() || field.Name == "ResultMetadata" || v.Field(i).IsZero() {
				continue
			}
			name := strings.ToLower(field.Name[:1]) + field.Name[1:]
			if v.Type() == reflect.TypeFor[types.DeploymentOverview]() {
				name = field.Name
			}
			object[name] = asJSON(v.Field(i))
		}
		return object
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = asJSON(v.Index(i))
		}
		return list
	default:
		return v.Interface()
	}
}

// TestBarsOverTheWire measures through the SDK's client what [TestPollingBars] and its
// neighbours measure without: delay, calls and memory, for fleets of up to 10,000 targets.
func TestBarsOverTheWire(t *testing.T) {
	for _, test := range []struct {
		duration         time.Duration
		targets, failing int
		end              types.DeploymentStatus
		most             int // calls for targets; 0: as many as the rate allows
	}{
		{30 * time.Second, 3, 0, types.DeploymentStatusSucceeded, 0},
		{10 * time.Minute, 1, 0, types.DeploymentStatusSucceeded, 0},
		{10 * time.Minute, 100, 7, types.DeploymentStatusFailed, 0},
		{time.Hour, 25, 1, types.DeploymentStatusFailed, 0},
		{20 * time.Minute, 1000, 30, types.DeploymentStatusSucceeded, 62}, // 60 beyond two that the 30 failed ones need
		{20 * time.Minute, 1000, 1000, types.DeploymentStatusFailed, 0},
		{20 * time.Minute, 10_000, 300, types.DeploymentStatusFailed, 0},
	} {
		t.Run(fmt.Sprintf("%v with %d targets of which %d fail", test.duration, test.targets, test.failing), func(t *testing.T) {
			s := &sim{
				duration: test.duration, targets: test.targets, failing: test.failing, end: test.end, skew: 40 * time.Minute,
				trouble: func(context.Context, string) error { time.Sleep(200 * time.Millisecond); return nil },
			}
			w := &simWire{sim: s}
			runtime.GC()
			m := simulateAPI(t, s, w.client(), wait.Options{})
			t.Logf("told after %v, returned after %v, %d polls, %d calls for targets, %d in the worst minute, %d MiB", m.delay, m.overrun, m.polls, m.targets, m.worstMinute, w.peak>>20)
			var failed *wait.FailedError
			if (test.end == types.DeploymentStatusFailed) != errors.As(m.err, &failed) || m.outcome.Status() != test.end || m.outcome.Counts.Failed != int64(test.failing) {
				t.Errorf("ended %v with %d failed targets: %v", m.outcome.Status(), m.outcome.Counts.Failed, m.err)
			}
			if m.overrun > 16*time.Second || m.worstMinute > 40 {
				t.Errorf("returned %v after the end, %d calls within a minute; want at most 16 s and 40", m.overrun, m.worstMinute)
			}
			if most := int(test.duration/(5*time.Second)) + 1; test.duration >= 10*time.Minute && m.polls > most {
				t.Errorf("%d polls, want at most %d", m.polls, most)
			}
			if test.most > 0 && m.targets > test.most {
				t.Errorf("%d calls for targets, want at most %d", m.targets, test.most)
			}
			if w.peak > 100<<20 {
				t.Errorf("%d MiB in use, want under 100", w.peak>>20)
			}
		})
	}
}
