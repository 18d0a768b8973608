package roster

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/people"
	"torchbearer/bot/review"
)

// failer is a test or a property.
type failer interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

var (
	glance = bot.Room{Network: "oftc", Name: "#glance"}
	nova   = bot.Room{Network: "oftc", Name: "#nova"}
	libera = bot.Room{Network: "libera", Name: "#glance"}
	lobby  = bot.Room{Network: "oftc", Name: "#lobby"} // of no team
)

func mustTime(t failer, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func mustZone(t failer, name string) *time.Location {
	t.Helper()
	zone, err := civil.LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func hours(t failer, text string) *people.Quiet {
	t.Helper()
	q := &people.Quiet{}
	if err := q.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return q
}

// rooms is who is where.
type rooms struct {
	mu sync.Mutex
	in map[bot.Room][]bot.Principal
}

func (r *rooms) members(room bot.Room) []bot.Principal {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.in[room])
}

func (r *rooms) put(room bot.Room, who ...bot.Principal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.in[room] = who
}

// lines is a log.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// nick is somebody of whom the network says nothing.
func nick(network, nick string) bot.Principal { return bot.Principal{Network: network, Nick: nick} }

// logged is somebody whose account the network names.
func logged(network, nick, account string) bot.Principal {
	return bot.Principal{Network: network, Nick: nick, Account: account, Strength: bot.Account}
}

// world is a configuration with two teams on one review server, and its rooms.
type world struct {
	*Roster
	options Options
	rooms   *rooms
	store   *bottest.Store
	log     *lines
}

func newWorld(t failer, change ...func(*Options)) *world {
	t.Helper()
	w := &world{rooms: &rooms{in: map[bot.Room][]bot.Principal{}}, store: bottest.NewStore(), log: &lines{}}
	opendev := bot.ReviewServer{Name: "opendev", URL: "https://review.opendev.org"}
	w.options = Options{
		People: map[string]bot.Person{
			"maria": {ID: "maria", Name: "Maria M.", Gerrit: "maria", Accounts: map[string][]string{"oftc": {"Maria", "maria-work"}}, Zone: time.UTC},
			"zoe":   {ID: "zoe", Name: "Zoe Okafor", Gerrit: "zokafor", Accounts: map[string][]string{"oftc": {"zoe"}, "libera": {"zed"}}, Zone: mustZone(t, "America/New_York"), Quiet: hours(t, "22:00-08:00")},
			"bob":   {ID: "bob", Name: "Bob", Gerrit: "Bob", Zone: time.UTC},
			"kim":   {ID: "kim", Name: "Kim A", Accounts: map[string][]string{"oftc": {"kim["}}, Zone: time.UTC},
			"kim2":  {ID: "kim2", Name: "Kim B", Accounts: map[string][]string{"oftc": {"kb"}}, Zone: time.UTC},
		},
		Operators: []string{"maria"},
		Teams: []bot.Team{
			{
				ID: "glance", Zone: time.UTC, Rooms: []bot.Room{glance, libera}, PTL: []string{"maria"}, Gerrit: opendev,
				Projects: []string{"openstack/glance", "openstack/store"}, Specs: []string{"openstack/glance-specs"},
				Crew:  bot.Crew{People: []string{"kim"}, Groups: []string{"glance-core"}},
				Crews: map[string]bot.Crew{"openstack/glance-specs": {Groups: []string{"glance-specs-core"}}, "openstack/store": {People: []string{"bob", "kim"}}},
			},
			{ID: "nova", Zone: time.UTC, Rooms: []bot.Room{nova, glance}, PTL: []string{"zoe"}, Crew: bot.Crew{People: []string{"kim2"}}},
		},
		Members: w.rooms.members, Store: w.store, Log: slog.New(slog.NewTextHandler(w.log, nil)),
	}
	for _, f := range change {
		f(&w.options)
	}
	w.Roster = New(w.options)
	return w
}

// known is what the review server says of everybody.
func known() Learnt {
	return Learnt{
		Groups: map[string][]review.Account{
			"glance-core":       {{ID: 1, Username: "zokafor", Name: "Zoe"}, {ID: 7, Username: "ines", Name: "Inês"}},
			"glance-specs-core": {{ID: 2, Username: "maria"}},
		},
		Accounts: map[string]review.Account{"maria": {ID: 2, Username: "maria"}, "zokafor": {ID: 1, Username: "zokafor"}, "bob": {ID: 3, Username: "Bob"}},
	}
}

func (w *world) learn(t failer, l Learnt) {
	t.Helper()
	if err := w.Learn(context.Background(), "opendev", l); err != nil {
		t.Fatal(err)
	}
}

// consent stores what somebody said, as the plugin would.
func (w *world) consent(t failer, id, record string) {
	t.Helper()
	err := w.store.Update(context.Background(), func(tx bot.Tx) error { return tx.Put("plugin/-/people/consent/"+id, []byte(record)) })
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) count(t failer, now time.Time, id string, asks ...string) {
	t.Helper()
	err := w.store.Update(context.Background(), func(tx bot.Tx) error {
		var errs []error
		for _, ask := range asks {
			errs = append(errs, w.Count(tx, now, id, ask))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) reach(t failer, now time.Time, team string, to bot.Target, daily int) (reach bot.Reach) {
	t.Helper()
	w.view(t, now, team, func(p bot.People) { reach = p.Reach(to, daily) })
	return reach
}

func (w *world) view(t failer, now time.Time, team string, f func(bot.People)) {
	t.Helper()
	err := w.store.View(context.Background(), func(tx bot.ReadTx) error {
		f(w.View(tx, now, team))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// keys lists what is stored below a prefix.
func (w *world) keys(t failer, prefix string) (keys []string) {
	t.Helper()
	err := w.store.View(context.Background(), func(tx bot.ReadTx) error {
		for key := range tx.Scan(prefix) {
			keys = append(keys, strings.TrimPrefix(key, prefix))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}
