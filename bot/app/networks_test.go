package app

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/config"
	"torchbearer/bot/irc"
	"torchbearer/bot/matrix"
	"torchbearer/plugins/all"
)

// twoNetworks is a team that straddles both; it is Monday, 3 January 2000, and the
// freeze is on Friday.
const twoNetworks = `
[store]
path = "story.db"
[irc.net]
address = "irc.example.org:6697"
nick = "glancebot"
[matrix.main]
homeserver = "https://matrix.example.org"
user = "@glancebot:example.org"
password = { env = "TORCHBEARER_TEST_MATRIX" }
[people.zoe]
name = "Zoe"
irc = { net = "zoe" }
matrix = "@zoe:example.org"
[team.glance]
rooms = ["net/#glance", "main/#glance:example.org"]
[team.glance.plugin.freeze]
[[team.glance.calendar.event]]
kind = "spec-freeze"
name = "Spec freeze"
at = "2000-01-07T23:59:00Z"
`

const (
	ourUser = "@glancebot:example.org"
	zoeUser = "@zoe:example.org"
	alias   = "#glance:example.org"
)

// straddling is a bot on an IRC network and a homeserver, both in memory.
type straddling struct {
	*App
	t    *testing.T
	irc  *bottest.IRCServer
	hs   *bottest.MatrixServer
	room string // the Matrix room's id
	stop func()
}

