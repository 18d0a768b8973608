package follow_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/calendar/follow"
	"torchbearer/bot/cycle"
)

// site is a server of calendars. Its files are by path; an answer that is set
// comes instead.
type site struct {
	mu     sync.Mutex
	files  map[string]string
	answer func(*http.Request) (*http.Response, error)
	asked  []string // with the time, and what was said of conditions
}

// RoundTrip implements http.RoundTripper.
func (s *site) RoundTrip(r *http.Request) (*http.Response, error) {
	tag := r.Header.Get("If-None-Match")
	s.mu.Lock()
	s.asked = append(s.asked, strings.TrimSpace(time.Now().UTC().Format("15:04 ")+r.URL.String()+" "+tag))
	answer := s.answer
	s.mu.Unlock()
	if answer != nil {
		return answer(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	text, there := s.files[r.URL.Path]
	is := `"` + s.tag(text) + `"`
	switch {
	case !there:
		return answers(404, "", nil), nil
	case tag == is:
		return answers(304, "", nil), nil
	}
	return answers(200, text, http.Header{"Etag": {is}}), nil
}

// tag is what the site calls a text.
func (*site) tag(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

func answers(status int, body string, header http.Header) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}
}

// put publishes a file; an empty text takes it away.
func (s *site) put(path, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files == nil {
		s.files = map[string]string{}
	}
	s.files[path] = text
	if text == "" {
		delete(s.files, path)
	}
}

func (s *site) answering(f func(*http.Request) (*http.Response, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

// requests are those since the last call.
func (s *site) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.asked = nil }()
	return s.asked
}

// world is a bot's following, from life to life.
type world struct {
	*testing.T
	site  site
	store *bottest.Store
	dir   string
	team  follow.Team
	teams []follow.Team // more of them

	mu      sync.Mutex
	told    []string
	changes int
	ahead   atomic.Int64 // of the clock, nanoseconds
	fail    error        // what a change ends with

	*follow.Follower
	stop  func()
	renew func() // see reload
}

const address = "https://example.org/hibiscus"

func newWorld(t *testing.T, places ...follow.Place) *world {
	t.Helper()
	w := &world{T: t, store: bottest.NewStore(), dir: t.TempDir()}
	for i, p := range places {
		if p.Path == "" {
			places[i].Path = filepath.Join(w.dir, p.Name)
		}
	}
	w.team = follow.Team{
		ID: "glance", Name: "Glance", As: "glance", Zone: time.UTC, Kinds: cycle.DefaultKinds(),
		Page: "https://example.org/{series}.html", Places: places, Every: time.Hour,
	}
	return w
}

// folder and remote are where a schedule is published.
func folder() follow.Place { return follow.Place{Form: follow.OpenStack, Name: "hibiscus"} }

func remote() follow.Place {
	return follow.Place{Form: follow.OpenStack, Name: address, Path: address}
}

// write puts a file of the folder there; an empty text takes it away.
func (w *world) write(name, text string) {
	w.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.Fatal(err)
	}
	err := os.WriteFile(path, []byte(text), 0o600)
	if text == "" {
		err = os.Remove(path)
	}
	if err != nil {
		w.Fatal(err)
	}
}

// publish puts a schedule at both places.
func (w *world) publish(yaml, rst string) {
	w.Helper()
	w.write("hibiscus/schedule.yaml", yaml)
	w.write("hibiscus/schedule.rst", rst)
	w.site.put("/hibiscus/schedule.yaml", yaml)
	w.site.put("/hibiscus/schedule.rst", rst)
}

