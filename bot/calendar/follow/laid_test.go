package follow_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar/follow"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// Another team's date is the one that it has laid over the official one, where the
// bot knows it; what it keeps to itself is nobody else's.
func TestAnotherTeamsOwnDate(t *testing.T) {
	tokyo, err := civil.LoadZone("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	story(t, []follow.Place{folder()}, func(w *world) {
		nova := w.team
		nova.ID, nova.Name, nova.As = "nova", "Nova", "nova"
		day := civil.Date{Year: 2026, Month: 9, Day: 2}
		at := day.At(civil.Clock{Hour: 23, Minute: 59}, time.UTC)
		nova.Own = []cycle.Event{
			{ID: "spec-freeze", Kind: "spec-freeze", Name: "Our spec freeze", Day: day, At: at},
			{ID: "dinner", Kind: "dinner", Name: "Dinner", Day: day, At: at},
			{ID: "feature-freeze", Kind: "feature-freeze", Name: "Our freeze", Day: civil.Date{Year: 2026, Month: 8, Day: 25}, At: at.AddDate(0, 0, -8)},
		}
		w.team.Zone = tokyo
		w.teams = []follow.Team{nova}
		w.publish(grid, page)
		w.start()
		others := func(team string) (out []string) {
			for _, e := range w.Calendar(team).Others {
				line := fmt.Sprintf("%s %s %q %s %s", e.Team, e.ID, e.Name, e.Day, e.At.Format(time.RFC3339))
				if e.Official != nil {
					line += " over " + e.Official.Day.String()
				}
				out = append(out, line)
			}
			return out
		}
		if d := cmp.Diff([]string{`nova h-nova-spec-freeze "Our spec freeze" 2026-09-03 2026-09-02T23:59:00Z over 2026-09-10`}, others("glance")); d != "" {
			t.Errorf("Glance knows of others (-want +got):\n%s", d)
		}
		w.wantEvents(published)
		if got := others("nova"); got != nil {
			t.Errorf("Nova knows of others %q, want nothing", got)
		}
	})
}
