package loop_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/loop"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
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

func (b *box) Say(tx bot.Tx, _ time.Time, key bot.Key, to bot.Target, say bot.Say) error {
	what := "say"
	switch {
	case say.Amend:
		what = "amend"
	case say.Edit:
		what = "edit"
	}
	return b.put(tx, what, key, to, say)
}

func (b *box) Drop(tx bot.Tx, key bot.Key) error {
	return b.put(tx, "drop", key, bot.Target{}, bot.Say{})
}

// Outcomes are records of the store, so that they live as long as it does.
func (b *box) Outcomes(tx bot.ReadTx) (all []bot.Told) {
	for key, value := range tx.Scan("outcome/") {
		id := strings.TrimPrefix(key, "outcome/")
		all = append(all, bot.Told{ID: id, Key: bot.Key(value), Outcome: bot.Outcome{What: bot.Delivered, Room: room}})
	}
	return all
}

func (b *box) Forget(tx bot.Tx, id string) error { return tx.Delete("outcome/" + id) }

func (b *box) Waiting(bot.ReadTx) []bot.Key { return b.waiting }

func (b *box) Wake() { b.woken++ }

func (b *box) put(tx bot.Tx, what string, key bot.Key, to bot.Target, say bot.Say) error {
	n := 0
	for range tx.Scan("told/") {
		n++
	}
	name := to.Room.Name
	if to.Person != "" {
		name += "@" + to.Person
	}
	text := what + " " + string(key) + " " + name + " " + msg.Plain(say.Message, time.Time{})
	return tx.Put("told/"+fmt.Sprintf("%05d", n), []byte(strings.TrimSpace(text)))
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
	teams  []loop.Team   // beside the first
	queue  func(team bot.Team, now time.Time, marks func() []review.Mark) bot.Reviews
	who    func(tx bot.ReadTx, now time.Time, team string) bot.People
	cal    cycle.Calendar
	offset atomic.Int64 // of the story's time from the bubble's
	notes  []string
	once   string // of the lines that are said
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
		Store: w.store, Outbox: w.box, Told: w.box, Schedule: &w.plan,
		Teams: append([]loop.Team{{
			Team: bot.Team{
				ID: "glance", Rooms: []bot.Room{room}, Gerrit: bot.ReviewServer{Name: "opendev"},
				Projects: []string{"glance", "store"}, Specs: []string{"specs"},
			},
			Calendar: w.cal,
			Plugins:  append([]loop.Plugin{{Name: "test", Instance: bot.Instance{On: w.on}}}, w.more...),
		}}, w.teams...),
		Reviews: w.queue, People: w.who,
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
	if !w.l.Do("glance", "test", w.once, f, answered(&answer)) {
		return "too many"
	}
	synctest.Wait()
	return answer
}

// react has somebody react to a message of a plugin and returns the answer.
func (w *world) react(plugin string, r bot.Reaction) string {
	w.t.Helper()
	answer := "nothing"
	if !w.l.React("glance", plugin, w.once, r, answered(&answer)) {
		return "too many"
	}
	synctest.Wait()
	return answer
}

// answered puts an answer into words.
func answered(answer *string) func(*msg.Message, error) {
	return func(m *msg.Message, err error) {
		switch {
		case err != nil:
			*answer = "error: " + err.Error()
		case m != nil:
			*answer = msg.Plain(*m, time.Time{})
		default:
			*answer = "silence"
		}
	}
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

// update writes to the store beside the loop.
func (w *world) update(f func(bot.Tx) error) {
	w.t.Helper()
	if err := w.store.Update(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

// outcomes has the outbox know what became of messages: ids and whole keys.
func (w *world) outcomes(pairs ...string) {
	w.t.Helper()
	w.update(func(tx bot.Tx) error {
		for p := range slices.Chunk(pairs, 2) {
			if err := tx.Put("outcome/"+p[0], []byte(p[1])); err != nil {
				return err
			}
		}
		return nil
	})
	w.l.Hear()
	synctest.Wait()
}

func (w *world) outcome(id, key string) { w.outcomes(id, key) }

// records lists what is stored under a prefix.
func (w *world) records(prefix string) string {
	w.t.Helper()
	var out []string
	if err := w.store.View(context.Background(), func(tx bot.ReadTx) error {
		for key, value := range tx.Scan(prefix) {
			out = append(out, strings.TrimPrefix(key, prefix)+"="+string(value))
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return strings.Join(out, "; ")
}

// note remembers what a plugin saw.
func (w *world) note(format string, args ...any) {
	w.notes = append(w.notes, fmt.Sprintf(format, args...))
}

func (w *world) noted(want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.notes); diff != "" {
		w.t.Errorf("plugins saw (-want +got):\n%s", diff)
	}
}
