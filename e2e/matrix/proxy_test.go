package matrix_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
)

// proxy stands between a bot and its homeserver, counts what the server limits,
// and lets a test look at messages on their way.
type proxy struct {
	url string

	mu      sync.Mutex
	limited int
	before  func() bool // a message is about to reach the server; false: it does not
	after   func() bool // the server has taken one; false: the bot does not learn of it
}

// between puts a proxy between this world's bot and its server.
func (w *world) between() *proxy {
	w.Helper()
	target, err := url.Parse(w.srv.URL)
	if err != nil {
		w.Fatal(err)
	}
	p := &proxy{}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(r *http.Response) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			if r.StatusCode == http.StatusTooManyRequests {
				p.limited++
			}
			if message(r.Request) && r.StatusCode == http.StatusOK && p.after != nil && !p.after() {
				panic(http.ErrAbortHandler)
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }, // as if it were not there
	}
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if message(r) {
			p.mu.Lock()
			lost := p.before != nil && !p.before()
			p.mu.Unlock()
			if lost {
				panic(http.ErrAbortHandler)
			}
		}
		forward.ServeHTTP(rw, r)
	}))
	w.Cleanup(srv.Close)
	p.url, w.homeserver = srv.URL, srv.URL
	return p
}

// message reports whether a request sends a message.
func message(r *http.Request) bool {
	return r.Method == http.MethodPut && (strings.Contains(r.URL.Path, "/send/m.room.message/") || strings.Contains(r.URL.Path, "/send/m.room.encrypted/"))
}

// limits counts the requests that the server has refused for being too many.
func (p *proxy) limits() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.limited
}

// watch has functions look at messages on their way; nil lets all pass.
func (p *proxy) watch(before, after func() bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before, p.after = before, after
}
