package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bolt"
	"torchbearer/bot/civil"
	"torchbearer/bot/config"
	"torchbearer/bot/console"
)

// demoRoom is the one room of the demo.
var demoRoom = bot.Room{Network: "demo", Name: "#openstack-glance"}

const demoHello = `This is Torchbearer in a demo: team Glance on a review day, with a release calendar
and a review queue laid around today, and a store that is thrown away. You are maria,
the team's PTL, in #openstack-glance, with zoe, bob, erin, nina, kim and tom.
  !next  !ask zoe 912401  !turn 912440  !backlog  !reviewday     the review queue
  !freeze  !when release  !calendar  !status  !help              and the rest
  /skip 3d   move the time on        /as nina   be somebody else
  /vote bob 912345 +2   let somebody vote in Gerrit              /quit
In the first minute a review day opens and closes, nina asks zoe for a review, a
freeze falls, and the night's figures come: stay and see.
`

// demo is the bot on this terminal, with nothing to set up.
func demo(ctx context.Context, env Env, args []string) (err error) {
	f := newFlags(env, "demo").withLog()
	f.level = "error"
	f.Lookup("log").DefValue = f.level
	if err := f.parse(args); err != nil {
		return err
	}
	log, err := f.logger()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "torchbearer-demo-")
	if err != nil {
		return fmt.Errorf("make a store to throw away: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	store, err := bolt.Open(filepath.Join(dir, "demo.db"), bolt.Options{Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return newDemo(env, store, log).run(ctx)
}

// demonstration is a bot with a clock that can be moved.
type demonstration struct {
	env   Env
	store bot.Store
	log   *slog.Logger
	clock movable
	queue *sample
	con   *console.Console
	app   *App
	quit  context.CancelFunc
}

// movable is the demo's clock: the real one, and how far it was moved on.
type movable struct {
	mu     sync.Mutex
	offset time.Duration
}

func (m *movable) now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Add(m.offset)
}

func (m *movable) to(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d := time.Until(t); d > m.offset {
		m.offset = d
	}
}

func newDemo(env Env, store bot.Store, log *slog.Logger) *demonstration {
	d := &demonstration{env: env, store: store, log: log}
	// Just before a review day opens, today or tomorrow.
	noon := civil.DateOf(time.Now(), time.UTC).At(demoOpens, time.UTC).Add(-demoLead)
	if noon.Before(time.Now()) {
		noon = noon.Add(24 * time.Hour)
	}
	d.clock.to(noon)
	d.queue = newSample(d.clock.now)
	d.con = console.New(console.Options{
		Room: demoRoom, Nick: "maria", People: []string{"zoe", "bob", "erin", "nina", "kim", "tom"}, In: env.Stdin, Out: env.Stdout, Now: d.clock.now,
		Slash: d.slash, Settle: d.settle,
	})
	return d
}

func (d *demonstration) run(ctx context.Context) error {
	ctx, d.quit = context.WithCancel(ctx)
	defer d.quit()
	cfg, err := demoConfig(d.clock.now(), d.env.Plugins)
	if err != nil {
		return err
	}
	d.app, err = New(ctx, Options{
		Config: cfg, Plugins: d.env.Plugins, Store: d.store,
		Transports: []bot.Transport{stage{d.con, d}}, Now: d.clock.now, Log: d.log,
		Dial: func(config.Gerrit) (ReviewServer, error) { return d.queue, nil },
	})
	if err != nil {
		return err
	}
	fmt.Fprint(d.env.Stdout, demoHello+"\n")
	return d.app.Run(ctx)
}

// stage is the demo's transport: what goes on there begins when the queue has
// been read, and its end, the end of input, ends the bot.
type stage struct {
	bot.Transport
	d *demonstration
}

// Run implements bot.Transport.
func (s stage) Run(ctx context.Context, r bot.Receiver) error {
	defer s.d.quit()
	s.d.ready(ctx)
	go s.d.play(ctx)
	return s.Transport.Run(ctx, r)
}

// ready waits until the bot knows the queue.
func (d *demonstration) ready(ctx context.Context) {
	for ctx.Err() == nil && !d.app.core.Load().followers[sampleServer].state().Known {
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// settle waits until the bot has answered and said what is due.
func (d *demonstration) settle(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	if err := d.app.Look(ctx); err != nil && ctx.Err() == nil {
		d.log.Error("can't look at the clock", "err", err)
	}
}

// The demo's review day, in UTC, and how long after the demo's beginning it
// opens.
var (
	demoOpens  = civil.Clock{Hour: 13}
	demoCloses = civil.Clock{Hour: 21}
	demoNight  = civil.Clock{Hour: 6}
)

const demoLead = 3 * time.Second

// play lets the others in the room live through a day of the team's in a minute.
func (d *demonstration) play(ctx context.Context) {
	day := civil.DateOf(d.clock.now(), time.UTC)
	vote := func(who string, number, value int) func() {
		return func() {
			d.con.Note(fmt.Sprintf("%s votes Code-Review%+d on %d in Gerrit", who, value, number))
			if err := d.queue.vote(who, number, value); err != nil {
				d.log.Error("the demo's script is wrong", "err", err)
			}
		}
	}
	says := func(nick, text string) func() { return func() { d.con.Chat(nick, text) } }
	moves := func(to time.Time) func() {
		return func() {
			if by := to.Sub(d.clock.now()); by > 0 {
				d.con.Note("the demo's time moves on to " + to.Format("Mon 15:04 UTC"))
				d.skip(ctx, by)
			}
		}
	}
	began := time.Now()
	for _, step := range []struct {
		at time.Duration
		do func()
	}{
		{7 * time.Second, says("nina", "!ask zoe 912345")},
		{11 * time.Second, vote("zoe", 912345, 2)},
		{13 * time.Second, says("nina", "!turn 912345")},
		{19 * time.Second, says("bob", "!next")},
		{23 * time.Second, says("tom", "!ask zoe 912388")},
		{27 * time.Second, vote("bob", 912101, 1)},
		{29 * time.Second, says("kim", "!backlog")},
		{38 * time.Second, func() {
			d.con.Note("erin approves 912433, and it merges")
			d.queue.merge(912433)
		}},
		{48 * time.Second, moves(day.At(demoCloses, time.UTC))},
		{53 * time.Second, moves(day.AddDays(1).At(demoNight, time.UTC))},
	} {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(began.Add(step.at))):
			step.do()
		}
	}
}

