package follow

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"time"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
)

// askAgain is the least time between two requests for a file.
const askAgain = time.Hour

// place is a place, and what is known of it.
type place struct {
	Place
	team Team

	reading sync.Mutex // held while it is read and judged

	mu     sync.Mutex
	copy   content // that counts; nil: none
	parsed *parsed // of copy
	stand  *parsed // counts as long as there is no copy; nil: nothing does
	state  state
	kept   state // as it is in the store
	failed int   // readings that failed one after the other, in this life
}

// state is what is remembered of a place beside its content.
type state struct {
	Read   time.Time  `json:"read,omitzero"`    // last, and well
	Asked  time.Time  `json:"asked,omitzero"`   // last, however it went
	Unsent bool       `json:"unsent,omitempty"` // but nobody was reached then
	Dated  civil.Date `json:"dated,omitzero"`   // by this day a copy that names no year is dated
	Fault  string     `json:"fault,omitempty"`
	Since  time.Time  `json:"since,omitzero"` // of Fault
	Told   bool       `json:"told,omitempty"` // the operators know of it
	Name   string     `json:"name,omitempty"` // of the place, when it was read

	// Instead is the place, by key, in whose stead this one came, until it is read.
	Instead string `json:"instead,omitempty"`

	// When they were told that something is wrong: last, and the time before.
	Last   time.Time `json:"last,omitzero"`
	Before time.Time `json:"before,omitzero"`
}

// tell notes that the operators are told that something is wrong, unless they were
// twice within a day: of a place that is well and not well by turns.
func (s *state) tell(now time.Time) bool {
	if age := now.Sub(s.Before); !s.Before.IsZero() && age >= 0 && age < 24*time.Hour {
		return false
	}
	s.Told, s.Last, s.Before = true, now, s.Last
	return true
}

// Remote reports whether the place is an address.
func (p Place) Remote() bool {
	return strings.HasPrefix(p.Path, "https://") || strings.HasPrefix(p.Path, "http://")
}

// key names the place in the store: by where it is, because what is kept of
// another place says nothing of this one.
func (p *place) key() string {
	sum := sha256.Sum256([]byte(p.Path))
	return p.team.ID + "/" + string(p.Form) + "-" + hex.EncodeToString(sum[:8])
}

// takeOver goes on with what another follower knows of the place.
func (p *place) takeOver(old *place) {
	old.mu.Lock()
	defer old.mu.Unlock()
	p.copy, p.state, p.kept, p.failed = old.copy, old.state, old.kept, old.failed
}

// known reports whether there is something that counts.
func (p *place) known() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.copy != nil
}

// comes reports whether the place came in another's stead, and the store does not know.
func (p *place) comes() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.Instead != p.kept.Instead
}

// mayAsk reports whether an address was not asked within the hour, or nobody was
// reached: an operator who has put that right starts the bot anew. A clock that was set
// back does not make it wait longer.
func (p *place) mayAsk(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	age := now.Sub(p.state.Asked)
	return age >= askAgain || age < 0 || p.state.Unsent
}

// unkept reports whether more is known than was stored.
func (p *place) unkept() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state != p.kept
}

// due is when the place is to be read again. By a clock that was set back, so that
// it was asked at a time to come, that is at once.
func (p *place) due(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state.Asked.IsZero() || p.state.Asked.After(now) {
		return time.Time{}
	}
	return p.state.Asked.Add(max(p.team.Every, askAgain))
}

func (p *place) source() Source {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Source{Team: p.team.ID, Place: p.Place, ReadAt: p.state.Read, Fault: p.state.Fault, Since: p.state.Since}
	if p.parsed != nil {
		s.Loaded = calendar.Loaded{
			Name: p.Name, Schedule: p.parsed.schedule, Election: p.parsed.election, Problems: p.parsed.problems,
		}
		if p.Form == ICS {
			s.Loaded.Events = p.parsed.events
		}
	}
	return s
}
