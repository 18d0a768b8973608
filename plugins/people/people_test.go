package people_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/msg"
	domain "torchbearer/bot/people"
	"torchbearer/plugins/people"
)

// talk is one person's use of the plugin.
type talk struct {
	t    *testing.T
	view *bottest.View
	do   map[string]bot.Command
	from bot.Principal
	by   string
	role bot.Role
}

func newTalk(t *testing.T, now string) *talk {
	t.Helper()
	zone, err := civil.LoadZone("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	plugin := people.Plugin()
	if !plugin.Always || plugin.Name != "people" || plugin.Config != nil {
		t.Fatalf("the plugin is %+v", plugin)
	}
	instance, err := plugin.New(bot.Team{ID: bot.NoTeam}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tk := &talk{
		t: t, do: map[string]bot.Command{}, by: "zoe", role: bot.Known | bot.Core,
		from: bot.Principal{Network: "oftc", Nick: "zoe_", Account: "zoe", Strength: bot.Account},
		view: &bottest.View{
			Persons: []bot.Person{
				{ID: "zoe", Name: "Zoe Okafor", Gerrit: "zokafor", Zone: zone, Quiet: &domain.Quiet{From: civil.Clock{Hour: 22}, To: civil.Clock{Hour: 8}}},
				{ID: "bob", Name: "bob"},
			},
			Accounts: map[string]int{"zoe": 1001},
		},
	}
	for _, c := range instance.Commands {
		tk.do[c.Name] = c
	}
	tk.at(now)
	return tk
}

func (tk *talk) at(now string) {
	tk.t.Helper()
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		tk.t.Fatal(err)
	}
	tk.view.At = at
}

// says uses a command, stores what it puts, and compares the answer.
func (tk *talk) says(line, want string) {
	tk.t.Helper()
	name, rest, _ := strings.Cut(strings.TrimPrefix(line, "!"), " ")
	command, ok := tk.do[name]
	if !ok {
		tk.t.Fatalf("no command %s", name)
	}
	call := bot.Call{Room: bot.Room{Network: "oftc", Name: "#glance"}, From: tk.from, Roles: tk.role, By: tk.by}
	for _, a := range command.Args {
		call = call.WithWord(a.Name, rest)
	}
	eff, err := command.Do(context.Background(), tk.view, call)
	got := ""
	switch {
	case err != nil:
		got = err.Error()
	case eff.Reply != nil:
		got = msg.Plain(*eff.Reply, tk.view.At)
	}
	if diff := cmp.Diff(want, strings.ReplaceAll(got, "\u200b", "")); diff != "" {
		tk.t.Errorf("%s: %s", line, diff)
	}
	if err := tk.view.Apply(eff); err != nil {
		tk.t.Fatal(err)
	}
}

// kept compares all that is stored.
func (tk *talk) kept(want string) {
	tk.t.Helper()
	got, err := json.Marshal(tk.view.Records)
	if err != nil {
		tk.t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		tk.t.Error(diff)
	}
}

// A week of Zoe's, in New York.
func TestAwayAndBack(t *testing.T) {
	tk := newTalk(t, "2026-11-24T19:00:00Z") // Tuesday, 14:00
	tk.says("!away 2026-12-01", "You are away until Tue 2026-12-01 00:00 EST (05:00 UTC). Nothing is asked of you before your quiet hours end, Tue 2026-12-01 08:00 EST (13:00 UTC). !back ends it.")
	tk.kept(`{"consent/zoe":{"away":"2026-12-01T05:00:00Z"}}`)
	tk.says("!away until friday 15:00", "You are away until Fri 2026-11-27 15:00 EST (20:00 UTC). Nothing is asked of you before. !back ends it.")
	tk.says("!whoami", `You are zoe (Zoe Okafor): oftc proves your account "zoe". Here: core. Gerrit: zokafor, account 1001. Zone America/New_York, quiet hours 22:00-08:00, away until Fri 2026-11-27 15:00 EST (20:00 UTC).`)
	tk.says("!away yesterday", `"yesterday" is no day and no length of time; want a day ("2026-12-01", "monday", "tomorrow"), with a time of day if you like ("monday 14:00"), or a length of time ("3d", "12h").`)
	tk.says("!away 2026-11-23", `"2026-11-23" has passed.`)
	tk.says("!away until", `Until when? Say a day ("2026-12-01", "monday", "tomorrow"), with a time of day if you like ("monday 14:00"), or a length of time ("3d", "12h").`)
	tk.kept(`{"consent/zoe":{"away":"2026-11-27T20:00:00Z"}}`)
	tk.at("2026-11-26T08:00:00Z")
	tk.says("!back", "Welcome back. These are your quiet hours: nothing is asked of you before Thu 2026-11-26 08:00 EST (13:00 UTC).")
	tk.kept(`{}`)
	tk.at("2026-11-26T18:00:00Z")
	tk.says("!back", "You were not away.")
	tk.says("!away 3d", "You are away until Sun 2026-11-29 13:00 EST (18:00 UTC). Nothing is asked of you before. !back ends it.")
	tk.at("2026-11-30T18:00:00Z")
	tk.says("!back", "You were not away.")
	tk.says("!whoami", `You are zoe (Zoe Okafor): oftc proves your account "zoe". Here: core. Gerrit: zokafor, account 1001. Zone America/New_York, quiet hours 22:00-08:00.`)
}

func TestQuietHours(t *testing.T) {
	tk := newTalk(t, "2026-11-24T19:00:00Z")
	tk.says("!quiet", "Nothing is asked of you from 22:00 to 08:00, America/New_York: next from Tue 2026-11-24 22:00 EST (Wed 03:00 UTC) until Wed 2026-11-25 08:00 EST (13:00 UTC).")
	tk.says("!quiet 13:00 - 15:30", "Nothing is asked of you from 13:00 to 15:30, America/New_York: now, until Tue 2026-11-24 15:30 EST (20:30 UTC).")
	tk.kept(`{"consent/zoe":{"quiet":"13:00-15:30"}}`)
	tk.says("!quiet off", "You have no quiet hours: you can be asked at any hour. !quiet 22:00-08:00 goes back to what is configured.")
	tk.kept(`{"consent/zoe":{"noQuiet":true}}`)
	tk.says("!quiet", "You have no quiet hours: you can be asked at any hour.")
	tk.says("!whoami", `You are zoe (Zoe Okafor): oftc proves your account "zoe". Here: core. Gerrit: zokafor, account 1001. Zone America/New_York, no quiet hours.`)
	tk.says("!quiet 22-8", `"22-8" is no span of hours; want from-to, such as "22:00-08:00"; or "off".`)
	tk.says("!quiet 08:00-08:00", `"08:00-08:00" is no hours at all, or all of them; want two different times; or "off".`)
	tk.says("!quiet 22:00-08:00", "Nothing is asked of you from 22:00 to 08:00, America/New_York: next from Tue 2026-11-24 22:00 EST (Wed 03:00 UTC) until Wed 2026-11-25 08:00 EST (13:00 UTC).")
	tk.kept(`{}`)
}

func TestOptout(t *testing.T) {
	tk := newTalk(t, "2026-11-24T04:00:00Z") // 23:00
	tk.says("!optout no", "You have not opted out.")
	tk.says("!optout", "Nothing is asked of you any more, in any team. !optout no takes it back.")
	tk.kept(`{"consent/zoe":{"optedOut":true}}`)
	tk.says("!optout", "You have opted out already. !optout no takes it back.")
	tk.says("!optout please", `!optout stands alone, or with "no" to take it back.`)
	tk.says("!back", "You were not away. Nothing is asked of you: you have opted out.")
	tk.says("!away 2d", "You are away until Wed 2026-11-25 23:00 EST (Thu 04:00 UTC). Nothing is asked of you then either: you have opted out. !back ends it.")
	tk.says("!whoami", `You are zoe (Zoe Okafor): oftc proves your account "zoe". Here: core. Gerrit: zokafor, account 1001. Zone America/New_York, quiet hours 22:00-08:00, away until Wed 2026-11-25 23:00 EST (Thu 04:00 UTC), opted out.`)
	tk.says("!optout NO", "You can be asked again, from Thu 2026-11-26 08:00 EST (13:00 UTC) on.")
	tk.says("!back", "Welcome back. These are your quiet hours: nothing is asked of you before Tue 2026-11-24 08:00 EST (13:00 UTC).")
	tk.at("2026-11-24T19:00:00Z")
	tk.says("!optout", "Nothing is asked of you any more, in any team. !optout no takes it back.")
	tk.says("!optout no", "You can be asked again.")
	tk.kept(`{}`)
}

func TestWhoami(t *testing.T) {
	tk := newTalk(t, "2026-11-24T19:00:00Z")
	tk.by, tk.role = "bob", bot.Known|bot.Operator|bot.PTL
	tk.from = bot.Principal{Network: "oftc", Nick: "bob", Account: "bob", Strength: bot.Registered}
	tk.says("!whoami", `You are bob: oftc proves your registered nick "bob". Here: operator, PTL. No Gerrit username is configured for you. Zone UTC, no quiet hours.`)
	tk.view.Persons[1].Gerrit, tk.role = "bobby", bot.Known
	tk.says("!whoami", `You are bob: oftc proves your registered nick "bob". Gerrit: bobby, whose account I have not found. Zone UTC, no quiet hours.`)

	tk.by, tk.role = "", bot.Anyone
	tk.says("!whoami", `oftc says that your account is "bob". Nobody in my configuration has it: an operator can add irc = { oftc = … } to a section of people for you.`)
	onIRC := tk.from
	tk.from = bot.Principal{Network: "main", Nick: "Bob", User: "@bob:example.org", Account: "@bob:example.org", Strength: bot.Account}
	tk.says("!whoami", `main says that your account is "@bob:example.org". Nobody in my configuration has it: an operator can add matrix = … to a section of people for you.`)
	tk.from.Account, tk.from.Strength = "", bot.Unproven
	tk.says("!whoami", `I can't tell who "Bob" is: what stands in clear in an encrypted room may be anybody's, so send it encrypted and ask again.`)
	tk.from = onIRC
	tk.from.Strength = bot.Unproven
	tk.says("!whoami", `I can't tell who "bob" is: oftc does not say whose account it has. Log in to yours there and ask again.`)
	tk.from.Nick = "x\x02\r\nJOIN #0"
	tk.says("!whoami", `I can't tell who "x JOIN #0" is: oftc does not say whose account it has. Log in to yours there and ask again.`)
	// Whoever nobody knows says nothing for anybody.
	for _, line := range []string{"!away 3d", "!back", "!quiet off", "!optout"} {
		tk.says(line, "I don't know who you are: say !whoami.")
	}
	tk.kept(`{}`)
}

// Nothing that a person says changes what another has said.
func TestEachForThemselves(t *testing.T) {
	tk := newTalk(t, "2026-11-24T19:00:00Z")
	tk.says("!optout", "Nothing is asked of you any more, in any team. !optout no takes it back.")
	tk.by = "bob"
	tk.says("!quiet 01:00-02:00", "Nothing is asked of you from 01:00 to 02:00, UTC: next from Wed 2026-11-25 01:00 UTC until Wed 2026-11-25 02:00 UTC.")
	tk.says("!optout no", "You have not opted out.")
	tk.kept(`{"consent/bob":{"quiet":"01:00-02:00"},"consent/zoe":{"optedOut":true}}`)
}

func TestCommandsAreKnownPeoplesOwn(t *testing.T) {
	for name, c := range newTalk(t, "2026-11-24T19:00:00Z").do {
		want := bot.Known
		if name == "whoami" {
			want = bot.Anyone
		}
		if c.Who != want || c.Help == "" || len(c.Examples) == 0 {
			t.Errorf("!%s: who %q, help %q, examples %q", name, c.Who, c.Help, c.Examples)
		}
	}
}
