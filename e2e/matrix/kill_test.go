package matrix_test

import (
	"fmt"
	"testing"
	"time"

	"torchbearer/e2e/nio"
	"torchbearer/e2e/synapsed"
)

// round is one step, the command said beside it, and how the bot is killed around
// them.
type round struct {
	name string
	kill func(*daemon, *proxy, time.Time)
}

// rounds are ten kills around a due step, in the order of what happens: due,
// decided, marked, sent, taken by the server, acknowledged, stored.
var rounds = []round{
	{"before", at(-300 * time.Millisecond)},
	{"at the instant", at(0)},
	{"3 ms later", at(3 * time.Millisecond)},
	{"15 ms later", at(15 * time.Millisecond)},
	{"40 ms later", at(40 * time.Millisecond)},
	{"as it is sent, and lost", func(b *daemon, p *proxy, _ time.Time) { p.cut(b, true, 1) }},
	{"taken, answer lost", func(b *daemon, p *proxy, _ time.Time) { p.cut(b, false, 1) }},
	{"the second of them lost", func(b *daemon, p *proxy, _ time.Time) { p.cut(b, true, 2) }},
	{"the second taken, answer lost", func(b *daemon, p *proxy, _ time.Time) { p.cut(b, false, 2) }},
	{"as all is said", func(b *daemon, _ *proxy, due time.Time) {
		b.until("it is said", within, func() bool { return time.Now().After(due) && len(b.status().Outbox.Waiting) == 0 })
	}},
}

// at kills so long after the step is due.
func at(d time.Duration) func(*daemon, *proxy, time.Time) {
	return func(_ *daemon, _ *proxy, due time.Time) { time.Sleep(time.Until(due.Add(d))) }
}

// cut waits until the bot has sent its n-th message from now on, and loses that:
// on the way to the server, or the server's answer.
func (p *proxy) cut(b *daemon, going bool, n int) {
	b.Helper()
	there := make(chan struct{})
	hold := func() bool {
		if n--; n == 0 {
			close(there)
		}
		return n > 0
	}
	if going {
		p.watch(hold, nil)
	} else {
		p.watch(nil, hold)
	}
	select {
	case <-there:
	case <-time.After(within):
		b.Fatal("nothing is sent")
	}
}

// Killed with -9 thirty times around what it has to say: no announcement and no
// answer is missing in the end, and none is double, in a plain room and in an
// encrypted one. The bot is free of the limits here, as those on busy servers are.
func TestKilled(t *testing.T) {
	t.Parallel()
	nio.Require(t)
	for range 3 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, shared(t))
			w.bot = w.srv.User("freebot" + w.n)
			w.burst, w.pace = 50, "0s"
			open, sealed := w.room("glance", nil), w.room("nova", encryption())
			maria, zoe := w.person("maria"), w.client("zoe", sealed)
			w.encrypt()
			p := w.between()
			b := w.start().ready()
			asked := map[string]string{} // by the one who asked, in the end by event
			for i, r := range rounds {
				name := fmt.Sprintf("Day %d", i)
				due := b.plan(name)
				time.Sleep(time.Until(due.Add(-10 * time.Millisecond)))
				said := make(chan [2]string, 1)
				go func() { said <- [2]string{maria.Say(open, "!freeze"), zoe.Say(sealed, "!freeze")} }()
				r.kill(b, p, due)
				b.kill()
				p.watch(nil, nil)
				both := <-said
				asked[both[0]], asked[both[1]] = open, sealed
				b = w.start().ready()
				w.hears(maria, open, name+` is here`)
				w.hears(zoe, sealed, name+` is here`)
				t.Logf("%s", r.name)
			}
			for event, room := range asked {
				c := chatter(maria)
				if room == sealed {
					c = zoe
				}
				w.expect(c, room, "an answer", func(e synapsed.Event) bool { return e.ReplyTo() == event })
			}
			b.until("nothing waits", within, b.idle)
			b.terminate()
			for event, room := range asked {
				c := chatter(maria)
				if room == sealed {
					c = zoe
				}
				if got := w.answers(c, room, event); len(got) != 1 {
					t.Errorf("answered %q", got)
				}
			}
			for i := range rounds {
				if n := w.times(maria, open, fmt.Sprintf("Day %d is here", i)); n != 1 {
					t.Errorf("plain: step %d was said %d times", i, n)
				}
				if n := w.times(zoe, sealed, fmt.Sprintf("Day %d is here", i)); n != 1 {
					t.Errorf("encrypted: step %d was said %d times", i, n)
				}
			}
			for _, e := range zoe.Said(sealed, w.bot.ID) {
				if e.Type == "m.room.encrypted" {
					t.Errorf("can't be read: %+v", e)
				}
			}
		})
	}
}
