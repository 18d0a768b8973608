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
		{maria, "!freeze Zun's spec in tokyo", `I know no event "Zun's spec". Known: spec-freeze and 1 more.`},
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
		{maria, "!list tokyo time?", "glance/freeze: list zone=Asia/Tokyo"},
		{maria, "!list release tokyo", `I know no week, team or series "release", nor a zone. Say for example R-5, next week, "manila", local, or Europe/Berlin.`},
		{maria, "!list gotham", `I know no week, team or series "gotham", nor a zone. Say for example R-5, next week, "manila", local, or Europe/Berlin.`},
		{maria, "!list in gotham", `I know no zone "gotham". Say local for your own, a city such as Berlin, or a name such as Europe/Berlin.`},
		{maria, "!list nova", "glance/freeze: list part=nova"},
		{maria, "!list of Nova in tokyo", "glance/freeze: list part=nova zone=Asia/Tokyo"},
		{maria, "!list glance", "glance/freeze: list"},
		{maria, "!list zun", `To ask another team's calendar: "!list@zun".`},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := planning()
			if got := d.hear(bot.Incoming{Room: glanceRoom, From: tc.from, Text: tc.text}); got != tc.want {
				t.Errorf("%s\ngot  %s\nwant %s", tc.text, got, tc.want)
			}
		})
	}
}

// Weeks and days, zones as people say them, slips: what is understood, and what is
// allowed where it is not.
func TestEventsAsPeopleAskForThem(t *testing.T) {
	const known = " Known: spec-freeze, release."
	const zones = " Say local for your own, a city such as Berlin, or a name such as Europe/Berlin."
	for _, tc := range []struct{ family, text, want string }{
		{"weeks", "!when R-5", "glance/freeze: when event=R-5:2026-10-26"},
		{"weeks", "!when is R-5?", "glance/freeze: when event=R-5:2026-10-26"},
		{"weeks", "!when r-5 glance", "glance/freeze: when event=R-5:2026-10-26"},
		{"weeks", "!when R-5 in tokyo", "glance/freeze: when event=R-5:2026-10-26 zone=Asia/Tokyo"},
		{"weeks", "!freeze R+1", "glance/freeze: freeze kind=R+1:2026-12-07"},
		{"weeks", "!list next week", "glance/freeze: list part=next week:2026-12-07"},
		{"weeks", "!list tomorrow local", "glance/freeze: list part=tomorrow:2026-12-04 zone=America/New_York"},
		{"weeks", "!when R-40", "There is no week R-40: the weeks are R-31 to R+3."},
		{"weeks", "!when R+4 in tokyo", "There is no week R+4: the weeks are R-31 to R+3."},
		{"weeks", "!list R-40", "There is no week R-40: the weeks are R-31 to R+3."},
		{"weeks", "!when R-5 dalmatian", `I know no release "dalmatian" to count R-5 from.`},

		{"the team itself", "!freeze glance", "glance/freeze: freeze"},
		{"the team itself", "!when Glance?", "glance/freeze: when event=spec-freeze"},
		{"the team itself", "!freeze glance local", "glance/freeze: freeze zone=America/New_York"},
		{"the team itself", "!when glance in tokyo", "glance/freeze: when event=spec-freeze zone=Asia/Tokyo"},

		{"zones", "!when release berlin time", "glance/freeze: when event=release zone=Europe/Berlin"},
		{"zones", "!when release at UTC+9", "glance/freeze: when event=release zone=Etc/GMT-9"},
		{"zones", "!when release GMT", "glance/freeze: when event=release zone=UTC"},
		{"zones", "!when release in new york?", "glance/freeze: when event=release zone=America/New_York"},
		{"zones", "!when release in my timezone", "glance/freeze: when event=release zone=America/New_York"},
		{"zones", "!when release for me", "glance/freeze: when event=release zone=America/New_York"},
		{"zones", "!when release JST", `I know no zone "JST".` + zones},
		{"zones", "!when release UTC+5:30", `I know no zone "UTC+5:30".` + zones},
		{"zones", "!when release pacific time", `I know no zone "pacific time".` + zones},
		{"zones", "!when release at noon", `I know no event "release at noon". Known: release and 1 more.`},

		{"slips", "!when spec freze nova", `I know no event "spec freze nova"; did you mean "spec freeze nova"?`},
		{"slips", "!when sumit-berlin", `I know no event "sumit-berlin"; did you mean "summit-berlin"?`},
		{"slips", "!when spec freeze of foo", `I know no event "spec freeze of foo". Known: spec-freeze and 1 more.`},
		{"slips", "!when zun meting", `I know no event "zun meting" here. To ask another team's calendar: "!when@zun meting".`},
		{"slips", "!when nova may", `I know no event "nova may".` + known}, // another word than "day"
		{"slips", "!when nova dy", `I know no event "nova dy".` + known},
		{"slips", "!when nova dayy", `I know no event "nova dayy"; did you mean "nova day"?`},
		{"slips", "!when R+l", `I know no event "R+l".` + known},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := planning()
			maria := bot.Principal{Network: "net", Nick: "maria", Account: "maria", Strength: bot.Account}
			if got := d.hear(bot.Incoming{Room: glanceRoom, From: maria, Text: tc.text}); got != tc.want {
				t.Errorf("%s: %s\ngot  %s\nwant %s", tc.family, tc.text, got, tc.want)
			}
		})
	}
}

// A team may be called as one of its dates is.
func TestEventCalledAsTheTeam(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := planning()
		o := d.h.Options
		o.Teams[0].ID, o.Teams[0].Name = "release", "Release"
		d.h = command.New(o)
		for text, want := range map[string]string{
			"!when release": "release/freeze: when event=release", "!when release in tokyo": "release/freeze: when event=release zone=Asia/Tokyo",
			"!when release spec freeze": "release/freeze: when event=spec-freeze",
		} {
			if got := d.hear(bot.Incoming{Room: glanceRoom, Text: text}); got != want {
				t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
			}
		}
	})
}

// planning is a desk with a schedule and a command that takes a zone.
func planning() *desk {
	d := newDesk(command.Limit{})
	d.others = schedule(d.now)
	o := d.h.Options
	freeze := says("freeze", bot.Anyone, bot.Arg{Name: "kind", Kind: bot.ArgEvent, Optional: true, Noun: "freeze"})
	list := says("list", bot.Anyone, bot.Arg{Name: "part", Kind: bot.ArgPart, Optional: true})
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

// Words that mean nothing may do so because the calendar lacks dates.
func TestEventsOfACalendarInPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(command.Limit{})
		d.unread = true
		want := `I know no event "rc1". Known: spec-freeze, release; part of the calendar can't be read now.`
		if got := d.hear(bot.Incoming{Room: glanceRoom, Text: "!when rc1"}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
