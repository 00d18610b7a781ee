package group_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/cdx-deploy/cdx/pkg/group"
	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

var schemaFile = filepath.Join("..", "..", "schema", "group.schema.json")

// descriptions are what an editor shows about the members of a file.
var descriptions = map[string]string{
	"applicationName":                           "Application that the group belongs to. May be left out; then --application-name gives it.",
	"deploymentGroupName":                       "Name of the deployment group.",
	"serviceRoleArn":                            "ARN of the role that lets CodeDeploy reach instances, load balancers and Auto Scaling groups.",
	"deploymentConfigName":                      "Deployment configuration. Default: OneAtATime, for Lambda and ECS AllAtOnce.",
	"deploymentStyle":                           "In place or blue/green, and whether a load balancer routes the traffic. Default: in place without, for Lambda and ECS blue/green with.",
	"ec2TagFilters":                             "EC2 instances that have any of these tags. Not together with ec2TagSet.",
	"ec2TagSet":                                 "EC2 instances that have a tag of every group of tags. Not together with ec2TagFilters.",
	"onPremisesInstanceTagFilters":              "On-premises instances that have any of these tags. Not together with onPremisesTagSet.",
	"onPremisesTagSet":                          "On-premises instances that have a tag of every group of tags. Not together with onPremisesInstanceTagFilters.",
	"autoScalingGroups":                         "Names of Auto Scaling groups. Left out where greenFleetProvisioningOption copies them, they stay as they are.",
	"terminationHookEnabled":                    "Deploy also when an Auto Scaling group terminates an instance. Default: false.",
	"ecsServices":                               "The ECS service to deploy to.",
	"loadBalancerInfo":                          "Load balancers, target groups, or for ECS a pair of target groups with their listeners.",
	"blueGreenDeploymentConfiguration":          "How a blue/green deployment goes on. What is left out stays as it is.",
	"triggerConfigurations":                     "SNS topics that are told about events.",
	"alarmConfiguration":                        "CloudWatch alarms that stop a deployment.",
	"autoRollbackConfiguration":                 "When a deployment is rolled back automatically.",
	"outdatedInstancesStrategy":                 "Whether instances launched in the middle of a deployment get its revision afterwards. Default: UPDATE.",
	"terminateBlueInstancesOnDeploymentSuccess": "What becomes of the original instances.",
	"deploymentReadyOption":                     "When traffic is rerouted to the replacement instances.",
	"greenFleetProvisioningOption":              "Where the replacement instances come from.",
	"terminationWaitTimeInMinutes":              "Minutes from the rerouting of traffic to the end of the original instances.",
	"waitTimeInMinutes":                         "Minutes to wait for somebody to reroute the traffic, before the deployment is stopped.",
	"ignorePollAlarmFailure":                    "Go on when the state of the alarms cannot be read.",
}

// required are the members that a file must have, and those that its parts must.
// Source: CodeDeploy API Reference, CreateDeploymentGroup.
var required = map[reflect.Type][]string{
	reflect.TypeFor[group.Group](): {"deploymentGroupName", "serviceRoleArn"},
}

