package appspec

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// hookSeconds is the default timeout of a script, and the longest that the guide allows.
const hookSeconds = 3600

// maxSeconds bounds timeouts, so that they fit a time.Duration.
const maxSeconds = int64(math.MaxInt64 / time.Second)

var (
	timeoutInvalid = &Rule{
		Name: "timeout-invalid", refuses: byBoth,
		Summary: "timeout is not a positive number of seconds",
		Why:     "Both agents refuse the file: “an invalid timeout value was provided for a script”.",
		Fix:     "Write whole seconds, without quotes and unit.",
		Source:  "aws/aws-codedeploy-agent script_info.rb; hooks.rs, Timeout::new",
		Fires:   Example{AppSpec: inScript("timeout: 0")},
		Silent:  Example{AppSpec: inScript("timeout: 60")},
	}
	timeoutMisread = &Rule{
		Name: "timeout-misread", refuses: byV2, fails: byV1,
		Summary: "a timeout that agent v1 takes for another number than is written",
		Why:     "Agent v1 reads 5m as 5 seconds, 1:30 as 5400, 010 as 8 and 1e3 as 1; the script is killed too early, or hangs too long. Agent v2 refuses the file.",
		Fix:     "Write whole seconds, without quotes and unit.",
		Source:  "ruby/psych lib/psych/scalar_scanner.rb; aws/aws-codedeploy-agent script_info.rb; parse.rs, RawScript",
		Fires:   Example{AppSpec: inScript("timeout: 5m")},
		Silent:  Example{AppSpec: inScript("timeout: 300")},
	}
	timeoutNotInteger = &Rule{
		Name: "timeout-not-integer", refuses: byV2, warns: byV1,
		Summary: "a timeout that is not a bare integer",
		Why:     "Agent v1 makes seconds of it; agent v2 refuses quotes, units, separators, fractions, no, and more than 4294967295.",
		Fix:     "Write whole seconds, without quotes and unit.",
		Source:  "aws/aws-codedeploy-agent script_info.rb; parse.rs, RawScript",
		Fires:   Example{AppSpec: inScript("timeout: '300'")},
		Silent:  Example{AppSpec: inScript("timeout: 300")},
	}
	timeoutTooLong = &Rule{
		Name: "timeout-too-long", fails: byBoth,
		Summary: "a timeout of more than an hour",
		Why:     "The user guide allows at most 3600 seconds for the scripts of one event; the agents accept more.",
		Fix:     "Write at most 3600, or let the script start something that goes on by itself.",
		Source:  "https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html",
		Fires:   Example{AppSpec: inScript("timeout: 7200")},
		Silent:  Example{AppSpec: inScript("timeout: 3600")},
	}
	timeoutsTooLong = &Rule{
		Name: "timeouts-exceed-3600", warns: byBoth,
		Summary: "the timeouts of one event add up to more than an hour",
		Why:     "The user guide allows at most 3600 seconds for the scripts of one event together.",
		Fix:     "Lower them.",
		Source:  "https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html",
		Fires:   Example{AppSpec: inHooks("AfterInstall:\n    - location: a.sh\n      timeout: 3000\n    - location: b.sh\n      timeout: 3000")},
		Silent:  Example{AppSpec: inHooks("AfterInstall:\n    - location: a.sh\n      timeout: 1800\n    - location: b.sh\n      timeout: 1800")},
	}
)

func timeoutRules() []*Rule {
	return []*Rule{timeoutInvalid, timeoutMisread, timeoutNotInteger, timeoutTooLong, timeoutsTooLong}
}

