package report_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestEventsFitTheirSchema validates what programs get against what they are promised.
func TestEventsFitTheirSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "schema", "output.json"))
	if err != nil {
		t.Fatal(err)
	}
	events, err := os.ReadFile(filepath.Join("testdata", "events.jsonl.golden"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(events)) {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s%v", line, err)
		}
	}
	for line, valid := range map[string]bool{
		`{}`: true,
		`{"deployments":[{"deploymentId":"d-1","status":"Failed"}],"error":{"message":"it failed","exitCode":4}}`: true,
		`{"revisions":[{"revisionType":"S3"}]}`: true,
		`{"applicationName":"app","revisions":[{"revisionLocation":{"revisionType":"S3"},"genericRevisionInfo":{},"object":"gone"},{"revisionLocation":{"revisionType":"GitHub"}}]}`: true,
		`{"revisions":[{"revisionLocation":{"revisionType":"S3"},"object":"lost"}]}`:                                                                                                 false,
		`{"revisions":[{}]}`:                                                                false,
		`{"error":{"message":"no exit code"}}`:                                              false,
		`{"error":{"message":"strange exit code","exitCode":8}}`:                            false,
		`{"event":"status","deploymentId":"d-1","time":"2026-02-03T04:05:06Z"}`:             false,
		`{"event":"strange","deploymentId":"d-1","time":"2026-02-03T04:05:06Z"}`:            false,
		`{"event":"resumed","deploymentId":"web","time":"2026-02-03T04:05:06Z"}`:            false,
		`{"event":"resumed","deploymentId":"d-1","time":"now"}`:                             false,
		`{"event":"resumed","deploymentId":"d-1","time":"2026-02-03T04:05:06Z","more":"x"}`: true,
	} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); (err == nil) != valid {
			t.Errorf("%s: %v, want valid=%v", line, err, valid)
		}
	}
}
