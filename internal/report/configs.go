package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/internal/inventory"
)

// Configs renders deployment configurations as a table.
func Configs(infos []types.DeploymentConfigInfo, s Screen) string {
	rows := [][]string{{"CONFIG", "PLATFORM", "DEPLOYS"}}
	for i := range infos {
		c := &infos[i]
		rows = append(rows, []string{cell(aws.ToString(c.DeploymentConfigName)), cell(string(c.ComputePlatform)), cell(strings.Join(rules(c), "; "))})
	}
	return s.table(rows, 1)
}

// Config renders a deployment configuration with the groups that use it.
func Config(c *types.DeploymentConfigInfo, users []types.DeploymentGroupInfo, s Screen) string {
	f := newFacts()
	f.add("config", aws.ToString(c.DeploymentConfigName))
	f.add("platform", string(c.ComputePlatform))
	f.each("deploys", rules(c))
	if inventory.IsBuiltIn(aws.ToString(c.DeploymentConfigName)) {
		f.add("built in", "yes: it cannot be changed or deleted")
	}
	f.add("created", s.moment(c.CreateTime))
	f.add("id", aws.ToString(c.DeploymentConfigId))
	f.each("used by", ConfigUsers(users))
	return f.String()
}

// ConfigUsers names deployment groups with their applications.
func ConfigUsers(users []types.DeploymentGroupInfo) (texts []string) {
	for i := range users {
		texts = append(texts, "deployment group "+aws.ToString(users[i].DeploymentGroupName)+" of "+aws.ToString(users[i].ApplicationName))
	}
	return texts
}

// rules tells how fast a configuration deploys, in words.
func rules(c *types.DeploymentConfigInfo) (texts []string) {
	if hosts := c.MinimumHealthyHosts; hosts != nil {
		texts = append(texts, healthy(string(hosts.Type), hosts.Value, ""))
	}
	if zones := c.ZonalConfig; zones != nil {
		texts = append(texts, zonal(zones)...)
	}
	if routing := c.TrafficRoutingConfig; routing != nil {
		texts = append(texts, traffic(routing))
	}
	return texts
}

// mostConcurrency is the type that CodeDeployDefault.OneAtATime has, and that nobody can
// give: its value is how many instances are deployed to at a time, not how many stay.
// Source: CodeDeploy API Reference, MinimumHealthyHosts.
const mostConcurrency = "MOST_CONCURRENCY"

func healthy(kind string, value int32, where string) string {
	switch {
	case kind == mostConcurrency:
		return Counted(int(value), "instance") + where + " at a time"
	case value == 0:
		return "all instances" + where + " at once"
	case kind == string(types.MinimumHealthyHostsTypeFleetPercent):
		return fmt.Sprintf("keeping at least %d %% of the instances%s healthy", value, where)
	}
	return fmt.Sprintf("keeping at least %s%s healthy", Counted(int(value), "instance"), where)
}

func zonal(z *types.ZonalConfig) []string {
	text := "one Availability Zone at a time"
	if seconds := aws.ToInt64(z.MonitorDurationInSeconds); seconds > 0 {
		text += ", " + pause(seconds) + " apart"
	}
	if seconds := aws.ToInt64(z.FirstZoneMonitorDurationInSeconds); seconds > 0 {
		text += ", " + pause(seconds) + " after the first"
	}
	texts := []string{text}
	if hosts := z.MinimumHealthyHostsPerZone; hosts != nil {
		texts = append(texts, healthy(string(hosts.Type), hosts.Value, " of a zone"))
	}
	return texts
}

func pause(seconds int64) string { return Seconds(time.Duration(seconds) * time.Second) }

func traffic(r *types.TrafficRoutingConfig) string {
	switch {
	case r.TimeBasedCanary != nil:
		return fmt.Sprintf("%d %% of the traffic, the rest %s later", r.TimeBasedCanary.CanaryPercentage, minutes(r.TimeBasedCanary.CanaryInterval))
	case r.TimeBasedLinear != nil:
		return fmt.Sprintf("%d %% of the traffic every %s", r.TimeBasedLinear.LinearPercentage, strings.TrimPrefix(minutes(r.TimeBasedLinear.LinearInterval), "1 "))
	case r.Type == types.TrafficRoutingTypeAllAtOnce:
		return "all traffic at once"
	}
	return string(r.Type)
}
