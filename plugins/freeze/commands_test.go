package freeze

import (
	"context"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

// answer uses a command.
func answer(t *testing.T, p *plugin, name string, v bot.View, c bot.Call) msg.Message {
	t.Helper()
	for _, command := range p.commands() {
		if command.Name != name {
			continue
		}
		eff, err := command.Do(context.Background(), v, c)
		if err != nil || eff.Reply == nil {
			t.Fatalf("!%s: %v, %v", name, eff.Reply, err)
		}
		if !eff.Empty() {
			t.Errorf("!%s writes %v: an answer is light", name, eff)
		}
		return *eff.Reply
	}
	t.Fatalf("no command %s", name)
	return msg.Message{}
}

func TestAnswers(t *testing.T) {
	at := func(id, kind, name, instant string) cycle.Event {
		when := utc(t, instant)
		return cycle.Event{ID: id, Kind: kind, Name: name, At: when, Day: civil.DateOf(when, time.UTC)}
	}
	milestone := at("milestone-2", "milestone", "Milestone 2", "2026-12-03T23:59:00Z")
	spec := at("spec-freeze", "spec-freeze", "Spec freeze", "2026-12-10T23:59:00Z")
	spec.URL = "https://example.org/s"
	feature := at("feature-freeze", "feature-freeze", "Feature freeze", "2027-02-18T23:59:00Z")
	release := at("release", "release", "2027.1 release", "2027-03-24T23:59:00Z")
	novas := feature // which is everybody's, and was asked for as nova's
	novas.Team = "nova"
	all := cycle.New(time.UTC, []cycle.Event{milestone, spec, feature, release})
	part, none := all, cycle.Calendar{Unread: true}
	part.Unread = true

	for _, tc := range []struct {
		name, command string
		now           string
		cal           cycle.Calendar
		call          bot.Call
		want          string
	}{
		{"the next freeze, not the next event", "freeze", "2026-11-22T10:00:00Z", all, bot.Call{Room: alone}, "Spec freeze: Thu 2026-12-10 23:59 UTC, in 18 days (R-15). https://example.org/s"},
		{"after it the next", "freeze", "2026-12-10T23:59:00Z", all, bot.Call{Room: alone}, "Feature freeze: Thu 2027-02-18 23:59 UTC, in 70 days (R-5)."},
		{"the one that was named", "freeze", "2026-11-22T10:00:00Z", all, bot.Call{Room: alone}.WithEvent("kind", feature), "Feature freeze: Thu 2027-02-18 23:59 UTC, in 88 days (R-5)."},
		{"everybody's, of another team", "freeze", "2026-11-22T10:00:00Z", all, bot.Call{Room: alone}.WithEvent("kind", novas), "Feature freeze of nova: Thu 2027-02-18 23:59 UTC, in 88 days (R-5). Exceptions: nova's PTL."},
		{"one that has passed", "freeze", "2026-12-12T10:00:00Z", all, bot.Call{Room: alone}.WithEvent("kind", spec), "Spec freeze: Thu 2026-12-10 23:59 UTC, 34 h 1 min ago (R-15). Exceptions: maria. https://example.org/s"},
		{"no freeze ahead", "freeze", "2027-03-01T10:00:00Z", all, bot.Call{Room: alone}, "No freeze lies ahead. Next is 2027.1 release: Wed 2027-03-24 23:59 UTC, in 23 days (R+0)."},
		{"nothing ahead", "freeze", "2027-04-01T10:00:00Z", all, bot.Call{Room: alone}, "Nothing lies ahead in Glance's calendar."},
		{"no calendar", "freeze", "2027-04-01T10:00:00Z", cycle.Calendar{}, bot.Call{Room: alone}, "Nothing lies ahead in Glance's calendar."},
		{"shared room", "freeze", "2026-11-22T10:00:00Z", all, bot.Call{Room: shared}, "Glance: Spec freeze: Thu 2026-12-10 23:59 UTC, in 18 days (R-15). https://example.org/s"},
		{"when", "when", "2026-11-22T10:00:00Z", all, bot.Call{Room: alone}.WithEvent("event", milestone), "Milestone 2: Thu 2026-12-03 23:59 UTC, in 11 days (R-16)."},
		{"calendar", "calendar", "2026-12-05T10:00:00Z", all, bot.Call{Room: alone}, "Next:\n- Spec freeze, Thu 2026-12-10 23:59 UTC (R-15)\n- Feature freeze, Thu 2027-02-18 23:59 UTC (R-5)\n- 2027.1 release, Wed 2027-03-24 23:59 UTC (R+0)"},
		{"a freeze, where there may be a nearer one", "freeze", "2026-12-11T10:00:00Z", part, bot.Call{Room: alone}, "Feature freeze: Thu 2027-02-18 23:59 UTC, in 69 days (R-5). Part of the calendar can't be read now."},
		{"the one that was named, of a part", "freeze", "2026-11-22T10:00:00Z", part, bot.Call{Room: alone}.WithEvent("kind", feature), "Feature freeze: Thu 2027-02-18 23:59 UTC, in 88 days (R-5)."},
		{"calendar of a part", "calendar", "2027-03-01T10:00:00Z", part, bot.Call{Room: alone}, "Next:\n- 2027.1 release, Wed 2027-03-24 23:59 UTC (R+0)\nPart of the calendar can't be read now."},
		{"nothing was read", "freeze", "2027-04-01T10:00:00Z", none, bot.Call{Room: alone}, "Nothing lies ahead in Glance's calendar. Part of the calendar can't be read now."},
		{"empty calendar", "calendar", "2026-12-05T10:00:00Z", cycle.Calendar{}, bot.Call{Room: alone}, "Nothing lies ahead in Glance's calendar."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			now := utc(t, tc.now)
			m := answer(t, glance(time.UTC, "maria"), tc.command, &bottest.View{At: now, Cal: tc.cal}, tc.call)
			if got := msg.Plain(m, now); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestCalendarListsFive(t *testing.T) {
	var events []cycle.Event
	for i := range 7 {
		at := utc(t, "2026-12-01T12:00:00Z").AddDate(0, 0, i)
		events = append(events, cycle.Event{ID: string(rune('a' + i)), Name: "Event", At: at, Day: civil.DateOf(at, time.UTC)})
	}
	m := answer(t, glance(time.UTC), "calendar", &bottest.View{At: utc(t, "2026-12-01T12:00:00Z"), Cal: cycle.New(time.UTC, events)}, bot.Call{Room: alone})
	if got := len(m.Blocks[1].List); got != 5 {
		t.Errorf("lists %d events, want 5", got)
	}
}
