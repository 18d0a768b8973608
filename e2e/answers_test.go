package e2e_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"torchbearer/e2e/ircd"
)

// answerWithin is how long a person waits for an answer on a busy machine; that
// it is quick is measured by benchmarks.
const answerWithin = 15 * time.Second

// cycleDates are the events of a team some weeks before a freeze.
func cycleDates() []event {
	day := time.Now().UTC().Truncate(24 * time.Hour)
	in := func(days int) time.Time { return day.AddDate(0, 0, days).Add(23*time.Hour + 59*time.Minute) }
	return []event{
		{kind: "milestone", id: "milestone-2", name: "Milestone 2", at: in(5), remind: []string{}},
		{kind: "spec-freeze", name: "Spec freeze", at: in(18), url: "https://releases.example.org/schedule.html"},
		{kind: "feature-freeze", name: "Feature freeze", at: in(60)},
		{kind: "release", name: "Release", at: in(105)},
	}
}

// What people ask, and what they hear, in the channel and outside it.
func TestAnswers(t *testing.T) {
	eachOf(t, both, []ircd.Account{ida, maria}, func(t *testing.T, s *setup) {
		s.events = cycleDates()
		zoe := s.server.Dial(t, "zoe")
		zoe.Join(room)
		b := s.start(t)
		b.ready(readyWithin)
		name := s.server.Bot.Name

		const freeze = `Spec freeze: \w{3} \d{4}-\d\d-\d\d 23:59 UTC, in 1[78] days \(R-1[23]\)\. https://releases\.example\.org/schedule\.html$`
		for _, c := range []struct{ to, say, want string }{
			{room, "!freeze", freeze},
			{room, "!FREEZE?", freeze},
			{room, "!freeze feature", `Feature freeze: .* in (59|60) days`},
			{room, "!freeze nonsense", `I know no event "n.?onsense"\. Known: milestone-2, spec-freeze, feature-freeze, release\.$`},
			{room, "!when m2", `Milestone 2: `},
			{room, "!when", `An event is missing: !when <event>\. Known: milestone-2,`},
			{room, "!calendar", `Next:.*Milestone 2.*Spec freeze.*Feature freeze.*Release`},
			{room, "!help", `Commands here: !freeze, !when, !calendar, !away, !back, !quiet, !optout, !whoami, !help, !status\.`},
			{room, "!help freeze", `!freeze \[kind\].*when the next freeze is`},
			{room, "!status", `torchbearer \S+, up .*net connected.*nothing waiting to be sent.*Next: `},
			{room, "!frezee", `I don't know "!f.?rezee"; did you mean !freeze\?$`},
			{room, "!freeze@glance", freeze},
			{room, "!freeze@nova", `I know no team "n.?ova"\. Known: glance\.$`},
			{room, name + ": freeze", freeze},
			{room, strings.ToUpper(name) + ", freeze", freeze},
			{name, "freeze", freeze},
			{name, "!freeze", freeze},
			{name, "hello there", `I don't know "h.?ello"\. Say help for what I know\.$`},
		} {
			zoe.Say(c.to, c.say)
			place := c.to
			if place == name {
				place = "zoe"
			}
			l := zoe.ExpectFunc("an answer to "+c.say, func(l ircd.Line) bool {
				return l.Command == "PRIVMSG" && l.Nick() == name && strings.EqualFold(l.Params[0], place)
			}, answerWithin)
			if !regexp.MustCompile(c.want).MatchString(l.Text()) {
				t.Errorf("%s: got %q, want %s", c.say, l.Text(), c.want)
			}
		}

		// None of these is for the bot; what it does hear comes after them.
		before := len(s.heard(zoe, ""))
		for _, text := range []string{
			"freeze", "the !freeze", "#startmeeting glance", "+in", "~admin", "#freeze", "!rollcall", "!", "!!", "! freeze",
			name, name + ":", name + " freeze", name + ": thanks", name + "x: freeze",
		} {
			zoe.Say(room, text)
		}
		zoe.Send("NOTICE " + room + " :!freeze")
		zoe.Send("PRIVMSG " + room + " :\x01ACTION !freeze\x01")
		zoe.Send("NOTICE " + name + " :freeze")
		zoe.Send("PRIVMSG " + name + " :\x01VERSION\x01")
		zoe.Say(room, "!when release")
		zoe.Expect(s.said(room, "Release: "), 2*answerWithin)
		if got := s.heard(zoe, "")[before:]; len(got) != 1 {
			t.Errorf("the bot answered what is none of its business: %v", got)
		}
	})
}

// An operator whom the network vouches for is told more; somebody with the same
// nick is not.
func TestStatusForOperators(t *testing.T) {
	eachOf(t, both, []ircd.Account{ida, maria}, func(t *testing.T, s *setup) {
		s.events = cycleDates()
		s.rooms = []string{room, "#closed"}
		zoe := s.server.Dial(t, "zoe")
		zoe.Join(room)
		zoe.Join("#closed")
		zoe.Send("MODE #closed +b " + s.server.Bot.Name + "!*@*")
		zoe.Expect(`MODE #closed \+b`, answerWithin)
		b := s.start(t)
		b.until("one room is joined and one is closed", readyWithin, func() bool {
			st := b.status()
			return st.room(room).Ready && strings.Contains(st.room("#closed").Why, "474")
		})
		const more = `net/#closed not joined \(banned from the channel \(474\), trying again in `
		ask := func(c *ircd.Client) string {
			t.Helper()
			c.Say(room, "!status")
			return c.Expect(s.said(room, "torchbearer "), answerWithin).Text()
		}
		told := func(who string, text string, want bool) {
			t.Helper()
			if regexp.MustCompile(more).MatchString(text) != want {
				t.Errorf("%s was told %q; the closed room in it: want %v", who, text, want)
			}
		}
		told("zoe", ask(zoe), false)
		operator := ircd.Dial(t, s.server.PlainAddr, ircd.ClientOpts{Nick: ida.Name, Account: ida})
		operator.Join(room)
		told("ida", ask(operator), true)
		operator.Quit()
		zoe.Expect(`^:ida!\S+ QUIT`, answerWithin)
		thief := s.server.Dial(t, ida.Name)
		thief.Join(room)
		told("somebody called ida", ask(thief), false)

		if st := b.status(); st.code != 1 || !strings.Contains(st.text, "banned from the channel (474)") {
			t.Errorf("status of a bot that is kept out of a room: exit %d, %s", st.code, st.text)
		}
	})
}

// What another bot says is not answered, so that two of them never talk.
func TestOtherBots(t *testing.T) {
	t.Parallel()
	built(t)
	s := newSetup(t, ircd.StartInspIRCd(t, ircd.Opts{}))
	s.login, s.events = "sasl-plain", cycleDates()
	zoe, meet := s.server.Dial(t, "zoe"), s.server.Dial(t, "meetbot")
	zoe.Join(room)
	meet.Join(room)
	meet.Send("MODE meetbot +B")
	meet.Expect(`MODE meetbot :?\+B`, answerWithin)
	s.start(t).ready(readyWithin)
	zoe.Send("WHOIS " + s.server.Bot.Name)
	zoe.Expect(` 335 zoe `+s.server.Bot.Name+` `, answerWithin) // marked as a bot itself
	meet.Say(room, "!freeze")
	meet.Say(s.server.Bot.Name, "freeze")
	meet.Sync()
	zoe.Say(room, "!when release")
	zoe.Expect(s.said(room, "Release: "), answerWithin)
	if got := s.heard(zoe, "Spec freeze"); len(got) != 0 {
		t.Errorf("the bot answered a bot: %v", got)
	}
}
