package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

// living is what the model knows of one message.
type living struct {
	room          bot.Room
	said, dropped bool
	acked         bool
	edits         int // that were asked for
	asking        int // number of the one that is being asked for, which a kill may have stored or not
	newest        int // number of the one that is to be made or was made last; 0: none
}

// editors is a world in which messages are said, edited and dropped, while the
// network fails and the bot is killed.
type editors struct {
	*world
	board  *board
	killed atomic.Bool

	mu    sync.Mutex
	wrong []string
	all   []*living
	ids   map[string]int // messages by id
	texts map[string]string
	fates []int
}

// errorf notes what is wrong; the lock is held.
func (e *editors) errorf(format string, args ...any) {
	e.wrong = append(e.wrong, fmt.Sprintf("at %s: ", time.Since(e.net.began))+fmt.Sprintf(format, args...))
}

// fate is what becomes of the next attempt; the lock is held.
func (e *editors) fate() fate {
	f := fates[0]
	if len(e.fates) > 0 {
		f, e.fates = fates[e.fates[0]], e.fates[1:]
	}
	return f
}

// deliver sees a message: "3".
func (e *editors) deliver(id, text string) (fate, func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n, _ := strconv.Atoi(text)
	e.ids[id] = n
	m, f := e.all[n], e.fate()
	return f, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		m.acked = m.acked || f.err == nil
	}
}

// edit sees an edit of a message: "3 to 7".
func (e *editors) edited(id, of, text string) fate {
	e.mu.Lock()
	defer e.mu.Unlock()
	n, known := e.ids[of]
	if !known {
		e.errorf("%s is made of what was never sent", text)
		return fates[0]
	}
	m := e.all[n]
	if !m.acked {
		e.errorf("%s is made before its message was acknowledged", text)
	}
	if text != fmt.Sprintf("%d to %d", n, m.newest) && text != fmt.Sprintf("%d to %d", n, m.asking) {
		e.errorf("%s is made, want edit %d", text, m.newest)
	}
	if before, ok := e.texts[id]; ok && before != text {
		e.errorf("%s has the id of %s", text, before)
	}
	e.texts[id] = text
	for i, other := range e.all {
		if other.room == m.room && other.said && !other.acked && !other.dropped {
			e.errorf("%s is made ahead of message %d", text, i)
		}
	}
	return e.fate()
}

func (e *editors) commit(f func(tx bot.Tx) error) {
	for {
		err := e.store.Update(e.t.Context(), f)
		if err == nil {
			return
		}
		if !errors.Is(err, bottest.ErrCrashed) {
			e.t.Fatal(err)
		}
		e.revive()
	}
}

func (e *editors) revive() {
	if !e.killed.Load() {
		return
	}
	e.stop()
	e.killed.Store(false)
	e.store = e.store.Reopen()
	e.start()
}

// state is how a message stands in the store.
func state(tx bot.ReadTx, n int) (state string, waits bool) {
	key := fmt.Sprint("m", n)
	read := func(space string, f func(state, of string)) {
		for _, value := range tx.Scan(space) {
			var r struct{ Key, State, Of string }
			if json.Unmarshal(value, &r) == nil && r.Key == key {
				f(r.State, r.Of)
			}
		}
	}
	read("outbox/done/", func(s, _ string) { state = s })
	read("outbox/open/", func(s, of string) {
		if of == "" {
			state = s
		} else {
			waits = true
		}
	})
	return state, waits
}

