package app

import (
	"context"
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
	"torchbearer/bot/config"
	"torchbearer/bot/msg"
)

// reader is a bot that follows a calendar in a folder, and writes down what a
// plugin hears of it.
type reader struct {
	*running
	dir       string
	calendars http.RoundTripper // nil: none are asked

	mu    sync.Mutex
	heard []string
}

func (r *reader) plugin() bot.Plugin {
	return bot.Plugin{Name: "noted", Summary: "x", New: func(bot.Team, any) (bot.Instance, error) {
		return bot.Instance{On: func(_ context.Context, v bot.View, ev bot.Event) (bot.Effects, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			d := ev.Calendar
			r.heard = append(r.heard, fmt.Sprintf("%d new, %d moved, %d gone of %d", len(d.New), len(d.Moved), len(d.Gone), len(v.Calendar().Events)))
			return bot.Effects{}, nil
		}}, nil
	}}
}

func (r *reader) config(t *testing.T, more string) *config.Config {
	t.Helper()
	cfg, err := config.Parse("story.toml", []byte(oneTeam+more+"[team.glance.plugin.noted]\n"), r.dir, []bot.Plugin{r.plugin()})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// edit changes a file of the folder.
func (r *reader) edit(t *testing.T, name, from, to string) {
	t.Helper()
	path := filepath.Join(r.dir, "hibiscus", name)
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), from) {
		t.Fatalf("%s: %v, without %q", path, err, from)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), from, to)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r *reader) wantHeard(t *testing.T, want ...string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.heard, want) {
		t.Errorf("%s: heard %q, want %q", time.Now().UTC().Format("15:04"), r.heard, want)
	}
	r.heard = nil
}

const followsFolder = `
[operators]
room = "net/#operators"
[team.glance.calendar]
openstack = "hibiscus"
`

// reads begins a story on 1 August 2026.
func reads(t *testing.T, tell func(*testing.T, *reader)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)))
		r := &reader{dir: t.TempDir()}
		if err := os.CopyFS(filepath.Join(r.dir, "hibiscus"), os.DirFS("testdata/calendars/hibiscus")); err != nil {
			t.Fatal(err)
		}
		r.running = &running{store: bottest.NewStore(), ended: make(chan error, 1)}
		r.begin(t, followsFolder)
		tell(t, r)
		r.stop()
		if err := <-r.ended; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

