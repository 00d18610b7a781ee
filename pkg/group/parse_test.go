package group_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cdx-deploy/cdx/pkg/group"
)

const head = "deploymentGroupName: g\nserviceRoleArn: arn:aws:iam::1:role/r\n"

func TestMistakes(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"unknown key", head + "ec2TagFilter: []\n", `g.yml:3:1: unknown key "ec2TagFilter": did you mean "ec2TagFilters"?`},
		{"unknown key that resembles none", head + "x: 1\n", `g.yml:3:1: unknown key "x", expected one of applicationName, deploymentGroupName, `},
		{"unknown key below", head + "ec2TagFilters:\n  - key: a\n", `g.yml:4:5: ec2TagFilters[0]: unknown key "key": did you mean "Key"?`},
		{"key that stands twice", head + "serviceRoleArn: x\n", `g.yml:3:1: serviceRoleArn: stands here again, after line 2`},
		{"number for text", head + "ec2TagFilters: [{Key: stage, Value: 2026}]\n", `g.yml:3:37: ec2TagFilters[0].Value: must be text, not "2026": put it in quotes`},
		{"list for text", head + "deploymentConfigName: [a]\n", `g.yml:3:23: deploymentConfigName: must be text, not a list`},
		{"text for a list", head + "autoScalingGroups: web\n", `g.yml:3:20: autoScalingGroups: must be a list, not "web"`},
		{"list for a mapping", head + "deploymentStyle: [a]\n", `g.yml:3:18: deploymentStyle: must be a mapping with deploymentOption, deploymentType, not a list`},
		{"text for a boolean", head + "terminationHookEnabled: yes\n", `g.yml:3:25: terminationHookEnabled: must be true or false, not "yes"`},
		{"text for a number", head + "blueGreenDeploymentConfiguration:\n  deploymentReadyOption: {waitTimeInMinutes: 1h}\n", `must be a whole number, not "1h"`},
		{"number that is too large", head + "blueGreenDeploymentConfiguration:\n  deploymentReadyOption: {waitTimeInMinutes: 99999999999}\n", `g.yml:4:46: blueGreenDeploymentConfiguration.deploymentReadyOption.waitTimeInMinutes: must be a number of 32 bits at most, not "99999999999"`},
		{"nothing in a list", head + "autoScalingGroups: [a, null]\n", `g.yml:3:24: autoScalingGroups[1]: is empty`},
		{"misspelt value", head + "deploymentStyle: {deploymentType: BLUE-GREEN}\n", `g.yml:3:35: deploymentStyle.deploymentType: unknown value "BLUE-GREEN": did you mean "BLUE_GREEN"?`},
		{"name missing", "serviceRoleArn: arn:aws:iam::1:role/r\n", `g.yml:1:1: deploymentGroupName is missing`},
		{"role missing", "# a comment\ndeploymentGroupName: g\n", `g.yml:2:1: serviceRoleArn is missing`},
		{"two selections", head + "ec2TagFilters: []\nec2TagSet: {ec2TagSetList: []}\n", `g.yml:4:1: ec2TagSet: cannot stand together with ec2TagFilters, on line 3`},
		{"no mapping", "- a\n", `g.yml:1:1: must be a mapping with applicationName, `},
		{"empty", "# nothing\n", `g.yml:1:1: the file has no deployment group in it`},
		{"second document", head + "---\n" + head + "x: 1\n", `g.yml:6:1: unknown key "x"`},
		{"no YAML", head + "\tx: 1\n", `g.yml:3:1: no valid YAML: found a tab character that violates indentation`},
		{"an open quote, and a tab", head + "autoScalingGroups: ['a\n\tb\n", `g.yml:3:1: no valid YAML: found unexpected end of stream`},
		{"a tab after blanks", head + "autoScalingGroups:\n  \t- a\n", `g.yml:4:3: no valid YAML: `},
		{"alias without an anchor", head + "autoScalingGroups: [ä, *x]\n", `g.yml:3:24: no valid YAML: unknown anchor 'x' referenced`},
		{"after an umlaut", "deploymentGroupName: ä, \"\n\"x", `g.yml:2:`},
		{"two mistakes", head + "y: 1\nautoScalingGroups: web\n", "g.yml:3:1: unknown key \"y\""},
		{"long text", head + "autoScalingGroups: " + strings.Repeat("x", 100) + "\n", `not "` + strings.Repeat("x", 60) + `…"`},
		{"too large", head + "# " + strings.Repeat("x", group.MaxFileBytes), `g.yml:1:1: the file is larger than 1 MiB`},
		{"too much by aliases", head + bomb(), "the file has more than 100000 values"},
	} {
		groups, err := group.Parse("g.yml", []byte(test.text))
		var mistakes group.Errors
		var one *group.Error
		if groups != nil || !errors.As(err, &mistakes) || !errors.As(err, &one) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v\nwant %s", test.name, err, test.want)
		}
	}
	_, err := group.Parse("g.yml", []byte(head+"y: 1\nautoScalingGroups: web\n"))
	if strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("two mistakes are %v", err)
	}
}

