package ask

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/review"
)

// Records of the plugin:
//
//	ledger          the open asks, and which changes have a past
//	past/<change>   the asks of one change that have ended, for as long as they count
const (
	ledgerKey = "ledger"
	pastSpace = "past/"
)

const (
	// patience is how long an ask tries to reach somebody.
	patience = 7 * 24 * time.Hour

	// memory is how long an ask without an answer, and the mark of two, is
	// remembered at least.
	memory = 28 * 24 * time.Hour

	// mostPast is how many ended asks of one change are kept.
	mostPast = 20
)

// outcome is how an ask ended. Its values are stable: records keep them.
type outcome string

const (
	voted       outcome = "vote"        // What: "Code-Review+2"
	commented   outcome = "comment"     // inline or not
	merged      outcome = "merged"      // before anything came
	abandoned   outcome = "abandoned"   // the same
	moved       outcome = "moved"       // it is not with the asked any more; What: the reason
	passed      outcome = "passed"      // What: who it was handed to, if anybody
	undelivered outcome = "undelivered" // What: why, for people
	unanswered  outcome = "no-answer"   // and asked anew, or too long ago
	calledOff   outcome = "called-off"  // by who asked or the PTL; What: who that was
)

// ask is one ask, from the command to its end. Instants are UTC; names are what
// people were called when it was asked.
type ask struct {
	N       int    `json:"n"`      // of this team's asks
	Change  string `json:"change"` // see reference
	Number  int    `json:"number"`
	Of      string `json:"of"` // who is asked
	Name    string `json:"name"`
	Account int    `json:"account"`
	By      string `json:"by"` // who asks, and is told
	ByName  string `json:"byName"`
	From    string `json:"from,omitempty"` // who handed it on, called
	Note    string `json:"note,omitempty"`

	Room    bot.Room  `json:"room,omitzero"` // where it was asked; zero: in private
	At      time.Time `json:"at"`
	Expires time.Time `json:"expires"`

	// Acted is the newest act of the asked that the mirror knew: only a newer
	// one answers, and is kept here then. No other clock is asked than the
	// review server's.
	Acted time.Time `json:"acted,omitzero"`

	Held      bool      `json:"held,omitempty"` // not said while CI runs
	Delivered time.Time `json:"delivered,omitzero"`
	In        bot.Room  `json:"in,omitzero"`
	Due       time.Time `json:"due,omitzero"`   // when silence is told
	Late      int       `json:"late,omitempty"` // how often Due was put off
	Taken     time.Time `json:"taken,omitzero"`
	Untaken   time.Time `json:"untaken,omitzero"` // while Taken is set: what Due was without it
	Told      time.Time `json:"told,omitzero"`    // the asker, of the silence

	// What was put off comes again. Until is the first instant at which; Round
	// counts the pings that were delivered and put off, Naps the times that
	// something was; Before is what it was before the last time, for as long as
	// that can be taken back.
	Until  time.Time `json:"until,omitzero"`
	Round  int       `json:"round,omitempty"`
	Naps   int       `json:"naps,omitempty"`
	Before *standing `json:"before,omitempty"`

	// Undone counts what was taken back: what is due then is another thing than
	// what was due before it, which may have been decided.
	Undone int `json:"undone,omitempty"`

	Ended   time.Time `json:"ended,omitzero"`
	EndedBy string    `json:"endedBy,omitempty"` // who may take the end back
	Newest  int       `json:"newest,omitempty"`  // of EndedBy: the team's newest ask at its end
	How     outcome   `json:"how,omitempty"`
	What    string    `json:"what,omitempty"`
}

// standing is what putting off an ask changes of it.
type standing struct {
	Round     int       `json:"round,omitempty"`
	Naps      int       `json:"naps,omitempty"`
	Until     time.Time `json:"until,omitzero"`
	Expires   time.Time `json:"expires"`
	Delivered time.Time `json:"delivered,omitzero"`
	In        bot.Room  `json:"in,omitzero"`
	Due       time.Time `json:"due,omitzero"`
	Late      int       `json:"late,omitempty"`
}

// waits reports whether a ping is still to be said: the asked has not heard of
// it, or has put it off.
func (a ask) waits() bool { return a.Delivered.IsZero() && a.Taken.IsZero() }

// unheard reports whether the asked never heard of it.
func (a ask) unheard() bool { return a.waits() && a.Round == 0 }

// key is that of its first ping; whatever else is said of it lies below.
func (a ask) key() bot.Key {
	return bot.Key(a.Change + "/" + url.PathEscape(a.Of) + "/" + strconv.Itoa(a.N))
}

// ping is the key of its newest ping, which waits or has been said.
func (a ask) ping() bot.Key { return a.pingOf(a.Round) }

func (a ask) pingOf(round int) bot.Key {
	if round == 0 {
		return a.key()
	}
	return a.key() + "/again-" + bot.Key(strconv.Itoa(round))
}

// living is the key of the newest ping that the asked has heard.
func (a ask) living() bot.Key {
	if a.Delivered.IsZero() && a.Round > 0 {
		return a.pingOf(a.Round - 1)
	}
	return a.ping()
}

