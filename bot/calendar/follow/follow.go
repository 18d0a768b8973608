// Package follow keeps up with the calendars of teams: it reads them where they
// are published, in folders, files and behind HTTPS, lays the team's own events
// over them, and reads them again as time goes by. What was last read well is
// kept in the store, and counts while the place can't be read, or holds what
// nobody should believe.
//
//	f := follow.New(follow.Options{Teams: teams, Store: store, Now: time.Now, Log: log})
//	if err := f.Load(ctx); err != nil { ... } // what is known now
//	cal := f.Calendar("glance")
//	f.Run(ctx, func(ctx context.Context) error { ... }) // called when a calendar has become another
package follow

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// Form is what is published at a place.
type Form string

// The forms.
const (
	OpenStack Form = "openstack" // a folder with schedule.yaml and schedule.rst
	Elections Form = "elections" // the configuration of an election
	ICS       Form = "ics"       // an iCalendar file
)

// Place is where dates are published.
type Place struct {
	Form Form
	Name string // what people call it: in problems, and as where an event is from
	Path string // of a folder or a file; or an address, https://…
}

// Team is a team whose calendar is followed.
type Team struct {
	ID      string
	Name    string         // what people call it
	As      string         // what the sources call it
	Zone    *time.Location // of its civil days
	Kinds   cycle.Kinds
	Own     []cycle.Event // laid over the official ones
	Release civil.Date    // of the release whose cycle is estimated; zero: none is
	Page    string        // address of the page that shows a schedule, {series} for its name; empty: none
	Places  []Place
	Every   time.Duration // between two readings; of less than an hour, an hour
}

// Options are what a Follower is made of.
type Options struct {
	Teams []Team

	// Store keeps what was last read well. Nil: nothing is kept.
	Store bot.Store
	// Tell tells the operators something, in a transaction. Nil: nobody hears.
	Tell func(tx bot.Tx, now time.Time, key bot.Key, text string) error
	// Told is called after a transaction in which something was told. May be nil.
	Told func()

	// Offline: no address is asked, what is kept of it counts; and nothing is
	// written.
	Offline bool

	Client http.RoundTripper // nil: as programs connect
	Now    func() time.Time
	Log    *slog.Logger

	// Before is the follower in whose place this one comes: what it knows of the
	// same places goes on. Nil: none.
	Before *Follower
}

// Follower follows the calendars of teams. Its methods may be called from any
// goroutine.
type Follower struct {
	Options
	client  *http.Client
	places  []*place
	byTeam  map[string][]*place
	answers map[string]*answer        // by address, of all places
	inForce map[string]cycle.Calendar // of Load
}

// New makes a follower; nothing is read before Load.
func New(o Options) *Follower {
	f := &Follower{
		Options: o, client: newClient(o.Client),
		byTeam: map[string][]*place{}, answers: map[string]*answer{}, inForce: map[string]cycle.Calendar{},
	}
	known, before := map[string]*place{}, map[string]*answer{}
	if o.Before != nil {
		before = o.Before.answers
		for _, p := range o.Before.places {
			known[p.key()] = p
		}
		o.Before = nil // or every reload would keep one more
		f.Before = nil
	}
	for _, t := range o.Teams {
		for _, at := range t.Places {
			p := &place{Place: at, team: t}
			if old := known[p.key()]; old != nil {
				p.takeOver(old)
			}
			for _, name := range p.Form.files() {
				if address := p.address(name); p.Remote() {
					f.answers[address] = cmp.Or(f.answers[address], before[address], &answer{busy: make(chan struct{}, 1)})
				}
			}
			f.places = append(f.places, p)
			f.byTeam[t.ID] = append(f.byTeam[t.ID], p)
		}
	}
	return f
}

// firstWithin is how long a start waits for an address of which nothing is kept.
const firstWithin = 15 * time.Second

