package loop_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/loop"
	"torchbearer/bot/msg"
)

var (
	room = bot.Room{Network: "net", Name: "#glance"}
	ops  = bot.Room{Network: "net", Name: "#ops"}
)

// box writes down what it is told, in the transaction it is told it in.
type box struct {
	woken   int
	waiting []bot.Key
}

func (b *box) Add(tx bot.Tx, _ time.Time, key bot.Key, r bot.Room, say bot.Say) error {
	return b.put(tx, "say", key, r, say)
}

func (b *box) Amend(tx bot.Tx, key bot.Key, r bot.Room, say bot.Say) error {
	return b.put(tx, "amend", key, r, say)
}

func (b *box) Drop(tx bot.Tx, key bot.Key) error {
	return b.put(tx, "drop", key, bot.Room{}, bot.Say{})
}

func (b *box) Waiting(bot.ReadTx) []bot.Key { return b.waiting }

func (b *box) Wake() { b.woken++ }

func (b *box) put(tx bot.Tx, what string, key bot.Key, r bot.Room, say bot.Say) error {
	n := 0
	for range tx.Scan("told/") {
		n++
	}
	text := what + " " + string(key) + " " + r.Name + " " + msg.Plain(say.Message, time.Time{})
	return tx.Put("told/"+string(rune('a'+n)), []byte(strings.TrimSpace(text)))
}

// plan is a schedule of fixed occurrences: each job asked, nothing late, of a
// series the last.
type plan struct {
	jobs   []bot.Job
	faulty atomic.Bool // an error instead of what they say
	beside error       // beside what they say
}

func (p *plan) Due(view func(team, plugin string) bot.View, from, to time.Time) (due []bot.Planned, err error) {
	if p.faulty.Load() {
		return nil, errors.New("a bug")
	}
	for _, j := range p.jobs {
		for _, o := range j.Due(view("glance", "test"), from, to) {
			due = append(due, bot.Planned{Team: "glance", Plugin: "test", Job: j, Occurrence: o})
		}
	}
	slices.SortStableFunc(due, func(a, b bot.Planned) int { return a.At.Compare(b.At) })
	return due, p.beside
}

func (p *plan) Decide(due []bot.Planned, now time.Time) (d bot.Decision) {
	for i, o := range due {
		switch {
		case now.After(o.Until):
			d.Late = append(d.Late, o)
		case o.Series != "" && slices.ContainsFunc(due[i+1:], func(b bot.Planned) bool { return b.Series == o.Series }):
			d.Superseded = append(d.Superseded, o)
		default:
			d.Run = append(d.Run, o)
		}
	}
	return d
}

// world is a loop in virtual time.
type world struct {
	t      *testing.T
	store  *bottest.Store
	box    *box
	plan   plan
	on     func(context.Context, bot.View, bot.Event) (bot.Effects, error)
	more   []loop.Plugin // beside the one that listens
	cal    cycle.Calendar
	offset atomic.Int64 // of the story's time from the bubble's
	l      *loop.Loop
	stop   func()

	mu  sync.Mutex
	log bytes.Buffer
}

// Write keeps the log.
func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

func (w *world) logged(text string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Count(w.log.String(), text)
}

func tell(t *testing.T, story func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, store: bottest.NewStore(), box: &box{}}
		story(w)
		if w.stop != nil {
			w.stop()
		}
	})
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.offset.Load())).UTC() }

// start begins a life of the loop, over what the last one stored.
func (w *world) start() {
	w.t.Helper()
	w.l = loop.New(loop.Options{
		Store: w.store, Outbox: w.box, Schedule: &w.plan,
		Teams: []loop.Team{{
			Team: bot.Team{ID: "glance", Rooms: []bot.Room{room}}, Calendar: w.cal,
			Plugins: append([]loop.Plugin{{Name: "test", Instance: bot.Instance{On: w.on}}}, w.more...),
		}},
		Operators: ops, Now: w.now, Log: slog.New(slog.NewTextHandler(w, nil)),
	})
	if err := w.l.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.l.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, bottest.ErrCrashed) {
			w.t.Errorf("Run = %v", err)
		}
		w.stop = nil
	}
	synctest.Wait()
}

// crash kills the loop.
func (w *world) crash() {
	w.store.Crash()
	w.stop()
	w.store = w.store.Reopen()
}

func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// told is what the outbox was told, ever.
func (w *world) told() string {
	var out []string
	if err := w.store.View(w.t.Context(), func(tx bot.ReadTx) error {
		for _, value := range tx.Scan("told/") {
			out = append(out, string(value))
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return strings.Join(out, "; ")
}

func (w *world) want(told string) {
	w.t.Helper()
	if got := w.told(); got != told {
		w.t.Errorf("got  %s\nwant %s", got, told)
	}
}

// do uses a command and returns its answer.
func (w *world) do(f func(context.Context, bot.View) (bot.Effects, error)) string {
	w.t.Helper()
	answer := "nothing"
	if !w.l.Do("glance", "test", f, func(m *msg.Message, err error) {
		switch {
		case err != nil:
			answer = "error: " + err.Error()
		case m != nil:
			answer = msg.Plain(*m, time.Time{})
		default:
			answer = "silence"
		}
	}) {
		return "too many"
	}
	synctest.Wait()
	return answer
}

func saying(key, text string) bot.Effects {
	return bot.Effects{Say: []bot.Say{{
		Key: bot.Key(key), Message: msg.New(msg.Announce, msg.Para{msg.Text(text)}),
		Expires: time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC),
	}}}
}

// once is a job with one occurrence, which says its key.
func once(key string, at time.Time, series string, do func(bot.View) error) bot.Job {
	return bot.Job{
		Name: key,
		Due: func(_ bot.View, from, to time.Time) []bot.Occurrence {
			if !at.After(from) || at.After(to) {
				return nil
			}
			return []bot.Occurrence{{Key: bot.Key(key), At: at, Until: at.Add(24 * time.Hour), Series: series}}
		},
		Do: func(_ context.Context, v bot.View, o bot.Occurrence) (bot.Effects, error) {
			if do != nil {
				if err := do(v); err != nil {
					return bot.Effects{}, err
				}
			}
			return saying(key, "says "+key), nil
		},
	}
}

func calendar(id string, at time.Time) cycle.Calendar {
	return cycle.New(time.UTC, []cycle.Event{{ID: id, Kind: id, At: at, Day: civil.DateOf(at, time.UTC)}})
}
