package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"torchbearer/bot"
	"torchbearer/bot/app"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/config"
	"torchbearer/bot/cycle"
	"torchbearer/plugins/all"
)

// TestAnyEdit knows to the minute what is said of one event. This knows less, of
// several, which are read from a schedule as well: the same freeze is published with
// a day, gets a time, another label and another kind, has the team's own laid over
// it, and moves, goes and comes back; in rooms of both kinds of network, with kills
// at commits.

// form is how a freeze stands in the calendar.
type form int

const (
	absent       form = iota
	ownEvent          // the team's own, at eight in the evening
	renamedEvent      // with another id and another kind
	dayEvent          // published, a day
	exactEvent        // published, eight in the evening
	laidOver          // the team's own over one that is published for some day after
)

// freezeAt is a freeze at one time of the story.
type freezeAt struct {
	form  form
	day   int // of the story
	under int // days from the team's own to the published one that it is laid over; 0: there is none now
}

var firstDay = civil.Date{Year: 2026, Month: 12, Day: 1}

// event is number k in its form; what it was laid over is in it.
func (f freezeAt) event(k int) cycle.Event {
	published := func(day civil.Date) cycle.Event {
		label := fmt.Sprintf("i-glance-%d", k)
		return cycle.Event{
			ID: label, Kind: fmt.Sprintf("k%d-freeze", k), Name: fmt.Sprintf("Freeze %d", k), Team: "glance",
			Day: day, At: day.At(civil.Clock{Hour: 23, Minute: 59}, time.UTC),
			Source: cycle.Source{File: "schedule.yaml", Series: "indri", Label: label, Basis: cycle.ProseDate},
		}
	}
	day := firstDay.AddDays(f.day)
	evening := day.At(civil.Clock{Hour: 20}, time.UTC)
	own := cycle.Event{ID: fmt.Sprintf("own-%d", k), Kind: fmt.Sprintf("k%d-freeze", k), Name: fmt.Sprintf("Freeze %d", k), Day: day, At: evening}
	switch f.form {
	case renamedEvent:
		own.ID, own.Kind = fmt.Sprintf("renamed-%d", k), fmt.Sprintf("r%d-freeze", k)
	case dayEvent:
		return published(day)
	case exactEvent:
		e := published(day)
		e.At, e.Exact = evening, true
		return e
	case laidOver:
		if f.under == 0 {
			break
		}
		return cycle.Lay([]cycle.Event{published(day.AddDays(f.under))}, []cycle.Event{own})[0]
	}
	return own
}

// stint is how long a freeze stood where it did.
type stint struct {
	k        int
	event    cycle.Event
	from, to time.Time
}

// play is one story.
type play struct {
	nets   []*bottest.Network
	kills  []func()
	store  *bottest.Store
	app    *app.App
	stop   context.CancelFunc
	ended  chan error
	killed atomic.Bool

	now    []freezeAt                // by number
	stints []stint                   // those that end, and last those that stand
	off    [][2]time.Time            // without the bot or a network
	down   map[string][][2]time.Time // without this network
	died   []time.Time
}

const rooms = `
[irc.plain]
address = "irc.example.org:6697"
nick = "glancebot"
login = "none"

[irc.rich]
address = "irc.example.org:6697"
nick = "glancebot"
login = "none"

[team.glance]
rooms = ["plain/#glance", "rich/#glance"]

[team.glance.plugin.freeze]
remind = ["2d", "1d", "0s"]

[store]
path = "story.db"
`

func (p *play) config() *config.Config {
	cfg, err := config.Parse("config.toml", []byte(rooms), ".", all.Plugins())
	if err != nil {
		panic(err) // it is written here
	}
	far := freezeAt{form: dayEvent, day: 300}.event(9) // the source is never new
	events := []cycle.Event{far}
	for k, f := range p.now {
		if f.form != absent {
			events = append(events, f.event(k))
		}
	}
	cfg.Teams[0].Calendar = cycle.New(time.UTC, events)
	return cfg
}

