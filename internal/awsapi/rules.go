package awsapi

import (
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
)

// rule explains one kind of failure.
type rule struct {
	name    string
	matches func(*failure) bool
	explain func(*failure, Context, *Explanation)
}

// rules are tried in order; the first that matches explains.
var rules = slices.Concat(settingRules, credentialRules, networkRules, serviceRules)

// settingRules are about what [Load] refuses.
var settingRules = []rule{
	{"cancelled", (*failure).cancelled, func(f *failure, _ Context, e *Explanation) {
		if f.operation != nil {
			e.Summary = f.attempt + "cancelled"
		}
	}},
	{"region-missing", func(f *failure) bool { return is[*MissingRegionError](f.err) }, func(f *failure, in Context, e *Explanation) {
		e.Cause = "neither --region, nor AWS_REGION, nor profile " + f.profile(in) + " of the AWS configuration file names one"
		e.Next = "give --region, like --region eu-central-1, or type: aws configure set region eu-central-1" + Context{Profile: f.profile(in)}.profileFlag()
	}},
	{"endpoint-invalid", func(f *failure) bool { return is[*EndpointError](f.err) }, func(_ *failure, _ Context, e *Explanation) {
		e.Next = "give a whole address to --endpoint-url or AWS_ENDPOINT_URL, like http://127.0.0.1:4566"
	}},
	{"profile-missing", func(f *failure) bool { return is[config.SharedConfigProfileNotExistError](f.err) }, func(f *failure, in Context, e *Explanation) {
		e.Cause = "no AWS configuration file has a profile " + quoteName(f.profile(in))
		e.Next = "see which there are: aws configure list-profiles"
	}},
	{"configuration-unreadable", func(f *failure) bool { return is[config.SharedConfigLoadError](f.err) }, func(_ *failure, _ Context, e *Explanation) {
		e.Next = "mend the file, or name another with AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE"
	}},
	{"ca-bundle", func(f *failure) bool { return strings.Contains(f.err.Error(), "custom CA bundle") }, func(_ *failure, _ Context, e *Explanation) {
		e.Cause = "the file of AWS_CA_BUNDLE, or of ca_bundle in the AWS configuration file, holds no certificate in PEM form"
		e.Next = "name a file with certificates (-----BEGIN CERTIFICATE-----): AWS_CA_BUNDLE=/path/to/ca.pem"
	}},
	{"mfa", func(f *failure) bool { return is[config.AssumeRoleTokenProviderNotSetError](f.err) }, func(_ *failure, in Context, e *Explanation) {
		e.Summary = "read AWS settings: the role wants a code"
		e.Cause = "the profile's role asks for the code of an MFA device, and there is no terminal to type it"
		e.Next = "run it in a terminal, or use a profile without mfa_serial" + inProfile(in)
	}},
}

// credentialRules are about credentials that cannot be had, or that AWS refuses.
var credentialRules = []rule{
	{"credentials-missing", fromSource(aws.CredentialSourceIMDS), func(f *failure, in Context, e *Explanation) {
		e.Summary = f.attempt + "there are no AWS credentials"
		e.Cause = "none in the environment (AWS_ACCESS_KEY_ID), none in profile " + profileName(in) + ", and this machine has no instance role"
		e.Next = "log in or set credentials up: aws configure" + in.profileFlag() + " (or aws sso login, or --profile NAME)"
	}},
	{"sso-expired", notNetwork(fromSource(aws.CredentialSourceSSO, aws.CredentialSourceProfileSSO, aws.CredentialSourceSSOLegacy, aws.CredentialSourceProfileSSOLegacy)),
		func(f *failure, in Context, e *Explanation) {
			e.Summary = f.attempt + "the SSO session gives no credentials"
			e.Cause = "the SSO session of profile " + f.profile(in) + " has expired, or there was none"
			e.Next = "log in: aws sso login" + Context{Profile: f.profile(in)}.profileFlag()
		}},
	{"login-expired", notNetwork(fromSource(aws.CredentialSourceLogin, aws.CredentialSourceProfileLogin)), func(f *failure, in Context, e *Explanation) {
		e.Summary = f.attempt + "the login session gives no credentials"
		e.Cause = "the login session of profile " + f.profile(in) + " has expired, or there was none"
		e.Next = "log in: aws login" + Context{Profile: f.profile(in)}.profileFlag()
	}},
	{"credential-process", func(f *failure) bool { return is[*processcreds.ProviderError](f.err) }, func(f *failure, in Context, e *Explanation) {
		e.Cause = "the credential_process of profile " + f.profile(in) + " failed"
		e.Next = "run that command by hand to see why; it stands in the AWS configuration file"
	}},
	{"credentials-expired", hasCode("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"), func(_ *failure, in Context, e *Explanation) {
		e.Cause = "the credentials have expired"
		e.Next = "get new ones and try again: aws sso login" + in.profileFlag() + ", or new values for AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
	}},
	{"clock", hasCode("RequestTimeTooSkewed", "RequestInTheFuture"), func(_ *failure, _ Context, e *Explanation) {
		e.Cause = "this machine's clock differs from AWS's by more than AWS allows"
		e.Next = "set the clock, for example with: timedatectl set-ntp true"
	}},
	{"key-unknown", hasCode("InvalidAccessKeyId", "UnrecognizedClientException", "InvalidClientTokenId", "InvalidToken"), func(_ *failure, in Context, e *Explanation) {
		e.Cause = "AWS does not know the access key or its session token: deleted, inactive, mistyped, or of another partition"
		e.Next = "see which credentials are used: aws configure list" + in.profileFlag()
	}},
	{"signature", hasCode("SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature"), func(_ *failure, in Context, e *Explanation) {
		e.Cause = "the secret access key does not belong to the access key, or this machine's clock is wrong"
		e.Next = "see which credentials are used: aws configure list" + in.profileFlag()
	}},
}

// throttled are the codes by which AWS asks for patience.
func throttled(f *failure) bool {
	if f.api == nil {
		return f.status() == 429
	}
	_, known := retry.DefaultThrottleErrorCodes[f.api.ErrorCode()]
	return known
}

func hasCode(codes ...string) func(*failure) bool {
	return func(f *failure) bool { return f.code(codes...) }
}

// fromSource matches credentials that could not be had from one of some sources.
func fromSource(sources ...aws.CredentialSource) func(*failure) bool {
	return func(f *failure) bool { return f.credentials != nil && f.credentials.from(sources...) }
}

// notNetwork leaves to other rules what failed before the source was reached.
func notNetwork(match func(*failure) bool) func(*failure) bool {
	return func(f *failure) bool { return match(f) && !notSent(f) }
}

// profile is the profile an error is about.
func (f *failure) profile(in Context) string {
	var missing *MissingRegionError
	var absent config.SharedConfigProfileNotExistError
	switch {
	case f.credentials != nil:
		return f.credentials.Profile
	case errors.As(f.err, &missing):
		return missing.Profile
	case errors.As(f.err, &absent):
		return absent.Profile
	}
	return profileName(in)
}

func profileName(in Context) string {
	if in.Profile == "" {
		return config.DefaultSharedConfigProfile
	}
	return in.Profile
}

func inProfile(in Context) string {
	if in.profileFlag() == "" {
		return ""
	}
	return " instead of " + in.Profile
}
