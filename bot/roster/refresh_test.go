package roster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/review"
)

// fakeServer is a review server with groups in groups, as far as the roster asks.
type fakeServer struct {
	mu       sync.Mutex
	accounts map[string]int      // by username
	members  map[string][]string // of a group: usernames, and "@group"
	down     bool
	asked    []string
}

func (s *fakeServer) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// heard lists what was asked for.
func (s *fakeServer) heard() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func (s *fakeServer) Members(_ context.Context, group string) ([]review.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, group)
	if s.down {
		return nil, errors.New("502 Bad Gateway")
	}
	if _, ok := s.members[group]; !ok {
		return nil, fmt.Errorf("no group %s", group)
	}
	seen := map[string]bool{}
	var resolve func(group string) []review.Account
	resolve = func(group string) (all []review.Account) {
		if seen[group] {
			return nil
		}
		seen[group] = true
		for _, m := range s.members[group] {
			if nested, ok := strings.CutPrefix(m, "@"); ok {
				all = append(all, resolve(nested)...)
			} else {
				all = append(all, review.Account{ID: s.accounts[m], Username: m, Name: m + "\r\nJOIN #x " + strings.Repeat("n", 90)})
			}
		}
		return all
	}
	return resolve(group), nil
}

func (s *fakeServer) Account(_ context.Context, username string) (review.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, username)
	if s.down {
		return review.Account{}, errors.New("502 Bad Gateway")
	}
	if _, ok := s.accounts[username]; !ok {
		return review.Account{}, fmt.Errorf("no account %s", username)
	}
	return review.Account{ID: s.accounts[username], Username: username}, nil
}

// A day with a review server: its nested groups give roles, it goes away and comes
// back, somebody leaves a group, the bot is started anew without it.
func TestGroupsAreFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		s := &fakeServer{
			accounts: map[string]int{"maria": 2, "zokafor": 1, "Bob": 3, "ines": 7},
			members: map[string][]string{
				"glance-core": {"@seniors", "ines"}, "seniors": {"@ring", "zokafor"}, "ring": {"@seniors"},
			},
		}
		zoe := logged("oftc", "zoe", "zoe")
		role := func(when string, want bot.Role) {
			t.Helper()
			synctest.Wait()
			if got := w.Roles("glance", zoe) &^ bot.Known; got != want {
				t.Errorf("%s zoe is %s, want %s", when, got, want)
			}
		}
		// pass lets time go by, and waits for what happens in it.
		pass := func(d time.Duration) { time.Sleep(d); synctest.Wait() }
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() { w.Run(ctx, map[string]Accounts{"opendev": s}); close(over) }()

		role("at the start", bot.Core)
		if diff := cmp.Diff([]string{"glance-core", "glance-specs-core", "Bob", "maria", "zokafor"}, s.heard()); diff != "" {
			t.Errorf("asked for: %s", diff)
		}
		if w.Cast("glance", "openstack/glance-specs").Cores.Known() {
			t.Error("a group that can't be read has members")
		}
		if a := w.facts.Load().server("opendev").numbered[7]; len(a.Name) > nameLimit || strings.ContainsAny(a.Name, "\r\n") {
			t.Errorf("kept the name %q", a.Name)
		}

		// One group is missing: said once, tried again soon, then less often.
		pass(soon + time.Second)
		if n := strings.Count(strings.Join(s.heard(), " "), "glance-specs-core"); n != 2 {
			t.Errorf("the missing group was asked for %d times, want 2", n)
		}
		pass(30 * time.Minute)
		if n := strings.Count(w.log.String(), "can't read"); n != 1 {
			t.Errorf("logged %d failures, want 1:\n%s", n, w.log)
		}
		s.change(func() { s.members["glance-specs-core"] = []string{"maria"} })
		pass(every)
		if got := w.Cast("glance", "openstack/glance-specs").Cores.All(); !slices.Equal(got, []int{2}) {
			t.Errorf("cores of specs: %v", got)
		}
		if !strings.Contains(w.log.String(), "can be read again") {
			t.Errorf("the log does not say so:\n%s", w.log)
		}

		// From here on nothing is new: an hour apart, and no commit.
		commits := w.store.Commits()
		s.change(func() { s.asked = nil })
		pass(3 * every)
		if n := strings.Count(strings.Join(s.heard(), " "), "maria"); n != 3 {
			t.Errorf("read %d times in three hours", n)
		}
		if w.store.Commits() != commits {
			t.Errorf("%d commits for nothing new", w.store.Commits()-commits)
		}

		s.change(func() { s.down = true })
		pass(3 * every)
		role("while the server is down", bot.Core)
		s.change(func() { s.down = false; s.members["seniors"] = nil })
		pass(every)
		role("after she left the group", bot.Anyone)

		cancel()
		<-over
		w.rooms.put(glance, nick("oftc", "Ines"))
		store := w.store.Reopen()
		next := newWorld(t, func(o *Options) { o.Store, o.Members = store, w.rooms.members })
		if err := store.View(t.Context(), next.Load); err != nil {
			t.Fatal(err)
		}
		if got := next.Cast("glance", "openstack/glance").Cores.All(); !slices.Equal(got, []int{7}) {
			t.Errorf("after a start without the server: cores %v", got)
		}
		if p, err := next.Find("glance", glance, "ines"); err != nil || p.ID != "opendev:7" {
			t.Errorf("after a start without the server: %v %v", p, err)
		}
	})
}

