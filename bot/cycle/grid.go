package cycle

import (
	"fmt"
	"time"

	"torchbearer/bot/civil"
)

// Cycle is one release's weeks, counted from the week of the release: R-25 to
// R+0 and a few after it. Weeks run from Monday to Sunday.
type Cycle struct {
	Series  string     // "hibiscus"; may be empty
	Release civil.Date // the day of the release; the zero date: no cycle
}

// Week is the distance of a day's week to the release's: -15 for R-15.
func (c Cycle) Week(d civil.Date) int {
	return d.Monday().Sub(c.Release.Monday()) / 7
}

// Monday is the first day of a week, by its distance.
func (c Cycle) Monday(week int) civil.Date {
	return c.Release.Monday().AddDays(7 * week)
}

// WeekName is how schedules write a week's distance: R-15, R+0, R+2.
func WeekName(week int) string {
	return fmt.Sprintf("R%+d", week)
}

// Estimated lays a cycle around a release for a community that publishes none:
// an event for each step that OpenStack's cycles have in the same week nearly
// always, on the Thursday of its week at 23:59 in the zone, the release on its
// day. None is exact, and each says that it is an estimate.
//
// Source: 21 series of openstack/releases, Ocata to 2027.1: milestone 1 in R-20
// to R-18, milestone 2 in, library freeze R-6 (20 of 21), feature
// freeze R-5 (20 of 21), RC1 R-3 and final RC R-1 (all).
func (c Cycle) Estimated(zone *time.Location) []Event {
	if c.Release.IsZero() {
		return nil
	}
	steps := []struct {
		id, kind, name string
		week           int
	}{
		{"milestone-1", "milestone", "Milestone 1", -19},
		{"milestone-2", "milestone", "Milestone 2", -12},
		{"library-freeze", "library-freeze", "Final release for libraries", -6},
		{"milestone-3", "milestone", "Milestone 3", -5},
		{"feature-freeze", "feature-freeze", "Feature freeze", -5},
		{"soft-string-freeze", "soft-string-freeze", "Soft string freeze", -5},
		{"rc1", "rc1", "First release candidate (RC1)", -3},
		{"hard-string-freeze", "hard-string-freeze", "Hard string freeze", -3},
		{"final-rc", "final-rc", "Last release candidates", -1},
		{"release", "release", "Release", 0},
	}
	var out []Event
	for _, s := range steps {
		day := c.Monday(s.week).AddDays(3)
		if s.kind == "release" {
			day = c.Release
		}
		out = append(out, Event{
			ID: s.id, Kind: s.kind, Name: s.name, Team: CrossProject, Day: day,
			At:     day.At(civil.Clock{Hour: 23, Minute: 59}, zone),
			Source: Source{Series: c.Series, Label: s.id, Week: WeekName(s.week), Basis: Estimate},
		})
	}
	return out
}