func (p *play) start() {
	p.killed.Store(false)
	p.ended = make(chan error, 1)
	p.kills = nil
	var transports []bot.Transport
	for _, n := range p.nets {
		s := n.Connect()
		transports, p.kills = append(transports, s.Transport()), append(p.kills, s.Kill)
	}
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	a, err := app.New(ctx, app.Options{
		Config: p.config(), Plugins: all.Plugins(), Store: p.store, Transports: transports,
		Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		p.ended <- err
		return
	}
	p.app = a
	go func() { p.ended <- a.Run(ctx) }()
	synctest.Wait()
}

// die is kill -9, at this commit.
func (p *play) die() {
	if p.killed.Swap(true) {
		return
	}
	p.died = append(p.died, time.Now())
	p.store.Crash()
	for _, kill := range p.kills {
		kill()
	}
	p.stop()
}

// end waits for the end of a life.
func (p *play) end() {
	p.stop()
	if err := <-p.ended; err != nil && !p.killed.Load() && !errors.Is(err, bottest.ErrCrashed) {
		panic(err)
	}
	p.store = p.store.Reopen()
}

// edit changes one freeze, as of now.
func (p *play) edit(k int, f freezeAt) {
	for i, s := range p.stints {
		if s.k == k && s.to.IsZero() {
			p.stints[i].to = time.Now()
		}
	}
	p.now[k] = f
	if f.form != absent {
		p.stints = append(p.stints, stint{k: k, event: f.event(k), from: time.Now()})
	}
}

// step is what happens after some minutes: edits, and how the bot comes to know.
type step struct {
	After  int // minutes
	Kill   int // at this commit of those that follow; 0: none
	Before bool
	Edits  []edited
	How    int // 0: a network goes or comes back, and so to 2 a reload; otherwise a restart
	Net    int
	Away   []int // hours, of its next absences
}

type edited struct {
	K int
	F freezeAt
}

func TestAnyCalendar(t *testing.T) {
	forms := rapid.SampledFrom([]form{absent, ownEvent, ownEvent, renamedEvent, dayEvent, exactEvent, laidOver})
	days := rapid.IntRange(1, 14)
	under := rapid.IntRange(0, 3)
	rapid.Check(t, func(r *rapid.T) {
		var first []freezeAt
		for range 3 {
			first = append(first, freezeAt{forms.Draw(r, "form"), days.Draw(r, "day"), under.Draw(r, "days under")})
		}
		now := slices.Clone(first)
		var steps []step
		for range rapid.IntRange(1, 10).Draw(r, "steps") {
			s := step{
				After: rapid.IntRange(1, 40*60).Draw(r, "minutes"), Kill: rapid.IntRange(0, 6).Draw(r, "kill at"), Before: rapid.Bool().Draw(r, "before it is kept"),
				How: rapid.IntRange(0, 4).Draw(r, "how"), Net: rapid.IntRange(0, 1).Draw(r, "network"),
				Away: rapid.SliceOfN(rapid.OneOf(rapid.Just(0), rapid.IntRange(1, 30)), 3, 3).Draw(r, "hours away"),
			}
			for range rapid.IntRange(1, 2).Draw(r, "at once") {
				k := rapid.IntRange(0, len(now)-1).Draw(r, "freeze")
				official := now[k].form == laidOver && rapid.Bool().Draw(r, "only the official date")
				if !official {
					now[k].form = forms.Draw(r, "form")
				}
				if !official && rapid.Bool().Draw(r, "moved") {
					now[k].day = days.Draw(r, "day")
				}
				now[k].under = under.Draw(r, "days under")
				s.Edits = append(s.Edits, edited{k, now[k]})
			}
			steps = append(steps, s)
		}
		var wrong string
		synctest.Test(t, func(*testing.T) { wrong = anyCalendar(first, steps) })
		if wrong != "" {
			r.Fatal(wrong)
		}
	})
}

// anyCalendar plays a story and says what was wrong with it.
func anyCalendar(first []freezeAt, steps []step) (wrong string) {
	time.Sleep(time.Until(firstDay.Start(time.UTC)))
	p := &play{store: bottest.NewStore(), now: make([]freezeAt, len(first)), down: map[string][][2]time.Time{}}
	for _, kind := range []bottest.Kind{bottest.Plain, bottest.Rich} {
		p.nets = append(p.nets, bottest.NewNetwork(kind, string(kind), "glancebot", time.Now))
	}
	for k, f := range first {
		p.edit(k, f)
	}
	p.start()
	defer func() { p.end() }()
	down := []time.Time{{}, {}}
	back := func(s *step) { // whatever ended
		from := time.Now()
		if p.killed.Load() {
			from = p.died[len(p.died)-1]
		}
		p.end()
		if len(s.Away) > 0 {
			time.Sleep(time.Duration(s.Away[0]) * time.Hour)
			s.Away = s.Away[1:]
		}
		p.start()
		p.off = append(p.off, [2]time.Time{from, time.Now()})
	}
	for _, s := range steps {
		time.Sleep(time.Duration(s.After) * time.Minute)
		synctest.Wait()
		if p.killed.Load() {
			back(&s)
		}
		p.store.BeforeCommit, p.store.AfterCommit = nil, nil
		if s.Kill > 0 {
			n := s.Kill + int(p.store.Commits())
			here := func(at int) {
				if at == n {
					p.die()
				}
			}
			if s.Before {
				p.store.BeforeCommit = here
			} else {
				p.store.AfterCommit = here
			}
		}
		for _, e := range s.Edits {
			p.edit(e.K, e.F)
		}
		switch s.How {
		case 0:
			if down[s.Net].IsZero() {
				down[s.Net] = time.Now()
				p.nets[s.Net].Down()
			} else {
				p.nets[s.Net].Up()
				p.wasDown(s.Net, down[s.Net])
				down[s.Net] = time.Time{}
			}
			fallthrough
		case 1, 2:
			if err := p.app.Reload(context.Background(), p.config()); err != nil && !p.killed.Load() {
				return err.Error()
			}
			synctest.Wait()
		default:
			back(&s)
		}
		if p.killed.Load() {
			back(&s)
		}
	}
	// In the end everything is there, and nobody edits any more.
	p.store.BeforeCommit, p.store.AfterCommit = nil, nil
	for n, net := range p.nets {
		if net.Up(); !down[n].IsZero() {
			p.wasDown(n, down[n])
		}
	}
	time.Sleep(time.Hour)
	synctest.Wait()
	if p.killed.Load() {
		back(&step{})
	}
	time.Sleep(4 * 24 * time.Hour)
	synctest.Wait()
	for _, n := range p.nets {
		if wrong := p.judge(n, first); wrong != "" {
			return wrong
		}
	}
	return ""
}

// wasDown notes that a network was down until now.
func (p *play) wasDown(n int, since time.Time) {
	span := [2]time.Time{since, time.Now().Add(time.Hour)}
	p.off = append(p.off, span)
	p.down[p.nets[n].Name] = append(p.down[p.nets[n].Name], span)
}

// diedBetween reports a kill between two instants, or at one of them.
func (p *play) diedBetween(from, to time.Time) bool {
	return slices.ContainsFunc(p.died, func(at time.Time) bool { return !at.Before(from) && !at.After(to) })
}
