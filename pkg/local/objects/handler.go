package objects

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// The headers by which AWS names a request.
const (
	requestIDHeader = "X-Amz-Request-Id"
	hostIDHeader    = "X-Amz-Id-2"
)

// Handler serves S3, path style or with the bucket in front of ".localhost" in the Host. Trusted says
// whether a request vouches for what it writes, see [Info.Trusted]; nil means that none does.
//
// Policies, the block of public access, encryption, tags and lifecycle of buckets are kept and given back, and
// change nothing; so is how an object is to be encrypted, but for keys of the customer's, which are refused. Access
// control lists, CORS and other subresources are not there: they answer NotImplemented.
func (s *Store) Handler(trusted func(*http.Request) bool) http.Handler {
	if trusted == nil {
		trusted = func(*http.Request) bool { return false }
	}
	base := gofakes3.New(backend{store: s}, gofakes3.WithTimeSkewLimit(0))
	return &handler{store: s, trusted: trusted, base: base.Server()}
}

// handler answers everything itself, but for what it leaves to gofakes3: see [backend].
type handler struct {
	store   *Store
	trusted func(*http.Request) bool
	base    http.Handler
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w = &answer{ResponseWriter: w}
	w.Header().Set(requestIDHeader, rand.Text()[:16])
	w.Header().Set(hostIDHeader, rand.Text()+rand.Text())
	w.Header().Set("Server", "AmazonS3")
	t := targetOf(r)
	r = pathStyle(r, t)
	if err := h.route(w, r, t); err != nil {
		writeError(w, r, err)
	}
}

// target is the bucket and key that a request is about; empty for none.
type target struct{ bucket, key string }

func targetOf(r *http.Request) target {
	path := strings.TrimPrefix(r.URL.Path, "/")
	host, _, _ := strings.Cut(r.Host, ":")
	if bucket, ok := strings.CutSuffix(host, ".localhost"); ok {
		return target{bucket, path}
	}
	bucket, key, _ := strings.Cut(path, "/")
	return target{bucket, key}
}

// pathStyle is the request as gofakes3 reads it, with the bucket in its path.
func pathStyle(r *http.Request, t target) *http.Request {
	if !strings.Contains(r.Host, ".localhost") {
		return r
	}
	r = r.Clone(r.Context())
	r.URL.Path = "/" + t.bucket
	if t.key != "" {
		r.URL.Path += "/" + t.key
	}
	return r
}

// Account owns every bucket: none that AWS gives out.
const Account = "000000000000"

func (h *handler) route(w http.ResponseWriter, r *http.Request, t target) error {
	if owner := r.Header.Get("X-Amz-Expected-Bucket-Owner"); owner != "" && owner != Account {
		return &Error{Code: codeAccessDenied}
	}
	query := r.URL.Query()
	if name := unsupported(query); name != "" {
		return &Error{Code: codeNotImplemented, Message: "The subresource " + name + " is not supported locally."}
	}
	if t.key != "" {
		return h.routeObject(w, r, t, query)
	}
	return h.routeBucket(w, r, t, query)
}

// routeBucket answers requests about buckets.
func (h *handler) routeBucket(w http.ResponseWriter, r *http.Request, t target, query url.Values) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxXML)
	if t.bucket == "" {
		return h.listBuckets(w, r, query)
	}
	w.Header().Set("X-Amz-Bucket-Region", h.store.region)
	if s, ok := settingOf(query); ok {
		return h.routeSetting(w, r, t, s)
	}
	switch whole := concernsBucketItself(query); {
	case r.Method == http.MethodGet:
		return h.getBucket(w, r, t, query)
	case r.Method == http.MethodPost && query.Has("delete"):
		return h.deleteObjects(w, r, t)
	case r.Method == http.MethodPut && whole:
		return h.createBucket(w, t)
	case r.Method == http.MethodHead, r.Method == http.MethodDelete && whole, r.Method == http.MethodPut && query.Has("versioning"):
		h.base.ServeHTTP(w, r)
		return nil
	}
	return &Error{Code: codeMethod} // such as the upload form of browsers
}

