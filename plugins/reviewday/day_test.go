package reviewday

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// short is a line up to its first counts.
func short(lines []string) []string {
	out := []string{}
	for _, line := range lines {
		line, _, _ = strings.Cut(line, " Nothing waits")
		line, _, _ = strings.Cut(line, ": no change")
		out = append(out, strings.TrimSuffix(line, "."))
	}
	return out
}

const (
	tomorrow = "Sun 13:00 Review day tomorrow, from 13:00 UTC until 21:00 UTC"
	begins   = "Mon 13:00 Review day until 21:00 UTC"
	ends     = "Mon 21:00 Review day is over"
)

func TestWeek(t *testing.T) {
	w := newWorld(t, usual(team()), utc(t, "2026-11-21T00:00"))
	w.every(time.Minute, utc(t, "2026-12-01T00:00"))
	want := []string{tomorrow, begins, ends, tomorrow, begins, ends}
	if diff := cmp.Diff(want, short(w.heard())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	none := team()
	none.Projects = nil
	w = newWorld(t, usual(none), utc(t, "2026-11-21T00:00"))
	w.every(time.Hour, utc(t, "2026-12-01T00:00"))
	if got := w.heard(); len(got) > 0 {
		t.Errorf("a team without projects hears %q", got)
	}
	if got, want := w.use("", bot.Call{}), "Glance has no review server in this bot's configuration."; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The bot is away for a while: what it says when it comes back.
func TestAway(t *testing.T) {
	for _, tc := range []struct {
		name, from, to string
		want           []string
	}{
		{"over the opening", "Mon 12:59", "Mon 15:00", []string{tomorrow, "Mon 15:00 Review day until 21:00 UTC", ends}},
		{"in the middle", "Mon 14:00", "Mon 15:00", []string{tomorrow, begins, ends}},
		{"over its end", "Mon 20:00", "Mon 23:00", []string{tomorrow, begins, "Mon 23:00 Review day is over"}},
		{"over its end, too long", "Mon 20:00", "Tue 03:01", []string{tomorrow, begins}},
		{"from before it opened until after it closed", "Mon 12:00", "Mon 22:00", []string{tomorrow, "Mon 22:00 Review day is over"}},
		{"over the eve", "Sun 12:00", "Sun 23:00", []string{"Sun 23:00 Review day tomorrow, from 13:00 UTC until 21:00 UTC", begins, ends}},
		{"over eve and opening", "Sun 12:00", "Mon 14:00", []string{"Mon 14:00 Review day until 21:00 UTC", ends}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			day := map[string]string{"Sun": "2026-11-22", "Mon": "2026-11-23", "Tue": "2026-11-24"}
			at := func(s string) time.Time { return utc(t, day[s[:3]]+"T"+s[4:]) }
			w := newWorld(t, usual(team()), utc(t, "2026-11-22T00:00"))
			w.every(time.Minute, at(tc.from))
			w.to(at(tc.to))
			w.every(time.Minute, utc(t, "2026-11-25T00:00"))
			if diff := cmp.Diff(tc.want, short(w.heard())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestStartAndStop(t *testing.T) {
	for _, tc := range []struct {
		name  string
		story []string // "Mon 14:00 start" and so on
		want  []string
	}{
		{"before it opens: it opens early, once", []string{"Mon 10:00 start"}, []string{"Mon 10:00 Review day until 21:00 UTC", ends}},
		{"started and stopped before it opens", []string{"Mon 10:00 start", "Mon 11:00 stop"}, []string{"Mon 10:00 Review day until 21:00 UTC", "Mon 11:00 Review day is over", begins, ends}},
		{"while it is on", []string{"Mon 14:00 start: A review day is on already, until 21:00 UTC. To end it: !reviewday stop"}, []string{begins, ends}},
		{"stopped early: its end is said once", []string{"Mon 15:00 stop"}, []string{begins, "Mon 15:00 Review day is over"}},
		{"stopped twice", []string{"Mon 15:00 stop", "Mon 15:01 stop: No review day is on, so there is none to stop."}, []string{begins, "Mon 15:00 Review day is over"}},
		{"stopped and started again", []string{"Mon 15:00 stop", "Mon 16:00 start"}, []string{begins, "Mon 15:00 Review day is over", "Mon 16:00 Review day until 21:00 UTC", ends}},
		{
			"again and again",
			[]string{"Mon 15:00 stop", "Mon 16:00 start", "Mon 17:00 stop", "Mon 18:00 start", "Mon 19:00 stop"},
			[]string{
				begins, "Mon 15:00 Review day is over", "Mon 16:00 Review day until 21:00 UTC", "Mon 17:00 Review day is over",
				"Mon 18:00 Review day until 21:00 UTC", "Mon 19:00 Review day is over",
			},
		},
		{
			"after its end, over midnight",
			[]string{"Mon 22:00 start"},
			[]string{begins, ends, "Mon 22:00 Review day until tomorrow 06:00 UTC", "Tue 06:00 Review day is over"},
		},
		{
			"over midnight, stopped and started there",
			[]string{"Mon 22:00 start", "Tue 01:00 stop", "Tue 02:00 start"},
			[]string{
				begins, ends, "Mon 22:00 Review day until tomorrow 06:00 UTC", "Tue 01:00 Review day is over",
				"Tue 02:00 Review day until 21:00 UTC", "Tue 21:00 Review day is over",
			},
		},
		{"on a day that is none", []string{"Tue 09:00 start"}, []string{begins, ends, "Tue 09:00 Review day until 21:00 UTC", "Tue 21:00 Review day is over"}},
		{"shortly before its end", []string{"Tue 20:30 start", "Tue 21:30 stop"}, []string{begins, ends, "Tue 20:30 Review day until tomorrow 04:30 UTC", "Tue 21:30 Review day is over"}},
		{"in capitals, and misspelled", []string{"Mon 15:00 STOP", `Mon 16:00 stopp: I don't understand "stopp": !reviewday, !reviewday start or !reviewday stop`}, []string{begins, "Mon 15:00 Review day is over"}},
	} {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprint(tc.name, ", restarts: ", restart), func(t *testing.T) {
				day := map[string]string{"Mon": "2026-11-23", "Tue": "2026-11-24", "Wed": "2026-11-25"}
				w := newWorld(t, usual(team()), utc(t, "2026-11-23T00:00"))
				for _, line := range tc.story {
					line, want, _ := strings.Cut(line, ": ")
					w.every(time.Minute, utc(t, day[line[:3]]+"T"+line[4:9]))
					if restart { // nothing but records remains
						w.p = usual(team())
					}
					if got := w.use(line[10:], bot.Call{Roles: bot.PTL, By: "maria"}); got != want {
						t.Errorf("%s: got %q, want %q", line, got, want)
					}
				}
				w.every(time.Minute, utc(t, "2026-11-25T12:00"))
				if diff := cmp.Diff(tc.want, short(w.heard())); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

// A team whose review days begin at night: one that was called for the evening
// before goes over into the day's own.
func TestStartGoesOver(t *testing.T) {
	w := newWorld(t, usual(team(), func(c *Config) { c.Open, c.Close = civil.Clock{Hour: 5}, civil.Clock{Hour: 13} }), utc(t, "2026-11-22T12:00"))
	w.every(time.Minute, utc(t, "2026-11-22T22:00"))
	w.start()
	w.every(time.Minute, utc(t, "2026-11-24T00:00"))
	want := []string{"Sun 22:00 Review day until tomorrow 13:00 UTC", "Mon 13:00 Review day is over"}
	if diff := cmp.Diff(want, short(w.heard())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The calendar is edited while a review day is on: it ends when it said.
func TestEditedWhileOn(t *testing.T) {
	w := newWorld(t, usual(team()), utc(t, "2026-11-23T00:00"))
	w.every(time.Minute, utc(t, "2026-11-23T15:00"))
	w.p = usual(team(), func(c *Config) { c.Until, c.Close = "2026-11-01", civil.Clock{Hour: 18} })
	w.every(time.Minute, utc(t, "2026-12-02T00:00"))
	if diff := cmp.Diff([]string{begins, ends}, short(w.heard())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhoMay(t *testing.T) {
	w := newWorld(t, usual(team()), utc(t, "2026-11-23T14:00"))
	w.to(utc(t, "2026-11-23T14:00"))
	for _, tc := range []struct {
		call bot.Call
		want string
	}{
		{bot.Call{}, "!reviewday start is for Glance's PTL, and the network does not say that you are: log in to your account there first."},
		{
			bot.Call{From: bot.Principal{Nick: "maria", User: "@maria:example.org"}}, // in clear, in an encrypted room
			"!reviewday start is for Glance's PTL, and the network does not say that you are: what stands in clear in an encrypted room may be anybody's, so send it encrypted.",
		},
		{bot.Call{From: bot.Principal{Nick: "eve", Account: "eve", Strength: bot.Account}}, "!reviewday start is for Glance's PTL."},
		{bot.Call{By: "zoe", Roles: bot.Core | bot.Known}, "!reviewday start is for Glance's PTL."},
		{bot.Call{By: "maria", Roles: bot.PTL, Direct: true, Room: bot.Room{Network: "net", Name: "maria"}}, "Done, and said in Glance's rooms."},
	} {
		if got := w.use("start", tc.call); got != tc.want {
			t.Errorf("got  %s\nwant %s", got, tc.want)
		}
	}
	if got := w.heard(); len(got) != 1 {
		t.Errorf("said %q, want one opening", got)
	}
}

func TestState(t *testing.T) {
	w := newWorld(t, usual(team(), func(c *Config) { c.Until = "2026-11-30" }), utc(t, "2026-11-22T10:00"))
	for _, tc := range []struct {
		at, want string
		room     bot.Room
	}{
		{"2026-11-22T10:00", "Review day: Mon 2026-11-23 13:00 UTC until 21:00 UTC, in 27 h.", alone},
		{"2026-11-23T13:00", "Glance review day until 21:00 UTC, in 8 h; so far no change reviewed. Nothing waits for reviewers.", shared},
		{"2026-11-23T20:30", "Review day until 21:00 UTC, in 30 min; so far no change reviewed. Nothing waits for reviewers.", alone},
		{"2026-11-23T21:00", "Review day: Mon 2026-11-30 13:00 UTC until 21:00 UTC, in 7 days.", alone},
		{"2026-11-30T22:00", "No review day lies ahead. The PTL can open one: !reviewday start", alone},
		{"2026-12-01T22:00", "No review day of Glance's lies ahead. The PTL can open one: !reviewday start", shared},
	} {
		w.every(time.Minute, utc(t, tc.at))
		if got := w.use("", bot.Call{Room: tc.room}); got != tc.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tc.at, got, tc.want)
		}
	}
}

func TestUntil(t *testing.T) {
	release := func(day string) cycle.Event {
		return event("release-"+day, "release", "release", utc(t, day+"T23:59"))
	}
	for _, tc := range []struct {
		name   string
		until  string
		events []cycle.Event
		want   string // Mondays of November and December 2026 that are held
	}{
		{"a date, itself included", "2026-11-23", nil, "2 9 16 23"},
		{"the day before it", "2026-11-22", nil, "2 9 16"},
		{"an event, its day included", "release", []cycle.Event{release("2026-11-23")}, "2 9 16 23"},
		{"one that has passed", "release", []cycle.Event{release("2026-10-01")}, ""},
		{"by id", "release-2026-11-16", []cycle.Event{release("2026-11-16"), release("2026-12-28")}, "2 9 16"},
		{"none in the calendar: they go on", "release", []cycle.Event{event("x", "spec-freeze", "", utc(t, "2026-11-10T23:59"))}, "2 9 16 23 30 7 14 21 28"},
		{"there is a next one", "release", []cycle.Event{release("2026-11-10"), release("2026-11-24")}, "2 9 16 23"},
	} {
		p := usual(team(), func(c *Config) { c.Until = tc.until })
		cal := cycle.New(time.UTC, tc.events)
		var got []string
		for day := (civil.Date{Year: 2026, Month: 11, Day: 1}); day.Year == 2026; day = day.AddDays(1) {
			if p.held(cal, day) {
				got = append(got, fmt.Sprint(day.Day))
			}
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s: held on %v, want %s", tc.name, got, tc.want)
		}
	}
	// An event that is moved later brings review days back.
	w := newWorld(t, usual(team()), utc(t, "2026-11-24T00:00"), release("2026-11-24"))
	w.every(time.Hour, utc(t, "2026-11-28T00:00"))
	w.v.Cal = cycle.New(time.UTC, []cycle.Event{release("2026-11-30")})
	w.every(time.Minute, utc(t, "2026-12-09T00:00"))
	if diff := cmp.Diff([]string{tomorrow, begins, ends}, short(w.heard())); diff != "" {
		t.Errorf("moved (-want +got):\n%s", diff)
	}
}

func TestClocksChange(t *testing.T) {
	zone, err := civil.LoadZone("Europe/Prague")
	if err != nil {
		t.Fatal(err)
	}
	abroad := team()
	abroad.Zone = zone
	p := usual(abroad, func(c *Config) {
		c.Days = []civil.Weekday{civil.Weekday(time.Sunday)}
		c.Open, c.Close = civil.Clock{Hour: 1}, civil.Clock{Hour: 13}
	})
	var got []string
	for _, o := range p.due(&bottest.View{}, utc(t, "2027-03-26T12:00"), utc(t, "2027-03-29T12:00")) {
		got = append(got, string(o.Key)+" "+o.At.UTC().Format("15:04"))
	}
	want := []string{"day/2027-03-28/eve 00:00", "day/2027-03-28/open 00:00", "day/2027-03-28/close 11:00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// All of it in the hour that the zone skips: there is none.
	p = usual(abroad, func(c *Config) {
		c.Days = []civil.Weekday{civil.Weekday(time.Sunday)}
		c.Open, c.Close = civil.Clock{Hour: 2, Minute: 10}, civil.Clock{Hour: 2, Minute: 50}
	})
	if got := p.due(&bottest.View{}, utc(t, "2027-03-26T12:00"), utc(t, "2027-03-29T12:00")); len(got) > 0 {
		t.Errorf("got %v, want nothing", got)
	}
}

// An end that failed to be said is tried again later, when it may have been said
// in another way.
func TestClosingLooksAgain(t *testing.T) {
	p := usual(team())
	extra := monday
	extra.Extra, extra.Extras = 1, 1
	ended := monday
	ended.Ended = closed
	later := session{Day: monday.Day, Opened: closed, Closes: closed.Add(8 * time.Hour), Extra: 1, Extras: 1}
	for _, tc := range []struct {
		name       string
		last       session
		says, puts bool
	}{
		{"its own", monday, true, true},
		{"stopped since", ended, false, false},
		{"one that was called for took its place", extra, false, false},
		{"one was called for just now: it goes on", later, true, false},
	} {
		v := queueOf(closed.Add(time.Minute))
		if err := v.Apply(bot.Effects{Put: map[string]any{"session": tc.last}}); err != nil {
			t.Fatal(err)
		}
		eff, err := p.step(t.Context(), v, bot.Occurrence{Key: "day/2026-11-23/close", At: closed, Until: closed.Add(goesOn), Data: step{closing, monday.Day, 0}})
		if err != nil || len(eff.Say) > 0 != tc.says || len(eff.Put) > 0 != tc.puts {
			t.Errorf("%s: %+v, %v", tc.name, eff, err)
		}
	}
	// Nobody is told of two ends where there is one.
	v := queueOf(opened)
	if err := v.Apply(bot.Effects{Put: map[string]any{"session": extra}}); err != nil {
		t.Fatal(err)
	}
	if due := p.due(v, opened, closed); len(due) != 1 || due[0].Key != "day/2026-11-23/extra-1-close" {
		t.Errorf("due: %+v", due)
	}
}
