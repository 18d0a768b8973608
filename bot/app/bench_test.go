package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/app"
	"torchbearer/bot/bolt"
	"torchbearer/bot/config"
	"torchbearer/bot/irc"
	"torchbearer/bot/msg"
	"torchbearer/bot/outbox"
	"torchbearer/plugins/all"
)

// The figures that the bot keeps. What is counted is a test; what is timed is a
// benchmark.
const (
	mostAllocs  = 100 // for one !freeze
	mostCommits = 3   // for sixty reminders of one second
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// configured is a configuration of teams, each with a room, on the network
// "test"; events are those of each team.
func configured(tb testing.TB, teams int, zone, events string) *config.Config {
	tb.Helper()
	var text strings.Builder
	text.WriteString("store.path = \"torchbearer.db\"\nlimits.commands = \"off\"\n" +
		"[irc.test]\naddress = \"irc.test:6667\"\ntls = false\nnick = \"glancebot\"\npace = \"0s\"\n")
	for n := range teams {
		id := teamID(n)
		fmt.Fprintf(&text, "[team.%s]\nname = %q\nzone = %q\nrooms = [\"test/#%s\"]\n[team.%s.plugin.freeze]\n", id, id, zone, id, id)
		text.WriteString(strings.ReplaceAll(events, "TEAM", id))
	}
	cfg, err := config.Parse("bench.toml", []byte(text.String()), tb.TempDir(), all.Plugins())
	if err != nil {
		tb.Fatal(err)
	}
	return cfg
}

func teamID(n int) string { return fmt.Sprintf("team-%02d", n) }

// event is a block of the configuration.
func event(id, kind, name string, at time.Time) string {
	return fmt.Sprintf("[[team.TEAM.calendar.event]]\nid = %q\nkind = %q\nname = %q\nat = %q\n"+
		"url = \"https://releases.openstack.org/2027.1/schedule.html\"\n", id, kind, name, at.UTC().Format(time.RFC3339))
}

func opened(tb testing.TB, path string) *bolt.Store {
	tb.Helper()
	store, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return store
}

// running runs a bot until stop is called.
func running(tb testing.TB, o app.Options) (a *app.App, stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	o.Plugins, o.Log = all.Plugins(), quiet
	a, err := app.New(ctx, o)
	if err != nil {
		cancel()
		tb.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	return a, func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Error(err)
		}
	}
}

var (
	today  = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	freeze = time.Date(2026, 12, 10, 23, 59, 0, 0, time.UTC)
	asked  = []byte("@account=alice;msgid=kGJ5UW1iU2nO9xM0aA7lyQ;time=2026-11-22T09:30:00.000Z " +
		":alice!alice@dev.example.org PRIVMSG #team-00 :!freeze\r\n")
)

// chatting runs a whole bot on a wire: bolt store, irc transport and all.
func chatting(tb testing.TB, zone string) (*wire, *bolt.Store) {
	tb.Helper()
	now := func() time.Time { return today }
	cfg := configured(tb, 1, zone,
		event("milestone-2", "milestone", "Milestone 2", freeze.AddDate(0, 0, 35))+
			event("spec-freeze", "spec-freeze", "Spec freeze", freeze)+
			event("release", "release", "Release", freeze.AddDate(0, 0, 111)))
	store := opened(tb, filepath.Join(tb.TempDir(), "torchbearer.db"))
	w := newWire()
	_, stop := running(tb, app.Options{Config: cfg, Store: store, Now: now, Transports: []bot.Transport{irc.New(irc.Options{
		Config: irc.Config{Network: "test", Address: "irc.test:6667", Nick: "glancebot", Rooms: cfg.Teams[0].Rooms},
		Dial:   w.dial, Now: now, Log: quiet,
	})}})
	tb.Cleanup(func() {
		stop()
		if err := store.Close(); err != nil {
			tb.Error(err)
		}
	})
	<-w.home
	got := w.ask(tb, asked)
	if want := []byte("PRIVMSG #team-00 :Spec freeze: "); !bytes.HasPrefix(got, want) {
		tb.Fatalf("got %q, want %q...", got, want)
	}
	return w, store
}

// From the line received to the line handed to the socket, on a network with
// account-tag and the rest. A reply must not write to the store.
func BenchmarkFreeze(b *testing.B) {
	for _, zone := range []string{"UTC", "Europe/Prague"} {
		b.Run(zone, func(b *testing.B) {
			w, store := chatting(b, zone)
			before := store.Commits()
			b.ReportAllocs()
			for b.Loop() {
				w.ask(b, asked)
			}
			b.ReportMetric(float64(store.Commits()-before)/float64(b.N), "commits/op")
		})
	}
}

