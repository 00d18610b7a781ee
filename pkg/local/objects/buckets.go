package objects

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxListedBuckets is the largest page of ListBuckets, and what a request that says nothing gets.
// Source: Amazon S3 API Reference, ListBuckets.
const maxListedBuckets = 10_000

// bucketList is the answer to ListBuckets.
type bucketList struct {
	XMLName           struct{}       `xml:"ListAllMyBucketsResult"`
	NS                string         `xml:"xmlns,attr"`
	Owner             string         `xml:"Owner>ID"`
	Bucket            []listedBucket `xml:"Buckets>Bucket"`
	ContinuationToken string         `xml:",omitempty"` // the name of the last bucket
	Prefix            string         `xml:",omitempty"`
}

type listedBucket struct {
	Name         string
	CreationDate string
}

// listBuckets answers ListBuckets.
func (h *handler) listBuckets(w http.ResponseWriter, r *http.Request, query url.Values) error {
	if r.Method != http.MethodGet {
		return &Error{Code: codeMethod}
	}
	limit, err := strconv.Atoi(query.Get("max-buckets"))
	if err != nil || limit < 1 || limit > maxListedBuckets {
		limit = maxListedBuckets
	}
	list := bucketList{NS: namespace, Owner: owner, Prefix: query.Get("prefix")}
	s := h.store
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, name := range slices.Sorted(maps.Keys(s.buckets)) {
		if !strings.HasPrefix(name, list.Prefix) || name <= query.Get("continuation-token") {
			continue
		}
		if len(list.Bucket) == limit {
			list.ContinuationToken = list.Bucket[limit-1].Name
			break
		}
		list.Bucket = append(list.Bucket, listedBucket{name, iso(s.buckets[name].created)})
	}
	writeXML(w, http.StatusOK, list)
	return nil
}

// owner is the canonical user that owns everything here: none that AWS gives out.
const owner = "0000000000000000000000000000000000000000000000000000000000000000"
