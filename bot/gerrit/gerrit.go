// Package gerrit reads changes, people and abilities of a Gerrit server, and
// keeps a mirror of a team's changes up to date:
//
//	client, err := gerrit.New(gerrit.Options{Config: gerrit.Config{
//		Name: "opendev", URL: "https://review.opendev.org", User: "glancebot", Password: password,
//	}})
//	poller, err := gerrit.NewPoller(client, gerrit.PollOptions{
//		Projects: []string{"openstack/glance"}, Every: 5 * time.Minute, Sink: mirror,
//	})
//	go poller.Run(ctx)
//	raw, err := client.Change(ctx, "912345") // at most 3 s, past the mirror
//
// # What go-gerrit does here, and what not
//
// go-gerrit builds requests, signs them in and takes Gerrit's prefix off the
// answers. Its types are not used: absent becomes false in them, so that every
// change of a server that keeps mergeability to itself would look conflicted,
// and one timestamp of another length is an error for a whole page. Answers are
// decoded here, row by row, with pointers where absent means unknown. Its
// failures come without Gerrit's words and leave bodies open; the round-tripper
// below it reads and closes every body, bounds time and size, paces, and tries
// reading again where that can help.
//
// # What can go wrong
//
// Offset paging loses rows while changes move, _more_changes is left out when
// rows were hidden, before: and after: include their second, 500 rows are the
// most that a server gives. So pages go by time window, rows are told apart by
// number and content, and a full read ends only at an empty page.
// The index may lag: polls overlap, and a nightly sweep asks about every change
// that the mirror holds as open and the sweep did not see.
package gerrit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	api "github.com/andygrunwald/go-gerrit"
	"golang.org/x/time/rate"
)

const (
	attemptTimeout = 30 * time.Second // for one request, its answer included
	maxBody        = 32 << 20         // of one answer, unpacked
	attempts       = 4                // at one request, the first included
	longestWait    = time.Minute      // between two attempts; a server that asks for more is left alone
	perSecond      = 1                // requests, after a burst
	burst          = 10
	rereadWithin   = 3 * time.Second
)

// Config is one server of the configuration.
type Config struct {
	Name     string // of its section
	URL      string // https://review.opendev.org, with a path if it has one
	User     string // empty: anonymous, which can't read groups
	Password string // the HTTP password
}

// Options is a Config with what tests replace.
type Options struct {
	Config
	// Transport connects; nil: one of the package's own.
	Transport http.RoundTripper
	// PerSecond bounds requests after a burst; 0: 1. The burst is of 10.
	PerSecond float64
	// Now dates what is handed on; nil: time.Now. All waiting is by package time.
	Now func() time.Time
	Log *slog.Logger // nil: slog.Default
}

// Client reads one Gerrit server. It is safe for concurrent use.
type Client struct {
	name      string
	user      string
	api       *api.Client
	transport *transport
	now       func() time.Time
	log       *slog.Logger
	abilities atomic.Pointer[Abilities]
	lied      atomic.Bool // there were rows where it had said that there were none
}

// New returns a client. It does not connect.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read URL of Gerrit: %w", err)
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return nil, fmt.Errorf("read URL of Gerrit: %q is not of the form https://host", o.URL)
	case u.User != nil:
		// The library would try it on the server in three ways.
		return nil, errors.New("read URL of Gerrit: user and password belong into keys of their own")
	}
	c := &Client{name: o.Name, user: o.User, now: o.Now, log: o.Log}
	if c.now == nil {
		c.now = time.Now
	}
	if c.log == nil {
		c.log = slog.Default()
	}
	base := o.Transport
	if base == nil {
		base = http.DefaultTransport.(*http.Transport).Clone()
	}
	pace := rate.Limit(perSecond)
	if o.PerSecond > 0 {
		pace = rate.Limit(o.PerSecond)
	}
	c.transport = &transport{base: base, limiter: rate.NewLimiter(pace, burst), now: c.now, log: c.log}
	c.api, err = api.NewClient(context.Background(), o.URL, &http.Client{Transport: c.transport})
	if err != nil {
		return nil, fmt.Errorf("make client of Gerrit: %w", err)
	}
	if o.User != "" {
		c.api.Authentication.SetBasicAuth(o.User, o.Password)
	}
	return c, nil
}

// Cost is what reading has cost since the client was made.
type Cost struct {
	Requests int64 // attempts, those that failed included
	Bytes    int64 // of answers, unpacked
}

// Cost returns what reading has cost so far.
func (c *Client) Cost() Cost {
	return Cost{Requests: c.transport.requests.Load(), Bytes: c.transport.bytes.Load()}
}

// get reads a path below the server's URL into a value. Every error is an *Error,
// unless the context ended.
func (c *Client) get(ctx context.Context, path string, into any) error {
	_, err := c.api.Call(ctx, http.MethodGet, path, nil, into)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	short, _, _ := strings.Cut(path, "?")
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		return &Error{Path: short, Status: http.StatusOK, Words: "an answer of another form: " + wrong.Error(), cause: err}
	}
	return fmt.Errorf("read %s: %w", short, err)
}