// start begins a life; the one before has ended.
func (w *world) start() {
	w.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	var begin func(before *follow.Follower)
	begin = func(before *follow.Follower) {
		f := follow.New(follow.Options{
			Teams: append([]follow.Team{w.team}, w.teams...), Store: w.store, Client: &w.site, Now: func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }, Log: slog.New(slog.DiscardHandler), Before: before,
			Tell: func(_ bot.Tx, _ time.Time, key bot.Key, text string) error {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.told = append(w.told, text)
				return nil
			},
		})
		if err := f.Load(ctx); err != nil {
			w.Errorf("Load = %v", err)
		}
		life, end := context.WithCancel(ctx)
		var running sync.WaitGroup
		w.mu.Lock()
		w.Follower = f
		w.renew = func() {
			end()
			running.Wait()
			begin(f)
			synctest.Wait()
		}
		w.mu.Unlock()
		running.Add(1)
		done.Go(func() {
			defer running.Done()
			f.Run(life, func(context.Context) error {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.changes++
				if w.fail != nil {
					return w.fail
				}
				end()
				done.Go(func() { begin(f) })
				return nil
			})
			end()
		})
	}
	begin(nil)
	w.stop = func() { cancel(); done.Wait() }
	synctest.Wait()
}

// kill ends a life that stores nothing more.
func (w *world) kill() {
	w.store.Crash()
	w.stop()
	w.store = w.store.Reopen()
}

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// reload goes on with the teams as they are now.
func (w *world) reload() {
	w.mu.Lock()
	renew := w.renew
	w.mu.Unlock()
	renew()
}

// follower is the one that follows now.
func (w *world) follower() *follow.Follower {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Follower
}

// Calendar is a team's calendar in force.
func (w *world) Calendar(team string) cycle.Calendar { return w.follower().Calendar(team) }

// Sources are those that are followed now.
func (w *world) Sources() []follow.Source { return w.follower().Sources() }

// events are the ids and days of the calendar in force.
func (w *world) events() string {
	var out []string
	for _, e := range w.Calendar("glance").Events {
		out = append(out, e.ID+" "+e.Day.String())
	}
	return strings.Join(out, ", ")
}

func (w *world) wantEvents(want string) {
	w.Helper()
	if got := w.events(); got != want {
		w.Errorf("%s: the calendar is\n%s, want\n%s", time.Now().UTC().Format("15:04"), got, want)
	}
}

// wantTold compares what the operators were told since the last call.
func (w *world) wantTold(want ...string) {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.told, want) {
		w.Errorf("%s: the operators were told\n%q, want\n%q", time.Now().UTC().Format("15:04"), w.told, want)
	}
	w.told = nil
}

func (w *world) wantRequests(want ...string) {
	w.Helper()
	if got := w.site.requests(); !slices.Equal(got, want) {
		w.Errorf("%s: asked\n%q, want\n%q", time.Now().UTC().Format("15:04"), got, want)
	}
}

// wantCommits says how often the store may be written to meanwhile.
func (w *world) wantCommits(want uint64, do func()) {
	w.Helper()
	before := w.store.Commits()
	do()
	if got := w.store.Commits() - before; got != want {
		w.Errorf("%s: %d transactions, want %d", time.Now().UTC().Format("15:04"), got, want)
	}
}

// The schedule of the stories.
const (
	grid = `---
start-week: '2026-08-24'
release-week: '2026-09-28'
cycle:
  - start: '2026-08-24'
    end: '2026-08-28'
    name: R-5
    x-project:
      - h-ff
  - start: '2026-09-07'
    end: '2026-09-11'
    name: R-3
    x-project:
      - h-rc1
    project-specific:
      - h-nova-spec-freeze
  - start: '2026-09-28'
    end: '2026-10-02'
    name: R+0
    x-project:
      - h-final
`
	page = `================================
2026.2 Hibiscus Release Schedule
================================

.. _h-ff:

Feature freeze
--------------

August 27, 2026 is the feature freeze.

.. _h-rc1:

RC1 target week
---------------

The week of September 7, 2026 is the target date.

.. _h-final:

2026.2 Hibiscus release
-----------------------

The release will happen on Wednesday, September 30, 2026.
`
	published = "h-ff 2026-08-27, h-rc1 2026-09-10, h-final 2026-09-30"
)

var movedPage = strings.ReplaceAll(page, "August 27", "August 26")

const moved = "h-ff 2026-08-26, h-rc1 2026-09-10, h-final 2026-09-30"

func story(t *testing.T, places []follow.Place, tell func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slices.Clone(places)...)
		tell(w)
		if w.stop != nil {
			w.stop()
		}
	})
}
