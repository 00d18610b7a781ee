package local

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// faults counts the requests that a seed lets fail.
type faults struct {
	mu   sync.Mutex
	list []Fault
	seen []int // by fault: the requests of its operation
}

// failing answers the requests that a seed lets fail.
func (s *Service) failing(next http.Handler) http.Handler {
	if s.options.Seed == nil || len(s.options.Seed.Faults) == 0 {
		return next
	}
	f := &faults{list: s.options.Seed.Faults, seen: make([]int, len(s.options.Seed.Faults))}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		operation := operationOf(r)
		if fault := f.next(operation); fault != nil {
			fault.answer(w, operation)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// operationOf names a request's operation as [Fault.Operation] does.
func operationOf(r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return strings.TrimPrefix(target, targetPrefix)
	}
	if signed, _ := parseSignature(r.Header.Get("Authorization")); signed.service == "sts" {
		return operationSTS
	}
	return operationS3
}

// The operations that are whole services.
const (
	operationS3  = "S3"
	operationSTS = "STS"
)

// next counts a request and returns the fault that it is to have; nil for none.
func (f *faults) next(operation string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found *Fault
	for i := range f.list {
		fault := &f.list[i]
		if fault.Operation != operation {
			continue
		}
		f.seen[i]++
		if n := f.seen[i] - fault.After; n > 0 && (fault.Count == 0 || n <= fault.Count) && found == nil {
			found = fault
		}
	}
	return found
}

func (fault *Fault) answer(w http.ResponseWriter, operation string) {
	message := cmp.Or(fault.Message, "this request fails because the seed says so")
	switch status := cmp.Or(fault.Status, http.StatusBadRequest); operation {
	case operationS3:
		fault.answerS3(w, message)
	case operationSTS:
		writeSTS(w, status, stsError{Code: cmp.Or(fault.Code, "Throttling"), Message: message})
	default:
		writeFailure(w, status, cmp.Or(fault.Code, "ThrottlingException"), message)
	}
}

func (fault *Fault) answerS3(w http.ResponseWriter, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(cmp.Or(fault.Status, http.StatusServiceUnavailable))
	// A code is a word, and a message that is none of XML's is the seed's own mistake.
	_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", escapeXML(cmp.Or(fault.Code, "SlowDown")), escapeXML(message))
}

// escapeXML makes text safe inside an element.
func escapeXML(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}
