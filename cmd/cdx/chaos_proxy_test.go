package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// chaos serves what next answers, and often something else.
type chaos struct {
	next   http.Handler
	issuer *issuer
	often  float64
	clock  time.Duration // the service's, less this machine's
	mu     sync.Mutex
	early  int // lists of targets are too early so often
	random *rand.Rand
	done   []string
}

func newChaos(next http.Handler, issuer *issuer, seed uint64) *chaos {
	c := &chaos{next: next, issuer: issuer, random: rand.New(rand.NewPCG(seed, 1))}
	c.often = 0.05 + 0.3*c.random.Float64()
	c.early = c.random.IntN(3)
	if c.random.IntN(3) == 0 {
		c.clock = time.Duration(c.random.IntN(7200)-3600) * time.Second
	}
	return c
}

// afterwards are the faults that carry the request out; before, those that do not. Only
// the former, and throttling, are safe for CreateDeployment here: whether a request arrived
// of which nothing is heard is looked for during a minute, which is tested with a clock of
// its own elsewhere.
var (
	afterwards = []string{"drop", "fail after", "cut", "slow"}
	before     = []string{"throttle", "fail", "gateway", "vanish"}
)

// of are the faults that an operation may have.
func of(operation string) []string {
	all := slices.Concat(afterwards, before)
	switch operation {
	case "CreateDeployment":
		return append(slices.Clone(afterwards), "throttle")
	case "GetDeployment":
		return append(all, "strange", "strange")
	case "ListDeploymentTargets":
		return append(all, "strange", "strange", "deny")
	case "BatchGetDeploymentTargets":
		return append(all, "strange", "strange", "deny")
	default:
		return all
	}
}

// note takes down what went wrong.
func (c *chaos) note(operation, kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = append(c.done, operation+" "+kind)
}

func (c *chaos) pick(operation string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if operation == "ListDeploymentTargets" && c.early > 0 {
		c.early--
		c.done = append(c.done, operation+" not started")
		return "not started"
	}
	often := c.often
	switch operation {
	case "GetDeployment":
	case "ListDeploymentTargets", "BatchGetDeploymentTargets": // of which there are few
		often *= 2
	default: // the SDK's own retries, with pauses of many seconds
		often /= 2
	}
	if c.random.Float64() >= often {
		return ""
	}
	kinds := of(operation)
	kind := kinds[c.random.IntN(len(kinds))]
	c.done = append(c.done, operation+" "+kind)
	return kind
}

func (c *chaos) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation := operationOf(r)
	w.Header().Set("Date", time.Now().Add(c.clock).UTC().Format(http.TimeFormat))
	if signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date")); err == nil && time.Since(signed.Add(-c.clock)).Abs() > 5*time.Minute {
		c.note(operation, "skewed")
		c.skewed(w, r)
		return
	}
	if len(of(operation)) > len(of("")) && c.issuer.expired(r.Header.Get("X-Amz-Security-Token")) {
		c.note(operation, "expire")
		kinds["expire"](nil, w, r)
		return
	}
	switch kind := c.pick(operation); kind {
	case "throttle", "fail", "deny":
		kinds[kind](nil, w, r)
	case "not started":
		refuse(http.StatusBadRequest, 0, "DeploymentNotStartedException", "", "The deployment has not started yet")(nil, w, r)
	case "strange":
		c.strange(w, r, operation)
	case "gateway":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html>bad gateway</html>"))
	case "vanish":
		panic(http.ErrAbortHandler)
	case "drop":
		(&faults{next: c.next}).drop(w, r)
	case "fail after":
		c.next.ServeHTTP(httptest.NewRecorder(), r)
		kinds["fail"](nil, w, r)
	case "cut":
		c.cut(w, r)
	case "slow":
		time.Sleep(20 * time.Millisecond)
		c.next.ServeHTTP(w, r)
	default:
		c.next.ServeHTTP(w, r)
	}
}

// cut sends half of the answer.
func (c *chaos) cut(w http.ResponseWriter, r *http.Request) {
	answer := httptest.NewRecorder()
	c.next.ServeHTTP(answer, r)
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", fmt.Sprint(answer.Body.Len()+1))
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()[:answer.Body.Len()/2])
	panic(http.ErrAbortHandler)
}

