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
//	source/<team>/<form>-<hash of the path>/state  when it was read, what is wrong since, and whether the operators know
const sourceSpace = "source/"

// mostKept is the largest packed copy: a transaction has to hold it.
const mostKept = 640 << 10

// patience is how many readings have to fail before the operators are told of
// what may pass by itself: a server that is restarted is no news.
const patience = 2

// read reads a place again, judges what it finds, and stores what follows. An
// error is the store's.
func (f *Follower) read(asking, ctx context.Context, p *place) error {
	p.reading.Lock()
	defer p.reading.Unlock()
	p.mu.Lock()
	before, held, next := p.copy, p.parsed, p.state
	p.mu.Unlock()

	now := f.Now().UTC()
	got, err := f.fetch(asking, now, p, before)
	if ctx.Err() != nil {
		p.broken(now)
		return nil // that it was broken off says nothing
	}
	next.Asked = now
	changed, count := false, held
	if err == nil && (before == nil || !same(*before, *got)) {
		count = parse(p.team, p.Place, *got, civil.DateOf(now, p.team.Zone))
		if err = believe(before, held, *got, count, now); err == nil {
			_, err = pack(*got)
		}
		changed = err == nil
	}
	failed := p.failed + 1
	why := ""
	if err != nil {
		why = line(err.Error())
	} else {
		next.Read, failed = now, 0
		why = count.partly()
	}
	text := ""
	switch {
	case why == "" && next.Told:
		text = fmt.Sprintf("The calendar of %s at %s is well again.", p.team.Name, p.Name)
		next.Fault, next.Since, next.Told = "", time.Time{}, false
	case why == "":
		next.Fault, next.Since = "", time.Time{}
	default:
		if next.Fault == "" {
			next.Since = now
		}
		next.Fault = why
		if passing := isBrief(err) && before != nil && failed < patience; !next.Told && !passing && next.tell(now) {
			text = p.complaint(why, err == nil, before != nil, next.Read)
		}
	}

	p.mu.Lock()
	first := p.Remote() && !p.askedHere
	p.state, p.failed, p.askedHere = next, failed, true
	if err == nil {
		p.copy = got // with what the server calls its state
	}
	if changed {
		p.parsed = count
	}
	p.mu.Unlock()
	if why != "" {
		f.Log.Warn("calendar not read, or only in part", "team", p.team.ID, "source", p.Name, "err", why)
	}
	if !changed && !first && text == "" {
		return nil
	}
	return f.keep(ctx, p, changed, text)
}

func isBrief(err error) bool {
	f, ok := err.(*fault)
	return ok && f.brief
}

// complaint is what the operators are told.
func (p *place) complaint(why string, partly, known bool, read time.Time) string {
	text := fmt.Sprintf("The calendar of %s at %s ", p.team.Name, p.Name)
	switch {
	case partly:
		return text + "can be read only in part: " + why + "."
	case known:
		return text + fmt.Sprintf("is not taken over: %s. What was read on %s UTC counts until it is well again.", why, read.Format("2006-01-02 15:04"))
	}
	return text + "can't be read: " + why + ". Its dates are not known."
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
	s, c := p.state, p.copy
	p.mu.Unlock()
	var packed []byte
	if withCopy {
		var err error
		if packed, err = pack(*c); err != nil {
			return err
		}
	}
	value, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode the state of a calendar: %w", err)
	}
	now := f.Now().UTC()
	err = f.Store.Update(ctx, func(tx bot.Tx) error {
		if withCopy {
			if err := tx.Put(sourceSpace+p.key()+"/copy", packed); err != nil {
				return err
			}
		}
		if err := tx.Put(sourceSpace+p.key()+"/state", value); err != nil {
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
			p.copy = &c
		} else {
			f.Log.Warn("the kept calendar can't be read", "team", p.team.ID, "source", p.Name, "err", err)
		}
		return nil
	}
	recall := func(tx bot.ReadTx) error {
		for _, p := range f.places {
			p.mu.Lock()
			if p.copy == nil && p.state == (state{}) && tx != nil {
				if err := read(tx, p); err != nil {
					p.mu.Unlock()
					return err
				}
			}
			if p.copy != nil {
				p.parsed = parse(p.team, p.Place, *p.copy, civil.DateOf(f.Now(), p.team.Zone))
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

// Kept reads what a store keeps of calendars, by key.
func Kept(ctx context.Context, store bot.Store) (map[string][]byte, error) {
	kept := map[string][]byte{}
	err := store.View(ctx, func(tx bot.ReadTx) error {
		for key, value := range tx.Scan(sourceSpace) {
			kept[key] = value
		}
		return nil
	})
	return kept, err
}
