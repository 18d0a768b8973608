package outbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/people"
)

const (
	// gather is how long the first acknowledgement waits for others, so that
	// sixty rooms told in the same second cost one transaction. It widens the
	// window for a double by as much.
	gather = 5 * time.Millisecond

	// fresh is how long rendered bytes stay true enough to be sent again as
	// they are. The same bytes keep a double recognisable; later that matters
	// less than that "in 40 min" is right.
	fresh = 5 * time.Minute

	// idle is the longest sleep: a suspended machine or a stepped clock is
	// noticed after it.
	idle = time.Minute

	// mostMarked is how many messages are given up, and how many attempts begin
	// or end, in one transaction: of those with 2 KiB it takes half of what a
	// store takes (see bot.Store).
	mostMarked = 128

	// landing is how long attempts under way may still take when the bot
	// stops: whoever gives up sooner says the message again next time.
	landing = 5 * time.Second
)

// runState is what Run knows; the store is the truth.
type runState struct {
	open     map[string]*record  // by order
	flying   map[bot.Room]string // the order of what is under way there
	results  chan result
	pruned   time.Time
	faults   map[bot.Room]string // logged, so that a fault is logged once
	unread   map[string]bool     // orders of records that can't be read, logged
	landings int                 // attempts under way, of all rooms
}

func newRunState() runState {
	return runState{
		open: map[string]*record{}, flying: map[bot.Room]string{},
		results: make(chan result), faults: map[bot.Room]string{}, unread: map[string]bool{},
	}
}

type result struct {
	r   *record
	err error
}

// Run delivers until ctx ends, then waits up to 5 s for the attempts under way
// and stores how they went.
func (o *Outbox) Run(ctx context.Context) error {
	// Commits outlive ctx: an acknowledgement that arrived is never forgotten.
	commit := context.WithoutCancel(ctx)
	attempts, cut := context.WithCancel(commit)
	defer func() {
		cut()
		for ; o.run.landings > 0; o.run.landings-- { // after a fault of the store
			<-o.run.results
		}
	}()
	for {
		if ctx.Err() != nil {
			return o.land(commit, cut)
		}
		if err := o.refresh(commit); err != nil {
			return err
		}
		next, err := o.attempt(attempts, commit)
		if err != nil {
			return err
		}
		if err := o.prune(commit); err != nil {
			return err
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
		case <-o.wake:
		case <-timer.C:
		case res := <-o.run.results:
			err = o.settle(commit, o.gather(res))
		}
		timer.Stop()
		if err != nil {
			return err
		}
	}
}

// refresh brings the open records in memory up to the store's, and finds where
// they can go.
func (o *Outbox) refresh(ctx context.Context) error {
	now := o.now()
	awaited := false
	seen := map[string]bool{}
	err := o.store.View(ctx, func(tx bot.ReadTx) error {
		for key, value := range tx.Scan(openSpace) {
			order := strings.TrimPrefix(key, openSpace)
			seen[order] = true
			r, err := decode(order, value)
			if err != nil {
				// Another version's, perhaps: it must not keep the rest.
				o.unreadable(order, err)
				continue
			}
			if r.roams() {
				// Before it is looked where they are: whoever comes later wakes.
				awaited = true
				o.awaiting.Store(true)
			}
			r.reach = o.find(tx, now, r)
			o.run.open[order] = r
		}
		return nil
	})
	for order := range o.run.open {
		if !seen[order] {
			delete(o.run.open, order)
		}
	}
	if !awaited {
		o.awaiting.Store(false)
	}
	return err
}

// unreadable logs a record that can't be read, once.
func (o *Outbox) unreadable(order string, err error) {
	if !o.run.unread[order] {
		o.run.unread[order] = true
		o.log.Error("message passed over", "err", err)
	}
}

