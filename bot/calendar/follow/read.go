package follow

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"torchbearer/bot"
	"torchbearer/bot/civil"
)

// Key space of followed calendars:
//
//	source/<team>/<form>-<hash of the path>/copy   what was last read well, packed
//	source/<team>/<form>-<hash of the path>/state  when it was read and asked, by which day it was dated, what is wrong since, and whether the operators know
const sourceSpace = "source/"

// mostKept is the largest packed copy: a transaction has to hold it.
const mostKept = 640 << 10

// reading is what a place was found to hold, and what follows.
type reading struct {
	*place
	at      time.Time
	got     content // nil: it was not read well
	count   *parsed // what counts from now on
	changed bool    // it is another than before
	known   bool    // something counted before
	next    state   // to be
	failed  int
	err     error  // why it does not count
	why     string // so, or what of it could not be read
}

// asks notes, before places are read, that they are; and of addresses in the store, so
// that a bot that is killed meanwhile does not ask them again within the hour.
func (f *Follower) asks(ctx context.Context, places []*place, now time.Time) error {
	var remote []*place
	for _, p := range places {
		p.mu.Lock()
		p.state.Asked, p.state.Unsent = now, false
		p.mu.Unlock()
		if p.Remote() {
			remote = append(remote, p)
		}
	}
	return f.keepStates(ctx, remote)
}

// look reads a place again, at an instant, and judges what it finds; asking bounds what
// servers take. Nil: it was broken off.
func (f *Follower) look(asking, ctx context.Context, p *place, now time.Time) *reading {
	p.reading.Lock()
	defer p.reading.Unlock()
	p.mu.Lock()
	before, held, next := p.copy, p.parsed, p.state
	p.mu.Unlock()

	got, err := f.fetch(asking, now, p, before)
	if ctx.Err() != nil {
		return nil // that it was broken off says nothing
	}
	changed, count, dated := false, held, next.Dated
	if err == nil && (before == nil || !same(before, got)) {
		today := civil.DateOf(now, p.team.Zone)
		if held == nil {
			count, dated = parse(p.team, p.Place, got, today), today
		} else {
			count, dated = reparse(got, held, next.datedBy(p.Place, p.team, today), today, p.team)
		}
		if err = believe(before, held, got, count, now); err == nil {
			_, err = pack(got)
		}
		changed = err == nil
	}
	r := &reading{place: p, at: now, count: count, changed: changed, known: before != nil, failed: p.failed + 1, err: err}
	if err != nil {
		r.why = line(err.Error())
	} else {
		next.Read, next.Dated, r.got, r.failed = now, dated, got, 0
		next.Name, next.Instead = p.Name, ""
		r.why = count.partly()
	}
	next.Unsent = isUnsent(err)
	if r.why == "" {
		next.Fault, next.Since = "", time.Time{}
	} else {
		if next.Fault == "" {
			next.Since = now
		}
		next.Fault = r.why
		f.Log.Warn("calendar not read, or only in part", "team", p.team.ID, "source", p.Name, "err", r.why)
	}
	r.next = next
	return r
}

// take lets count what was read of a place, and stores it with what the operators
// are told of it.
func (f *Follower) take(ctx context.Context, r *reading, text string) error {
	p := r.place
	p.mu.Lock()
	p.state, p.failed = r.next, r.failed
	if r.err == nil {
		p.copy = r.got // with what the server calls its state
	}
	if r.changed {
		p.parsed = r.count
	}
	p.mu.Unlock()
	if !r.changed && text == "" {
		return nil
	}
	return f.keep(ctx, p, r.changed, text)
}

