package main

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// reset reads a part of the request and cuts the connection.
func (f *faults) reset(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.CopyN(io.Discard, r.Body, 100_000)
	panic(http.ErrAbortHandler)
}

// slow carries the request out after a while.
func (f *faults) slow(w http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-time.After(150 * time.Millisecond):
		f.serve(w, r)
	}
}

// corrupt carries the request out with a body that was damaged on its way.
func (f *faults) corrupt(w http.ResponseWriter, r *http.Request) {
	first := make([]byte, 1)
	_, _ = io.ReadFull(r.Body, first)
	first[0]++
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(first), r.Body))
	f.serve(w, r)
}

// forge answers that something else was stored than was sent.
func (f *faults) forge(w http.ResponseWriter, r *http.Request) {
	answer := httptest.NewRecorder()
	f.serve(answer, r)
	maps.Copy(w.Header(), answer.Header())
	w.Header().Del("Content-Length")
	w.WriteHeader(answer.Code)
	forged := regexp.MustCompile("<ChecksumCRC32>[^<-]*").ReplaceAll(answer.Body.Bytes(), []byte("<ChecksumCRC32>AAAAAA=="))
	_, _ = bytes.NewReader(forged).WriteTo(w)
}

// elsewhere answers as a bucket in eu-west-1 does.
func (f *faults) elsewhere(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/s3/") {
		f.serve(w, r)
		return
	}
	w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
	move(f, w, r)
}

// serve carries a request out although a fault was planned for it.
func (f *faults) serve(w http.ResponseWriter, r *http.Request) {
	f.next.ServeHTTP(w, r)
	f.note(operationOf(r))
}

func (f *faults) keepHeader(operation string, header http.Header) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.headers == nil {
		f.headers = make(map[string]http.Header)
	}
	f.headers[operation] = header.Clone()
}

// sentHeader demands that the last request of an operation had a header, or had it not:
// [!] sent OPERATION HEADER PATTERN.
func sentHeader(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: [!] sent OPERATION HEADER PATTERN")
	}
	f := service(ts).faults
	f.mu.Lock()
	got := f.headers[args[0]].Get(args[1])
	f.mu.Unlock()
	if regexp.MustCompile(args[2]).MatchString(got) == neg {
		ts.Fatalf("the last %s had the header %s: %q", args[0], args[1], got)
	}
}

// changeFile changes a file when an operation is requested the next time, and then lets
// the request go on: changes FILE OPERATION.
func changeFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: changes FILE OPERATION")
	}
	path := ts.MkAbs(args[0])
	change := func(f *faults, w http.ResponseWriter, r *http.Request) {
		data, err := os.ReadFile(path)
		if err == nil {
			data[0]++
			err = os.WriteFile(path, data, 0o600)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusTeapot)
			return
		}
		f.serve(w, r)
	}
	f := service(ts).faults
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.planned == nil {
		f.planned = make(map[string]*fault)
	}
	f.planned[args[1]] = &fault{change, 1}
}
