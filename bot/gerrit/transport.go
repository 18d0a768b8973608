package gerrit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// transport is what stands between the library and the network. Answers come
// out whole and in memory: nothing is left to close, and one that was cut short
// is noticed where it can be asked for again.
type transport struct {
	base    http.RoundTripper
	limiter *rate.Limiter
	now     func() time.Time
	log     *slog.Logger

	requests, bytes atomic.Int64
	clock           atomic.Int64 // the server's, by its newest answer; Unix seconds
}

// RoundTrip sends a request until it is answered with data, with a refusal that
// another attempt would not change, or often enough. Only reading is tried again:
// of a write that failed nobody knows whether it was done.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	for n := 0; ; n++ {
		if err := t.limiter.Wait(ctx); err != nil {
			return nil, &Error{Path: req.URL.Path, Words: "no time left to ask in", cause: err}
		}
		resp, failed := t.attempt(req)
		if failed == nil {
			return resp, nil
		}
		wait := max(backoff(n), failed.RetryAfter)
		deadline, bounded := ctx.Deadline()
		switch {
		case ctx.Err() != nil, !failed.again, req.Method != http.MethodGet, n+1 >= attempts,
			failed.RetryAfter > longestWait, bounded && time.Until(deadline) < wait:
			return nil, failed
		}
		t.log.Debug("will ask Gerrit again", "path", failed.Path, "status", failed.Status, "why", failed.Words, "wait", wait)
		if err := sleep(ctx, wait); err != nil {
			return nil, failed
		}
	}
}

// attempt sends a request once and reads its answer.
func (t *transport) attempt(req *http.Request) (*http.Response, *Error) {
	ctx, cancel := context.WithTimeout(req.Context(), attemptTimeout)
	defer cancel()
	sent := req.Clone(ctx)
	// So that the server gives up with us and not after us:
	// Documentation/rest-api.html#deadline.
	sent.Header.Set("X-Gerrit-Deadline", attemptTimeout.String())
	sent.Header.Set("User-Agent", "torchbearer")
	t.requests.Add(1)
	resp, err := t.base.RoundTrip(sent)
	if err != nil {
		return nil, noAnswer(req, err)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	resp.Body.Close()
	t.bytes.Add(int64(len(body)))
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		t.clock.Store(at.Unix())
	}
	if err != nil {
		return nil, noAnswer(req, fmt.Errorf("answer cut short: %w", err))
	}
	if e := t.wrong(req.Method, resp, body); e != nil {
		e.Path, e.Status = req.URL.Path, resp.StatusCode
		return nil, e
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// wrong says why an answer is not what was asked for.
func (t *transport) wrong(method string, resp *http.Response, body []byte) *Error {
	kind := resp.Header.Get("Content-Type")
	switch code := resp.StatusCode; {
	case code/100 == 3:
		// Not followed: it may take the password along, or end at a login page.
		return &Error{Words: "is elsewhere: " + words("", []byte(resp.Header.Get("Location")))}
	case code == http.StatusNotFound:
		return &Error{Words: words(kind, body), cause: ErrNotFound}
	case code == http.StatusRequestTimeout:
		return &Error{Words: words(kind, body), tooMuch: true}
	case code/100 != 2:
		again := code == http.StatusTooManyRequests || code == http.StatusBadGateway ||
			code == http.StatusServiceUnavailable || code == http.StatusGatewayTimeout
		return &Error{Words: words(kind, body), RetryAfter: t.retryAfter(resp), again: again, tooMuch: code == http.StatusGatewayTimeout}
	case len(body) > maxBody:
		return &Error{Words: fmt.Sprintf("an answer of more than %d MiB", maxBody>>20), tooMuch: true}
	case method != http.MethodGet:
		return nil
	}
	data, found := bytes.CutPrefix(body, []byte(")]}'"))
	if !found && (strings.HasPrefix(kind, "text/html") || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))) {
		return &Error{Words: words("text/html", body), again: true}
	}
	if !json.Valid(data) {
		return &Error{Words: "an answer that is cut short, or no JSON", again: true}
	}
	return nil
}

// noAnswer is an attempt that the network failed.
func noAnswer(req *http.Request, err error) *Error {
	e := &Error{Path: req.URL.Path, Words: words("", []byte(err.Error())), cause: err, again: true}
	if errors.Is(err, context.DeadlineExceeded) {
		// The server was given its time. Asking for the same again would double
		// its load; asking for less may do.
		e.Words, e.again, e.tooMuch = "no answer in time", false, true
	}
	return e
}

// retryAfter reads how long a server wants to be left alone: seconds, or a date
// (RFC 9110, section 10.2.3).
func (t *transport) retryAfter(resp *http.Response) time.Duration {
	value := strings.TrimSpace(resp.Header.Get("Retry-After"))
	if n, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(n, 0), 24*60*60)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(t.now()), 0), 24*time.Hour)
	}
	return 0
}

// serverTime is the server's clock at its newest answer, and ours before that.
func (t *transport) serverTime() time.Time {
	if at := t.clock.Load(); at != 0 {
		return time.Unix(at, 0).UTC()
	}
	return t.now().UTC()
}

// backoff is how long to wait after so many failures in a row (0: the first):
// 1-2 s, 2-4 s and so on, up to 5 minutes.
func backoff(failures int) time.Duration {
	d := time.Second << min(failures, 9)
	return min(d+rand.N(d), 5*time.Minute)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
