package follow

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

const (
	mostBytes   = 1 << 20 // of one file
	askWithin   = 30 * time.Second
	mostForward = 5 // redirects, one after the other
)

// content is what a place holds: its files by name. A place of one file has it
// under the name of the form.
type content map[string]file

// file is one of a place's files; what identifies its state to a server is kept
// with it.
type file struct {
	Data     []byte `json:"data"`
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"` // the header Last-Modified, as it came
}

// fault is why a place can't be read. One that is brief may pass by itself.
type fault struct {
	text   string
	brief  bool
	unsent bool // nobody was asked: there was no connection
}

func (f *fault) Error() string { return f.text }

func faultf(format string, args ...any) error { return &fault{text: fmt.Sprintf(format, args...)} }

// files are the names of what a form consists of.
func (f Form) files() []string {
	if f == OpenStack {
		return []string{"schedule.yaml", "schedule.rst"}
	}
	return []string{string(f)}
}

// fetch reads a place as it is now, at an instant. Before is what was read last, nil
// for nothing.
func (f *Follower) fetch(ctx context.Context, at time.Time, p *place, before content) (content, error) {
	if err := p.misplaced(); err != nil {
		return nil, err
	}
	now := content{}
	for _, name := range p.Form.files() {
		var got *file
		var err error
		if p.Remote() {
			got, err = f.ask(ctx, at, p.address(name), before[name])
		} else {
			got, err = open(p.file(name))
		}
		if err != nil {
			return nil, err
		}
		if got != nil {
			now[name] = *got
		}
	}
	switch {
	case len(now) > 0:
		return now, nil
	case p.Form != OpenStack:
		return nil, faultf("there is no such file")
	case p.Remote():
		return nil, faultf("there is neither %s there", strings.Join(p.Form.files(), " nor "))
	}
	if info, err := os.Stat(p.Path); err != nil || !info.IsDir() {
		return nil, faultf("there is no such folder")
	}
	return nil, faultf("the folder has neither %s", strings.Join(p.Form.files(), " nor "))
}

// misplaced says that there is a file where a folder is wanted, or a folder in the
// place of a file.
func (p *place) misplaced() error {
	if p.Remote() {
		return nil
	}
	switch info, err := os.Stat(p.Path); {
	case err != nil: // which its files say too
	case p.Form == OpenStack && !info.IsDir():
		return faultf("it is no folder; want one with %s", strings.Join(p.Form.files(), " and "))
	case p.Form != OpenStack && info.IsDir():
		return faultf("it is a folder; want a file")
	}
	return nil
}

func (p *place) address(name string) string {
	if p.Form == OpenStack {
		return strings.TrimRight(p.Path, "/") + "/" + name
	}
	return p.Path
}

func (p *place) file(name string) string {
	if p.Form == OpenStack {
		return filepath.Join(p.Path, name)
	}
	return p.Path
}

// open reads a file; nil when there is none. Nothing that is no ordinary file is
// opened: a pipe would never end.
func open(name string) (*file, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, faultf("%s can't be read: %v", filepath.Base(name), cause(err))
	case !info.Mode().IsRegular():
		return nil, faultf("%s is no ordinary file", filepath.Base(name))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, faultf("%s can't be read: %v", filepath.Base(name), cause(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	switch {
	case err != nil:
		return nil, faultf("%s can't be read: %v", filepath.Base(name), cause(err))
	case len(data) > mostBytes:
		return nil, faultf("%s is larger than %d KiB", filepath.Base(name), mostBytes>>10)
	}
	return &file{Data: data}, nil
}

// cause is an error of the file system without the path.
func cause(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

// newClient makes a client that goes on only to where it was sent: another host,
// or a connection that is not encrypted, is none of the operators' choice.
func newClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: transport,
		CheckRedirect: func(next *http.Request, before []*http.Request) error {
			from := before[0].URL
			switch {
			case len(before) > mostForward:
				return errors.New("it sends from one place to the next")
			case next.URL.Scheme != from.Scheme || next.URL.Host != from.Host:
				return fmt.Errorf("it sends on to %s://%s, which the configuration does not name", next.URL.Scheme, next.URL.Host)
			}
			return nil
		},
	}
}

// answer is what was said last of an address: several teams may follow the same.
type answer struct {
	busy chan struct{} // holds one while it is asked; who waits for that can give up
	at   time.Time
	file *file // nil: there is none
	err  error
}

// ask asks for a file, unless that was done for another team within the hour.
func (f *Follower) ask(ctx context.Context, at time.Time, address string, old file) (*file, error) {
	a := f.answers[address]
	late := &fault{text: fmt.Sprintf("the server has not answered within the %s that a start waits for it", firstWithin), brief: true}
	select {
	case a.busy <- struct{}{}:
		defer func() { <-a.busy }()
	case <-ctx.Done():
		return nil, late
	}
	if age := at.Sub(a.at); !a.at.IsZero() && age >= 0 && age < askAgain && (age == 0 || !isUnsent(a.err)) {
		return a.file, a.err
	}
	got, err := f.get(ctx, address, old)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && err != nil {
		err = late
	}
	if err == nil || ctx.Err() == nil {
		a.at, a.file, a.err = at, got, err
	}
	return got, err
}

// get asks for a file, if there is another one than the old. Nil: there is none.
func (f *Follower) get(ctx context.Context, address string, old file) (*file, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, faultf("the address can't be asked: %v", err)
	}
	req.Header.Set("User-Agent", "torchbearer")
	if old.ETag != "" {
		req.Header.Set("If-None-Match", old.ETag)
	}
	if old.Modified != "" {
		req.Header.Set("If-Modified-Since", old.Modified)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		why := unanswered(err)
		why.unsent = !sent.Load()
		return nil, why
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotModified:
		if old.ETag == "" && old.Modified == "" {
			return nil, faultf("the server says that nothing has changed, since nothing")
		}
		return &old, nil
	case http.StatusNotFound, http.StatusGone:
		return nil, nil
	default:
		return nil, &fault{
			text:  fmt.Sprintf("the server answers %d %s", resp.StatusCode, http.StatusText(resp.StatusCode)),
			brief: resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests,
		}
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, mostBytes+1))
	switch {
	case err != nil:
		return nil, unanswered(err)
	case len(data) > mostBytes:
		return nil, faultf("the file is larger than %d KiB", mostBytes>>10)
	}
	return &file{Data: data, ETag: header(resp, "ETag"), Modified: header(resp, "Last-Modified")}, nil
}

// header is one that is sent back as it came, if it is of a decent length.
func header(resp *http.Response, name string) string {
	if v := resp.Header.Get(name); len(v) <= 256 {
		return v
	}
	return ""
}

// unanswered is why a server could not be asked, without the address, which may
// hold a secret.
func unanswered(err error) *fault {
	brief := true
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
		brief = !strings.HasPrefix(err.Error(), "it sends ")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &fault{text: fmt.Sprintf("the server does not answer within %s", askWithin), brief: true}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return &fault{text: "the server's answer was cut off", brief: true}
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok { // whose text may quote the certificate
		return &fault{text: "the server can't be read: " + x509.UnknownAuthorityError{}.Error() + "; a CA of your own: SSL_CERT_FILE", brief: brief}
	}
	return &fault{text: "the server can't be read: " + err.Error(), brief: brief}
}