func TestFreezeIsLight(t *testing.T) {
	w, store := chatting(t, "Europe/Prague")
	before := store.Commits()
	if got := testing.AllocsPerRun(200, func() { w.ask(t, asked) }); got > mostAllocs {
		t.Errorf("!freeze took %v allocations, at most %d are allowed", got, mostAllocs)
	}
	if got := store.Commits() - before; got != 0 {
		t.Errorf("200 !freeze wrote %d times to the store, want never", got)
	}
}

// crowd is a network that acknowledges everything after a while.
type crowd struct {
	late time.Duration

	mu   sync.Mutex
	said map[bot.Room]string
}

func (c *crowd) Network() string     { return "test" }
func (c *crowd) Ready(bot.Room) bool { return true }
func (c *crowd) Status() bot.NetworkStatus {
	return bot.NetworkStatus{Network: "test", Connected: true}
}

func (c *crowd) Members(bot.Room) []bot.Principal { return nil }

func (c *crowd) Run(ctx context.Context, _ bot.Receiver) error {
	<-ctx.Done()
	return nil
}

func (c *crowd) Render(_ bot.Room, m msg.Message, at time.Time) ([]byte, error) {
	return []byte(strings.Join(msg.IRC(m, at, 400), "\n")), nil
}

func (c *crowd) Deliver(_ context.Context, _ string, r bot.Room, payload []byte) error {
	time.Sleep(c.late)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said[r] += string(payload) + "\n"
	return nil
}

func (c *crowd) Reply(bot.Incoming, msg.Message, time.Time) {}

func (c *crowd) Identify(_ context.Context, p bot.Principal) (bot.Principal, error) { return p, nil }

// Sixty teams, each in its room, are reminded in the same second: one
// transaction decides, one marks what is being sent, and one takes the
// acknowledgements.
func TestSixtyRemindersOfOneSecond(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		due := time.Now().Add(time.Hour).Truncate(time.Second)
		cfg := configured(t, 60, "UTC", event("spec-freeze", "spec-freeze", "Spec freeze", due))
		store := opened(t, filepath.Join(dir, "torchbearer.db"))
		net := &crowd{late: 50 * time.Millisecond, said: map[bot.Room]string{}}
		a, stop := running(t, app.Options{Config: cfg, Store: store, Transports: []bot.Transport{net}, Now: time.Now})
		time.Sleep(time.Until(due) - time.Millisecond)
		synctest.Wait()
		before := store.Commits()

		time.Sleep(time.Second)
		synctest.Wait()
		commits := store.Commits() - before
		if s, err := a.Status(t.Context()); err != nil || len(s.Outbox.Waiting) > 0 {
			t.Errorf("got %d messages waiting, error %v; want all delivered", len(s.Outbox.Waiting), err)
		}
		stop()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		if commits > mostCommits {
			t.Errorf("got %d store transactions, at most %d are allowed", commits, mostCommits)
		}
		for _, team := range cfg.Teams {
			if got := net.said[team.Rooms[0]]; strings.Count(got, "Spec freeze is in effect") != 1 {
				t.Errorf("%s heard %q, want the freeze once", team.ID, got)
			}
		}
	})
}