// line makes one bounded line of a text from outside.
func line(s string) string {
	const most = 300
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// keep stores what is known of a place, and lets the operators hear of it in the
// same transaction.
func (f *Follower) keep(ctx context.Context, p *place, withCopy bool, text string) error {
	if f.Store == nil || f.Offline {
		return nil
	}
	p.mu.Lock()
	c := p.copy
	p.mu.Unlock()
	var packed []byte
	if withCopy {
		var err error
		if packed, err = pack(c); err != nil {
			return err
		}
	}
	now := f.Now().UTC()
	var s state
	err := f.Store.Update(ctx, func(tx bot.Tx) (err error) {
		if withCopy {
			if err := tx.Put(sourceSpace+p.key()+"/copy", packed); err != nil {
				return err
			}
		}
		if s, err = putState(tx, p); err != nil {
			return err
		}
		if text == "" || f.Tell == nil {
			return nil
		}
		return f.Tell(tx, now, bot.Key(fmt.Sprintf("%s%s/%d", sourceSpace, p.key(), now.UnixNano())), text)
	})
	if err != nil {
		return fmt.Errorf("keep what was read of %s: %w", p.Name, err)
	}
	p.mu.Lock()
	p.kept = s
	p.mu.Unlock()
	if text != "" && f.Told != nil {
		f.Told()
	}
	return nil
}

// keepStates stores what is remembered of places beside their content.
func (f *Follower) keepStates(ctx context.Context, places []*place) error {
	if f.Store == nil || f.Offline || len(places) == 0 {
		return nil
	}
	states := make([]state, len(places))
	err := f.Store.Update(ctx, func(tx bot.Tx) (err error) {
		for i, p := range places {
			if states[i], err = putState(tx, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep when calendars were asked for: %w", err)
	}
	for i, p := range places {
		p.mu.Lock()
		p.kept = states[i]
		p.mu.Unlock()
	}
	return nil
}

// putState stores what is remembered of a place as it is, and returns that.
func putState(tx bot.Tx, p *place) (state, error) {
	p.mu.Lock()
	s := p.state
	p.mu.Unlock()
	value, err := json.Marshal(s)
	if err != nil {
		return s, fmt.Errorf("encode the state of a calendar: %w", err)
	}
	return s, tx.Put(sourceSpace+p.key()+"/state", value)
}

// recall reads what the store keeps of places that are not known yet. A copy that
// can't be read is none.
func (f *Follower) recall(ctx context.Context) error {
	read := func(tx bot.ReadTx, p *place) error {
		value, err := tx.Get(sourceSpace + p.key() + "/state")
		if err != nil {
			return err
		}
		if value != nil && json.Unmarshal(value, &p.state) == nil {
			p.kept = p.state
		}
		value, err = tx.Get(sourceSpace + p.key() + "/copy")
		if err != nil || value == nil {
			return err
		}
		if c, err := unpack(value); err == nil {
			p.copy = c
		} else {
			f.Log.Warn("the kept calendar can't be read", "team", p.team.ID, "source", p.Name, "err", err)
		}
		return nil
	}
	recall := func(tx bot.ReadTx) error {
		var fresh []*place
		for _, p := range f.places {
			p.mu.Lock()
			if p.copy == nil && p.state == (state{}) && tx != nil {
				if err := read(tx, p); err != nil {
					p.mu.Unlock()
					return err
				}
				if p.copy == nil && p.state == (state{}) {
					fresh = append(fresh, p)
				}
			}
			p.mu.Unlock()
		}
		if tx != nil {
			if err := f.inStead(tx, fresh); err != nil {
				return err
			}
		}
		for _, p := range f.places {
			f.share(p)
			p.mu.Lock()
			if p.copy != nil {
				p.state.Dated = p.state.datedBy(p.Place, p.team, civil.DateOf(f.Now(), p.team.Zone))
				p.parsed = parse(p.team, p.Place, p.copy, p.state.Dated)
			}
			p.mu.Unlock()
		}
		return nil
	}
	if f.Store == nil {
		return recall(nil)
	}
	return f.Store.View(ctx, recall)
}

// share has a place begin with what is known of the same address for another team, so
// that it is not asked twice within the hour, from life to life too.
func (f *Follower) share(p *place) {
	for _, other := range f.places {
		if other == p || !p.Remote() || other.Form != p.Form || other.Path != p.Path {
			continue
		}
		other.mu.Lock()
		known, s := other.copy, other.state
		other.mu.Unlock()
		p.mu.Lock()
		if p.copy == nil {
			p.copy, p.state.Read, p.state.Dated = known, s.Read, s.Dated
			if s.Asked.After(p.state.Asked) {
				p.state.Asked, p.state.Unsent = s.Asked, s.Unsent
			}
		}
		p.mu.Unlock()
	}
}

// same reports whether two contents are the same, whatever a server calls them.
func same(a, b content) bool {
	if len(a) != len(b) {
		return false
	}
	for name, f := range a {
		other, ok := b[name]
		if !ok || !bytes.Equal(f.Data, other.Data) {
			return false
		}
	}
	return true
}

// pack makes a copy small.
func pack(c content) ([]byte, error) {
	var packed bytes.Buffer
	for _, f := range c {
		if len(f.Data) > mostBytes {
			return nil, faultf("is larger than %d KiB", mostBytes>>10)
		}
	}
	z := gzip.NewWriter(&packed)
	if err := json.NewEncoder(z).Encode(c); err != nil {
		return nil, fmt.Errorf("pack a calendar: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack a calendar: %w", err)
	}
	if packed.Len() > mostKept {
		return nil, faultf("it is too large to be kept: %d KiB, packed", packed.Len()>>10)
	}
	return packed.Bytes(), nil
}

func unpack(packed []byte) (content, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack a calendar: %w", err)
	}
	var c content
	// Two files, in base64.
	if err := json.NewDecoder(io.LimitReader(z, 4*mostBytes)).Decode(&c); err != nil {
		return nil, fmt.Errorf("unpack a calendar: %w", err)
	}
	return c, nil
}

// Kept reads what a store keeps of calendars, by key. An error is the store's.
func Kept(ctx context.Context, store bot.Store) (map[string][]byte, error) {
	kept := map[string][]byte{}
	if err := store.View(ctx, func(tx bot.ReadTx) error {
		for key, value := range tx.Scan(sourceSpace) {
			kept[key] = value
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read the calendars that are kept: %w", err)
	}
	return kept, nil
}
