package follow_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/bot/calendar/follow"
)

// A place that is put back, beside the one that came in its stead, speaks for itself:
// what was read there before counts for nothing, nor does it when it is taken out again.
func TestAPlaceIsPutBack(t *testing.T) {
	for _, way := range []string{"before it", "after it"} {
		t.Run(way, func(t *testing.T) {
			story(t, []follow.Place{folder()}, func(w *world) {
				slip := follow.Place{Form: follow.OpenStack, Name: "slip", Path: w.dir + "/slip"}
				both := []follow.Place{w.team.Places[0], slip}
				if way == "after it" {
					slices.Reverse(both)
				}
				w.publish(grid, page)
				w.start()
				w.team.Places = []follow.Place{slip}
				w.reload()
				w.wantEvents(published)
				w.team.Places = both
				w.reload()
				w.publish(strings.Replace(grid, "      - h-rc1\n", "", 1), movedPage)
				w.pass(2 * time.Hour)
				w.wantEvents("h-ff 2026-08-26, h-final 2026-09-30")
				if !w.Calendar("glance").Unread {
					t.Error("the calendar does not say that it lacks dates")
				}
				w.team.Places = []follow.Place{slip}
				w.stop()
				w.start()
				w.wantEvents("")
			})
		})
	}
}

// A team that comes to share an address at which nobody was reached waits no longer for
// it than the others.
func TestSharedAfterAFault(t *testing.T) {
	story(t, []follow.Place{remote()}, func(w *world) {
		w.publish(grid, page)
		w.site.answering(func(*http.Request) (*http.Response, error) { return nil, errors.New("no route") })
		w.start()
		w.pass(5 * time.Minute)
		w.site.answering(nil)
		other := w.team
		other.ID, other.Name, other.As = "nova", "Nova", "nova"
		w.teams = append(w.teams, other)
		w.reload()
		w.wantEvents(published)
		if w.Calendar("nova").Unread {
			t.Error("Nova's calendar was not read")
		}
	})
}

// A bot that is killed while it asks again who was not reached does not know whether
// somebody was this time: it waits its hour.
func TestKilledWhileItAsksAgain(t *testing.T) {
	story(t, []follow.Place{remote()}, func(w *world) {
		w.site.answering(func(*http.Request) (*http.Response, error) { return nil, errors.New("no route") })
		w.start()
		w.stop()
		w.pass(5 * time.Minute)
		asked := 0
		w.site.answering(func(*http.Request) (*http.Response, error) {
			kept, err := follow.Kept(t.Context(), w.store)
			for key, value := range kept {
				if asked++; strings.Contains(string(value), "unsent") {
					t.Errorf("while it asks, kept at %s is %s, %v", key, value, err)
				}
			}
			return answers(500, "", nil), nil
		})
		w.start()
		if asked == 0 {
			t.Error("it did not ask again")
		}
	})
}