// From the moment that sixty reminders are due to the last acknowledgement
// stored, on the disk.
func BenchmarkSixtyReminders(b *testing.B) {
	cfg := configured(b, 60, "UTC", event("spec-freeze", "spec-freeze", "Spec freeze", freeze))
	dir := b.TempDir()
	var commits uint64
	for n := 0; b.Loop(); n++ {
		b.StopTimer()
		store := opened(b, filepath.Join(dir, fmt.Sprint(n)))
		net := &crowd{said: map[bot.Room]string{}}
		var clock atomic.Pointer[time.Time]
		clock.Store(&today)
		a, stop := running(b, app.Options{
			Config: cfg, Store: store, Transports: []bot.Transport{net}, Now: func() time.Time { return *clock.Load() },
		})
		look(b, a)
		before := store.Commits()
		b.StartTimer()

		clock.Store(&freeze)
		look(b, a)
		for waiting(b, a) > 0 {
			time.Sleep(100 * time.Microsecond)
		}

		b.StopTimer()
		stop() // nothing is left to be written
		commits += store.Commits() - before
		if err := store.Close(); err != nil {
			b.Error(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(commits)/float64(b.N), "commits/op")
}

func look(tb testing.TB, a *app.App) {
	tb.Helper()
	if err := a.Look(tb.Context()); err != nil {
		tb.Fatal(err)
	}
}

func waiting(tb testing.TB, a *app.App) int {
	tb.Helper()
	s, err := a.Status(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return len(s.Outbox.Waiting)
}

// From the start, with what ten years have left in the store, to the first look
// at what is due: 60 teams, two cycles a year, 20 events a cycle with seven
// steps each, and the messages of the last five weeks.
func BenchmarkStartAfterTenYears(b *testing.B) {
	const teams, events = 60, 20
	var calendar strings.Builder
	for n := range events {
		id := fmt.Sprintf("event-%02d", n)
		calendar.WriteString(event(id, "milestone", "Milestone "+id, freeze.AddDate(0, 0, 8*n)))
	}
	cfg := configured(b, teams, "UTC", calendar.String())
	path := filepath.Join(b.TempDir(), "torchbearer.db")
	store := opened(b, path)
	live(b, cfg, store)
	tenYears(b, store, teams, events)
	size, err := store.Size()
	if err != nil {
		b.Fatal(err)
	}
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		store := opened(b, path)
		before := store.Commits()
		a, stop := running(b, app.Options{Config: cfg, Store: store, Now: func() time.Time { return today }})
		look(b, a)
		b.StopTimer()
		if got := store.Commits() - before; got > 0 {
			b.Errorf("a start wrote %d times to the store, want never", got)
		}
		stop()
		if err := store.Close(); err != nil {
			b.Error(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(size)/1e6, "MB")
}

// live runs the bot once, so that the store holds what every start leaves.
func live(tb testing.TB, cfg *config.Config, store bot.Store) {
	tb.Helper()
	a, stop := running(tb, app.Options{Config: cfg, Store: store, Now: func() time.Time { return today }})
	look(tb, a)
	stop()
}

// tenYears adds the records of twenty cycles, as the loop, the plugin and the
// outbox write them.
func tenYears(tb testing.TB, store bot.Store, teams, events int) {
	tb.Helper()
	for c := range 20 {
		begin := today.AddDate(0, -6*(c+1), 0)
		err := store.Update(tb.Context(), func(tx bot.Tx) error {
			var p putter
			for team := range teams {
				for n := range events {
					at := begin.AddDate(0, 0, 8*n)
					id := fmt.Sprintf("event-%02d", n)
					for _, step := range []string{"28d", "14d", "7d", "3d", "1d", "0d", "0s"} {
						p.step(tx, teamID(team), fmt.Sprintf("%s/%s/T-%s", id, at.Format(time.DateOnly), step), at)
					}
					p.put(tx, "plugin/"+teamID(team)+"/freeze/heard/"+id, fmt.Sprintf(`{"step":"0s","said":%q}`, at.Format(time.RFC3339)))
				}
			}
			return p.err
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// putter puts until something fails.
type putter struct{ err error }

func (p *putter) put(tx bot.Tx, key, value string) {
	if p.err == nil {
		p.err = tx.Put(key, []byte(value))
	}
}

// step is one reminder: decided, and if it is not long ago also how it was
// delivered.
func (p *putter) step(tx bot.Tx, team, key string, at time.Time) {
	when := at.Format(time.RFC3339Nano)
	key = team + "/freeze/" + key
	p.put(tx, "decided/"+key, fmt.Sprintf(`{"at":%q,"due":%q,"how":"done"}`, when, when))
	if today.Sub(at) > outbox.Kept {
		return
	}
	sum := sha256.Sum256([]byte(key))
	id := hex.EncodeToString(sum[:12])
	p.put(tx, "outbox/id/"+id, fmt.Sprintf("%016x", at.UnixNano()))
	p.put(tx, fmt.Sprintf("outbox/done/%016x-%s", at.UnixNano(), id), fmt.Sprintf(
		`{"id":%q,"key":%q,"room":"test/#%s","message":{"kind":"announce","blocks":[{"para":[{"text":%q}]}]},`+
			`"created":%q,"expires":%q,"state":"sent","payload":%q,"rendered":%q,"attempts":1,"done":%q}`,
		id, key, team, strings.Repeat("x", 200), when, when, strings.Repeat("x", 200), when, when))
}
