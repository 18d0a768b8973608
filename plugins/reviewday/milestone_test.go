package reviewday

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// A milestone without a review day is told to the PTL alone, once; one with a
// review day is not.
func TestMilestones(t *testing.T) {
	milestone := func(n int, day string) cycle.Event {
		return event(fmt.Sprintf("milestone-%d", n), "milestone", fmt.Sprintf("Milestone %d", n), utc(t, day+"T23:59"))
	}
	never := func(c *Config) { c.Days = nil }
	const text = "Thu 13:00 Glance: no review day lies before Milestone 2, Thu 2026-12-10 23:59 UTC, in 7 days. To open one: !reviewday start"
	for _, tc := range []struct {
		name   string
		config func(*Config)
		ptl    []string
		events []cycle.Event
		start  string // when a review day is called for
		want   []string
	}{
		{"review days every Monday", func(*Config) {}, []string{"maria"}, []cycle.Event{milestone(2, "2026-12-10")}, "", nil},
		{"no review days", never, []string{"maria"}, []cycle.Event{milestone(2, "2026-12-10")}, "", []string{"maria: " + text}},
		{"two PTLs", never, []string{"maria", "zoe"}, []cycle.Event{milestone(2, "2026-12-10")}, "", []string{"maria: " + text, "zoe: " + text}},
		{"no PTL", never, nil, []cycle.Event{milestone(2, "2026-12-10")}, "", nil},
		{"the last one was before it", func(c *Config) { c.Until = "2026-11-16" }, []string{"maria"}, []cycle.Event{milestone(1, "2026-11-19"), milestone(2, "2026-12-10")}, "", []string{"maria: " + text}},
		{"there was one since the milestone before", func(c *Config) { c.Until = "2026-11-23" }, []string{"maria"}, []cycle.Event{milestone(1, "2026-11-19"), milestone(2, "2026-12-10")}, "", nil},
		{"one was called for", never, []string{"maria"}, []cycle.Event{milestone(1, "2026-11-19"), milestone(2, "2026-12-10")}, "2026-11-25T10:00", nil},
		{"one was called for before the milestone before", never, []string{"maria"}, []cycle.Event{milestone(1, "2026-11-29"), milestone(2, "2026-12-10")}, "2026-11-25T10:00", []string{"maria: " + text}},
		{"another kind of event", never, []string{"maria"}, []cycle.Event{event("x", "spec-freeze", "Spec freeze", utc(t, "2026-12-10T23:59"))}, "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			glance := team()
			glance.PTL = tc.ptl
			w := newWorld(t, usual(glance, tc.config), utc(t, "2026-11-24T00:00"), tc.events...)
			if tc.start != "" {
				w.every(time.Hour, utc(t, tc.start))
				w.start()
			}
			w.every(time.Hour, utc(t, "2026-12-15T00:00"))
			if diff := cmp.Diff(tc.want, w.private); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	// Not of a milestone that the bot comes to know too late for it.
	late := milestone(2, "2026-12-10")
	late.Seen = utc(t, "2026-12-05T00:00")
	w := newWorld(t, usual(team(), never), utc(t, "2026-11-24T00:00"), late)
	w.every(time.Hour, utc(t, "2026-12-15T00:00"))
	if len(w.private) > 0 {
		t.Errorf("told %q", w.private)
	}
}

func TestValidate(t *testing.T) {
	day := func(d time.Weekday) civil.Weekday { return civil.Weekday(d) }
	for _, tc := range []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"the defaults", func(*Config) {}, nil},
		{"a date", func(c *Config) { c.Until = "2027-03-24" }, nil},
		{"another kind", func(c *Config) { c.Until = "rc1" }, nil},
		{"no days", func(c *Config) { c.Days = nil }, nil},
		{"a day twice", func(c *Config) { c.Days = []civil.Weekday{day(time.Monday), day(time.Friday), day(time.Monday)} }, []string{"days: has Monday twice; each day stands once"}},
		{"closes as it opens", func(c *Config) { c.Close = c.Open }, []string{"close: is 13:00, not after open, 13:00; a review day ends on the day it began"}},
		{"no kind", func(c *Config) { c.Until = "The Release" }, []string{`until: "The Release" is neither the kind of an event nor a date; want something like "release" or "2027-03-24"`}},
		{"nothing", func(c *Config) { c.Until = "" }, []string{`until: "" is neither the kind of an event nor a date; want something like "release" or "2027-03-24"`}},
		{"everything", func(c *Config) {
			c.Days, c.Close, c.Until = []civil.Weekday{day(time.Monday), day(time.Monday)}, civil.Clock{Hour: 1}, "-x"
		}, []string{
			"days: has Monday twice; each day stands once", "close: is 01:00, not after open, 13:00; a review day ends on the day it began",
			`until: "-x" is neither the kind of an event nor a date; want something like "release" or "2027-03-24"`,
		}},
	} {
		c := defaults().(*Config)
		tc.change(c)
		var got []string
		c.Validate(func(key, problem string) { got = append(got, key+": "+problem) })
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
	if _, err := Plugin().New(bot.Team{}, 1); err == nil {
		t.Error("New takes any configuration")
	}
}
