package local

import (
	"fmt"
	"net"
	"net/http"
	"strings"
)

// guard refuses what a web page in a browser could send: requests with an Origin, and requests to a name
// that is not this machine's own loopback, to which a foreign name server can point any name.
func (s *Service) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Origin") != "":
			http.Error(w, "requests from web pages are refused", http.StatusForbidden)
		case !s.exposed.Load() && !loopbackHost(r.Host):
			http.Error(w, fmt.Sprintf("the Host %q is refused: it is not localhost or a loopback address, and a web page could have sent the request", r.Host), http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// loopbackHost reports whether a Host header names loopback: localhost, a bucket before .localhost, or a
// loopback address.
func loopbackHost(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// arrivedOnLoopback reports whether the connection of r ends at a loopback address.
func arrivedOnLoopback(r *http.Request) bool {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && addr.IP.IsLoopback()
}
