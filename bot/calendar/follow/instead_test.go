package follow_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/bot/calendar/follow"
)

// An address is changed to one that can't be read, twice: what was read last counts
// until it can, over restarts and kills, and is forgotten then.
func TestAPlaceComesInstead(t *testing.T) {
	const slip, other = "https://example.org/hibsicus", "https://example.org/2026.2"
	for _, first := range []follow.Place{folder(), remote()} {
		for _, way := range []string{"reloaded", "restarted", "killed"} {
			t.Run(fmt.Sprintf("%s, %s", first.Name, way), func(t *testing.T) {
				story(t, []follow.Place{first}, func(w *world) {
					again := func(places ...follow.Place) {
						t.Helper()
						w.team.Places = places
						switch way {
						case "killed":
							w.kill()
							w.start()
						case "restarted":
							w.stop()
							w.start()
						default:
							w.reload()
						}
					}
					w.publish(grid, page)
					w.start()
					w.wantEvents(published)
					w.pass(3 * time.Hour)

					wrong := follow.Place{Form: follow.OpenStack, Name: slip, Path: slip}
					again(wrong)
					w.wantEvents(published)
					w.wantTold("The calendar of Glance at " + slip + " can't be read: there is neither schedule.yaml nor schedule.rst there. What was read at " + first.Name + " counts until it is.")
					w.pass(26 * time.Hour)
					w.wantEvents(published)
					again(wrong)
					w.wantEvents(published)

					later := follow.Place{Form: follow.OpenStack, Name: other, Path: other}
					again(later)
					w.wantEvents(published)
					w.pass(3 * time.Hour)
					w.site.put("/2026.2/schedule.yaml", grid)
					w.site.put("/2026.2/schedule.rst", movedPage)
					w.pass(time.Hour)
					w.wantEvents(moved)
					w.pass(2 * time.Hour)
					if got, want := w.kept(), "glance copy, glance state"; got != want {
						t.Errorf("kept is %q, want %q", got, want)
					}
					again(later)
					w.wantEvents(moved)
				})
			})
		}
	}
}

// A place that is taken out is gone, though another can't be read; that was there
// before, and did not come instead.
func TestNoPlaceComesInstead(t *testing.T) {
	next := follow.Place{Form: follow.OpenStack, Name: "indri"}
	story(t, []follow.Place{folder()}, func(w *world) {
		next.Path = w.dir + "/indri"
		w.publish(grid, page)
		w.start()
		w.team.Places = append(w.team.Places, next)
		w.reload()
		w.wantEvents(published)
		w.team.Places = slices.Clone(w.team.Places[1:])
		w.reload()
		w.wantEvents("")
		w.stop()
		w.start()
		w.wantEvents("")
		w.write("indri/schedule.yaml", strings.ReplaceAll(grid, "h-", "i-"))
		w.write("indri/schedule.rst", strings.ReplaceAll(strings.ReplaceAll(page, "h-", "i-"), "Hibiscus", "Indri"))
		w.pass(time.Hour)
		w.wantEvents(strings.ReplaceAll(published, "h-", "i-"))
	})
}

// Who was not reached is asked again at a start, within the hour too: the operator has
// put right what was wrong. Who answered is not. Meanwhile the calendar says that it
// lacks dates.
func TestAStartAfterAFault(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer func(*http.Request) (*http.Response, error)
		asked  bool
	}{
		{"no connection", func(*http.Request) (*http.Response, error) {
			return nil, errors.New("tls: failed to verify certificate")
		}, true},
		{"an answer", func(*http.Request) (*http.Response, error) { return answers(500, "", nil), nil }, false},
		{"an answer that is cut off", func(r *http.Request) (*http.Response, error) {
			httptrace.ContextClientTrace(r.Context()).WroteHeaders()
			return nil, io.ErrUnexpectedEOF
		}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			story(t, []follow.Place{remote()}, func(w *world) {
				w.publish(grid, page)
				w.site.answering(tc.answer)
				w.start()
				w.wantEvents("")
				if !w.Calendar("glance").Unread {
					t.Error("the calendar does not say that it lacks dates")
				}
				w.site.answering(nil)
				w.pass(5 * time.Minute)
				for _, again := range []func(){w.reload, func() { w.stop(); w.start() }} {
					w.site.requests()
					again()
					if !tc.asked {
						w.wantRequests()
					}
					if got := !w.Calendar("glance").Unread; got != tc.asked {
						t.Errorf("read: %v, want %v", got, tc.asked)
					}
				}
				w.pass(time.Hour)
				w.wantEvents(published)
			})
		})
	}
}