func straddles(t *testing.T, text string) *straddling {
	t.Helper()
	cfg, err := config.Parse("story.toml", []byte(text), ".", all.Plugins())
	if err != nil {
		t.Fatal(err)
	}
	s := &straddling{t: t, irc: bottest.NewIRCServer(bottest.IRCOptions{Caps: bottest.IRCv3()}), hs: bottest.NewMatrix(bottest.MatrixOptions{})}
	s.hs.User(ourUser, zoeUser)
	s.room = s.hs.Room(zoeUser, alias)
	store := bottest.NewStore()
	log := slog.New(slog.DiscardHandler)
	o, err := homeserver(cfg, cfg.Matrix[0], store, func(user string) bool { return knows(cfg, user) }, log)
	if err != nil {
		t.Fatal(err)
	}
	o.Homeserver, o.Client = s.hs.URL, s.hs.Transport()
	n := cfg.IRC[0]
	networks := []bot.Transport{
		irc.New(irc.Options{Dial: s.irc.Dial, Log: log, Config: irc.Config{
			Network: n.Name, Address: n.Address, Nick: n.Nick, Realname: n.Realname, Login: irc.None,
			Burst: n.Burst, Pace: n.Pace, Rooms: rooms(cfg, n.Name),
		}}),
		matrix.New(o),
	}
	s.App, err = New(t.Context(), Options{
		Config: cfg, Plugins: all.Plugins(), Store: store, Transports: networks, Now: time.Now, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	s.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
		s.hs.Close()
		synctest.Wait()
	}
	time.Sleep(2 * 24 * time.Hour) // to Monday
	return s
}

// said is what the bot has said on both networks since the last call, IRC first.
func (s *straddling) said() (onIRC, onMatrix []string) {
	time.Sleep(10 * time.Second)
	synctest.Wait()
	return s.irc.Said("#glance"), s.hs.Said(s.room, ourUser)
}

// A command is answered where it was given, and an announcement is made in every
// room of the team.
func TestOneBotOnTwoNetworks(t *testing.T) {
	t.Setenv("TORCHBEARER_TEST_MATRIX", bottest.MatrixPassword(ourUser))
	synctest.Test(t, func(t *testing.T) {
		s := straddles(t, twoNetworks)
		defer s.stop()
		s.hs.Say(s.room, zoeUser, "!freeze")
		onIRC, onMatrix := s.said()
		if len(onIRC) != 0 || len(onMatrix) != 1 || !strings.HasPrefix(onMatrix[0], "Spec freeze: Fri 2000-01-07 23:59 UTC") {
			t.Fatalf("asked on Matrix: on IRC %q, on Matrix %q", onIRC, onMatrix)
		}
		time.Sleep(time.Until(time.Date(2000, 1, 4, 14, 0, 30, 0, time.UTC)))
		onIRC, onMatrix = s.said()
		const want = "Spec freeze in 3 days: Fri 2000-01-07 23:59 UTC."
		if len(onIRC) != 1 || len(onMatrix) != 2 || !strings.HasPrefix(onIRC[0], want) || !strings.HasPrefix(onMatrix[1], want) {
			t.Errorf("a reminder: on IRC %q, on Matrix %q", onIRC, onMatrix)
		}
	})
}

// Rooms that a bridge joins are posted to once, and answered in where one is asked.
func TestMirroredRoomsArePostedToOnce(t *testing.T) {
	t.Setenv("TORCHBEARER_TEST_MATRIX", bottest.MatrixPassword(ourUser))
	synctest.Test(t, func(t *testing.T) {
		s := straddles(t, strings.Replace(twoNetworks, "[team.glance.plugin.freeze]",
			`mirrors = [["main/#glance:example.org", "net/#glance"]]`+"\n[team.glance.plugin.freeze]", 1))
		defer s.stop()
		time.Sleep(time.Until(time.Date(2000, 1, 4, 14, 0, 30, 0, time.UTC)))
		onIRC, onMatrix := s.said()
		if len(onIRC) != 0 || len(onMatrix) != 1 {
			t.Errorf("a reminder: on IRC %q, on Matrix %q; want it on Matrix alone", onIRC, onMatrix)
		}
	})
}

// The state of both networks is told in one line, and what is wrong with a room
// by its name.
func TestStatusOfTwoNetworks(t *testing.T) {
	t.Setenv("TORCHBEARER_TEST_MATRIX", bottest.MatrixPassword(ourUser))
	synctest.Test(t, func(t *testing.T) {
		s := straddles(t, twoNetworks)
		defer s.stop()
		status, err := s.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		line := status.line(time.Now(), false)
		if !status.Healthy || !strings.Contains(line, "; Matrix connected") || !strings.Contains(line, "net connected") {
			t.Errorf("%s\n%q", line, status.Problems)
		}
		s.hs.State(s.room, zoeUser, "m.room.power_levels", "", map[string]any{
			"users": map[string]any{zoeUser: 100}, "events_default": 50,
		})
		time.Sleep(time.Minute)
		if status, err = s.Status(t.Context()); err != nil {
			t.Fatal(err)
		}
		text := status.text(time.Now())
		if status.Healthy || !strings.Contains(text, "main/"+alias) || !strings.Contains(text, ourUser) {
			t.Errorf("muted in a room, and the status is\n%s", text)
		}
		s.hs.Stop()
		time.Sleep(5 * time.Minute)
		if status, err = s.Status(t.Context()); err != nil {
			t.Fatal(err)
		}
		if text := status.text(time.Now()); status.Healthy || !strings.Contains(text, "Matrix not connected (") {
			t.Errorf("the homeserver is down, and the status is\n%s", text)
		}
		s.hs.Start(false)
	})
}

// Two Matrix networks are told apart.
func TestTitles(t *testing.T) {
	cfg := &config.Config{IRC: []config.IRC{{Name: "net"}}, Matrix: []config.Matrix{{Name: "main"}, {Name: "other"}}}
	var got []string
	for _, n := range []string{"net", "main", "other"} {
		got = append(got, titled(bot.NetworkStatus{Network: n}, cfg).Title)
	}
	if want := []string{"net", "Matrix main", "Matrix other"}; !slices.Equal(got, want) {
		t.Errorf("titles %q, want %q", got, want)
	}
}

// Whoever is a person of the configuration is known, by the user id to the letter.
func TestKnows(t *testing.T) {
	cfg := &config.Config{People: map[string]bot.Person{"zoe": {Matrix: zoeUser}, "bob": {}}}
	known := slices.DeleteFunc([]string{zoeUser, "@Zoe:example.org", "@eve:example.org", ""}, func(user string) bool { return !knows(cfg, user) })
	if !slices.Equal(known, []string{zoeUser}) {
		t.Errorf("known are %q, want %s", known, zoeUser)
	}
}
