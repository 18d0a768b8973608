package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/config"
)

const oneTeam = `
[store]
path = "story.db"
[irc.net]
address = "irc.example.org:6697"
nick = "glancebot"
login = "none"
[team.glance]
rooms = ["net/#glance", "net/#a"]
`

// noted is a plugin with records.
func noted() bot.Plugin {
	return bot.Plugin{
		Name: "noted", Summary: "x", Schema: 1,
		New: func(bot.Team, any) (bot.Instance, error) { return bot.Instance{}, nil },
	}
}

func parsed(t *testing.T, text string) *config.Config {
	t.Helper()
	cfg, err := config.Parse("story.toml", []byte(text), ".", []bot.Plugin{noted()})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// running is a bot without networks.
type running struct {
	*App
	store *bottest.Store
	stop  context.CancelFunc
	ended chan error
}

func runs(t *testing.T) *running {
	t.Helper()
	r := &running{store: bottest.NewStore(), ended: make(chan error, 1)}
	var err error
	r.App, err = New(t.Context(), Options{
		Config: parsed(t, oneTeam), Plugins: []bot.Plugin{noted()}, Store: r.store,
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	go func() { r.ended <- r.Run(ctx) }()
	synctest.Wait()
	return r
}

// write changes the store behind the bot's back.
func (r *running) write(t *testing.T, key, value string) {
	t.Helper()
	if err := r.store.Update(t.Context(), func(tx bot.Tx) error { return tx.Put(key, []byte(value)) }); err != nil {
		t.Fatal(err)
	}
}

// A reload that can't be carried out leaves the old configuration in force, and
// a bot that runs: whether it fails before the old core stops or after.
func TestReloadThatFails(t *testing.T) {
	for _, tc := range []struct{ name, key, value, want string }{
		{"records of a newer version", "schema/glance/noted", "2", "newer"},
		{"a calendar that can't be read", "calendar/glance", "nonsense", "calendar/glance"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := runs(t)
				old := r.core.Load()
				r.write(t, tc.key, tc.value)
				next := parsed(t, oneTeam+"[team.glance.plugin.noted]\n")
				if err := r.Reload(t.Context(), next); err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("Reload = %v, want an error with %q", err, tc.want)
				}
				synctest.Wait()
				if len(r.ended) > 0 || r.core.Load() != old {
					t.Fatal("the old core does not go on")
				}
				if err := r.Look(t.Context()); err != nil {
					t.Errorf("the old core does not look at the clock: %v", err)
				}
				r.write(t, tc.key, map[string]string{"schema/glance/noted": "1", "calendar/glance": "{}"}[tc.key])
				if err := r.Reload(t.Context(), next); err != nil || r.core.Load() == old {
					t.Errorf("Reload of what is right = %v", err)
				}
				r.stop()
				if err := <-r.ended; err != nil {
					t.Errorf("Run = %v", err)
				}
			})
		})
	}
}

// Whoever reloads is answered, though the bot ends: asked to, or because its
// store has failed.
func TestReloadAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runs(t)
		r.stop()
		err := r.Reload(context.Background(), parsed(t, oneTeam))
		if end := <-r.ended; end != nil {
			t.Errorf("Run = %v, want nil after it was asked to end (Reload = %v)", end, err)
		}
		if err := r.Reload(context.Background(), parsed(t, oneTeam)); err == nil {
			t.Error("Reload of a bot that has ended = nil")
		}

		// The end of the old core, which stores how far it came, fails.
		r = runs(t)
		time.Sleep(time.Minute)
		r.store.BeforeCommit = func(int) { r.store.Crash() }
		if err := r.Reload(context.Background(), parsed(t, oneTeam)); !errors.Is(err, bottest.ErrCrashed) {
			t.Errorf("Reload = %v, want %v", err, bottest.ErrCrashed)
		}
		if err := <-r.ended; !errors.Is(err, bottest.ErrCrashed) {
			t.Errorf("Run = %v, want %v", err, bottest.ErrCrashed)
		}
	})
}

// What takes a restart is refused; the same rooms in another order do not.
func TestSameNetworks(t *testing.T) {
	old := parsed(t, oneTeam)
	for text, want := range map[string]string{
		oneTeam: "<nil>",
		strings.Replace(oneTeam, `["net/#glance", "net/#a"]`, `["net/#a", "net/#glance"]`, 1): "<nil>",
		strings.Replace(oneTeam, `["net/#glance", "net/#a"]`, `["net/#a"]`, 1):                "networks and rooms take a restart to change: the rooms on net",
		strings.Replace(oneTeam, "irc.example.org", "irc.example.com", 1):                     "networks and rooms take a restart to change: irc.net has another value",
		strings.NewReplacer("[irc.net]", "[irc.other]", "net/#", "other/#").Replace(oneTeam):  "networks and rooms take a restart to change: irc.net is gone; irc.other is new",
	} {
		if got := fmt.Sprint(sameNetworks(old, parsed(t, text))); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// A homeserver's section and its rooms take a restart as well; who is a person, and
// what mirrors what, do not.
func TestSameMatrixNetworks(t *testing.T) {
	const onMatrix = `
[store]
path = "story.db"
[matrix.main]
homeserver = "https://matrix.example.org"
user = "@glancebot:example.org"
token = { env = "T" }
[people.zoe]
matrix = "@zoe:example.org"
[team.glance]
rooms = ["main/#glance:example.org", "main/!a"]
`
	old := parsed(t, onMatrix)
	for _, tc := range []struct{ from, to, want string }{
		{"", "", "<nil>"},
		{"@zoe:", "@zoe.lee:", "<nil>"},
		{`"main/!a"]`, `"main/!a"]` + "\n" + `mirrors = [["main/#glance:example.org", "main/!a"]]`, "<nil>"},
		{`, "main/!a"`, "", "networks and rooms take a restart to change: the rooms on main"},
		{`"main/!a"`, `"main/!A"`, "networks and rooms take a restart to change: the rooms on main"},
		{"token", "ignore = [\"@x:y\"]\ntoken", "networks and rooms take a restart to change: matrix.main has another value"},
		{`env = "T"`, `env = "U"`, "networks and rooms take a restart to change: matrix.main has another value"},
		{`path =`, "key = { env = \"K\" }\npath =", "the store is another: restart the bot to change it"},
		{"main", "other", "networks and rooms take a restart to change: matrix.main is gone; matrix.other is new"},
	} {
		text := strings.ReplaceAll(onMatrix, tc.from, tc.to)
		if tc.from == "" {
			text = onMatrix
		}
		if got := fmt.Sprint(sameNetworks(old, parsed(t, text))); got != tc.want {
			t.Errorf("%s for %s: got %s, want %s", tc.to, tc.from, got, tc.want)
		}
	}
}
