package follow_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar/follow"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// A date that moves is in force within the hour, by one change; a reading that
// finds nothing new writes nothing, but for an address that it is asked, and does
// nothing.
func TestADateMoves(t *testing.T) {
	for _, place := range []follow.Place{folder(), remote()} {
		asked := uint64(0) // commits an hour
		if place.Remote() {
			asked = 1
		}
		story(t, []follow.Place{place}, func(w *world) {
			w.publish(grid, page)
			w.start()
			w.wantEvents(published)
			w.wantCommits(5*asked, func() { w.pass(5*time.Hour + time.Minute) })
			w.publish(grid, movedPage)
			w.wantCommits(asked+1, func() { w.pass(time.Hour) })
			w.wantEvents(moved)
			w.wantCommits(5*asked, func() { w.pass(5 * time.Hour) })
			if w.changes != 1 {
				w.Errorf("%d changes, want 1", w.changes)
			}
			w.wantTold()
		})
	}
}

// An address is asked once an hour at most, from life to life too, and only for
// what is new.
func TestAnAddressIsAskedOnceAnHour(t *testing.T) {
	story(t, []follow.Place{remote()}, func(w *world) {
		w.publish(grid, page)
		w.start()
		w.wantRequests("00:00 "+address+"/schedule.yaml", "00:00 "+address+"/schedule.rst")
		w.pass(59 * time.Minute)
		w.stop()
		w.start()
		w.wantEvents(published) // of what is kept
		w.wantRequests()
		w.pass(time.Minute)
		got := w.site.requests()
		if len(got) != 2 || !strings.HasPrefix(got[0], "01:00 "+address+"/schedule.yaml \"") || !strings.HasPrefix(got[1], "01:00 "+address+"/schedule.rst \"") {
			w.Errorf("asked %q, want both files, if they are others", got)
		}
		w.pass(30 * time.Minute)
		w.stop()
		w.pass(29 * time.Minute)
		w.start()
		w.pass(10 * time.Second)
		w.wantRequests()
		w.team.Every = 24 * time.Hour
		w.stop()
		w.start()
		w.pass(22 * time.Hour)
		w.wantRequests()
	})
}

// What was read well counts while the source is unreachable, over a restart too,
// and the operators are told once; a server that fails once is no news.
func TestASourceThatCantBeRead(t *testing.T) {
	const told = "The calendar of Glance at " + address + " is not taken over: the server answers 503 Service Unavailable. " +
		"What was read on 2000-01-01 01:00 UTC counts until it is well again."
	story(t, []follow.Place{remote()}, func(w *world) {
		w.publish(grid, page)
		w.start()
		w.pass(time.Hour)
		down := func(*http.Request) (*http.Response, error) { return answers(503, "sorry", nil), nil }
		w.site.answering(down)
		w.pass(time.Hour)
		w.wantTold()
		if s := w.Sources()[0]; s.Fault == "" || s.ReadAt.Hour() != 1 || s.Since.Hour() != 2 {
			w.Errorf("the source stands as %+v", s)
		}
		w.wantCommits(2, func() { w.pass(time.Hour) })
		w.wantTold(told)
		w.wantCommits(24, func() { w.pass(24 * time.Hour) })
		w.stop()
		w.start()
		w.wantEvents(published)
		w.pass(3 * time.Hour)
		w.wantTold()
		w.site.answering(nil)
		w.pass(time.Hour)
		w.wantTold("The calendar of Glance at " + address + " is well again.")
		w.pass(3 * time.Hour)
		w.wantTold()
		w.site.answering(down)
		w.pass(time.Hour)
		w.site.answering(nil)
		w.pass(time.Hour)
		w.wantTold()
		w.wantEvents(published)
		if w.changes != 0 {
			w.Errorf("%d changes, want none", w.changes)
		}
	})
}

