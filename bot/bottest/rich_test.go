package bottest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/msg"
)

// text renders a message of one text.
func text(t *testing.T, s *bottest.Session, words string) []byte {
	t.Helper()
	payload, err := s.Render(channel, msg.New(msg.Announce, msg.Para{msg.Text(words)}), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// reads lists what the bot's messages read now.
func reads(n *bottest.Network, edited bool) (all []string) {
	for _, s := range n.Reads(channel, edited) {
		all = append(all, s.Text())
	}
	return all
}

func starts(words string) func(bottest.Seen) bool {
	return func(s bottest.Seen) bool { return strings.HasPrefix(s.Text(), words) }
}

func TestEdit(t *testing.T) {
	on(t, bottest.Rich, func(t *testing.T, n *bottest.Network, s *bottest.Session, _ *ear) {
		for _, id := range []string{"1", "2"} {
			if err := s.Deliver(t.Context(), id, channel, text(t, s, "asked "+id)); err != nil {
				t.Fatal(err)
			}
		}
		e := s.Transport().(bot.Editor)
		elsewhere := bot.Room{Network: "net", Name: "#b"}
		for _, step := range []struct {
			name, id, of string
			in           bot.Room
			words        string
			final        bool
			want         []string
		}{
			{"the first", "e1", "1", channel, "answered 1", false, []string{"answered 1", "asked 2"}},
			{"the same again", "e1", "1", channel, "answered otherwise", false, []string{"answered 1", "asked 2"}},
			{"another", "e2", "1", channel, "reviewed 1", false, []string{"reviewed 1", "asked 2"}},
			{"of no message", "e3", "3", channel, "lost", true, []string{"reviewed 1", "asked 2"}},
			{"of a message elsewhere", "e4", "2", elsewhere, "lost", true, []string{"reviewed 1", "asked 2"}},
		} {
			err := e.Edit(t.Context(), step.id, step.of, step.in, text(t, s, step.words))
			var refusal *bot.Refusal
			if step.final != (errors.As(err, &refusal) && refusal.Final) || !step.final && err != nil {
				t.Errorf("%s: %v, want final refusal %v", step.name, err, step.final)
			}
			if diff := cmp.Diff(step.want, reads(n, false)); diff != "" {
				t.Errorf("%s: the room reads (-want +got):\n%s", step.name, diff)
			}
		}
		if got := reads(n, true); !slices.Equal(got, []string{"reviewed 1"}) {
			t.Errorf("edited messages read %q", got)
		}
		if got := len(n.Left()); got != 2 {
			t.Errorf("people were notified %d times, want 2", got)
		}
	})
	on(t, bottest.Plain, func(t *testing.T, n *bottest.Network, s *bottest.Session, _ *ear) {
		if _, can := s.Transport().(bot.Editor); can {
			t.Error("a plain network can edit")
		}
		if err := n.React(channel, bottest.Speaker{Nick: "zoe"}, bot.SignTake, starts("")); err == nil {
			t.Error("a plain network has reactions")
		}
	})
}

// A sign is put to the newest message that fits as it reads now, once by each.
func TestReact(t *testing.T) {
	on(t, bottest.Rich, func(t *testing.T, n *bottest.Network, s *bottest.Session, e *ear) {
		for _, id := range []string{"1", "2"} {
			if err := s.Deliver(t.Context(), id, channel, text(t, s, "asked "+id)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Transport().(bot.Editor).Edit(t.Context(), "e", "2", channel, text(t, s, "reviewed")); err != nil {
			t.Fatal(err)
		}
		zoe, bob := bottest.Speaker{Nick: "zoe", Account: "zoe"}, bottest.Speaker{Nick: "bob", Account: "bob"}
		for _, step := range []struct {
			name string
			err  error
			ok   bool
		}{
			{"takes", n.React(channel, zoe, bot.SignTake, starts("asked")), true},
			{"again", n.React(channel, zoe, bot.SignTake, starts("asked")), false},
			{"another sign", n.React(channel, zoe, bot.SignCancel, starts("reviewed")), true},
			{"somebody else", n.React(channel, bob, bot.SignTake, starts("asked")), true},
			{"back", n.Unreact(channel, zoe, bot.SignTake, starts("asked")), true},
			{"back again", n.Unreact(channel, zoe, bot.SignTake, starts("asked")), false},
			{"to nothing", n.React(channel, zoe, bot.SignTake, starts("asked 2")), false},
		} {
			if (step.err == nil) != step.ok {
				t.Errorf("%s: %v, want ok %v", step.name, step.err, step.ok)
			}
		}
		want := []struct {
			user  string
			react bot.React
		}{
			{"@zoe:example.org", bot.React{Of: "1", Sign: bot.SignTake}},
			{"@zoe:example.org", bot.React{Of: "2", Sign: bot.SignCancel}},
			{"@bob:example.org", bot.React{Of: "1", Sign: bot.SignTake}},
			{"@zoe:example.org", bot.React{Of: "1", Sign: bot.SignTake, Undone: true}},
		}
		if len(e.heard) != len(want) {
			t.Fatalf("heard %d reactions, want %d", len(e.heard), len(want))
		}
		for i, in := range e.heard {
			if in.React == nil || *in.React != want[i].react || in.From.User != want[i].user || in.Text != "" || in.ID == "" || in.Once == "" {
				t.Errorf("heard %+v, want %+v", in, want[i])
			}
		}
	})
}

// Two may have one name; a script means who had it last, and the bot sees who is who.
func TestStolenName(t *testing.T) {
	on(t, bottest.Rich, func(t *testing.T, n *bottest.Network, s *bottest.Session, e *ear) {
		n.Say(channel, bottest.Speaker{Nick: "maria", Account: "maria"}, "mine")
		n.Say(channel, bottest.Speaker{Nick: "mallory", Account: "mallory"}, "hello")
		n.Rename("mallory", "maria")
		n.Say(channel, bottest.Speaker{Nick: "maria", Account: "mallory"}, "mine too")
		var got []string
		for _, in := range e.heard {
			got = append(got, in.From.Nick+" "+in.From.User)
		}
		want := []string{"maria @maria:example.org", "mallory @mallory:example.org", "maria @mallory:example.org"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("heard (-want +got):\n%s", diff)
		}
		n.Quit("maria")
		if got := inRoom(s, channel); got != "maria (account) @maria:example.org" {
			t.Errorf("left are %s", got)
		}
	})
}

// What the bot has heard shortly before it was killed is told again, but for what
// its store says has run; what was said while it was away is told late, unless it is
// old; an answer that was given is not given again.
func TestToldAgain(t *testing.T) {
	on(t, bottest.Rich, func(t *testing.T, n *bottest.Network, s *bottest.Session, e *ear) {
		zoe := bottest.Speaker{Nick: "zoe", Account: "zoe"}
		say := func(words string) { n.Say(channel, zoe, words) }
		answer := func(s *bottest.Session, in bot.Incoming) {
			s.Reply(in, msg.New(msg.Answer, msg.Para{msg.Text("re " + in.Text)}), time.Now())
		}
		say("long ago")
		time.Sleep(11 * time.Second)
		say("ran")
		say("asked")
		answer(s, e.heard[2])
		n.Ran = func(once string) bool { return once == e.heard[1].Once }
		s.Kill()
		say("old")
		time.Sleep(9 * time.Minute)
		say("while away")
		time.Sleep(2 * time.Minute)
		next, later := n.Connect(), &ear{}
		go func() { _ = next.Run(t.Context(), later) }()
		synctest.Wait()
		var got []string
		for _, in := range later.heard {
			got = append(got, in.Text)
			answer(next, in)
		}
		if diff := cmp.Diff([]string{"asked", "while away"}, got); diff != "" {
			t.Errorf("told again (-want +got):\n%s", diff)
		}
		var answers []string
		for _, s := range n.Left() {
			answers = append(answers, s.To+" "+s.Text())
		}
		if diff := cmp.Diff([]string{e.heard[2].ID + " re asked", later.heard[1].ID + " re while away"}, answers); diff != "" {
			t.Errorf("answers (-want +got):\n%s", diff)
		}
	})
}
