package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// secureName is a name that the certificate of a test's server is for. The service takes
// it for this machine's, and the rules about proxies do not, so that one is asked for it.
const secureName = "aws.localhost"

// secure puts a server with TLS and a certificate of its own before the script's service,
// and a proxy before that: secure. The script finds the addresses in SECURE_URL (which
// only the proxy knows the way to), LOOPBACK_URL and PROXY_URL, and the certificate in
// ca.pem. What the proxy has carried is for proxied.
func secure(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: secure")
	}
	target, err := url.Parse(service(ts).url)
	ts.Check(err)
	server := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // which is signed
	}})
	certificate, err := newCertificate()
	ts.Check(err)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	ts.Defer(server.Close)
	proxy := &connectProxy{to: server.Listener.Addr().String()}
	listening := httptest.NewServer(proxy)
	ts.Defer(listening.Close)
	*ts.Value(proxyKey{}).(**connectProxy) = proxy
	bundle := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), bundle, 0o600))
	ts.Setenv("SECURE_URL", "https://"+secureName)
	ts.Setenv("LOOPBACK_URL", server.URL)
	ts.Setenv("PROXY_URL", listening.URL)
}

// newCertificate makes a certificate that only those trust who are told to.
func newCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		DNSNames: []string{secureName}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, err
}

// proxied demands how many connections went through the proxy: proxied COUNT, or some:
// proxied.
func proxied(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: proxied [COUNT]")
	}
	got := (*ts.Value(proxyKey{}).(**connectProxy)).count.Swap(0)
	if len(args) == 0 {
		if got == 0 {
			ts.Fatalf("nothing went through the proxy")
		}
		return
	}
	want, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	if got != want {
		ts.Fatalf("%d connections went through the proxy, want %d", got, want)
	}
}

// proxyKey is where a script's proxy is kept.
type proxyKey struct{}

// connectProxy carries connections to one server, whatever name is asked for.
type connectProxy struct {
	to    string
	count atomic.Int64
}

func (p *connectProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		http.Error(w, "CONNECT only", http.StatusMethodNotAllowed)
		return
	}
	p.count.Add(1)
	if err := p.carry(w); err != nil {
		http.Error(w, fmt.Sprint(err), http.StatusBadGateway)
	}
}

func (p *connectProxy) carry(w http.ResponseWriter) error {
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return err
	}
	defer server.Close()
	w.WriteHeader(http.StatusOK)
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return err
	}
	defer client.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(server, buffered) // ends with the connection
		server.Close()
	}()
	_, _ = io.Copy(client, server) // likewise
	client.Close()
	<-done
	return nil
}
