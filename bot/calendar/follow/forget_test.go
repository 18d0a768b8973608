package follow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/bot/calendar/follow"
)

// kept lists what the store keeps of calendars: the team and what it is.
func (w *world) kept() string {
	w.Helper()
	values, err := follow.Kept(w.Context(), w.store)
	if err != nil {
		w.Fatal(err)
	}
	var out []string
	for key := range values {
		parts := strings.Split(key, "/")
		out = append(out, parts[1]+" "+parts[3])
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// What is kept of a place that is not followed any more is forgotten, an hour after it
// was asked. Until then it may come back, and neither misses its dates nor is it asked
// again; what another team has of it stays.
func TestAPlaceIsNotFollowedAnyMore(t *testing.T) {
	for _, place := range []follow.Place{folder(), remote()} {
		for _, restart := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, restarted %v", place.Name, restart), func(t *testing.T) {
				story(t, []follow.Place{place}, func(w *world) {
					w.publish(grid, page)
					nova := w.team
					nova.ID, nova.Name = "nova", "Nova"
					w.teams = []follow.Team{nova}
					places := w.team.Places
					without := func(none bool) {
						w.team.Places = places
						if none {
							w.team.Places = nil
						}
						if restart {
							w.stop()
							w.start()
						} else {
							w.reload()
						}
					}
					const all = "glance copy, glance state, nova copy, nova state"
					wantKept := func(want string) {
						t.Helper()
						if got := w.kept(); got != want {
							t.Errorf("%s: kept is %q, want %q", time.Now().UTC().Format("15:04"), got, want)
						}
					}
					w.start()
					wantKept(all)
					w.pass(40 * time.Minute)
					w.site.requests()
					without(true)
					w.wantEvents("")
					w.pass(10 * time.Minute)
					wantKept(all)
					without(false)
					w.wantEvents(published)
					w.wantRequests()
					w.pass(5 * time.Hour)
					without(true)
					w.pass(70 * time.Minute)
					w.site.requests()
					wantKept("nova copy, nova state")
					without(false)
					w.wantEvents(published)
					wantKept(all)
					w.pass(40 * time.Minute)
					w.wantRequests() // within the hour of nova's
					w.pass(2 * time.Hour)
					w.wantEvents(published)
					wantKept(all)
				})
			})
		}
	}
}
