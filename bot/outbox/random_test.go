package outbox_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/msg"
	"torchbearer/bot/people"
)

// fate is what a network does to an attempt.
type fate struct {
	arrives bool
	err     error
	takes   time.Duration
}

var errLost = errors.New("no acknowledgement")

// fates are all of them, the good one first.
var fates = []fate{
	{true, nil, 0},
	{true, nil, 3 * time.Second},
	{true, errLost, 2 * time.Second},
	{false, errLost, 0},
	{false, bot.ErrNotReady, 0},
	{false, &bot.Refusal{Why: "muted", After: 10 * time.Minute}, time.Second},
}

// step is one thing that happens in a random story.
type step struct {
	What  string
	Who   string
	Rooms []bot.Room
	N     int
	Fates []int
}

// asked is what the model knows of one message.
type asked struct {
	who              string // empty: for a room
	room             bot.Room
	notBefore, until time.Time
	daily            int
	dropped          bool
	arrived, unsure  int // arrivals; those whose acknowledgement was lost
}

// chaos is a world in which anything happens, and a model of what may.
type chaos struct {
	*world
	mu     sync.Mutex
	wrong  []string
	asks   map[string]*asked
	order  []string
	fates  []int
	days   map[string]map[string]bool // person and day to the asks that arrived
	killed atomic.Bool
}

func (c *chaos) errorf(format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf("at %s: ", time.Since(c.net.began))+fmt.Sprintf(format, args...))
}

// attempt checks an attempt against the model.
func (c *chaos) attempt(_ int, room bot.Room, text string) error {
	f := fates[0]
	c.mu.Lock()
	if len(c.fates) > 0 {
		f, c.fates = fates[c.fates[0]], c.fates[1:]
	}
	nick, rest, _ := strings.Cut(text, ": ")
	key := strings.Fields(rest)[0]
	a, now := c.asks[key], c.now()
	if now.Before(a.notBefore) || !now.Before(a.until) {
		c.errorf("%s is said, though its time is %s to %s", key, a.notBefore, a.until)
	}
	if a.dropped {
		c.errorf("%s is said, though it was dropped", key)
	}
	if a.who == "" && room != a.room {
		c.errorf("%s is said in %s", key, room)
	}
	if a.who != "" {
		p := c.people.get(a.who)
		if !slices.Contains(p.rooms, room) || p.nick != nick {
			c.errorf("%s is said in %s to %s; %s is %s, in %v", key, room, nick, a.who, p.nick, p.rooms)
		}
		if _, wait := p.consent.Next(now, p.quiet, p.zone); wait != people.No {
			c.errorf("%s is said to %s, who is %s", key, a.who, wait)
		}
	}
	if f.arrives {
		a.arrived++
		if a.arrived > 1+a.unsure {
			c.errorf("%s is said for the %d. time, after %d attempts of unknown fate", key, a.arrived, a.unsure)
		}
		if f.err != nil {
			a.unsure++
		}
		if a.daily > 0 {
			day := fmt.Sprint(a.who, people.Day(now, c.people.get(a.who).zone))
			if c.days[day] == nil {
				c.days[day] = map[string]bool{}
			}
			c.days[day][key] = true
			if n := len(c.days[day]); n > a.daily {
				c.errorf("%s is ask %d of the day, of %d", key, n, a.daily)
			}
		}
	}
	c.mu.Unlock()
	time.Sleep(f.takes)
	return f.err
}

// commit carries something out, again after a kill: the loop would.
func (c *chaos) commit(f func(tx bot.Tx) error) {
	for {
		err := c.store.Update(c.t.Context(), f)
		if err == nil {
			c.box.Wake()
			synctest.Wait()
			return
		}
		if !errors.Is(err, bottest.ErrCrashed) {
			c.errorf("Update = %v", err)
			return
		}
		c.revive()
	}
}

