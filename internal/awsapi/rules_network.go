package awsapi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// networkRules are about requests that reached nobody, or somebody else.
var networkRules = []rule{
	{"proxy", func(f *failure) bool { return f.proxy() != nil }, func(f *failure, _ Context, e *Explanation) {
		e.Summary = f.attempt + "the proxy on the way to " + f.address() + " cannot be reached: " + redactText(f.proxy().Err.Error())
		e.Cause = "HTTPS_PROXY or HTTP_PROXY names a proxy that does not run, or its address is wrong"
		e.Next = "check HTTPS_PROXY, or name hosts that need no proxy in NO_PROXY"
	}},
	{"name-unknown", func(f *failure) bool { return is[*net.DNSError](f.err) }, func(f *failure, in Context, e *Explanation) {
		host := f.host()
		e.Summary = f.attempt + "the name " + host + " cannot be resolved"
		e.Cause = "no network, a region or an endpoint that does not exist" + orBucket(in) + ", or a proxy that is not set (HTTPS_PROXY)"
		e.Next = "check --region and --endpoint-url, then: nslookup " + host
	}},
	{"refused", func(f *failure) bool { return errors.Is(f.err, errRefused) }, func(f *failure, _ Context, e *Explanation) {
		e.Summary = f.attempt + "nothing listens at " + f.address()
		e.Cause = "the service at this address is not running, or the address is wrong"
		e.Next = "check --endpoint-url and AWS_ENDPOINT_URL; for one on this machine: cdx local serve"
	}},
	{"certificate", func(f *failure) bool {
		return is[*tls.CertificateVerificationError](f.err) || is[x509.UnknownAuthorityError](f.err) || is[x509.HostnameError](f.err)
	}, func(f *failure, _ Context, e *Explanation) {
		e.Summary = f.attempt + "the certificate of " + f.address() + " is not trusted: " + rootCause(f.err).Error()
		e.Cause = "a proxy that looks into TLS, or a service with a certificate of its own"
		e.Next = "name the file with its certification authority: AWS_CA_BUNDLE=/path/to/ca.pem"
	}},
	{"not-tls", func(f *failure) bool {
		return is[tls.RecordHeaderError](f.err) || errors.Is(f.err, http.ErrSchemeMismatch)
	}, func(f *failure, _ Context, e *Explanation) {
		e.Summary = f.attempt + f.address() + " does not speak TLS"
		e.Next = "if it is a local service, give its address with http:// instead of https://"
	}},
	{"timeout", func(f *failure) bool { return f.operation != nil && f.status() == 0 && timedOut(f.err) }, func(f *failure, _ Context, e *Explanation) {
		e.Summary = f.attempt + f.address() + " did not answer in time"
		e.Cause = "no network, a firewall, or a proxy that is not set (HTTPS_PROXY)"
		e.Next = "check the network, and try again"
	}},
	{"connection-lost", notSent, func(f *failure, _ Context, e *Explanation) {
		e.Summary = f.attempt + "the connection to " + f.address() + " failed: " + redactText(rootCause(f.err).Error())
		e.Next = "check the network, and try again"
	}},
	{"not-aws", func(f *failure) bool { return is[*smithy.DeserializationError](f.err) }, func(f *failure, _ Context, e *Explanation) {
		e.Summary = f.attempt + "the answer is not AWS's"
		e.Cause = "a proxy or another service answers at this address"
		e.Next = "check --endpoint-url, AWS_ENDPOINT_URL and HTTPS_PROXY"
	}},
}

// proxy is the failed attempt to reach a proxy; nil where there was none.
func (f *failure) proxy() *net.OpError {
	var attempt *net.OpError
	if errors.As(f.err, &attempt) && attempt.Op == "proxyconnect" {
		return attempt
	}
	return nil
}

// notSent reports that no answer came at all.
func notSent(f *failure) bool { return is[*smithyhttp.RequestSendError](f.err) }

func timedOut(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// address is where a request was sent to, without its path and query.
func (f *failure) address() string {
	var sent *url.Error
	if !errors.As(f.err, &sent) {
		return "the endpoint"
	}
	u, err := url.Parse(sent.URL)
	if err != nil {
		return "the endpoint"
	}
	return u.Scheme + "://" + u.Host
}

// host is the name that could not be resolved.
func (f *failure) host() string {
	var unknown *net.DNSError
	if errors.As(f.err, &unknown) && unknown.Name != "" {
		return unknown.Name
	}
	return "of the endpoint"
}

// orBucket adds the bucket to what may be wrong, whose name is part of S3's hosts.
func orBucket(in Context) string {
	if in.Bucket == "" {
		return ""
	}
	return ", a bucket name that is none (" + in.Bucket + ")"
}