// slash carries out one of the demo's own controls.
func (d *demonstration) slash(ctx context.Context, line string) string {
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case word == "/quit":
		d.quit()
		return ""
	case word == "/as" && rest != "" && !strings.Contains(rest, " "):
		d.con.As(rest)
		return "you are " + rest
	case word == "/vote":
		return d.vote(rest)
	case word == "/skip":
		span, err := civil.ParseSpan(rest)
		if err != nil {
			return err.Error()
		}
		return d.skip(ctx, span.Duration())
	}
	return "I know /skip 3d (any of w, d, h, m, s), /as NICK, /vote NICK CHANGE VALUE and /quit"
}

// vote lets somebody of the sample vote.
func (d *demonstration) vote(words string) string {
	var who string
	var number, value int
	if _, err := fmt.Sscanf(words, "%s %d %d", &who, &number, &value); err != nil {
		return "say who votes what, such as /vote zoe 912345 +2"
	}
	if err := d.queue.vote(who, number, value); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s has voted Code-Review%+d on %d", who, value, number)
}

// skip moves the clock on, from one thing that is due to the next, so that each
// is said at its own time.
func (d *demonstration) skip(ctx context.Context, by time.Duration) string {
	target := d.clock.now().Add(by)
	for ctx.Err() == nil {
		now := d.clock.now()
		due, err := d.app.core.Load().loop.Ahead(ctx, now, target)
		if err != nil {
			return err.Error()
		}
		if len(due) == 0 {
			break
		}
		d.clock.to(due[0].At)
		d.settle(ctx)
	}
	d.clock.to(target)
	return "it is " + d.clock.now().UTC().Format("Mon 2006-01-02 15:04 UTC")
}

// demoConfig lays a release calendar around now: a freeze within the minute,
// and the dates of a cycle in the weeks to come.
func demoConfig(now time.Time, plugins []bot.Plugin) (*config.Config, error) {
	today := civil.DateOf(now, time.UTC)
	day := func(n int) string { return today.AddDays(n).String() }
	text := fmt.Sprintf(`
[store]
path = "demo.db"

[irc.demo]
address = "localhost:6697"
nick = "torchbearer"
realname = "Torchbearer demo"
login = "none"

%s
[people.maria]
name = "Maria M."
irc = { demo = "maria" }
gerrit = "maria"

[operators]
people = ["maria"]

[gerrit.sample]
url = "https://review.example.org"
user = "torchbearer"
password = { env = "TORCHBEARER_DEMO" }
ci = ["zuul"]

[team.glance]
name = "Glance"
rooms = ["demo/#openstack-glance"]
ptl = ["maria"]
gerrit = "sample"
projects = ["openstack/glance", "openstack/glance_store", "openstack/python-glanceclient"]
specs = ["openstack/glance-specs"]
cores = ["group:glance-core"]

[[team.glance.calendar.event]]
kind = "spec-freeze"
name = "Spec freeze"
at = %q
remind = ["30s", "10s", "0s"]

[[team.glance.calendar.event]]
kind = "milestone-2"
name = "Milestone 2"
at = %q

[[team.glance.calendar.event]]
kind = "feature-freeze"
name = "Feature freeze"
at = %q

[[team.glance.calendar.event]]
kind = "rc1"
name = "First release candidate (RC1)"
at = %q

[[team.glance.calendar.event]]
kind = "release"
name = "Release"
at = %q

[team.glance.plugin.freeze]

[team.glance.plugin.reviewday]
days = [%q]
open = %q
close = %q

[team.glance.plugin.ask]

[team.glance.plugin.backlog]
at = %q
`, demoPeople(), now.Add(45*time.Second).UTC().Format(time.RFC3339), day(7), day(21), day(35), day(56), today.Weekday().String(), demoOpens, demoCloses, demoNight)
	cfg, err := config.Parse("demo.toml", []byte(text), ".", plugins)
	if err != nil {
		return nil, fmt.Errorf("lay the demo's calendar: %w", err)
	}
	return cfg, nil
}

// demoPeople are sections of the people who are in the room besides.
func demoPeople() string {
	var b strings.Builder
	for _, p := range []struct{ id, more string }{
		{"zoe", ""},
		{"bob", ""},
		{"erin", "zone = \"Asia/Tokyo\"\nquiet = \"22:00-08:00\"\n"}, // asleep while the demo begins
		{"nina", ""},
		{"kim", ""},
		{"tom", ""},
	} {
		fmt.Fprintf(&b, "[people.%[1]s]\nirc = { demo = %[1]q }\ngerrit = %[1]q\n%[2]s\n", p.id, p.more)
	}
	return b.String()
}
