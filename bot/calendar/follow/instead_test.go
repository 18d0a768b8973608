package follow_test

import (
	"fmt"
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
