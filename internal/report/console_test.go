package report_test

import (
	"testing"

	"github.com/cdx-deploy/cdx/internal/report"
)

func TestConsoleLink(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1":     "https://eu-west-1.console.aws.amazon.com/codesuite/codedeploy/deployments/d-1%2F?region=eu-west-1",
		"cn-north-1":    "https://cn-north-1.console.amazonaws.cn/codesuite/codedeploy/deployments/d-1%2F?region=cn-north-1",
		"us-gov-east-1": "https://us-gov-east-1.console.amazonaws-us-gov.com/codesuite/codedeploy/deployments/d-1%2F?region=us-gov-east-1",
	} {
		if got := report.ConsoleLink(region, "d-1/"); got != want {
			t.Errorf("ConsoleLink(%s) = %s, want %s", region, got, want)
		}
	}
}