// What nobody should believe does not count, wherever it is read.
func TestWhatIsNotBelieved(t *testing.T) {
	for _, tc := range []struct{ name, yaml, rst, why string }{
		{"the page is gone", grid, "", "schedule.rst is gone"},
		{"all is gone", "", "", "neither schedule.yaml nor schedule.rst"},
		{"an empty grid", "\n", page, "schedule.yaml: no weeks"},
		{"an empty page", grid, " \n", "schedule.rst is empty"},
		{"half a grid", grid[:len(grid)/2], page, "schedule.yaml breaks off"},
		{"half a grid, to the end of a line", grid[:strings.Index(grid, "  - start: '2026-09-28'")], page, "schedule.yaml breaks off"},
		{"half of another page", grid, movedPage[:len(page)/2], "schedule.rst breaks off"},
		{"a server's excuse", "<html>sorry</html>\n", "<html>sorry</html>\n", ""},
		{"no YAML any more", strings.Replace(grid, "    name: R-3\n", "    name: [R-3\n", 1), page, "schedule.yaml:13: not valid YAML"},
		{"no release", strings.NewReplacer("    name: R+0\n", "    name: R-9\n").Replace(grid), page, "the week of the release is gone"},
		{"dates that are not described any more", grid, strings.NewReplacer("_h-ff", "_x-ff", "_h-rc1", "_x-rc1").Replace(page), "it describes 1 of its dates, 3 before"},
		{"few dates left", strings.NewReplacer("- h-ff", "-", "- h-rc1", "-", "- h-nova-spec-freeze", "-").Replace(grid), page, ""},
		{"far too much", grid + strings.Repeat("# more and more\n", 1<<17), page, "is larger than 1024 KiB"},
	} {
		for _, place := range []follow.Place{folder(), remote()} {
			t.Run(tc.name+" "+place.Name, func(t *testing.T) {
				story(t, []follow.Place{place}, func(w *world) {
					w.publish(grid, page)
					w.start()
					w.pass(90 * time.Minute)
					w.write("hibiscus/schedule.yaml", tc.yaml)
					w.write("hibiscus/schedule.rst", tc.rst)
					w.site.put("/hibiscus/schedule.yaml", tc.yaml)
					w.site.put("/hibiscus/schedule.rst", tc.rst)
					w.pass(3 * time.Hour)
					w.stop()
					w.start()
					w.pass(3 * time.Hour)
					w.wantEvents(published)
					if len(w.told) != 1 || !strings.Contains(w.told[0], "is not taken over: ") || !strings.Contains(w.told[0], tc.why) {
						t.Errorf("told %q, want once: %s", w.told, tc.why)
					}
					w.told = nil
					w.publish(grid, movedPage)
					w.pass(time.Hour)
					w.wantTold("The calendar of Glance at " + place.Name + " is well again.")
					w.wantEvents(moved)
				})
			})
		}
	}
}

// A calendar may shrink, and the next cycle's may have next to nothing yet.
func TestWhatIsBelieved(t *testing.T) {
	indri := strings.NewReplacer("h-", "i-", "2026-08-24", "2027-02-15", "2026-08-28", "2027-02-19", "2026-09-28", "2027-03-22", "2026-10-02", "2027-03-26").Replace(grid)
	indri = indri[:strings.Index(indri, "  - start: '2026-09-07'")] + indri[strings.Index(indri, "  - start: '2027-03-22'"):]
	for _, tc := range []struct{ name, yaml, rst, want string }{
		{"an event less", strings.Replace(grid, "      - h-rc1\n", "", 1), page, "h-ff 2026-08-27, h-final 2026-09-30"},
		{"the next cycle", indri, "2027.1 Indri Release Schedule\n=============================\n", "i-ff 2027-02-18, i-final 2027-03-25"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			story(t, []follow.Place{folder()}, func(w *world) {
				w.publish(grid, page)
				w.start()
				w.publish(tc.yaml, tc.rst)
				w.pass(time.Hour)
				w.wantTold()
				w.wantEvents(tc.want)
			})
		})
	}
}