// An answer that is about somebody else gives nobody anything.
func TestAWrongAnswerIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go w.Run(ctx, map[string]Accounts{"opendev": wrong{}})
		synctest.Wait()
		w.view(t, time.Now(), "glance", func(v bot.People) {
			for id := range w.options.People {
				if n, ok := v.Account(id); ok {
					t.Errorf("%s is account %d", id, n)
				}
			}
		})
	})
}

type wrong struct{}

func (wrong) Members(context.Context, string) ([]review.Account, error) { return nil, nil }

func (wrong) Account(context.Context, string) (review.Account, error) {
	return review.Account{ID: 66, Username: "mallory"}, nil
}

// updates counts transactions.
type updates struct {
	bot.Store
	n int
}

func (u *updates) Update(ctx context.Context, f func(bot.Tx) error) error {
	u.n++
	return u.Store.Update(ctx, f)
}

func TestWhatIsKnownIsStoredOnce(t *testing.T) {
	store := &updates{Store: bottest.NewStore()}
	w := newWorld(t, func(o *Options) { o.Store = store })
	for range 3 {
		w.learn(t, known())
	}
	if store.n != 1 {
		t.Errorf("%d transactions, want 1", store.n)
	}
	w.learn(t, Learnt{})
	if store.n != 2 {
		t.Errorf("%d transactions, want 2", store.n)
	}
}

// What can't be stored is known all the same, and stored when it can be.
func TestAStoreThatFails(t *testing.T) {
	broken := bottest.NewStore()
	broken.Crash()
	w := newWorld(t, func(o *Options) { o.Store = broken })
	if err := w.Learn(t.Context(), "opendev", known()); !errors.Is(err, bottest.ErrCrashed) {
		t.Errorf("got %v", err)
	}
	if !w.Roles("glance", logged("oftc", "zoe", "zoe")).Has(bot.Core) {
		t.Error("nothing is known")
	}
	if err := w.Learn(t.Context(), "opendev", known()); err == nil {
		t.Error("the second time it is believed to be stored")
	}
}

func TestUseFromManyGoroutines(t *testing.T) {
	w := newWorld(t)
	w.rooms.put(glance, nick("oftc", "zoe"))
	now := mustTime(t, "2026-12-01T18:00:00Z")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				if err := w.Learn(context.Background(), "opendev", known()); err != nil {
					t.Error(err)
				}
				w.Seen(glance, nick("oftc", "zoe"), now)
				w.Roles("glance", logged("oftc", "zoe", "zoe"))
				w.Cast("glance", "openstack/glance")
				if _, err := w.Find("glance", glance, "ines"); err != nil {
					t.Error(err)
				}
				err := w.store.View(context.Background(), func(tx bot.ReadTx) error {
					w.Reach(tx, now, "glance", bot.Target{Person: "zoe"}, 3)
					return w.Load(tx)
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
