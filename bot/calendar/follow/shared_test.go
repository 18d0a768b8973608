package follow_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"torchbearer/bot/calendar/follow"
)

// Of a source that several teams share the operators hear once, whose it is.
func TestSharedSources(t *testing.T) {
	const (
		down  = "is not taken over: the server answers 503 Service Unavailable. What was read on 2000-01-01 00:00 UTC counts until it is well again."
		again = "is well again."
	)
	sorry := func(*http.Request) (*http.Response, error) { return answers(503, "sorry", nil), nil }
	with := func(w *world, names ...string) {
		for _, name := range names {
			team := w.team
			team.ID, team.Name, team.As = name, name, name
			w.teams = append(w.teams, team)
		}
	}
	for _, tc := range []struct {
		more []string
		who  string
	}{
		{nil, "Glance"},
		{[]string{"nova"}, "Glance and nova"},
		{[]string{"nova", "zun"}, "Glance, nova and zun"},
		{[]string{"nova", "zun", "heat", "ironic"}, "Glance, nova, zun and 2 more"},
	} {
		story(t, []follow.Place{remote()}, func(w *world) {
			with(w, tc.more...)
			w.publish(grid, page)
			w.start()
			w.site.answering(sorry)
			w.pass(3 * time.Hour)
			w.wantTold("The calendar of " + tc.who + " at " + address + " " + down)
			w.stop()
			w.start()
			w.pass(3 * time.Hour)
			w.wantTold()
			w.site.answering(nil)
			w.pass(2 * time.Hour)
			w.wantTold("The calendar of " + tc.who + " at " + address + " " + again)
		})
	}

	// One that reads it later has nothing new to say.
	story(t, []follow.Place{folder()}, func(w *world) {
		with(w, "nova")
		w.teams[0].Every = 3 * time.Hour
		w.publish(grid, page)
		w.start()
		w.write("hibiscus/schedule.rst", "")
		w.pass(time.Hour)
		w.wantTold("The calendar of Glance at hibiscus is not taken over: schedule.rst is gone. What was read on 2000-01-01 00:00 UTC counts until it is well again.")
		w.pass(3 * time.Hour)
		w.wantTold()
	})

	// One that has nothing yet takes what there is: that is something else.
	story(t, []follow.Place{folder()}, func(w *world) {
		w.publish(grid, page)
		w.start()
		w.stop()
		with(w, "nova")
		w.publish(grid, "<html>\n<h1>502 Bad Gateway</h1>\n</html>\n")
		w.start()
		w.wantTold(
			"The calendar of Glance at hibiscus is not taken over: schedule.rst: is a web page. What was read on 2000-01-01 00:00 UTC counts until it is well again.",
			"The calendar of nova at hibiscus can be read only in part: schedule.rst: is a web page.",
		)
	})
}

// What was read when the bot is stopped, while another place lets it wait, is kept
// and told.
func TestStoppedWhileAnotherWaits(t *testing.T) {
	story(t, []follow.Place{folder(), remote()}, func(w *world) {
		w.publish(grid, page)
		w.start()
		w.site.answering(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		w.write("hibiscus/schedule.rst", "")
		w.pass(time.Hour + time.Second)
		w.stop()
		const told = "The calendar of Glance at hibiscus is not taken over: schedule.rst is gone. What was read on 2000-01-01 00:00 UTC counts until it is well again."
		w.wantTold(told)
		w.start()
		w.pass(10 * time.Second)
		w.wantTold()
	})
}

// A bot that is told to go on with another team waits no longer for an address that is
// just asked for the one before than for any; with one team more, not at all.
func TestASlowAnswerIsNotWaitedForTwice(t *testing.T) {
	story(t, []follow.Place{remote()}, func(w *world) {
		w.publish(grid, page)
		w.start()
		w.site.answering(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		w.pass(time.Hour)
		nova := w.team
		nova.ID, nova.As = "nova", "nova"
		began := time.Now()
		next := follow.New(follow.Options{
			Teams: []follow.Team{nova}, Store: w.store, Client: &w.site, Now: time.Now,
			Log: slog.New(slog.DiscardHandler), Before: w.follower(),
		})
		if err := next.Load(context.Background()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 15*time.Second {
			t.Errorf("waits %s, want 15s", took)
		}
		if s := next.Sources()[0]; s.Fault != "the server has not answered within the 15s that a start waits for it" {
			t.Errorf("the source stands as %+v", s)
		}
		began = time.Now()
		next = follow.New(follow.Options{
			Teams: []follow.Team{w.team, nova}, Store: w.store, Client: &w.site, Now: time.Now,
			Log: slog.New(slog.DiscardHandler), Before: w.follower(),
		})
		if err := next.Load(context.Background()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 0 || len(next.Calendar("nova").Events) != 4 {
			t.Errorf("waits %s, and nova has %v", took, next.Calendar("nova").Events)
		}
	})
}
