package local

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// newCredentials makes an access key pair of the usual shape at random.
func newCredentials() aws.Credentials {
	return aws.Credentials{
		AccessKeyID:     "AKIA" + rand.Text()[:16],
		SecretAccessKey: (rand.Text() + rand.Text())[:40],
		Source:          "cdx local",
	}
}

// signature is what the Authorization header of a request signed with version 4 says.
type signature struct {
	accessKey, date, region, service string
	headers                          []string // lower case
	hex                              string
}

// parseSignature reads
//
//	AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, SignedHeaders=a;b, Signature=HEX
//
// Anything else, presigned URLs included, is no signature.
func parseSignature(authorization string) (signature, bool) {
	rest, ok := strings.CutPrefix(authorization, "AWS4-HMAC-SHA256 ")
	if !ok {
		return signature{}, false
	}
	fields := map[string]string{}
	for field := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		fields[name] = value
	}
	scope := strings.Split(fields["Credential"], "/")
	if len(scope) != 5 {
		return signature{}, false
	}
	return signature{
		accessKey: scope[0], date: scope[1], region: scope[2], service: scope[3],
		headers: strings.Split(fields["SignedHeaders"], ";"), hex: fields["Signature"],
	}, true
}

// signedBy reports whether credentials made the signature of r, whose body has the hash payloadHash. The
// SDK's own signer signs the request again, as it was signed, and the two are compared.
func (s signature) signedBy(credentials aws.Credentials, r *http.Request, payloadHash string) bool {
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || s.accessKey != credentials.AccessKeyID {
		return false
	}
	again := &http.Request{Method: r.Method, URL: cloneURL(r.URL), Host: r.Host, Header: http.Header{}}
	for _, name := range s.headers {
		switch name {
		case "host":
		case "content-length":
			again.ContentLength, _ = strconv.ParseInt(r.Header.Get("Content-Length"), 10, 64)
			if again.ContentLength == 0 {
				again.ContentLength = r.ContentLength
			}
		default:
			again.Header[http.CanonicalHeaderKey(name)] = r.Header.Values(name)
		}
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = s.service == "s3" })
	if err := signer.SignHTTP(r.Context(), credentials, again, payloadHash, s.service, s.region, at); err != nil {
		return false
	}
	made, ok := parseSignature(again.Header.Get("Authorization"))
	return ok && hmac.Equal([]byte(made.hex), []byte(s.hex))
}

func cloneURL(u *url.URL) *url.URL {
	c := *u
	return &c
}

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