// TestSchema keeps the JSON Schema true to the code; -update writes it.
func TestSchema(t *testing.T) {
	root := schemaOf(reflect.TypeFor[group.Group]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = group.Schema
	root["title"] = "A CodeDeploy deployment group for cdx groups apply"
	root["not"] = map[string]any{"anyOf": []any{
		map[string]any{"required": []string{"ec2TagFilters", "ec2TagSet"}},
		map[string]any{"required": []string{"onPremisesInstanceTagFilters", "onPremisesTagSet"}},
	}}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(root); err != nil {
		t.Fatal(err)
	}
	golden(t, schemaFile, b.Bytes())
}

func schemaOf(of reflect.Type) map[string]any {
	switch of.Kind() {
	case reflect.Pointer:
		return schemaOf(of.Elem())
	case reflect.Slice:
		items := schemaOf(of.Elem())
		items["type"] = items["type"].([]string)[0] // never null
		return map[string]any{"type": []string{"array", "null"}, "items": items}
	case reflect.Bool:
		return map[string]any{"type": []string{"boolean", "null"}}
	case reflect.Int32:
		return map[string]any{"type": []string{"integer", "null"}}
	case reflect.String:
		text := map[string]any{"type": []string{"string", "null"}}
		if values := valuesOf(of); values != nil {
			text["examples"] = values
		}
		return text
	}
	properties := map[string]any{}
	for field := range of.Fields() {
		if !field.IsExported() {
			continue
		}
		name := shorthand.MemberName(of, field.Name)
		properties[name] = schemaOf(field.Type)
		if description, ok := descriptions[name]; ok {
			properties[name].(map[string]any)["description"] = description
		}
	}
	object := map[string]any{"type": []string{"object", "null"}, "additionalProperties": false, "properties": properties}
	if needed := required[of]; needed != nil {
		object["required"] = needed
		object["type"] = "object"
	}
	return object
}

// valuesOf are the values of an enumeration of the SDK, by its method.
func valuesOf(of reflect.Type) []any {
	method := reflect.Zero(of).MethodByName("Values")
	if !method.IsValid() {
		return nil
	}
	values := method.Call(nil)[0]
	all := make([]any, values.Len())
	for i := range all {
		all[i] = values.Index(i).String()
	}
	return all
}

// TestSchemaJudgesAsTheParser validates files against the schema.
func TestSchemaJudgesAsTheParser(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	valid := []string{head, head + "ec2TagFilters:\n", head + "deploymentStyle: {deploymentType: ROLLING_WAVE}\n"}
	names, _ := filepath.Glob(filepath.Join("testdata", "kinds", "*"))
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		valid = append(valid, string(text))
	}
	invalid := []string{
		"deploymentGroupName: g\n", "[]\n", head + "x: 1\n", head + "autoScalingGroups: web\n", head + "ec2TagFilters: [{key: a}]\n",
		head + "ec2TagFilters: [{Key: 1}]\n", head + "terminationHookEnabled: 1\n", head + "autoScalingGroups: [null]\n", head + "ec2TagFilters: []\nec2TagSet: {}\n",
		head + "blueGreenDeploymentConfiguration: {deploymentReadyOption: {waitTimeInMinutes: 1h}}\n",
	}
	for i, text := range append(valid, invalid...) {
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		_, parsed := group.Parse("g", []byte(text))
		judged := schema.Validate(value)
		if (parsed == nil) != (i < len(valid)) || (judged == nil) != (i < len(valid)) {
			t.Errorf("%s\nparser: %v\nschema: %v", text, parsed, judged)
		}
	}
}

// TestEnumerations misspells a value of each enumeration that a Group leads to.
func TestEnumerations(t *testing.T) {
	for name, value := range map[string]string{
		"deploymentStyle: {deploymentOption: %s}":                                                     string(types.DeploymentOptionWithTrafficControl),
		"deploymentStyle: {deploymentType: %s}":                                                       string(types.DeploymentTypeBlueGreen),
		"ec2TagFilters: [{Type: %s}]":                                                                 string(types.EC2TagFilterTypeKeyAndValue),
		"onPremisesInstanceTagFilters: [{Type: %s}]":                                                  string(types.TagFilterTypeKeyAndValue),
		"blueGreenDeploymentConfiguration: {deploymentReadyOption: {actionOnTimeout: %s}}":            string(types.DeploymentReadyActionStopDeployment),
		"blueGreenDeploymentConfiguration: {greenFleetProvisioningOption: {action: %s}}":              string(types.GreenFleetProvisioningActionDiscoverExisting),
		"blueGreenDeploymentConfiguration: {terminateBlueInstancesOnDeploymentSuccess: {action: %s}}": string(types.InstanceActionKeepAlive),
		"triggerConfigurations: [{triggerEvents: [%s]}]":                                              string(types.TriggerEventTypeDeploymentFailure),
		"autoRollbackConfiguration: {events: [%s]}":                                                   string(types.AutoRollbackEventDeploymentFailure),
		"outdatedInstancesStrategy: %s":                                                               string(types.OutdatedInstancesStrategyIgnore),
	} {
		text := head + strings.ReplaceAll(name, "%s", strings.ToLower(value)+"s") + "\n"
		if _, err := group.Parse("g", []byte(text)); err == nil || !strings.Contains(err.Error(), `did you mean "`+value+`"?`) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
