package objects

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"slices"
)

// setting is a subresource of a bucket that is kept as it was put. Nothing here follows from it, but that a
// public policy is refused where the bucket blocks it.
type setting struct {
	query string // the parameter that asks for it
	unset string // the error code when it is not there
	// initial is what a new bucket has, and initialAgain says that one has it again after DELETE.
	initial      string
	initialAgain bool
}

// settings are the subresources that buckets have here, with the values that AWS gives new buckets.
// Source: Amazon S3 User Guide, "Setting default server-side encryption behavior for Amazon S3 buckets" and
// "Blocking public access to your Amazon S3 storage".
func settings() []setting {
	return []setting{
		{query: "encryption", unset: codeNoEncryption, initialAgain: true, initial: `<ServerSideEncryptionConfiguration xmlns="` + namespace + `"><Rule>` +
			`<ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>` +
			`<BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>`},
		{query: "publicAccessBlock", unset: codeNoPublicAccessBlock, initial: `<PublicAccessBlockConfiguration xmlns="` + namespace + `">` +
			`<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>` +
			`<BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>`},
		{query: policyQuery, unset: codeNoBucketPolicy},
		{query: "lifecycle", unset: codeNoLifecycle},
		{query: "tagging", unset: codeNoTagSet},
	}
}

const (
	policyQuery       = "policy"
	policyStatusQuery = "policyStatus"
)

// initialSettings are those of a new bucket.
func initialSettings() map[string][]byte {
	initial := map[string][]byte{}
	for _, s := range settings() {
		if s.initial != "" {
			initial[s.query] = []byte(s.initial)
		}
	}
	return initial
}

// settingOf finds the setting that a request is about.
func settingOf(query url.Values) (setting, bool) {
	all := settings()
	i := slices.IndexFunc(all, func(s setting) bool { return query.Has(s.query) })
	if i < 0 {
		return setting{}, false
	}
	return all[i], true
}

// routeSetting answers GET, PUT and DELETE of a setting of a bucket.
func (h *handler) routeSetting(w http.ResponseWriter, r *http.Request, t target, s setting) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	store := h.store
	store.mu.Lock()
	defer store.mu.Unlock()
	b, err := store.bucket(t.bucket)
	if err != nil {
		return err
	}
	switch r.Method {
	case http.MethodGet:
		return b.writeSetting(w, s)
	case http.MethodPut:
		return b.putSetting(w, s, body)
	case http.MethodDelete:
		delete(b.settings, s.query)
		if s.initialAgain {
			b.settings[s.query] = []byte(s.initial)
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return &Error{Code: codeMethod}
}

func (b *bucket) writeSetting(w http.ResponseWriter, s setting) error {
	value, ok := b.settings[s.query]
	if !ok {
		return &Error{Code: s.unset}
	}
	w.Header().Set("Content-Type", "application/xml")
	if s.query == policyQuery {
		w.Header().Set("Content-Type", "application/json")
	}
	_, _ = w.Write(value) // a client that is gone is no concern
	return nil
}

func (b *bucket) putSetting(w http.ResponseWriter, s setting, value []byte) error {
	if s.query == policyQuery {
		public, err := isPublic(value)
		if err != nil {
			return &Error{Code: codeMalformedPolicy}
		}
		if public && b.blocksPublicPolicy() {
			return &Error{Code: codeAccessDenied}
		}
		w.WriteHeader(http.StatusNoContent)
	} else if !wellFormed(value) {
		return &Error{Code: codeMalformedXML}
	}
	b.settings[s.query] = value
	return nil
}

// wellFormed reports whether text is one element of XML.
func wellFormed(text []byte) bool {
	var any struct {
		XMLName xml.Name
	}
	return xml.NewDecoder(bytes.NewReader(text)).Decode(&any) == nil
}

func (b *bucket) blocksPublicPolicy() bool {
	var block struct {
		BlockPublicPolicy bool
	}
	return xml.Unmarshal(b.settings["publicAccessBlock"], &block) == nil && block.BlockPublicPolicy
}

// isPublic reports whether a policy allows something to everybody without a condition: less than AWS looks at.
func isPublic(policy []byte) (bool, error) {
	type statement struct {
		Effect    string
		Principal any
		Condition map[string]any
	}
	var document struct {
		Statement json.RawMessage
	}
	if err := json.Unmarshal(policy, &document); err != nil {
		return false, err
	}
	var statements []statement
	if json.Unmarshal(document.Statement, &statements) != nil { // one may stand without a list
		statements = make([]statement, 1)
		if err := json.Unmarshal(document.Statement, &statements[0]); err != nil {
			return false, err
		}
	}
	return slices.ContainsFunc(statements, func(s statement) bool {
		return s.Effect == "Allow" && len(s.Condition) == 0 && isEverybody(s.Principal)
	}), nil
}

// isEverybody reports whether a principal is "*", {"AWS": "*"} or {"AWS": ["*"]}.
func isEverybody(principal any) bool {
	switch p := principal.(type) {
	case string:
		return p == "*"
	case []any:
		return slices.ContainsFunc(p, isEverybody)
	case map[string]any:
		return isEverybody(p["AWS"])
	}
	return false
}

// policyStatus answers GetBucketPolicyStatus.
func (h *handler) policyStatus(w http.ResponseWriter, t target) error {
	h.store.mu.RLock()
	defer h.store.mu.RUnlock()
	b, err := h.store.bucket(t.bucket)
	if err != nil {
		return err
	}
	policy, ok := b.settings[policyQuery]
	if !ok {
		return &Error{Code: codeNoBucketPolicy}
	}
	public, err := isPublic(policy)
	if err != nil {
		return err
	}
	writeXML(w, http.StatusOK, struct {
		XMLName  struct{} `xml:"PolicyStatus"`
		NS       string   `xml:"xmlns,attr"`
		IsPublic bool
	}{NS: namespace, IsPublic: public})
	return nil
}