// A calendar that is broken from the start counts as far as it can be read.
func TestBrokenFromTheStart(t *testing.T) {
	story(t, []follow.Place{folder()}, func(w *world) {
		broken := strings.Replace(grid, "    name: R-3\n", "    name: [R-3\n", 1)
		w.publish(broken, page)
		w.start()
		w.wantEvents("h-ff 2026-08-27, h-final 2026-09-30")
		if len(w.told) != 1 || !strings.HasPrefix(w.told[0], "The calendar of Glance at hibiscus can be read only in part: schedule.yaml:") {
			t.Errorf("told %q", w.told)
		}
		w.told = nil
		w.publish(broken, movedPage)
		w.pass(time.Hour)
		w.wantEvents("h-ff 2026-08-26, h-final 2026-09-30")
		w.wantTold()
		w.publish(grid, movedPage)
		w.pass(time.Hour)
		w.wantEvents(moved)
		w.wantTold("The calendar of Glance at hibiscus is well again.")
	})
	story(t, []follow.Place{folder()}, func(w *world) {
		w.start()
		w.wantEvents("")
		w.wantTold("The calendar of Glance at hibiscus can't be read: there is no such folder. Its dates are not known.")
		w.publish(grid, page)
		w.pass(time.Hour)
		w.wantEvents(published)
	})
}

// A change that can't be taken over is tried again, and lost is nothing.
func TestAChangeThatFails(t *testing.T) {
	story(t, []follow.Place{folder()}, func(w *world) {
		w.publish(grid, page)
		w.start()
		w.mu.Lock()
		w.fail = errors.New("no")
		w.mu.Unlock()
		w.publish(grid, movedPage)
		w.pass(90 * time.Minute)
		w.wantEvents(published)
		w.mu.Lock()
		if w.changes != 4 {
			w.Errorf("%d tries in half an hour, want 4", w.changes)
		}
		w.fail = nil
		w.mu.Unlock()
		w.pass(10 * time.Minute)
		w.wantEvents(moved)
	})
}

// Whoever answers is who was asked, in time, and in bounds.
func TestHostileServers(t *testing.T) {
	to := func(address string) func(*http.Request) (*http.Response, error) {
		return func(*http.Request) (*http.Response, error) {
			return answers(302, "", http.Header{"Location": {address}}), nil
		}
	}
	for _, tc := range []struct {
		name   string
		answer func(*http.Request) (*http.Response, error)
		want   string
	}{
		{"in clear", to("http://example.org/x"), "it sends on to http://example.org, which the configuration does not name"},
		{"somebody else", to("https://example.net/x"), "it sends on to https://example.net,"},
		{"a file", to("file:///etc/passwd"), "it sends on to file://,"},
		{"in a circle", to("https://example.org/x"), "it sends from one place to the next"},
		{"nothing", func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, "the server has not answered within the 15s that a start waits for it"},
		{"nothing new, of nothing", func(*http.Request) (*http.Response, error) { return answers(304, "", nil), nil }, "nothing has changed, since nothing"},
		{"forbidden", func(*http.Request) (*http.Response, error) { return answers(403, "", nil), nil }, "the server answers 403 Forbidden"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			story(t, []follow.Place{remote()}, func(w *world) {
				w.site.answering(tc.answer)
				w.start()
				w.pass(time.Minute)
				if len(w.told) != 1 || !strings.Contains(w.told[0], tc.want) {
					t.Errorf("told %q, want %q in it", w.told, tc.want)
				}
			})
		})
	}
}

