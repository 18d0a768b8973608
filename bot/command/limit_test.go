package command_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/command"
)

func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(command.Limit{Number: 3, Per: time.Minute})
		from := func(nick, origin string) bot.Incoming {
			return bot.Incoming{Room: glanceRoom, Text: "!freeze", From: bot.Principal{Nick: nick, Origin: origin}}
		}
		const answer, told = "glance/freeze: freeze", "mallory: that was more than 3 commands a minute; I answer you again in a moment."
		steps := []struct {
			name string
			in   bot.Incoming
			want string
			then time.Duration
		}{
			{"first", from("mallory", "m@x"), answer, 0},
			{"second", from("mallory", "m@x"), answer, 0},
			{"talk costs nothing", bot.Incoming{Room: glanceRoom, Text: "hello", From: bot.Principal{Nick: "mallory", Origin: "m@x"}}, "", 0},
			{"third", from("mallory", "m@x"), answer, 0},
			{"over", from("mallory", "m@x"), told, 0},
			{"over again", from("mallory", "m@x"), "", 0},
			{"over under another nick", from("mallory2", "m@x"), "", 0},
			{"somebody else", from("alice", "a@y"), answer, 20 * time.Second},
			{"one more after a third of the time", from("mallory", "m@x"), answer, 0},
			{"over, and told so already", from("mallory", "m@x"), "", 61 * time.Second},
			{"whole again", from("mallory", "m@x"), answer, 0},
			{"and again", from("mallory", "m@x"), answer, 0},
			{"and again", from("mallory", "m@x"), answer, 0},
			{"told again", from("mallory", "m@x"), told, 0},
		}
		for i, s := range steps {
			if got := d.hear(s.in); got != s.want {
				t.Errorf("%d, %s: got %q, want %q", i, s.name, got, s.want)
			}
			d.now = d.now.Add(s.then)
		}
	})
}

// A flood of people that never were costs no more memory than a busy day.
func TestLimitForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(command.Limit{Number: 1, Per: time.Hour})
		for i := range 20_000 {
			d.hear(bot.Incoming{Room: glanceRoom, Text: "!quiet", From: bot.Principal{Nick: "n", Origin: fmt.Sprint(i)}})
		}
		if got := d.h.Remembered(); got > 4096 {
			t.Errorf("remembers %d people, want at most 4096", got)
		}
	})
}

// A reload forgets nobody's use, unless it changes the limit.
func TestLimitAcrossReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(command.Limit{Number: 1, Per: time.Hour})
		in := bot.Incoming{Room: glanceRoom, Text: "!freeze", From: bot.Principal{Nick: "mallory", Origin: "m@x"}}
		d.hear(in)
		reload := func(l command.Limit) {
			o := d.h.Options
			o.Before, o.Limit = d.h, l
			d.h = command.New(o)
		}
		reload(command.Limit{Number: 1, Per: time.Hour})
		if got := d.hear(in); !strings.HasPrefix(got, "mallory: that was more than 1") {
			t.Errorf("after a reload: got %q, want none", got)
		}
		reload(command.Limit{Number: 2, Per: time.Hour})
		if got := d.hear(in); got != "glance/freeze: freeze" {
			t.Errorf("with another limit: got %q, want an answer", got)
		}
	})
}