// bomb is a file that aliases make large.
func bomb() string {
	text := "alarmConfiguration:\n  alarms: &a [" + strings.Repeat("{name: x}, ", 400) + "]\nec2TagSet:\n  ec2TagSetList: [&b [" + strings.Repeat("{Key: k}, ", 400) + "]" + strings.Repeat(", *b", 400) + "]\n"
	return text
}

func TestParse(t *testing.T) {
	groups, err := group.Parse("g.yml", []byte(head+"alarmConfiguration:\nautoScalingGroups: [&a web, *a]\nloadBalancerInfo: {}\n---\n---\n"+head+"deploymentStyle: {deploymentType: ROLLING_WAVE}\n"))
	if err != nil || len(groups) != 2 {
		t.Fatalf("%d groups, %v", len(groups), err)
	}
	if g := groups[0]; g.AlarmConfiguration != nil || g.LoadBalancerInfo != nil || len(g.AutoScalingGroups) != 2 || g.ApplicationName != nil {
		t.Errorf("%+v", g)
	}
	if g := groups[1]; g.DeploymentStyle.DeploymentType != "ROLLING_WAVE" || g.File != "g.yml" || g.Line != 8 {
		t.Errorf("a value that only AWS knows: %+v", g.DeploymentStyle)
	}
}

// TestQuoting writes values that YAML would take for something else.
func TestQuoting(t *testing.T) {
	for _, value := range []string{"yes", "Off", "null", "~", "2026", "0x1f", "1e3", "true", "a: b", "# c", "- d", "*e", "&f", "é\u2028", "", " x ", "2026-01-02", "1:30", "!t", "line\nbreak", "\x01"} {
		g := &group.Group{DeploymentGroupName: aws.String("g"), ServiceRoleArn: aws.String("arn:aws:iam::1:role/r"), AutoScalingGroups: []string{value}}
		groups, err := group.Parse("g.yml", g.YAML())
		if err != nil || len(groups) != 1 || groups[0].AutoScalingGroups[0] != value {
			t.Errorf("%q: %v\n%s", value, err, g.YAML())
		}
	}
	g := &group.Group{DeploymentGroupName: aws.String("two\nlines: x"), ApplicationName: aws.String("a")}
	if text := string(g.File("")); !strings.HasPrefix(text, "# Deployment group two lines: x of application a.\n# ") {
		t.Errorf("a name ends the comment:\n%s", text)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(head))
	f.Add([]byte(head + "ec2TagSet:\n  ec2TagSetList:\n    - - {Key: a}\n"))
	f.Add([]byte(head + "x: &a [*a]\n"))
	f.Add([]byte("deploymentGroupName: \"\r\u2028\n"))
	f.Add([]byte(head + "autoScalingGroups: [a]\n<<: {x: 1}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		groups, err := group.Parse("f", data)
		var mistakes group.Errors
		if errors.As(err, &mistakes) {
			for _, mistake := range mistakes {
				if mistake.Line < 1 || mistake.Column < 1 || mistake.Message == "" {
					t.Errorf("%+v", mistake)
				}
			}
			return
		}
		if err != nil {
			t.Fatalf("%T", err)
		}
		for _, g := range groups {
			again, err := group.Parse("again", g.YAML())
			if err != nil || len(again) != 1 || string(again[0].YAML()) != string(g.YAML()) {
				t.Errorf("%v\n%s", err, g.YAML())
			}
		}
	})
}