// getBucket answers what can be asked about a bucket.
func (h *handler) getBucket(w http.ResponseWriter, r *http.Request, t target, query url.Values) error {
	switch {
	case query.Has("uploads"):
		return h.listUploads(w, r, t, query)
	case query.Has(policyStatusQuery):
		return h.policyStatus(w, t)
	case query.Has("location"):
		return h.location(w, t)
	case query.Has("versioning"):
		return h.versioning(w, t)
	}
	h.base.ServeHTTP(w, r)
	return nil
}

// concernsBucketItself reports whether a request names no part of the bucket: one that does must never create or
// delete the whole.
func concernsBucketItself(query url.Values) bool {
	for name := range query {
		if name = strings.ToLower(name); name != "x-id" && !strings.HasPrefix(name, "x-amz-") {
			return false
		}
	}
	return true
}

func (h *handler) routeObject(w http.ResponseWriter, r *http.Request, t target, query url.Values) error {
	if len(t.key) > maxKeyBytes {
		return &Error{Code: codeKeyTooLong}
	}
	switch {
	case query.Has("tagging"):
		return h.routeTagging(w, r, t, query)
	case query.Has("uploads") || query.Has("uploadId"):
		return h.routeUpload(w, r, t, query)
	case query.Has("attributes") && r.Method == http.MethodGet:
		return h.attributes(w, r, t, query.Get("versionId"))
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return h.read(w, r, t, query)
	case http.MethodPut:
		if r.Header.Get(copySourceHeader) != "" {
			return h.copyObject(w, r, t)
		}
		return h.putObject(w, r, t)
	case http.MethodDelete:
		return h.deleteObject(w, r, t, query.Get("versionId"))
	}
	return &Error{Code: codeMethod}
}

// unsupported names a query parameter that asks for something that is not here.
func unsupported(query url.Values) string {
	for name := range query {
		switch strings.ToLower(name) {
		case "abac", "accelerate", "acl", "analytics", "cors", "intelligent-tiering", "inventory",
			"legal-hold", "logging", "metadataconfiguration", "metadatainventorytable", "metadatajournaltable",
			"metadatatable", "metrics", "notification", "object-lock", "ownershipcontrols", "renameobject",
			"replication", "requestpayment", "restore", "retention", "select", "session", "torrent", "website":
			return name
		}
	}
	return ""
}

// createBucket answers BucketAlreadyOwnedByYou where gofakes3 has BucketAlreadyExists.
func (h *handler) createBucket(w http.ResponseWriter, t target) error {
	if err := h.store.createBucket(t.bucket); err != nil {
		return err
	}
	w.Header().Set("Location", "/"+t.bucket)
	w.WriteHeader(http.StatusOK)
	return nil
}

// location answers with the store's region; us-east-1 is written as nothing.
func (h *handler) location(w http.ResponseWriter, t target) error {
	if !h.store.bucketExists(t.bucket) {
		return &Error{Code: codeNoSuchBucket, Resource: t.bucket}
	}
	region := h.store.region
	if region == "us-east-1" {
		region = ""
	}
	writeXML(w, http.StatusOK, struct {
		XMLName struct{} `xml:"LocationConstraint"`
		NS      string   `xml:"xmlns,attr"`
		Region  string   `xml:",chardata"`
	}{NS: namespace, Region: region})
	return nil
}

// versioning answers GetBucketVersioning, which says nothing of a bucket that never had versions.
func (h *handler) versioning(w http.ResponseWriter, t target) error {
	h.store.mu.RLock()
	defer h.store.mu.RUnlock()
	b, err := h.store.bucket(t.bucket)
	if err != nil {
		return err
	}
	writeXML(w, http.StatusOK, struct {
		XMLName struct{}   `xml:"VersioningConfiguration"`
		NS      string     `xml:"xmlns,attr"`
		Status  versioning `xml:",omitempty"`
	}{NS: namespace, Status: b.versioning})
	return nil
}

// namespace is the one that S3's answers are in.
const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// answer leaves out the CORS headers that gofakes3 sends: no web page has business here.
type answer struct{ http.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (a *answer) WriteHeader(status int) {
	for name := range a.Header() {
		if strings.HasPrefix(name, "Access-Control-") {
			a.Header().Del(name)
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (a *answer) Write(p []byte) (int, error) {
	a.Header().Del("Access-Control-Allow-Origin")
	return a.ResponseWriter.Write(p)
}

// Unwrap is for [http.ResponseController].
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
