package awsapi

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/cdx-deploy/cdx/internal/lazy"
)

const redacted = "[redacted]"

var (
	// secretHeader matches the names of headers whose values are secret: signatures,
	// session tokens, cookies, keys for server-side encryption.
	secretHeader = lazy.Regexp(`(?i)authorization|token|cookie|secret|credential|customer-key|copy-source-server-side`)

	// secretParameter matches what a presigned URL carries.
	// Source: Amazon S3 API reference, "Authenticating Requests: Using Query Parameters".
	secretParameter = lazy.Regexp(`(?i)((?:X-Amz-(?:Signature|Credential|Security-Token)|Signature|AWSAccessKeyId|SessionToken)=)[^&\s"'<>]+`)

	// signedLine matches the lines of a canonical request that AWS repeats when a
	// signature does not match.
	signedLine = lazy.Regexp(`(?im)(x-amz-security-token:|authorization:|Credential=|Signature=)\s*[^\s,&"'<>]+`)

	// accessKey matches an access key's ID. Source: IAM user guide, "IAM identifiers".
	accessKey = lazy.Regexp(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`)
)

// redactText takes out of a text what is secret by its form.
func redactText(text string) string {
	text = secretParameter().ReplaceAllString(text, "${1}"+redacted)
	text = signedLine().ReplaceAllString(text, "${1}"+redacted)
	return accessKey().ReplaceAllString(text, redacted)
}

// secrets are values that must not be shown wherever they turn up, since AWS
// repeats parts of a request it refuses.
type secrets []string

// minSecretBytes keeps short values, which are no secrets, from being replaced.
const minSecretBytes = 8

// secretsOf are the secret values a request carries.
func secretsOf(request *http.Request) secrets {
	var all secrets
	for name, values := range request.Header {
		if secretHeader().MatchString(name) {
			all = all.add(values...)
		}
	}
	_, signature, _ := strings.Cut(request.Header.Get("Authorization"), "Signature=")
	query := request.URL.Query()
	all = all.add(signature, query.Get("X-Amz-Signature"), query.Get("X-Amz-Security-Token"), query.Get("X-Amz-Credential"))
	if password, ok := request.URL.User.Password(); ok {
		all = all.add(password)
	}
	return all
}

func (s secrets) add(values ...string) secrets {
	for _, value := range values {
		if len(value) >= minSecretBytes {
			s = append(s, value, url.QueryEscape(value))
		}
	}
	return s
}

// redact takes the secrets out of a text, and what is secret by its form.
func (s secrets) redact(text string) string {
	for _, secret := range s {
		text = strings.ReplaceAll(text, secret, redacted)
	}
	return redactText(text)
}