// revive starts the bot again if it was killed. What had arrived without being
// stored as done may arrive once more.
func (c *chaos) revive() {
	if !c.killed.Load() {
		return
	}
	c.stop()
	c.killed.Store(false)
	c.store = c.store.Reopen()
	done := map[string]bool{}
	for _, o := range c.outcomes() {
		done[strings.Fields(o)[0]] = true
	}
	for key, a := range c.asks {
		if a.arrived > 0 && !done[key] {
			a.unsure = a.arrived
		}
	}
	c.start()
}

func (c *chaos) add(a *asked, say bot.Say, to bot.Target) {
	key := fmt.Sprint(len(c.order))
	c.mu.Lock()
	c.asks[key], c.order = a, append(c.order, key)
	c.mu.Unlock()
	nick := a.who
	if nick == "" {
		nick = "all"
	}
	say.Message = msg.New(msg.Ask, msg.Para{msg.To(nick, nick), msg.Text(": " + key)})
	say.Expires, say.NotBefore, say.Daily, say.Tell = a.until, a.notBefore, a.daily, true
	c.commit(func(tx bot.Tx) error { return c.box.Add(tx, c.now(), bot.Key("glance/ask/"+key), to, say) })
}

func (c *chaos) change(id string, f func(*somebody)) {
	p := c.people.get(id)
	f(&p)
	c.people.set(id, p)
	c.box.Wake()
	synctest.Wait()
}

func (c *chaos) do(s step) {
	now := c.now()
	hours := time.Duration(s.N) * time.Hour
	switch s.What {
	case "ask":
		c.add(&asked{who: s.Who, until: now.Add(60 * 24 * time.Hour), daily: 2}, bot.Say{}, bot.Target{Person: s.Who, Room: s.Rooms[0]})
	case "ask in time":
		c.add(&asked{who: s.Who, until: now.Add(hours + time.Hour), notBefore: now.Add(hours / 2), daily: 2}, bot.Say{}, bot.Target{Person: s.Who})
	case "tell":
		c.add(&asked{who: s.Who, until: now.Add(60 * 24 * time.Hour)}, bot.Say{}, bot.Target{Person: s.Who})
	case "announce":
		c.add(&asked{room: s.Rooms[0], until: now.Add(60 * 24 * time.Hour)}, bot.Say{}, bot.Target{Room: s.Rooms[0]})
	case "drop":
		if len(c.order) > 0 {
			key := c.order[s.N%len(c.order)]
			c.commit(func(tx bot.Tx) error { return c.box.Drop(tx, bot.Key("glance/ask/"+key)) })
			c.mu.Lock()
			c.asks[key].dropped = true
			c.mu.Unlock()
		}
	case "be in":
		c.change(s.Who, func(p *somebody) { p.rooms = s.Rooms })
	case "leave":
		c.change(s.Who, func(p *somebody) { p.rooms = nil })
	case "rename":
		c.change(s.Who, func(p *somebody) { p.nick = fmt.Sprint(s.Who, s.N) })
	case "away":
		c.change(s.Who, func(p *somebody) { p.consent.Away = now.Add(hours) })
	case "opt out":
		c.change(s.Who, func(p *somebody) { p.consent.OptedOut = true })
	case "trouble":
		c.mu.Lock()
		c.fates = s.Fates
		c.mu.Unlock()
	case "kill before", "kill after":
		c.stop() // the hooks are set before the store is used
		next, at := c.store.Reopen(), s.N%6+1
		kill := func(n int) {
			if n == at {
				c.killed.Store(true)
				next.Crash()
			}
		}
		if s.What == "kill before" {
			next.BeforeCommit = kill
		} else {
			next.AfterCommit = kill
		}
		c.store = next
		c.start()
	case "wait":
		c.pass(time.Duration(s.N*s.N) * time.Minute)
	}
	c.revive()
}

