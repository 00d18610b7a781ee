package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// STSAPI is the part of the STS client that is called.
type STSAPI interface {
	GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error)
}

// soon is when the end of credentials is near enough to warn of: a deployment takes a
// while to follow.
const soon = 15 * time.Minute

// credentials looks where the credentials come from, and until when they last.
func (d *doctor) credentials(ctx context.Context) Findings {
	const check = "credentials"
	found, err := d.Credentials.Retrieve(ctx)
	if err != nil {
		message, fix := d.Explain(check, err)
		return Findings{{check, Failed, message, fix}}
	}
	message := "from " + source(found.Source)
	if !found.CanExpire {
		return Findings{{check, Passed, message, ""}}
	}
	left := found.Expires.Sub(d.Now())
	message += ", until " + found.Expires.UTC().Format("2006-01-02 15:04 MST")
	switch {
	case left <= 0:
		return Findings{{check, Failed, message + ": they have expired", "get new ones: aws sso login, or new values for AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"}}
	case left < soon && !renews(found.Source):
		return Findings{{check, Warning, fmt.Sprintf("%s: they expire in %d minutes", message, int(left.Minutes())), "get new ones before a long wait"}}
	default:
		return Findings{{check, Passed, message, ""}}
	}
}

// renews reports that the SDK gets new credentials from a source by itself.
func renews(source string) bool {
	return strings.HasPrefix(source, "EC2") || strings.HasPrefix(source, "CredentialsEndpoint") || strings.HasPrefix(source, "AssumeRole") || strings.HasPrefix(source, "WebIdentity")
}

// source says in words where credentials come from. The names are those of the SDK's
// providers.
func source(name string) string {
	switch {
	case name == "EnvConfigCredentials":
		return "the environment (AWS_ACCESS_KEY_ID)"
	case strings.HasPrefix(name, "SharedConfigCredentials: "):
		return "the file " + strings.TrimPrefix(name, "SharedConfigCredentials: ")
	case strings.HasPrefix(name, "SSO"):
		return "an SSO session"
	case strings.HasPrefix(name, "Login"):
		return "a login session"
	case strings.HasPrefix(name, "AssumeRole"):
		return "a role that is assumed"
	case strings.HasPrefix(name, "WebIdentity"):
		return "a role that is assumed with a web identity token"
	case strings.HasPrefix(name, "EC2Role"):
		return "the role of this EC2 instance"
	case strings.HasPrefix(name, "CredentialsEndpoint"):
		return "the role of this container"
	case strings.HasPrefix(name, "Process"):
		return "a credential_process"
	default:
		return name
	}
}

// identity asks who the credentials are.
func (d *doctor) identity(ctx context.Context) Findings {
	const check = "identity"
	who, err := d.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	switch {
	case err == nil:
		d.account = aws.ToString(who.Account)
		return Findings{{check, Passed, aws.ToString(who.Arn) + " of account " + d.account, ""}}
	case isCredential(err):
		message, fix := d.Explain(check, err)
		return Findings{{check, Failed, message, fix}}
	default: // what deploys does not ask STS
		message, fix := d.Explain(check, err)
		return Findings{{check, NotChecked, message, fix}}
	}
}

// EndpointFindings tell which variables send requests elsewhere than to AWS.
func EndpointFindings(variables map[string]string) Findings {
	var all Findings
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		all = append(all, Finding{"endpoint", Warning, fmt.Sprintf("%s sends requests to %s and not to AWS", name, variables[name]), "if that is not meant: unset " + name})
	}
	return all
}

// The clocks may differ by five minutes before signatures are refused.
// Source: IAM user guide, "Troubleshoot signed requests for AWS APIs".
const (
	skewRefused = 5 * time.Minute
	skewKnown   = time.Minute
)

// clock compares this machine's clock with AWS's, as its answers tell it.
func (d *doctor) clock() Findings {
	const check, fix = "clock", "set the clock, for example with: timedatectl set-ntp true"
	skew, known := d.Observer.clockSkew()
	direction := "behind"
	if skew < 0 {
		direction = "ahead of"
	}
	message := fmt.Sprintf("this machine's clock is %v %s AWS's", skew.Abs().Round(time.Second), direction)
	switch {
	case !known:
		return Findings{{check, NotChecked, "no answer of AWS told the time", ""}}
	case skew.Abs() > skewRefused:
		return Findings{{check, Warning, message + ": AWS refuses signatures that old, and cdx has to sign twice", fix}}
	case skew.Abs() > skewKnown:
		return Findings{{check, Warning, message, fix}}
	default:
		return Findings{{check, Passed, "agrees with AWS's within a minute", ""}}
	}
}
