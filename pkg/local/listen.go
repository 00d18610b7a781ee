package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Listen starts serving on addr, "host:port". Empty means 127.0.0.1 and a free port, and port 0 any free
// port. It returns as soon as requests are taken; [Service.Close] ends it. On an address that is not
// loopback no hook is ever run, and any Host is answered.
func (s *Service) Listen(ctx context.Context, addr string) error {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil || s.closing {
		return errors.New("listen: the local service is listening already or has ended")
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	bound := listener.Addr().(*net.TCPAddr)
	if !bound.IP.IsLoopback() {
		s.exposed.Store(true)
	}
	s.url = "http://" + reachable(bound)
	s.server = &http.Server{
		Handler:           http.HandlerFunc(s.serveCounted),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	s.done = make(chan error, 1)
	go serve(s.server, listener, s.done)
	return nil
}

// serveCounted serves a request that Close waits for.
func (s *Service) serveCounted(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	closing := s.closing
	if !closing {
		s.requests.Add(1)
	}
	s.mu.Unlock()
	if closing {
		http.Error(w, "the local service is ending", http.StatusServiceUnavailable)
		return
	}
	defer s.requests.Done()
	s.handler.ServeHTTP(w, r)
}

func serve(server *http.Server, listener net.Listener, done chan<- error) {
	err := server.Serve(listener)
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	done <- err
}

// reachable is how a client on this machine writes the address: every address includes loopback.
func reachable(bound *net.TCPAddr) string {
	if bound.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", bound.Port)
	}
	return bound.String()
}

// Exposed reports whether the service listens on an address that is not loopback, so that it runs no hooks.
func (s *Service) Exposed() bool { return s.exposed.Load() }

// URL is the endpoint to give to AWS clients, like "http://127.0.0.1:41234"; empty before Listen.
func (s *Service) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}