// v1Timeout returns the seconds that agent v1 makes of a value.
// Source: aws/aws-codedeploy-agent application_specification/script_info.rb.
func v1Timeout(n *yaml.Node) (seconds int64, ok bool) {
	v := ruby(n)
	whole := new(big.Int)
	switch {
	case v.falsy():
		return hookSeconds, true
	case v.kind == rubyInteger:
		whole = v.whole
	case v.kind == rubyFloat && !math.IsInf(v.number, 0) && !math.IsNaN(v.number):
		big.NewFloat(v.number).Int(whole)
	case v.kind == rubyString:
		whole = rubyLeadingInteger(v.text)
	default:
		return 0, false
	}
	if whole.Sign() <= 0 {
		return 0, false
	}
	if !whole.IsInt64() {
		return maxSeconds, true
	}
	return min(whole.Int64(), maxSeconds), true
}

// v2Timeout returns the seconds that agent v2 takes from a value.
// Source: aws/aws-codedeploy-agent parse.rs, RawScript; hooks.rs, Timeout::new.
func v2Timeout(n *yaml.Node) (seconds int64, ok bool) {
	if rustAbsent(n) {
		return hookSeconds, true
	}
	number, ok := rustSeconds(n)
	return int64(number), ok && number > 0
}

// timeout checks a timeout and returns its seconds; 0 if nothing is stated.
func (c *checker) timeout(p place) int64 {
	first, ok1 := v1Timeout(p.node)
	second, ok2 := v2Timeout(p.node)
	refused := (refusedIf(byV1, !ok1) | refusedIf(byV2, !ok2)) & p.by
	switch {
	case refused == 0 && rustAbsent(p.node):
		return 0
	case refused&byV1 != 0 || refused != 0 && p.by&byV1 == 0:
		c.report(timeoutInvalid, p, "timeout is "+kindName(p.node)+forWhom(refused), "whole seconds, more than 0, without quotes", "").refusedBy(refused).says =
			"The deployment failed because an invalid timeout value was provided for a script in the application specification file. Make corrections in the hooks section of the AppSpec file, and then try again."
		if refused == p.by {
			return 0
		}
	case refused != 0:
		c.oddTimeout(p, first)
	}
	seconds := first
	if !ok1 || p.by&byV1 == 0 {
		seconds = second
	}
	if seconds > hookSeconds {
		c.report(timeoutTooLong, p, fmt.Sprintf("the timeout is %d seconds", seconds), "at most 3600 seconds in one event", "").only(p.by &^ refused)
	}
	return seconds
}

// oddTimeout reports what agent v1 accepts and agent v2 does not.
func (c *checker) oddTimeout(p place, seconds int64) {
	meant, known := meantSeconds(p.node)
	r := timeoutMisread
	if known && meant == seconds || ruby(p.node).falsy() {
		r = timeoutNotInteger
	}
	fix := "write whole seconds"
	if known {
		fix = fmt.Sprintf("write %d", meant)
	}
	problem := c.report(r, p, fmt.Sprintf("agent v1 reads the timeout %s as %d seconds, agent v2 refuses it", quoted(p.node.Value), seconds), "whole seconds, without quotes and unit", fix)
	if r == timeoutNotInteger && ruby(p.node).kind == rubyString && strings.Trim(p.node.Value, "0123456789") == "" {
		problem.warns = 0
	}
	problem.edit = c.replacingIf(p.node, known, strconv.FormatInt(meant, 10))
}

var writtenTimeout = pattern(`^\+?([1-9][0-9_,]*)(?:\.[0-9]*)?\s*([A-Za-z]*)$`)

// meantSeconds returns the seconds that somebody meant who wrote a timeout with a unit,
// separators or a fraction.
func meantSeconds(n *yaml.Node) (seconds int64, ok bool) {
	match := writtenTimeout().FindStringSubmatch(strings.TrimSpace(n.Value))
	if match == nil {
		return 0, false
	}
	unit := map[string]int64{
		"": 1, "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1,
		"m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60, "h": 3600, "hour": 3600, "hours": 3600,
	}[strings.ToLower(match[2])]
	number, err := strconv.ParseInt(strings.NewReplacer("_", "", ",", "").Replace(match[1]), 10, 64)
	if unit == 0 || err != nil || number > maxSeconds/unit || strings.Contains(n.Value, ".") && unit > 1 {
		return 0, false
	}
	return number * unit, true
}