func (r *reader) begin(t *testing.T, more string) {
	t.Helper()
	var err error
	r.App, err = New(t.Context(), Options{
		Config: r.config(t, more), Plugins: []bot.Plugin{r.plugin()}, Store: r.store,
		Calendars: r.calendars, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	go func() { r.ended <- r.Run(ctx) }()
	synctest.Wait()
}

// A date that moves while the bot runs reaches the plugins within the hour, once;
// what was asked meanwhile is answered. A reading that finds nothing new does
// nothing.
func TestACalendarChangesWhileTheBotRuns(t *testing.T) {
	reads(t, func(t *testing.T, r *reader) {
		r.wantHeard(t, "5 new, 0 moved, 0 gone of 5")
		first := r.core.Load()
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		r.wantHeard(t)
		if r.core.Load() != first {
			t.Error("the machinery was stopped, though nothing had changed")
		}

		r.edit(t, "schedule.rst", "August 27", "August 26")
		answers := make(chan error, 200)
		asked := 0
		for range 200 {
			time.Sleep(30 * time.Second)
			do := func(context.Context, bot.View) (bot.Effects, error) { return bot.Effects{}, nil }
			if first.loop.Do("glance", "noted", "", do, func(_ *msg.Message, err error) { answers <- err }) {
				asked++
			}
		}
		synctest.Wait()
		if asked != 200 || len(answers) != 200 {
			t.Errorf("%d of 200 commands taken, %d answered", asked, len(answers))
		}
		r.wantHeard(t, "0 new, 1 moved, 0 gone of 5")
		if r.core.Load() == first {
			t.Error("the old machinery goes on")
		}

		// What is edited while a reload is asked for is not read twice.
		r.edit(t, "schedule.rst", "August 26", "August 25")
		if err := r.Reload(t.Context(), r.config(t, followsFolder)); err != nil {
			t.Errorf("Reload = %v", err)
		}
		r.wantHeard(t, "0 new, 1 moved, 0 gone of 5")
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		r.wantHeard(t)
	})
}

// A calendar that breaks changes nothing: now, nor at a restart. The operators are
// told once, and the status says since when.
func TestACalendarBreaks(t *testing.T) {
	reads(t, func(t *testing.T, r *reader) {
		r.wantHeard(t, "5 new, 0 moved, 0 gone of 5")
		if err := os.RemoveAll(filepath.Join(r.dir, "hibiscus")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Hour)
		r.stop()
		if err := <-r.ended; err != nil {
			t.Errorf("Run = %v", err)
		}
		r.begin(t, followsFolder)
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		r.wantHeard(t)
		s, err := r.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, w := range s.Outbox.Waiting {
			told = append(told, w.Text)
		}
		want := "The calendar of glance at hibiscus is not taken over: there is no such folder…"
		if len(told) != 1 || told[0] != want {
			t.Errorf("the operators are told %q, want %q", told, want)
		}
		for more, want := range map[bool]string{
			false: "glance's calendar can't be read well, last read 6 h ago;",
			true:  "glance's calendar can't be read well (hibiscus: there is no such folder), last read 6 h ago, next at 07:00 UTC;",
		} {
			if got := s.line(time.Now(), more); !strings.Contains(got, want) {
				t.Errorf("status %q, want %q in it", got, want)
			}
		}
		if err := os.CopyFS(filepath.Join(r.dir, "hibiscus"), os.DirFS("testdata/calendars/hibiscus")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		r.wantHeard(t)
		if s, err = r.Status(t.Context()); err != nil || len(s.Outbox.Waiting) != 2 || s.Calendars[0].Failing != "" {
			t.Errorf("status %+v, %v", s, err)
		}
		if got, want := s.text(time.Now()), "glance's calendar hibiscus read just now\n"; !strings.Contains(got, want) {
			t.Errorf("status %q, want %q in it", got, want)
		}
	})
}

// A source that was never read is a problem until it is: the bot runs without its
// dates. One that can't be read any more is none, what was read counts.
func TestACalendarThatWasNeverReadIsAProblem(t *testing.T) {
	reads(t, func(t *testing.T, r *reader) {
		healthy := func(want ...string) {
			t.Helper()
			synctest.Wait()
			s, err := r.Status(t.Context())
			if err != nil || s.Healthy != (len(want) == 0) || !slices.Equal(s.Problems, want) {
				t.Errorf("%s: healthy %v, %q, %v, want %q", time.Now().UTC().Format("15:04"), s.Healthy, s.Problems, err, want)
			}
		}
		healthy()
		if err := r.Reload(t.Context(), r.config(t, followsFolder+"ics = \"team.ics\"\n")); err != nil {
			t.Fatal(err)
		}
		const problem = "glance's calendar team.ics can't be read since 2026-08-01 00:00 UTC: there is no such file"
		healthy(problem)
		s, err := r.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for more, want := range map[bool]string{
			false: "glance's calendar can't be read;",
			true:  "glance's calendar can't be read (team.ics: there is no such file), next at 01:00 UTC;",
		} {
			if got := s.line(time.Now(), more); !strings.Contains(got, want) {
				t.Errorf("status %q, want %q in it", got, want)
			}
		}

		if err := os.RemoveAll(filepath.Join(r.dir, "hibiscus")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(90 * time.Minute)
		healthy(problem)
		text := "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nSUMMARY:Midcycle\nDTSTART;VALUE=DATE:20260810\nEND:VEVENT\nEND:VCALENDAR\n"
		if err := os.WriteFile(filepath.Join(r.dir, "team.ics"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		healthy()
	})
}

// When a source is asked next is said if that is to come, with the day if it is not
// within one.
func TestWhenACalendarIsAskedNext(t *testing.T) {
	now := time.Date(2026, 8, 1, 23, 30, 0, 0, time.UTC)
	for _, tc := range []struct {
		next time.Time
		want string
	}{
		{time.Time{}, ""},
		{now, ""},
		{now.Add(40 * time.Minute), ", next at 00:10 UTC"},
		{now.Add(24 * time.Hour), ", next at 2026-08-02 23:30 UTC"},
	} {
		c := CalendarStatus{Team: "glance", Source: "x", Failing: "y", Next: tc.next}
		if got, want := c.line(now, true), "glance's calendar can't be read (x: y)"+tc.want; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// transport answers requests.
type transport func(*http.Request) *http.Response

// RoundTrip implements http.RoundTripper.
func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// published answers with the calendars of the test data.
func published(t *testing.T) transport {
	return func(r *http.Request) *http.Response {
		data, err := os.ReadFile(filepath.Join("testdata/calendars", r.URL.Path))
		if err != nil {
			t.Error(err)
		}
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(data)))}
	}
}

// A preview shows the dates of an address as the bot keeps them, and says so where
// it keeps none.
func TestPreviewOfAnAddress(t *testing.T) {
	r := &reader{dir: t.TempDir()}
	cfg := r.config(t, "[team.glance.calendar]\nopenstack = \"https://example.org/hibiscus\"\n")
	store := bottest.NewStore()
	plugins := []bot.Plugin{r.plugin()}
	day := cfg.Teams[0].Sources.Release // none
	if _, err := Preview(t.Context(), cfg, plugins, store, day, day); err == nil || !strings.Contains(err.Error(), "nothing of the calendar at https://example.org/hibiscus is kept yet") {
		t.Errorf("Preview = %v", err)
	}
	_, err := New(t.Context(), Options{
		Config: cfg, Plugins: plugins, Store: store, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Calendars: published(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := Preview(t.Context(), cfg, plugins, store, day, day)
	if err != nil || len(f.teams[0].Calendar.Events) != 5 {
		t.Errorf("Preview = %+v, %v; want five events", f.teams, err)
	}
}

// hanging answers while it does not hang; then it waits for whoever asks to give up.
type hanging struct {
	transport
	hangs atomic.Bool
}

// RoundTrip implements http.RoundTripper.
func (h *hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	if h.hangs.Load() {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return h.transport(r), nil
}

// A reload does not wait for an address that is just being asked, and keeps its dates.
func TestReloadWhileAnAddressIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{dir: t.TempDir()}
		server := &hanging{transport: published(t)}
		const follows = "[team.glance.calendar]\nopenstack = \"https://example.org/hibiscus\"\n"
		r.running = &running{store: bottest.NewStore(), ended: make(chan error, 1)}
		r.calendars = server
		r.begin(t, follows)
		server.hangs.Store(true)
		time.Sleep(time.Hour + time.Second)
		began := time.Now()
		if err := r.Reload(t.Context(), r.config(t, follows)); err != nil {
			t.Errorf("Reload = %v", err)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("the reload takes %s", took)
		}
		if n := len(r.core.Load().follow.Calendar("glance").Events); n != 5 {
			t.Errorf("%d dates, want 5", n)
		}
		r.stop()
		if err := <-r.ended; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}
