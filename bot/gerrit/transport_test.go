package gerrit

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

// failing is a network that counts and fails.
type failing struct {
	tries int
	body  string // of what was sent last
}

func (f *failing) RoundTrip(r *http.Request) (*http.Response, error) {
	f.tries++
	if r.Body != nil {
		b, _ := io.ReadAll(r.Body)
		f.body = string(b)
	}
	return nil, errors.New("connection reset by peer")
}

// Of a write that failed nobody knows whether it was done: it is sent once.
func TestWritesAreSentOnce(t *testing.T) {
	for _, tc := range []struct {
		method string
		tries  int
	}{{"GET", attempts}, {"POST", 1}, {"PUT", 1}, {"DELETE", 1}} {
		synctest.Test(t, func(t *testing.T) {
			f := &failing{}
			tr := &transport{base: f, limiter: rate.NewLimiter(1, 10), now: time.Now, log: slog.New(slog.DiscardHandler)}
			req, err := http.NewRequest(tc.method, "https://review.opendev.org/a/changes/7/revisions/current/review", strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = tr.RoundTrip(req)
			if err == nil || f.tries != tc.tries || f.body != "{}" && tc.tries == 1 {
				t.Errorf("%s: %d tries, the last with %q, error %v; want %d", tc.method, f.tries, f.body, err, tc.tries)
			}
		})
	}
}

// Ten requests at once, then one a second.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &failing{}
		tr := &transport{base: f, limiter: rate.NewLimiter(perSecond, burst), now: time.Now, log: slog.New(slog.DiscardHandler)}
		began := time.Now()
		for range 30 {
			req, err := http.NewRequest("POST", "https://review.opendev.org/", nil)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = tr.RoundTrip(req)
		}
		if took := time.Since(began); took < 20*time.Second || took > 21*time.Second {
			t.Errorf("30 requests took %s, want 20 s", took)
		}
	})
}