// Own events are laid over the official ones, whose date is kept; others' stand
// apart; an election's configuration is exact, and comes instead of the
// schedule's week; what has a time has its day in the team's zone.
func TestCompose(t *testing.T) {
	zone, err := civil.LoadZone("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	story(t, []follow.Place{
		folder(),
		{Form: follow.Elections, Name: "e.yaml"},
		{Form: follow.ICS, Name: "meetings.ics"},
	}, func(w *world) {
		w.team.Zone = zone
		day := civil.Date{Year: 2026, Month: 8, Day: 20}
		w.team.Own = []cycle.Event{{ID: "feature-freeze", Kind: "feature-freeze", Name: "Our freeze", Day: day, At: day.At(civil.Clock{Hour: 12}, zone)}}
		w.publish(strings.Replace(grid, "      - h-ff\n", "      - h-ff\n      - i-election-nominations\n", 1), page)
		w.write("e.yaml", "release: 2027.1\ntimeline:\n  - name: PTL Nominations\n    start: 2026-08-05T23:45\n    end: 2026-08-19T23:45\n")
		w.write("meetings.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20260901T140000Z\nSUMMARY:Glance meeting\nEND:VEVENT\nEND:VCALENDAR\n")
		w.start()
		w.wantTold()
		w.wantEvents("election-ptl-nominations 2026-08-06, feature-freeze 2026-08-20, ics-a 2026-09-01, h-rc1 2026-09-10, h-final 2026-09-30")
		cal := w.Calendar("glance")
		own := cal.Events[1]
		if own.Name != "Our freeze" || own.Official == nil || own.Official.Day.String() != "2026-08-27" || own.Official.URL != "https://example.org/hibiscus.html#h-ff" {
			t.Errorf("the own event is %+v, over %+v", own, own.Official)
		}
		var others []string
		for _, e := range cal.Others {
			others = append(others, fmt.Sprintf("%s %s %s", e.Team, e.ID, e.URL))
		}
		// No section has the label: the page as a whole is shown.
		if diff := cmp.Diff([]string{"nova h-nova-spec-freeze https://example.org/hibiscus.html"}, others); diff != "" {
			t.Errorf("others (-want +got):\n%s", diff)
		}
		if src := cal.Events[3].Source; src.File != "hibiscus/schedule.yaml" || src.Line != 15 || src.Week != "R-3" {
			t.Errorf("h-rc1 is from %+v", src)
		}
		if got := cal.Kind(own).Grants; got != "the PTL" {
			t.Errorf("exceptions are granted by %q", got)
		}
	})
}

// What a team says of a kind counts for an event that does not say it itself.
func TestKindsRemind(t *testing.T) {
	story(t, []follow.Place{folder()}, func(w *world) {
		week := []civil.Span{civil.DaySpan(7)}
		w.team.Kinds = cycle.DefaultKinds().Extend(cycle.Kind{Name: "rc1", Remind: []civil.Span{}}, cycle.Kind{Name: "meeting", Remind: week})
		day := civil.Date{Year: 2026, Month: 8, Day: 20}
		meeting := cycle.Event{ID: "a", Kind: "meeting", Name: "Meeting", Day: day, At: day.At(civil.Clock{Hour: 12}, time.UTC)}
		quiet := meeting
		quiet.ID, quiet.Remind = "b", []civil.Span{}
		w.team.Own = []cycle.Event{meeting, quiet}
		w.publish(grid, page)
		w.start()
		got := map[string][]civil.Span{}
		for _, e := range w.Calendar("glance").Events {
			got[e.ID] = e.Remind
		}
		want := map[string][]civil.Span{"a": week, "b": {}, "h-ff": nil, "h-rc1": {}, "h-final": nil}
		if d := cmp.Diff(want, got, cmp.Comparer(func(a, b civil.Span) bool { return a == b })); d != "" {
			t.Errorf("reminders (-want +got):\n%s", d)
		}
	})
}

// Without a file, the weeks are counted back from a release.
func TestEstimated(t *testing.T) {
	story(t, nil, func(w *world) {
		w.team.Release = civil.Date{Year: 2027, Month: 3, Day: 24}
		w.start()
		e, ok := w.Calendar("glance").Next(time.Time{}, func(e cycle.Event) bool { return e.Kind == "feature-freeze" })
		if !ok || e.Day.String() != "2027-02-18" || !e.Estimated() {
			t.Errorf("the feature freeze is %+v", e)
		}
	})
}

// Beside a bot, what it keeps is read, and nothing is asked or written.
func TestOffline(t *testing.T) {
	story(t, []follow.Place{remote()}, func(w *world) {
		offline := func() *follow.Follower {
			f := follow.New(follow.Options{Teams: []follow.Team{w.team}, Store: w.store, Offline: true, Client: &w.site, Now: time.Now})
			if err := f.Load(context.Background()); err != nil {
				t.Fatal(err)
			}
			return f
		}
		if s := offline().Sources()[0]; !s.ReadAt.IsZero() || len(w.site.requests()) > 0 {
			t.Errorf("before anything is kept: %+v", s)
		}
		w.publish(grid, page)
		w.start()
		w.stop()
		w.site.requests()
		w.pass(5 * time.Hour)
		w.wantCommits(0, func() {
			if got := len(offline().Calendar("glance").Events); got != 3 {
				t.Errorf("%d events, want 3", got)
			}
		})
		w.wantRequests()
	})
}
