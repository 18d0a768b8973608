package reviewday

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

var (
	alone  = bot.Room{Network: "net", Name: "#glance"}
	shared = bot.Room{Network: "net", Name: "#shared"}
)

const glance = "openstack/glance"

func utc(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04", s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func team() bot.Team {
	return bot.Team{
		ID: "glance", Name: "Glance", Zone: time.UTC, PTL: []string{"maria"}, Rooms: []bot.Room{alone, shared}, Shared: []bot.Room{shared},
		Gerrit: bot.ReviewServer{Name: "opendev", URL: "https://review.example.org"}, Projects: []string{glance},
	}
}

// usual is a team's plugin with the defaults: Mondays from 13:00 to 21:00.
func usual(t bot.Team, change ...func(*Config)) *plugin {
	c := defaults().(*Config)
	for _, f := range change {
		f(c)
	}
	p := &plugin{team: t, open: c.Open, close: c.Close, until: c.Until}
	for _, d := range c.Days {
		p.days[d] = true
	}
	return p
}

func event(id, kind, name string, at time.Time) cycle.Event {
	return cycle.Event{ID: id, Kind: kind, Name: name, At: at, Day: civil.DateOf(at, time.UTC)}
}

// change is one that CI passed and nobody has looked at for so many days.
func change(number, days int, now time.Time, more ...func(*review.Change)) review.Change {
	at := now.Add(-time.Duration(days) * 24 * time.Hour)
	c := review.Change{
		Server: "opendev", Number: number, Project: glance, Subject: "Cache policy checks", Owner: review.Account{ID: 1},
		AuthorUpdate: at, PatchSet: review.PatchSet{Number: 1, At: at}, Mergeable: review.Yes, CI: review.CI{Vote: 1, Report: at},
	}
	for _, m := range more {
		m(&c)
	}
	return c
}

func plusTwo(c *review.Change) {
	c.Reviewed = true
	c.Votes = append(c.Votes, review.Vote{Label: "Code-Review", Value: 2, By: 2, Cast: c.AuthorUpdate})
}

// reviewed was reviewed at one instant for the first time, and at another last.
func reviewed(first, last time.Time) func(*review.Change) {
	return func(c *review.Change) { c.Reviewed, c.FirstReview, c.LastReview = true, first, last }
}

func merged(at time.Time) func(*review.Change) {
	return func(c *review.Change) { c.Status, c.Closed = review.Merged, at }
}

func plain(m msg.Message, at time.Time) string {
	return strings.ReplaceAll(msg.Plain(m, at), "\n", " ")
}

// world carries out what is due, as the loop does: once each, of a series that
// was missed the newest, and nothing that is too late.
type world struct {
	t       testing.TB
	p       *plugin
	v       *bottest.View
	last    time.Time
	decided map[bot.Key]bool
	said    []string // as the first room hears it: "Mon 13:00 Review day until …"
	private []string
	keys    map[string]bool // of what was said, with where
	fresh   bool            // the mirror is read all the time
}

func newWorld(t testing.TB, p *plugin, at time.Time, events ...cycle.Event) *world {
	return &world{
		t: t, p: p, last: at, decided: map[bot.Key]bool{}, keys: map[string]bool{}, fresh: true,
		v: &bottest.View{
			At: at, Cal: cycle.New(p.team.Zone, events), Read: bot.ReviewState{Known: true, ReadAt: at},
			Casts: map[string]review.Cast{glance: {Cores: review.KnownCores(2, 3)}},
		},
	}
}

// to lets time pass, with a look at what is due at the end.
func (w *world) to(at time.Time) {
	w.t.Helper()
	w.v.At = at
	if w.fresh {
		w.v.Read.ReadAt = at
	}
	due := append(w.p.due(w.v, w.last, at), w.p.milestones(w.v, w.last, at)...)
	w.last = at
	slices.SortStableFunc(due, func(a, b bot.Occurrence) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
	newest := map[string]bot.Key{}
	due = slices.DeleteFunc(due, func(o bot.Occurrence) bool { return w.decided[o.Key] || at.After(o.Until) })
	for _, o := range due {
		newest[o.Series] = o.Key
	}
	for _, o := range due {
		if w.decided[o.Key] = true; o.Series != "" && newest[o.Series] != o.Key {
			continue
		}
		do := w.p.step
		if _, milestone := o.Data.(cycle.Event); milestone {
			do = w.p.remind
		}
		eff, err := do(context.Background(), w.v, o)
		if err != nil {
			w.t.Fatal(err)
		}
		w.apply(eff)
	}
}

// every lets time pass as a running bot lives through it.
func (w *world) every(step time.Duration, until time.Time) {
	for at := w.v.At.Add(step); !at.After(until); at = at.Add(step) {
		w.to(at)
	}
	w.to(until)
}

func (w *world) apply(eff bot.Effects) {
	w.t.Helper()
	if err := w.v.Apply(eff); err != nil {
		w.t.Fatal(err)
	}
	for _, s := range eff.Say {
		id := string(s.Key) + " " + s.To.Person + s.To.Room.String()
		if w.keys[id] || s.Key.Check() != nil || !s.Expires.After(w.v.At) {
			w.t.Errorf("says %s again, under a key that is none, or too late: %+v", id, s)
		}
		w.keys[id] = true
		text := w.v.At.In(w.p.team.Zone).Format("Mon 15:04 ") + plain(s.Message, w.v.At)
		switch {
		case s.To.Person != "":
			if !s.To.Direct {
				w.t.Errorf("says to a person in public: %s", text)
			}
			w.private = append(w.private, s.To.Person+": "+text)
		case s.To.Room == alone:
			w.said = append(w.said, text)
		}
	}
}

// use uses !reviewday, and returns its answer or what it refuses with.
func (w *world) use(word string, c bot.Call) string {
	w.t.Helper()
	if c.Room == (bot.Room{}) {
		c.Room = alone
	}
	if word != "" {
		c = c.WithWord("start or stop", word)
	}
	eff, err := w.p.commands()[0].Do(context.Background(), w.v, c)
	if u, ok := errors.AsType[*bot.UserError](err); ok {
		return u.Text
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.apply(eff)
	if eff.Reply == nil {
		return ""
	}
	return plain(*eff.Reply, w.v.At)
}

func (w *world) start() string { return w.use("start", bot.Call{Roles: bot.PTL, By: "maria"}) }
func (w *world) stop() string  { return w.use("stop", bot.Call{Roles: bot.PTL, By: "maria"}) }

// heard is what was said since the last look.
func (w *world) heard() []string {
	said := w.said
	w.said = nil
	return said
}