// Load reads what the store keeps, every folder and file, and the addresses of
// which nothing is kept. A place that can't be read is no error: see Sources.
func (f *Follower) Load(ctx context.Context) error {
	if err := f.recall(ctx); err != nil {
		return fmt.Errorf("read the calendars that are kept: %w", err)
	}
	now := f.Now()
	first, cancel := context.WithTimeout(ctx, firstWithin)
	defer cancel()
	places := slices.DeleteFunc(slices.Clone(f.places), func(p *place) bool {
		return p.Remote() && (p.known() || f.Offline || !p.mayAsk(now))
	})
	if err := f.read(first, ctx, places); err != nil {
		return err
	}
	// In whose stead a place comes is found once.
	if err := f.keepStates(ctx, slices.DeleteFunc(slices.Clone(f.places), func(p *place) bool { return p.known() || !p.comes() })); err != nil {
		return err
	}
	f.inForce = f.calendars()
	return nil
}

// read reads places at the same time and stores what follows; asking, which may end
// before ctx, bounds what servers take. An error is the store's, the first.
func (f *Follower) read(asking, ctx context.Context, places []*place) error {
	now := f.Now().UTC()
	failed := f.asks(ctx, places, now)
	all := make([]*reading, len(places))
	var wait sync.WaitGroup
	for i, p := range places {
		wait.Go(func() { all[i] = f.look(asking, ctx, p, now) })
	}
	wait.Wait()
	all = slices.DeleteFunc(all, func(r *reading) bool { return r == nil })
	// What was read well before ctx ended counts, and what was noted as told is.
	ctx = context.WithoutCancel(ctx)
	for i, text := range f.texts(all) {
		failed = cmp.Or(failed, f.take(ctx, all[i], text))
	}
	return failed
}

// Calendar is a team's calendar as Load found it.
func (f *Follower) Calendar(team string) cycle.Calendar { return f.inForce[team] }

// longest is how long Run sleeps: a clock that was set is noticed after it.
const longest = 10 * time.Minute

// Run reads the places again, each as often as its team wants, and calls changed
// when a calendar is not that of Load any more; if that fails, again after ten
// minutes. Changed may end ctx, which ends Run. The follower before has ended.
func (f *Follower) Run(ctx context.Context, changed func(context.Context) error) {
	left, err := f.unnamed(ctx)
	for ctx.Err() == nil {
		if err = cmp.Or(err, f.forget(ctx, left)); err != nil && ctx.Err() == nil {
			f.Log.Error("what is kept of calendars is not in order", "err", err)
		}
		err = nil
		if f.differs() {
			if err := changed(ctx); err != nil {
				f.Log.Error("the calendar that was read is not taken over yet", "err", err)
			}
		}
		wait := longest
		now := f.Now()
		for _, p := range f.places {
			wait = min(wait, max(p.due(now).Sub(now), 0))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			f.rest()
			return
		case <-timer.C:
		}
		now = f.Now()
		var due []*place
		for _, p := range f.places {
			if !p.due(now).After(now) {
				due = append(due, p)
			}
		}
		if err := f.read(ctx, ctx, due); err != nil && ctx.Err() == nil {
			f.Log.Error("what was read of a calendar can't be kept", "err", err)
		}
	}
	f.rest()
}

// rest stores how addresses were last read, which is no news to the operators.
func (f *Follower) rest() {
	remote := slices.DeleteFunc(slices.Clone(f.places), func(p *place) bool { return !p.Remote() || !p.unkept() })
	if err := f.keepStates(context.Background(), remote); err != nil {
		f.Log.Warn("how calendars were read is not kept", "err", err)
	}
}

// differs reports whether a calendar is not the one in force.
func (f *Follower) differs() bool {
	return !reflect.DeepEqual(f.calendars(), f.inForce)
}

// Source is how a place stands.
type Source struct {
	Team string // id
	Place
	ReadAt time.Time // the newest reading that counts, UTC; zero: there is none
	Fault  string    // why the place is not believed or can't be read, one line of hostile text; empty: it is well
	Since  time.Time // of Fault, UTC
	Next   time.Time // when it is read again, UTC; zero: at once

	Loaded calendar.Loaded // what counts; zero: nothing was read
}

// Sources lists how all places stand, in their order.
func (f *Follower) Sources() []Source {
	now := f.Now()
	var all []Source
	for _, p := range f.places {
		s := p.source()
		s.Next = p.due(now).UTC()
		all = append(all, s)
	}
	return all
}
