package freeze

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

var (
	alone  = bot.Room{Network: "net", Name: "#glance"}
	shared = bot.Room{Network: "net", Name: "#shared"}
)

func glance(zone *time.Location, ptl ...string) *plugin {
	team := bot.Team{ID: "glance", Name: "Glance", Zone: zone, PTL: ptl, Rooms: []bot.Room{alone, shared}, Shared: []bot.Room{shared}}
	return &plugin{team: team, ladder: ladder{zone: zone, at: civil.Clock{Hour: 14}, steps: defaults().(*Config).Remind}}
}

// Each step in words, at the moment it is due or as late as it is said.
func TestAnnouncements(t *testing.T) {
	spec := cycle.Event{ID: "spec-freeze", Kind: "spec-freeze", Name: "Spec freeze", URL: "https://example.org/s", At: utc(t, "2026-12-10T23:59:00Z")}
	release := cycle.Event{ID: "release", Kind: "release", Name: "2027.1 release", At: utc(t, "2027-03-24T23:59:00Z")}
	maria := []string{"maria"}
	for _, tc := range []struct {
		name  string
		event cycle.Event
		step  string
		said  string
		zone  string
		ptl   []string
		room  bot.Room
		want  string
	}{
		{"days", spec, "7d", "2026-12-03T14:00:00Z", "UTC", maria, alone, "Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC. https://example.org/s"},
		{"days, late", spec, "7d", "2026-12-05T09:00:00Z", "UTC", maria, alone, "Spec freeze in 5 days: Thu 2026-12-10 23:59 UTC. https://example.org/s"},
		{"hours", spec, "12h", "2026-12-10T11:59:00Z", "UTC", maria, alone, "Spec freeze in 12 h: Thu 2026-12-10 23:59 UTC. https://example.org/s"},
		{"seconds", spec, "20s", "2026-12-10T23:58:40Z", "UTC", maria, alone, "Spec freeze in 20 s: Thu 2026-12-10 23:59 UTC. https://example.org/s"},
		{"that morning", spec, "0d", "2026-12-10T14:00:00Z", "UTC", maria, alone, "Spec freeze today, 23:59 UTC, in 9 h 59 min. Missing it? Talk to maria today. https://example.org/s"},
		{"that morning, no PTL", spec, "0d", "2026-12-10T14:00:00Z", "UTC", nil, alone, "Spec freeze today, 23:59 UTC, in 9 h 59 min. https://example.org/s"},
		{"that morning, two PTLs", spec, "0d", "2026-12-10T14:00:00Z", "UTC", []string{"maria", "zoe"}, alone, "Spec freeze today, 23:59 UTC, in 9 h 59 min. Missing it? Talk to maria or zoe today. https://example.org/s"},
		{"in effect", spec, "0s", "2026-12-10T23:59:00Z", "UTC", maria, alone, "Spec freeze is in effect (23:59 UTC). From here an exception is maria's decision. https://example.org/s"},
		{"in effect, late", spec, "0s", "2026-12-11T02:59:00Z", "UTC", maria, alone, "Spec freeze is in effect (23:59 UTC, was 3 h ago). From here an exception is maria's decision. https://example.org/s"},
		{"in effect, two PTLs", spec, "0s", "2026-12-10T23:59:00Z", "UTC", []string{"maria", "zoe"}, alone, "Spec freeze is in effect (23:59 UTC). From here an exception is maria's or zoe's decision. https://example.org/s"},
		{"in effect, no PTL", spec, "0s", "2026-12-10T23:59:00Z", "UTC", nil, alone, "Spec freeze is in effect (23:59 UTC). https://example.org/s"},
		{"no freeze: days", release, "7d", "2027-03-17T14:00:00Z", "UTC", maria, alone, "2027.1 release in 7 days: Wed 2027-03-24 23:59 UTC."},
		{"no freeze: that morning", release, "0d", "2027-03-24T14:00:00Z", "UTC", maria, alone, "2027.1 release today, 23:59 UTC, in 9 h 59 min."},
		{"no freeze: here", release, "0s", "2027-03-24T23:59:00Z", "UTC", maria, alone, "2027.1 release is here (23:59 UTC)."},
		{"shared room", spec, "7d", "2026-12-03T14:00:00Z", "UTC", maria, shared, "Glance: Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC. https://example.org/s"},
		{"shared room, in effect", spec, "0s", "2026-12-10T23:59:00Z", "UTC", nil, shared, "Glance: Spec freeze is in effect (23:59 UTC). https://example.org/s"},
		{"another zone", spec, "7d", "2026-12-03T19:00:00Z", "America/New_York", maria, alone, "Spec freeze in 7 days: Thu 2026-12-10 18:59 EST (23:59 UTC). https://example.org/s"},
		{"no name", cycle.Event{ID: "x", Kind: "spec-freeze", Name: " \x03 ", At: spec.At}, "7d", "2026-12-03T14:00:00Z", "UTC", nil, alone, "spec-freeze in 7 days: Thu 2026-12-10 23:59 UTC."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := glance(zone(t, tc.zone), tc.ptl...)
			tc.event.Day = civil.DateOf(tc.event.At, p.team.Zone)
			m := p.announcement(&bottest.View{At: utc(t, tc.said)}, reminder{tc.event, step{Span: spans(tc.step)[0]}}, tc.room)
			if got := msg.Plain(m, utc(t, tc.said)); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			lines := msg.IRC(m, utc(t, tc.said), 400)
			if got := strings.ReplaceAll(strings.Join(lines, " "), "\u200b", ""); got != tc.want {
				t.Errorf("IRC: got  %s\nwant %s", got, tc.want)
			}
			if m.Kind != msg.Announce {
				t.Errorf("kind %q, want an announcement", m.Kind)
			}
		})
	}
}

// A name from outside says nothing but a name, wherever it is said.
func TestHostileNames(t *testing.T) {
	p := glance(time.UTC, "maria")
	at := utc(t, "2026-12-10T23:59:00Z")
	for _, name := range bottest.Hostile(t) {
		e := cycle.Event{ID: "spec-freeze", Kind: "spec-freeze", Name: name, URL: name, At: at, Day: civil.DateOf(at, time.UTC)}
		cal := cycle.New(time.UTC, []cycle.Event{e})
		v := &bottest.View{At: at.AddDate(0, 0, -7), Cal: cal}
		var messages []msg.Message
		for _, s := range p.ladder.of(e) {
			messages = append(messages, p.announcement(v, reminder{e, s}, alone))
			messages = append(messages, msg.New(msg.Answer, msg.Para{msg.Text(title(e, s))}))
		}
		h := heard{Step: spans("7d")[0], Said: v.At, Key: "k"}
		if err := v.Apply(bot.Effects{Put: map[string]any{"heard/" + e.ID: h}}); err != nil {
			t.Fatal(err)
		}
		gone := cycle.Sighted{ID: e.ID, Sighting: cycle.Sighting{Name: name, Day: e.Day, At: e.At}}
		edits := slices.Concat(p.upToDate(v, e, h), p.dated(v, e, h.Key), p.cancelled(v, gone))
		if len(edits) != 6 {
			t.Fatalf("%d edits in two rooms, want 6", len(edits))
		}
		for _, say := range edits {
			messages = append(messages, say.Message)
		}
		for _, do := range []string{"freeze", "when", "calendar"} {
			messages = append(messages, answer(t, p, do, v, bot.Call{Room: alone}.WithEvent("event", e)))
		}
		for _, m := range messages {
			bottest.Harmless(t, strconv.Quote(name), m, v.At, 200)
		}
	}
}
