package report

import (
	"fmt"
	"net/url"
	"strings"
)

// ConsoleLink is where the AWS console shows a deployment. A region's partition decides
// about the console's address.
// Source: AWS General Reference, "AWS service endpoints", consoles of the partitions.
func ConsoleLink(region, deploymentID string) string {
	host := region + ".console.aws.amazon.com"
	switch {
	case strings.HasPrefix(region, "cn-"):
		host = region + ".console.amazonaws.cn"
	case strings.HasPrefix(region, "us-gov-"):
		host = region + ".console.amazonaws-us-gov.com"
	}
	return fmt.Sprintf("https://%s/codesuite/codedeploy/deployments/%s?region=%s", host, url.PathEscape(deploymentID), url.QueryEscape(region))
}