// attempt starts a delivery in every room whose first message can go now, after
// marking all of them in one transaction, and returns how long nothing else
// can happen.
func (o *Outbox) attempt(ctx, commit context.Context) (time.Duration, error) {
	now := o.now()
	heads, dead, wait := o.heads(now)
	var start []*record
	for _, r := range heads {
		if r.rests(now) {
			wait = min(wait, r.Next.Sub(now))
			continue
		}
		sender := o.senders[r.Room.Network]
		if r.Of != "" && o.editor(r.Room) == nil {
			dead = append(dead, r) // the network is another one than it was
			continue
		}
		if sender == nil || !sender.Ready(r.Room) {
			wait = min(wait, max(r.Expires.Sub(now), time.Millisecond))
			continue
		}
		if err := o.render(sender, r, now); err != nil {
			o.log.Error("message can't be rendered", "room", r.Room.String(), "id", r.ID, "err", err)
			r.Why = err.Error()
			dead = append(dead, r)
			continue
		}
		start = append(start, r)
	}
	if len(dead)+len(start) == 0 {
		return wait, nil
	}
	rest := len(start) > mostMarked // the others follow at once
	dead, start = dead[:min(len(dead), mostMarked)], start[:min(len(start), mostMarked)]
	dropped, marked, err := o.mark(commit, now, dead, start)
	if err != nil {
		return 0, fmt.Errorf("mark messages as being sent: %w", err)
	}
	for _, r := range dropped {
		delete(o.run.open, r.order)
		o.log.Warn("message not delivered", "room", r.Room.String(), "person", r.To.Person, "id", r.ID, "key", string(r.Key), "state", string(r.State), "why", r.Why)
	}
	for _, r := range marked {
		o.launch(ctx, r)
	}
	if len(dead) > 0 || len(marked) < len(start) || rest {
		wait = 0 // something else is first in those rooms now, or in others
	}
	return wait, nil
}

// heads returns each room's oldest message that is not under way, oldest first;
// those that will never be said; and how long the others have to wait at least.
// What is for a person is in the queue of the room where the person can be told
// now, and in none before that. An edit comes last.
func (o *Outbox) heads(now time.Time) (heads, dead []*record, wait time.Duration) {
	wait = idle
	first := map[bot.Room]*record{}
	var edits []*record
	until := func(at time.Time) {
		if d := at.Sub(now); d > 0 {
			wait = min(wait, d)
		}
	}
	for _, r := range o.run.open {
		switch {
		case o.run.flying[r.Room] == r.order:
		case r.Dropped || !now.Before(r.Expires):
			dead = append(dead, r)
		case r.Of != "":
			until(r.Expires)
			edits = append(edits, r)
		case r.reach.Wait == people.OptedOut:
			r.Why = unasked
			dead = append(dead, r)
		case now.Before(r.NotBefore):
			until(r.NotBefore)
			until(r.Expires)
		case r.reach.Wait != people.No:
			until(r.reach.At)
			until(r.Expires)
		case o.run.flying[r.reach.Room] != "":
		default:
			if f := first[r.reach.Room]; f == nil || r.order < f.order {
				first[r.reach.Room] = r
			}
		}
	}
	o.behind(first, edits)
	for _, r := range first {
		r.settleOn(r.reach)
		heads = append(heads, r)
	}
	slices.SortFunc(heads, byOrder)
	slices.SortFunc(dead, byOrder)
	return heads, dead, wait
}

func (o *Outbox) render(sender bot.Sender, r *record, now time.Time) error {
	if age := now.Sub(r.Rendered); r.Payload != nil && age >= 0 && age < fresh {
		return nil
	}
	payload, err := sender.Render(r.Room, r.Message.Call(r.called()), now)
	if err != nil {
		return fmt.Errorf("render for %s: %w", r.Room, err)
	}
	r.Payload, r.Rendered = payload, now
	return nil
}

func (o *Outbox) launch(ctx context.Context, r *record) {
	o.run.flying[r.Room] = r.order
	o.run.landings++
	deliver := o.senders[r.Room.Network].Deliver
	if r.Of != "" {
		editor := o.editor(r.Room)
		deliver = func(ctx context.Context, id string, room bot.Room, payload []byte) error {
			return editor.Edit(ctx, id, r.Of, room, payload)
		}
	}
	go func() {
		o.run.results <- result{r, deliver(ctx, r.ID, r.Room, r.Payload)}
	}()
}

// gather collects the results that arrive together with the first.
func (o *Outbox) gather(first result) []result {
	all := []result{first}
	o.run.landings--
	timer := time.NewTimer(gather)
	defer timer.Stop()
	for o.run.landings > 0 && len(all) < mostMarked {
		select {
		case res := <-o.run.results:
			o.run.landings--
			all = append(all, res)
		case <-timer.C:
			return all
		}
	}
	return all
}

// land waits for the attempts under way when the bot stops, and cuts them off
// when they take too long.
func (o *Outbox) land(commit context.Context, cut func()) error {
	defer time.AfterFunc(landing, cut).Stop()
	var all []result
	for o.run.landings > 0 {
		all = append(all, <-o.run.results)
		o.run.landings--
	}
	for some := range slices.Chunk(all, mostMarked) {
		if err := o.settle(commit, some); err != nil {
			return err
		}
	}
	return nil
}
