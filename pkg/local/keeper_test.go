package local

import (
	"errors"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Whoever waits goes on when everything is saved that was there before, and not earlier; many wait for one save.
func TestKeeperWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		saves := 0
		k := newKeeper(func() error { time.Sleep(time.Second); saves++; return nil }, nil)
		go k.run()
		first := k.changed()
		synctest.Wait() // the first save is under way
		for range 100 {
			k.changed()
		}
		later := k.changed()
		<-first
		select {
		case <-later:
			t.Error("saved before it was begun")
		default:
		}
		<-later
		if saves != 2 {
			t.Errorf("%d saves, want 2", saves)
		}
		if err := k.end(); err != nil || saves != 3 {
			t.Errorf("%v, %d saves", err, saves)
		}
		k.await() // for ever would be long
		if err := k.end(); err != nil || saves != 3 {
			t.Errorf("the second end: %v, %d saves", err, saves)
		}
	})
}

// A save that fails holds nobody up, is told of once, and tried again.
func TestKeeperFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("full")
		var tries, told atomic.Int32
		k := newKeeper(func() error {
			if tries.Add(1) <= 3 {
				return full
			}
			return nil
		}, func(error) { told.Add(1) })
		go k.run()
		k.await()
		synctest.Wait()
		if tries.Load() != 1 || told.Load() != 1 {
			t.Errorf("%d tries, told %d times", tries.Load(), told.Load())
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if tries.Load() != 4 || told.Load() != 1 {
			t.Errorf("%d tries, told %d times", tries.Load(), told.Load())
		}
		if err := k.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestMayChange(t *testing.T) {
	const sts = "AWS4-HMAC-SHA256 Credential=KEY/20200101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0"
	for _, test := range []struct {
		method, url, target, authorization string
		want                               bool
	}{
		{"POST", "/", targetPrefix + "GetDeployment", "", false},
		{"POST", "/", targetPrefix + "BatchGetDeployments", "", false},
		{"POST", "/", targetPrefix + "ListDeployments", "", false},
		{"POST", "/", targetPrefix + "CreateDeployment", "", true},
		{"POST", "/", "", sts, false},
		{"GET", "/bucket/key", "", "", false},
		{"HEAD", "/bucket", "", "", false},
		{"PUT", "/bucket/key", "", "", true},
		{"PUT", "/bucket/key?partNumber=1&uploadId=x", "", "", false},
		{"POST", "/bucket/key?uploads", "", "", false},
		{"POST", "/bucket/key?uploadId=x", "", "", true},
		{"POST", "/?delete", "", "", true}, // the bucket may be in the Host
		{"DELETE", "/bucket/key", "", "", true},
	} {
		r := httptest.NewRequestWithContext(t.Context(), test.method, test.url, nil)
		r.Header.Set("X-Amz-Target", test.target)
		r.Header.Set("Authorization", test.authorization)
		if got := mayChange(r); got != test.want {
			t.Errorf("%s %s %s: %v", test.method, test.url, test.target, got)
		}
	}
}