// end lets everybody be there and everything work, and checks that nothing was
// lost.
func (c *chaos) end() {
	c.killed.Store(true) // for the last time
	c.revive()
	c.mu.Lock()
	c.fates = nil
	c.mu.Unlock()
	for _, who := range []string{"ann", "bob"} {
		c.change(who, func(p *somebody) { p.rooms, p.consent.Away = []bot.Room{roomA}, time.Time{} })
	}
	for waiting, _ := c.report(); len(waiting) > 0 && time.Since(c.net.began) < 50*24*time.Hour; waiting, _ = c.report() {
		c.pass(6 * time.Hour)
	}
	ends := map[string][]string{}
	for _, o := range c.outcomes() {
		f := strings.Fields(o)
		ends[f[0]] = append(ends[f[0]], f[1])
	}
	for key, a := range c.asks {
		got := fmt.Sprint(ends[key])
		var want []string
		switch {
		case a.dropped:
			want = []string{"[]", "[delivered]", "[refused]", "[expired]"} // before it was
		case a.who != "" && c.people.get(a.who).consent.OptedOut && a.arrived == 0:
			want = []string{"[refused]", "[expired]"}
		case a.who != "" && c.people.get(a.who).consent.OptedOut:
			want = []string{"[delivered]", "[refused]", "[expired]"}
		case !c.now().Before(a.until):
			want = []string{"[delivered]", "[expired]"}
		default:
			want = []string{"[delivered]"}
		}
		if !slices.Contains(want, got) || got == "[delivered]" && a.arrived == 0 {
			c.errorf("%s for %q: outcomes %s after %d arrivals, want one of %v", key, a.who, got, a.arrived, want)
		}
	}
	if waiting, _ := c.report(); len(waiting) > 0 {
		c.errorf("%v still wait", waiting)
	}
}

func drawSteps(r *rapid.T) []step {
	what := rapid.SampledFrom([]string{
		"ask", "ask", "ask", "ask in time", "tell", "announce", "drop", "be in", "be in", "leave", "rename", "away", "opt out",
		"trouble", "trouble", "kill before", "kill after", "wait", "wait", "wait",
	})
	return rapid.SliceOfN(rapid.Custom(func(r *rapid.T) step {
		return step{
			What:  what.Draw(r, "what"),
			Who:   rapid.SampledFrom([]string{"ann", "bob"}).Draw(r, "who"),
			Rooms: rapid.SampledFrom([][]bot.Room{{roomA}, {roomB}, {roomA, roomB}, {roomB, roomA}}).Draw(r, "rooms"),
			N:     rapid.IntRange(0, 40).Draw(r, "n"),
			Fates: rapid.SliceOfN(rapid.IntRange(0, len(fates)-1), 0, 6).Draw(r, "fates"),
		}
	}), 0, 40).Draw(r, "steps")
}

// People come, go, sleep and say no, networks fail, the bot is killed before and
// after any commit: nobody is told twice beyond the window, nor at night, nor
// more often than a day allows; and nothing is lost before its time.
func TestAnyPeople(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		steps := drawSteps(r)
		var wrong []string
		synctest.Test(t, func(t *testing.T) {
			c := &chaos{asks: map[string]*asked{}, days: map[string]map[string]bool{}}
			net := &network{does: c.attempt, began: time.Now(), busy: map[bot.Room]bool{}}
			c.world = &world{t: t, net: net, store: bottest.NewStore()}
			c.people.set("ann", somebody{nick: "ann", rooms: []bot.Room{roomA}, quiet: nights})
			c.people.set("bob", somebody{nick: "bob", rooms: []bot.Room{roomB}, quiet: nights, zone: time.FixedZone("far", 9*3600)})
			c.start()
			for _, s := range steps {
				c.do(s)
			}
			c.end()
			c.stop()
			wrong = c.wrong
		})
		if len(wrong) > 0 {
			r.Fatalf("%s\nafter %+v", strings.Join(wrong, "\n"), steps)
		}
	})
}
