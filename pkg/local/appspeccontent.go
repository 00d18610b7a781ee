package local

import (
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"go.yaml.in/yaml/v3"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// maxAppSpec is how much of an AppSpec file in S3 is read.
const maxAppSpec = 1 << 20

// content is what a simulated deployment takes from the AppSpec file of an ECS or Lambda revision. YAML
// covers JSON.
type content struct {
	hooks  map[string]string // Lambda function by lifecycle event
	lambda *types.LambdaFunctionInfo
}

// readContent reads and checks the AppSpec file of a revision. The error is in CodeDeploy's words.
func (a *api) readContent(platform appspec.Platform, r *types.RevisionLocation) (*content, error) {
	text, err := a.contentText(r)
	if err != nil {
		return nil, refusedContent(err.Error())
	}
	for _, finding := range appspec.Check(appspec.Parse("appspec", text), appspec.Options{Platform: platform}) {
		if finding.Severity == appspec.SeverityError {
			return nil, refusedContent(fmt.Sprintf("%s (line %d, column %d)", finding.Message, finding.Line, finding.Column))
		}
	}
	var file map[string]any
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, refusedContent(err.Error())
	}
	c := newContent(file)
	if platform == appspec.Lambda && (c.lambda == nil || c.lambda.FunctionName == nil) {
		return nil, refusedContent("no Lambda function is named")
	}
	return c, nil
}

// refusedContent is CodeDeploy's own sentence with a detail.
func refusedContent(detail string) error {
	return fmt.Errorf("the deployment failed because the AppSpec file that specifies the deployment configuration is missing "+
		"or has an invalid configuration. %s", detail)
}

// contentText is the AppSpec file: in the revision itself, or in S3.
func (a *api) contentText(r *types.RevisionLocation) ([]byte, error) {
	if inline := inlineContent(r); inline != nil {
		return []byte(aws.ToString(inline.Content)), nil
	}
	from := a.openBundle(r)
	if from.err != nil {
		return nil, from.err
	}
	defer func() { _ = from.body.Close() }()
	return io.ReadAll(io.LimitReader(from.body, maxAppSpec))
}

// newContent finds what matters in the decoded file. Names are matched without regard to case, as
// CodeDeploy matches them.
func newContent(file map[string]any) *content {
	c := &content{hooks: map[string]string{}}
	hooks, _ := member(file, "hooks").([]any)
	for _, hook := range hooks {
		for event, function := range asMap(hook) {
			c.hooks[event] = fmt.Sprint(function)
		}
	}
	resources, _ := member(file, "resources").([]any)
	for _, resource := range resources {
		for _, description := range asMap(resource) {
			properties := asMap(member(asMap(description), "properties"))
			c.lambda = &types.LambdaFunctionInfo{
				FunctionName: text(properties, "name"), FunctionAlias: text(properties, "alias"),
				CurrentVersion: text(properties, "currentversion"), TargetVersion: text(properties, "targetversion"),
			}
		}
	}
	return c
}

func asMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// member finds a key without regard to case.
func member(m map[string]any, name string) any {
	for key, value := range m {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return nil
}

func text(m map[string]any, name string) *string {
	if value := member(m, name); value != nil {
		return aws.String(fmt.Sprint(value))
	}
	return nil
}
