package local

import (
	"encoding/xml"
	"net/http"
	"net/url"

	"github.com/cdx-deploy/cdx/pkg/local/objects"
)

// account is the account that the service says it is.
const account = objects.Account

// identity is the answer to GetCallerIdentity.
type identity struct {
	XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ GetCallerIdentityResponse"`
	ARN       string   `xml:"GetCallerIdentityResult>Arn"`
	UserID    string   `xml:"GetCallerIdentityResult>UserId"`
	Account   string   `xml:"GetCallerIdentityResult>Account"`
	RequestID string   `xml:"ResponseMetadata>RequestId"`
}

// stsError is an error of the AWS query protocol.
type stsError struct {
	XMLName xml.Name `xml:"ErrorResponse"`
	Code    string   `xml:"Error>Code"`
	Message string   `xml:"Error>Message"`
}

// serveSTS answers GetCallerIdentity.
func (s *Service) serveSTS(w http.ResponseWriter, r *http.Request, signed signature) {
	body, ok := s.readBody(w, r, signed)
	if !ok {
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("Action") != "GetCallerIdentity" {
		writeSTS(w, http.StatusBadRequest, stsError{
			Code: "InvalidAction", Message: "Could not find operation " + form.Get("Action") + " for version " + form.Get("Version"),
		})
		return
	}
	writeSTS(w, http.StatusOK, identity{
		ARN: "arn:aws:iam::" + account + ":user/local", UserID: signed.accessKey, Account: account, RequestID: newUUID(),
	})
}

func writeSTS(w http.ResponseWriter, status int, body any) {
	text, err := xml.Marshal(body)
	if err != nil {
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that is gone is no concern
}
