package command_test

import (
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/command"
	"torchbearer/bot/cycle"
)

// schedule has what two other teams do beside the calendar of a desk.
func schedule(now time.Time) []cycle.Event {
	at := func(id, team, kind, name string, days int) cycle.Event {
		when := now.AddDate(0, 0, days)
		return cycle.Event{
			ID: id, Kind: kind, Name: name, Team: team, At: when, Day: civil.DateOf(when, time.UTC),
			Source: cycle.Source{File: "schedule.yaml", Series: "indri", Label: id},
		}
	}
	return []cycle.Event{
		at("i-nova-spec-freeze", "nova", "spec-freeze", "Nova Spec Freeze", 3),
		at("i-nova-spec-review", "nova", "spec-review-day", "Nova Spec Review Day", 1),
		at("i-cinder-driver-deadline", "cinder", "driver-deadline", "Cinder driver deadline", 5),
		at("i-manila-driver-deadline", "manila", "driver-deadline", "Manila driver deadline", 6),
		at("i-berlin", "", "summit", "Summit Berlin", 9),
	}
}

// What people type behind !when, and what it comes to: an event, a zone, a question
// back.
func TestEventsAsPeopleSayThem(t *testing.T) {
	const known = ` Known: spec-freeze, release.`
	maria := bot.Principal{Network: "net", Nick: "maria", Account: "maria", Strength: bot.Account}
	stranger := bot.Principal{Network: "net", Nick: "eve", Account: "eve", Strength: bot.Account}
	for _, tc := range []struct {
		from bot.Principal
		text string
		want string
	}{
		{maria, "!when spec freeze", "glance/freeze: when event=spec-freeze"},
		{maria, "!when spec freeze nova", "glance/freeze: when event=i-nova-spec-freeze"},
		{maria, "!when spec freeze glance", "glance/freeze: when event=spec-freeze"},
		{maria, "!freeze nova", "glance/freeze: freeze event=i-nova-spec-freeze"}, // the freeze, though a review day comes first
		{maria, "!when nova", "glance/freeze: when event=i-nova-spec-review"},
		{maria, "!freeze cinder", "glance/freeze: freeze event=i-cinder-driver-deadline"},
		{maria, "!when driver deadline", `Whose? "driver deadline" is a date of "cinder" and "manila". Say for example "driver deadline cinder".`},
		{maria, "!when spce freeze", `I know no event "spce freeze"; did you mean "spec freeze"?`},
		{maria, "!when relaese local", `I know no event "relaese"; did you mean "release"?`},
		{maria, "!when meeting zun", `I know no event "meeting zun" here. To ask another team's calendar: "!when@zun meeting".`},
		{maria, "!freeze Zun's spec in tokyo", `I know no event "Zun's spec".` + known},
		{maria, "!when zun", `I know no event "zun".` + known},
		{maria, "!when meeting heat", `I know no event "meeting heat".` + known}, // has no calendar
		{maria, "!when pigs fly", `I know no event "pigs fly".` + known},

		{maria, "!when release local", "glance/freeze: when event=release zone=America/New_York"},
		{maria, "!when release in my zone", "glance/freeze: when event=release zone=America/New_York"},
		{maria, "!when release LOCAL time", "glance/freeze: when event=release zone=America/New_York"},
		{maria, "!when release in Prague", "glance/freeze: when event=release zone=Europe/Prague"},
		{maria, "!when release new york", "glance/freeze: when event=release zone=America/New_York"},
		{maria, "!when release asia/tokyo", "glance/freeze: when event=release zone=Asia/Tokyo"},
		{maria, "!when release utc", "glance/freeze: when event=release zone=UTC"},
		{maria, "!when summit berlin", "glance/freeze: when event=i-berlin"},
		{maria, "!when summit berlin in tokyo", "glance/freeze: when event=i-berlin zone=Asia/Tokyo"},
		{maria, "!when release in gotham", `I know no zone "gotham". Say local for your own, a city such as Berlin, or a name such as Europe/Berlin.`},
		{maria, "!when local", "An event is missing: !when <event>." + known},
		{maria, "!when in tokyo", "An event is missing: !when <event>." + known},
		{maria, "!when christmas", `I know no event "christmas".` + known}, // which is an island too
		{maria, "!when release christmas", "glance/freeze: when event=release zone=Indian/Christmas"},
		{maria, "!freeze local", "glance/freeze: freeze zone=America/New_York"},
		{maria, "!freeze tokyo", "glance/freeze: freeze zone=Asia/Tokyo"},
		{stranger, "!when release local", `I don't know your zone: whoever runs this bot can add you and it. Name it instead: "in Berlin", "Europe/Berlin".`},
		{stranger, "!when release prague", "glance/freeze: when event=release zone=Europe/Prague"},
		{bot.Principal{Network: "net", Nick: "eve"}, "!when release local", `I can't tell your zone: the network does not say who you are. Name it instead: "in Berlin", "Europe/Berlin".`},

		{maria, "!list", "glance/freeze: list"},
		{maria, "!list local", "glance/freeze: list zone=America/New_York"},
		{maria, "!list in Tokyo", "glance/freeze: list zone=Asia/Tokyo"},
		{maria, "!list release tokyo", `I know no zone "release tokyo". Say local for your own, a city such as Berlin, or a name such as Europe/Berlin.`},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := planning()
			if got := d.hear(bot.Incoming{Room: glanceRoom, From: tc.from, Text: tc.text}); got != tc.want {
				t.Errorf("%s\ngot  %s\nwant %s", tc.text, got, tc.want)
			}
		})
	}
}

// planning is a desk with a schedule and a command that takes a zone.
func planning() *desk {
	d := newDesk(command.Limit{})
	d.others = schedule(d.now)
	o := d.h.Options
	freeze := says("freeze", bot.Anyone, bot.Arg{Name: "kind", Kind: bot.ArgEvent, Optional: true, Noun: "freeze"})
	list := says("list", bot.Anyone, bot.Arg{Name: "zone", Kind: bot.ArgZone, Optional: true})
	when := says("when", bot.Anyone, bot.Arg{Name: "event", Kind: bot.ArgEvent})
	o.Teams = []command.Team{{
		Team:    bot.Team{ID: "glance", Name: "Glance", Rooms: []bot.Room{glanceRoom}},
		Plugins: []command.Plugin{{Name: "freeze", Commands: []bot.Command{freeze, when, list}}},
	}, {
		Team: bot.Team{ID: "zun", Name: "Zun"}, Plugins: []command.Plugin{{Name: "freeze", Commands: []bot.Command{when}}},
	}, {
		Team: bot.Team{ID: "heat", Name: "Heat"},
	}}
	o.Identify = identify
	o.Roles = func(string, bot.Principal) bot.Role { return bot.Anyone }
	d.h = command.New(o)
	return d
}