func (e *editors) do(s step) {
	now := e.now()
	far := now.Add(60 * 24 * time.Hour)
	n := 0
	if len(e.all) > 0 {
		n = s.N % len(e.all)
	}
	switch s.What {
	case "say":
		e.mu.Lock()
		n = len(e.all)
		e.all = append(e.all, &living{room: s.Rooms[0]})
		e.mu.Unlock()
		e.commit(func(tx bot.Tx) error {
			return e.box.Add(tx, now, bot.Key(fmt.Sprint("m", n)), bot.Target{Room: s.Rooms[0]}, saying(fmt.Sprint(n), far))
		})
		e.mu.Lock()
		e.all[n].said = true
		e.mu.Unlock()
	case "edit":
		if len(e.all) == 0 {
			return
		}
		m := e.all[n]
		e.mu.Lock()
		m.edits++
		m.asking = m.edits
		e.mu.Unlock()
		say := saying(fmt.Sprintf("%d to %d", n, m.edits), far)
		say.Edit = true
		var counts bool
		e.commit(func(tx bot.Tx) error {
			state, waits := state(tx, n)
			counts = state == "sent" || state == "sending" || waits
			return e.box.Say(tx, now, bot.Key(fmt.Sprint("m", n)), bot.Target{Room: m.room}, say)
		})
		e.mu.Lock()
		if m.asking = 0; counts {
			m.newest = m.edits
		}
		e.mu.Unlock()
	case "drop":
		if len(e.all) == 0 {
			return
		}
		e.commit(func(tx bot.Tx) error { return e.box.Drop(tx, bot.Key(fmt.Sprint("m", n))) })
		e.mu.Lock()
		e.all[n].dropped, e.all[n].newest = true, 0
		e.mu.Unlock()
	case "trouble":
		e.mu.Lock()
		e.fates = s.Fates
		e.mu.Unlock()
	case "kill before", "kill after":
		e.stop()
		next, at := e.store.Reopen(), s.N%6+1
		kill := func(n int) {
			if n == at {
				e.killed.Store(true)
				next.Crash()
			}
		}
		if s.What == "kill before" {
			next.BeforeCommit = kill
		} else {
			next.AfterCommit = kill
		}
		e.store = next
		e.start()
	case "wait":
		e.pass(time.Duration(s.N*s.N) * time.Second)
	}
	e.box.Wake()
	synctest.Wait()
	e.revive()
}

// end lets everything work, and checks that every message shows its newest edit.
func (e *editors) end() {
	e.killed.Store(true)
	e.revive()
	e.mu.Lock()
	e.fates = nil
	e.mu.Unlock()
	e.pass(24 * time.Hour)
	e.board.mu.Lock()
	defer e.board.mu.Unlock()
	for id, n := range e.ids {
		m, shown := e.all[n], e.board.shown[id]
		if want := fmt.Sprintf("%d to %d", n, m.newest); shown != want && m.newest > 0 && (m.acked || !m.dropped) {
			e.errorf("message %d shows %q, want %q", n, shown, want)
		}
	}
	for _, key := range e.open("outbox/open/") {
		e.errorf("%s is open", key)
	}
}

// Messages are said, edited and dropped, networks fail, the bot is killed before and
// after any commit: no edit is made before its message was acknowledged, nor ahead
// of a message of the room, nor after a newer one or a drop; each has one id; and
// the newest is what is shown in the end.
func TestAnyEdits(t *testing.T) {
	what := rapid.SampledFrom([]string{
		"say", "say", "edit", "edit", "edit", "edit", "drop", "trouble", "trouble", "kill before", "kill after", "wait", "wait", "wait",
	})
	rapid.Check(t, func(r *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) step {
			return step{
				What:  what.Draw(r, "what"),
				Rooms: rapid.SampledFrom([][]bot.Room{{roomA}, {roomB}}).Draw(r, "rooms"),
				N:     rapid.IntRange(0, 40).Draw(r, "n"),
				Fates: rapid.SliceOfN(rapid.IntRange(0, len(fates)-1), 0, 6).Draw(r, "fates"),
			}
		}), 0, 40).Draw(r, "steps")
		var wrong []string
		synctest.Test(t, func(t *testing.T) {
			net := &network{began: time.Now(), busy: map[bot.Room]bool{}}
			e := &editors{
				world: &world{t: t, net: net, store: bottest.NewStore()}, board: newBoard(net),
				ids: map[string]int{}, texts: map[string]string{},
			}
			e.sender = &fickle{board: e.board, e: e}
			e.start()
			for _, s := range steps {
				e.do(s)
			}
			e.end()
			e.stop()
			wrong = e.wrong
		})
		if len(wrong) > 0 {
			r.Fatalf("%s\nafter %+v", strings.Join(wrong, "\n"), steps)
		}
	})
}

// fickle is a board that does with each attempt what fate has for it.
type fickle struct {
	*board
	e *editors
}

func (f *fickle) Deliver(_ context.Context, id string, r bot.Room, payload []byte) error {
	fate, ack := f.e.deliver(id, string(payload))
	if fate.arrives {
		f.show(id, id, string(payload))
	}
	err := f.take(id, r, payload, func(int, bot.Room, string) error {
		time.Sleep(fate.takes)
		return fate.err
	})
	ack()
	return err
}

func (f *fickle) Edit(_ context.Context, id, of string, r bot.Room, payload []byte) error {
	fate := f.e.edited(id, of, string(payload))
	if fate.arrives {
		f.show(id, of, string(payload))
	}
	return f.take(id, r, payload, func(int, bot.Room, string) error {
		time.Sleep(fate.takes)
		return fate.err
	})
}