// skewed refuses a request for the time it was signed at, in one of the two ways that AWS has.
func (c *chaos) skewed(w http.ResponseWriter, r *http.Request) {
	code := "RequestTimeTooSkewed"
	if c.clock > 0 {
		code = "InvalidSignatureException"
	}
	refuse(http.StatusBadRequest, http.StatusForbidden, code, "RequestTimeTooSkewed", "Signature expired")(nil, w, r)
}

// strange answers with what a later version of the API may tell, or with a list that has
// changed under its reader.
func (c *chaos) strange(w http.ResponseWriter, r *http.Request, operation string) {
	answer := httptest.NewRecorder()
	c.next.ServeHTTP(answer, r)
	var object map[string]any
	body := answer.Body.Bytes()
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err == nil && answer.Code == http.StatusOK {
		c.mu.Lock()
		object["novelty"] = map[string]any{"level": 7}
		switch operation {
		case "GetDeployment":
			c.strangeDeployment(object)
		case "ListDeploymentTargets":
			c.strangeList(object)
		case "BatchGetDeploymentTargets":
			c.strangeTargets(object)
		}
		c.mu.Unlock()
		body, _ = json.Marshal(object) // it was JSON before
	}
	w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
	w.WriteHeader(answer.Code)
	_, _ = w.Write(body)
}

// strangeDeployment gives a deployment that goes on a status of its own.
func (c *chaos) strangeDeployment(object map[string]any) {
	info, _ := object["deploymentInfo"].(map[string]any)
	switch info["status"] {
	case "Created", "Queued", "InProgress":
		statuses := []string{"Simmering", "Baking", "Queued", "Ready", ""}
		info["status"] = statuses[c.random.IntN(len(statuses))]
		info["creator"], info["computePlatform"] = "Martian", "Quantum"
	}
}

// strangeList leaves targets out, names them twice, names one that is gone, or leads in
// circles.
func (c *chaos) strangeList(object map[string]any) {
	ids, _ := object["targetIds"].([]any)
	switch c.random.IntN(4) {
	case 0:
		ids = append(ids, "i-gone")
	case 1:
		ids = append(ids, ids...)
	case 2:
		ids = nil
	case 3:
		object["nextToken"] = "around"
	}
	object["targetIds"] = ids
}

// strangeTargets describes a target of another kind, with another event, or not at all.
func (c *chaos) strangeTargets(object map[string]any) {
	targets, _ := object["deploymentTargets"].([]any)
	switch c.random.IntN(3) {
	case 0:
		object["deploymentTargets"] = []any{map[string]any{"deploymentTargetType": "QuantumTarget", "quantumTarget": map[string]any{}}}
	case 1:
		object["deploymentTargets"] = []any{}
	case 2:
		for _, target := range targets {
			instance, _ := target.(map[string]any)["instanceTarget"].(map[string]any)
			events, _ := instance["lifecycleEvents"].([]any)
			instance["lifecycleEvents"] = append(events, map[string]any{"lifecycleEventName": "BeforeEverything", "status": "Pondering"})
		}
	}
}

// issuer hands credentials out, as the endpoint of a container does. They say that they hold
// for an hour, but the service takes them for a few requests only.
type issuer struct {
	credentials aws.Credentials
	mu          sync.Mutex
	uses        map[string]int // by session token
}

// usesOfToken is how many requests about a deployment a session token is good for.
const usesOfToken = 4

func (i *issuer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.uses == nil {
		i.uses = make(map[string]int)
	}
	token := fmt.Sprintf("session-%d", len(i.uses))
	i.uses[token] = 0
	fmt.Fprintf(w, `{"AccessKeyId": %q, "SecretAccessKey": %q, "Token": %q, "Expiration": %q}`,
		i.credentials.AccessKeyID, i.credentials.SecretAccessKey, token, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
}

// expired notes that a token is used, and reports whether it is no longer good.
func (i *issuer) expired(token string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.uses[token]++
	return i.uses[token] > usesOfToken
}
