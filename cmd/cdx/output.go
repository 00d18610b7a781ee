package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/awsjson"
)

// output is standard output: only results, in the form that was asked for. A
// reader that has gone away is no error.
type output struct {
	mu     sync.Mutex
	w      io.Writer
	format string // text, json or jsonl; sarif or github
	result result
	whole  bool // object has written the result already

	revisions []*types.RevisionLocation // those of result
	ci        bool                      // a CI system reads what is written
	failed    error                     // of the first write that failed, unless the reader has gone away
}

// result is what --output json prints, always one object, also on failure.
type result struct {
	Deployments []deploymentResult `json:"deployments,omitempty"`
	Revision    any                `json:"revision,omitempty"`
	Revisions   []any              `json:"revisions,omitempty"`   // of several applications: all of them
	Requests    []any              `json:"requests,omitempty"`    // of --dry-run: CreateDeployment's, in AWS's shape
	Plans       any                `json:"plans,omitempty"`       // of plan
	Comparisons any                `json:"comparisons,omitempty"` // of diff
	Objects     any                `json:"objects,omitempty"`     // of prune: what became of them
	Error       *errorResult       `json:"error,omitempty"`
}

type errorResult struct {
	Message  string `json:"message"`
	Cause    string `json:"cause,omitempty"` // the likely one
	Hint     string `json:"hint,omitempty"`  // the next thing to type or do
	Code     string `json:"code,omitempty"`
	ExitCode int    `json:"exitCode"`
}

func newOutput(w io.Writer, format string) *output {
	return &output{w: w, format: format}
}

// presetOutput takes the form of output from the command line, or the variable,
// before either is checked, so that a program gets its object for a mistake too.
func (p *program) presetOutput(args []string) {
	format, _ := p.lookupEnv("CDX_OUTPUT")
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if value, ok := strings.CutPrefix(arg, "--output="); ok {
			format = value
		} else if arg == "--output" && i+1 < len(args) {
			format = args[i+1]
		}
	}
	if format == "json" || format == "jsonl" {
		p.out = newOutput(p.progress.Out(), format)
	}
}

// structured reports whether the output is JSON in cdx's own shape.
func (o *output) structured() bool { return o.format == "json" || o.format == "jsonl" }

// line writes a line of text output and nothing to the other forms.
func (o *output) line(text string) {
	if o.structured() {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.write(text + "\n")
}

// text writes text output that carries its own line breaks.
func (o *output) text(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.write(text)
}

// event writes a line of jsonl output and nothing to the other forms.
func (o *output) event(v any) {
	if o.format == "jsonl" {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.encode(v)
	}
}

// object writes v as the whole result of a command that has its own shape.
func (o *output) object(v any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.whole = true
	o.encode(v)
}

// nothing is the whole result of a command of the AWS CLI that prints nothing.
func (o *output) nothing() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.whole = true
}

// revision makes rev part of the result.
func (o *output) revision(rev *types.RevisionLocation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.revisions = append(o.revisions, rev)
	if o.result.Revision != nil && o.result.Revisions == nil {
		o.result.Revisions = []any{o.result.Revision}
	}
	o.result.Revision = awsjson.Value{Of: rev}
	if o.result.Revisions != nil {
		o.result.Revisions = append(o.result.Revisions, o.result.Revision)
	}
}

// part sets a part of the result.
func (o *output) part(set func(*result)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	set(&o.result)
}

// request makes a request that was not sent part of the result; as text it is
// printed at once.
func (o *output) request(v any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.structured() {
		o.result.Requests = append(o.result.Requests, v)
		return
	}
	o.encode(v)
}

// deploymentResult is one deployment in the JSON output: AWS's DeploymentInfo, and
// the targets that were looked at.
type deploymentResult struct {
	types.DeploymentInfo
	targets []types.DeploymentTarget
}

// MarshalJSON implements [json.Marshaler].
func (d deploymentResult) MarshalJSON() ([]byte, error) {
	return json.Marshal(awsjson.Value{Of: struct {
		types.DeploymentInfo
		DeploymentTargets []types.DeploymentTarget
	}{d.DeploymentInfo, d.targets}})
}

// deployment makes a deployment part of the result, in place of what was known of
// it before.
func (o *output) deployment(info types.DeploymentInfo, targets []types.DeploymentTarget) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, known := range o.result.Deployments {
		if aws.ToString(known.DeploymentId) == aws.ToString(info.DeploymentId) {
			o.result.Deployments[i] = deploymentResult{info, targets}
			return
		}
	}
	o.result.Deployments = append(o.result.Deployments, deploymentResult{info, targets})
}

// finish writes the result where a program reads it. Of several errors the first is
// explained.
func (o *output) finish(err error, code int, first awsapi.Explanation) {
	if !o.structured() || o.whole {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil && code != exitDiffers { // to differ is an answer
		var messages []string
		for _, one := range flatten(err) {
			messages = append(messages, summaryOf(one))
		}
		o.result.Error = &errorResult{
			Message: strings.Join(distinct(messages), "; "), Cause: first.Cause, Hint: first.Next,
			Code: awsapi.Explain(err, awsapi.Context{}).Code, ExitCode: code,
		}
		if left, _ := leftover(err); left != "" {
			o.result.Error.Message += "; " + left
		}
	}
	o.encode(o.result)
}

func (o *output) encode(v any) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if o.format != "jsonl" {
		encoder.SetIndent("", "  ")
	}
	_ = encoder.Encode(v)
	data := b.Bytes()
	if o.ci { // only in a string can it stand, where it may begin a command
		data = bytes.ReplaceAll(data, []byte("#"), []byte(`\u0023`))
	}
	o.write(string(data))
}

func (o *output) write(text string) {
	if _, err := io.WriteString(o.w, text); err != nil && o.failed == nil && !isUnread(err) {
		o.failed = err
	}
}

// isUnread reports whether a write failed since nobody reads any more.
func isUnread(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, os.ErrClosed) || errors.Is(err, syscall.EBADF) || isBrokenPipe(err)
}

// loss is why the result, or a part of it, could not be written; nil when it was.
func (o *output) loss() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failed
}