// reference names a change for ever, "opendev/912345": a team may move to
// another server, whose numbers begin anew.
func reference(c review.Change) string {
	if c.Server == "" {
		return strconv.Itoa(c.Number)
	}
	return url.PathEscape(c.Server) + "/" + strconv.Itoa(c.Number)
}

// ledger is the record of what is open.
type ledger struct {
	Last  int                  `json:"last"` // number of the newest ask
	Open  []ask                `json:"open,omitempty"`
	Past  map[string]time.Time `json:"past,omitempty"`  // changes with a past, and until when it counts
	Marks map[string]time.Time `json:"marks,omitempty"` // changes marked for their silence, and until when
}

// book is the ledger open for one call: what is written in it, and what is to
// be said of that, leave together.
type book struct {
	ledger
	v       bot.View
	p       *plugin
	past    map[string][]ask // as far as read
	touched map[string]bool  // of those, what has changed
	dirty   bool
	eff     bot.Effects
}

func (p *plugin) open(v bot.View) (*book, error) {
	b := &book{v: v, p: p, past: map[string][]ask{}, touched: map[string]bool{}}
	if _, err := v.Get(ledgerKey, &b.ledger); err != nil {
		return nil, fmt.Errorf("read ledger of asks: %w", err)
	}
	return b, nil
}

// find returns the open ask of a person about a change.
func (b *book) find(change, person string) (*ask, bool) {
	i := slices.IndexFunc(b.Open, func(a ask) bool { return a.Change == change && a.Of == person })
	if i < 0 {
		return nil, false
	}
	return &b.Open[i], true
}

// waiting counts the asks that a person is to hear of.
func (b *book) waiting(person string) (n int) {
	for _, a := range b.Open {
		if a.Of == person && a.waits() {
			n++
		}
	}
	return n
}

// number returns an open ask by its number.
func (b *book) number(n int) (*ask, bool) {
	i := slices.IndexFunc(b.Open, func(a ask) bool { return a.N == n })
	if i < 0 {
		return nil, false
	}
	return &b.Open[i], true
}

// ended returns the asks of a change that have ended, oldest first.
func (b *book) ended(change string) ([]ask, error) {
	if past, ok := b.past[change]; ok {
		return past, nil
	}
	var past []ask
	if _, err := b.v.Get(pastSpace+change, &past); err != nil {
		return nil, fmt.Errorf("read past asks of %s: %w", change, err)
	}
	b.past[change] = past
	return past, nil
}

// last returns the newest ask of a person about a change that still counts:
// open, or so that the person heard of it.
func (b *book) last(change, person string) (ask, bool, error) {
	if a, ok := b.find(change, person); ok {
		return *a, true, nil
	}
	past, err := b.ended(change)
	if err != nil {
		return ask{}, false, err
	}
	for _, a := range slices.Backward(past) {
		if a.Of == person && !(a.unheard() && a.How != passed) {
			return a, true, nil
		}
	}
	return ask{}, false, nil
}

// add opens an ask; its number is its own for ever.
func (b *book) add(a ask) ask {
	b.Last++
	a.N = b.Last
	b.Open = append(b.Open, a)
	b.dirty = true
	return a
}

// end closes an open ask, drops what still waits to be said of it, and lets its
// ping say what became of it.
func (b *book) end(n int, how outcome, what string) error {
	i := slices.IndexFunc(b.Open, func(a ask) bool { return a.N == n })
	a := b.Open[i]
	past, err := b.ended(a.Change)
	if err != nil {
		return err
	}
	if a.waits() || !a.Told.IsZero() {
		b.eff.Unsay = append(b.eff.Unsay, a.key())
	}
	a.Held, a.Ended, a.How, a.What = false, b.v.Now(), how, what
	if how != unanswered || a.Told.IsZero() { // of a silence that was told it says so already
		b.show(a)
	}
	past = append(slices.Clone(past), a)
	b.past[a.Change] = past[max(0, len(past)-mostPast):]
	b.touched[a.Change] = true
	b.Open = slices.Delete(b.Open, i, i+1)
	if b.Past == nil {
		b.Past = map[string]time.Time{}
	}
	b.Past[a.Change] = b.v.Now().Add(max(b.p.again, memory))
	b.dirty = true
	return nil
}

// effects are what the book's writing comes to; nothing, if nothing was
// written.
func (b *book) effects() (bot.Effects, error) {
	if !b.dirty {
		return b.eff, nil
	}
	now := b.v.Now()
	for _, a := range slices.Clone(b.Open) {
		if _, pending := a.due(); !pending && !a.Told.IsZero() && now.Sub(a.At) >= memory {
			if err := b.end(a.N, unanswered, ""); err != nil {
				return bot.Effects{}, err
			}
		}
	}
	b.eff.Put = map[string]any{}
	for change := range b.touched {
		b.eff.Put[pastSpace+change] = b.past[change]
	}
	for change, until := range b.Past {
		if !now.Before(until) {
			b.eff.Put[pastSpace+change] = nil
		}
	}
	over := func(_ string, until time.Time) bool { return !now.Before(until) }
	maps.DeleteFunc(b.Past, over)
	maps.DeleteFunc(b.Marks, over)
	b.eff.Put[ledgerKey] = b.ledger
	return b.eff, nil
}
