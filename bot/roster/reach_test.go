package roster

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/people"
)

func TestWhereSomebodyIsReached(t *testing.T) {
	noon := mustTime(t, "2026-12-01T18:00:00Z") // 13:00 in New York
	zoe, bob, ines := bot.Target{Person: "zoe"}, bot.Target{Person: "bob"}, bot.Target{Person: "opendev:7"}
	in := func(to bot.Target, room bot.Room) bot.Target { to.Room = room; return to }
	alone := func(to bot.Target) bot.Target { to.Direct = true; return to }
	type who map[bot.Room][]bot.Principal
	tests := []struct {
		story string
		there who
		seen  []string // "room nick", oldest first
		to    bot.Target
		want  bot.Reach
	}{
		{"nowhere", who{}, nil, zoe, bot.Reach{Wait: people.Gone}},
		{"somebody the bot does not know", who{}, nil, bot.Target{Person: "nobody"}, bot.Reach{Wait: people.Gone}},
		{"in the team's only such room", who{glance: {nick("oftc", "Zoe")}}, nil, zoe, bot.Reach{Room: glance, Nick: "Zoe"}},
		{"by account, whatever the nick", who{glance: {logged("oftc", "zz", "ZOE")}}, nil, zoe, bot.Reach{Room: glance, Nick: "zz"}},
		{"the account is worth more than the nick", who{glance: {nick("oftc", "zoe"), logged("oftc", "zz", "zoe")}}, nil, zoe, bot.Reach{Room: glance, Nick: "zz"}},
		{"in another of the team's rooms", who{libera: {nick("libera", "zed")}}, nil, zoe, bot.Reach{Room: libera, Nick: "zed"}},
		{"the account of another network is no name", who{libera: {nick("libera", "zoe")}}, nil, zoe, bot.Reach{Wait: people.Gone}},
		{"in a room of another team", who{nova: {nick("oftc", "zoe")}}, nil, zoe, bot.Reach{Wait: people.Gone}},
		{"in both, never seen: the team's first", who{glance: {nick("oftc", "zoe")}, libera: {nick("libera", "zed")}}, nil, zoe, bot.Reach{Room: glance, Nick: "zoe"}},
		{"in both: where last seen", who{glance: {nick("oftc", "zoe")}, libera: {nick("libera", "zed")}}, []string{"oftc/#glance zoe", "libera/#glance ZED"}, zoe, bot.Reach{Room: libera, Nick: "zed"}},
		{"in both: the room of the target", who{glance: {nick("oftc", "zoe")}, libera: {nick("libera", "zed")}}, []string{"libera/#glance zed"}, in(zoe, glance), bot.Reach{Room: glance, Nick: "zoe"}},
		{"the target's room is of no team", who{glance: {nick("oftc", "zoe")}, lobby: {nick("oftc", "zoe")}}, nil, in(zoe, lobby), bot.Reach{Room: lobby, Nick: "zoe"}},
		{"not in the target's room", who{libera: {nick("libera", "zed")}}, nil, in(zoe, lobby), bot.Reach{Room: libera, Nick: "zed"}},
		{"a stolen nick in the target's room", who{glance: {logged("libera", "zz", "zed")}, libera: {nick("libera", "zed")}}, []string{"libera/#glance zed"}, in(zoe, libera), bot.Reach{Room: glance, Nick: "zz"}},
		{"a stolen nick, proven to be another's", who{glance: {logged("oftc", "zoe", "maria")}}, nil, zoe, bot.Reach{Wait: people.Gone}},
		{"a stolen nick, proven to be a stranger's", who{glance: {logged("oftc", "zoe", "mallory")}}, nil, zoe, bot.Reach{Wait: people.Gone}},
		{"a bot of her name", who{glance: {{Network: "oftc", Nick: "zoe", Bot: true}}}, nil, zoe, bot.Reach{Wait: people.Gone}},
		{"a bot with her account", who{glance: {{Network: "oftc", Nick: "x", Account: "zoe", Strength: bot.Account, Bot: true}}}, nil, zoe, bot.Reach{Wait: people.Gone}},
		{"in private", who{glance: {nick("oftc", "Zoe")}}, nil, alone(zoe), bot.Reach{Room: bot.Room{Network: "oftc", Name: "Zoe"}, Nick: "Zoe"}},
		{"in private, but gone", who{}, nil, alone(zoe), bot.Reach{Wait: people.Gone}},

		{"no account configured: by Gerrit username", who{glance: {nick("oftc", "bob")}}, nil, bob, bot.Reach{Room: glance, Nick: "bob"}},
		{"no section: by Gerrit username", who{glance: {nick("oftc", "Ines")}}, nil, ines, bot.Reach{Room: glance, Nick: "Ines"}},
		{"no section, logged in", who{glance: {logged("oftc", "ines", "ines")}}, nil, ines, bot.Reach{Room: glance, Nick: "ines"}},
		{"no section, and the nick is another person's", who{glance: {logged("oftc", "ines", "maria")}}, nil, ines, bot.Reach{Wait: people.Gone}},
		{"no section, and only an account of the name", who{glance: {logged("oftc", "x", "ines")}}, nil, ines, bot.Reach{Wait: people.Gone}},
	}
	for _, tt := range tests {
		t.Run(tt.story, func(t *testing.T) {
			w := newWorld(t)
			w.learn(t, known())
			for room, members := range tt.there {
				w.rooms.put(room, members...)
			}
			for i, sight := range tt.seen {
				name, who, _ := strings.Cut(sight, " ")
				room, err := bot.ParseRoom(name)
				if err != nil {
					t.Fatal(err)
				}
				w.Seen(room, nick(room.Network, who), noon.Add(time.Duration(i-9)*time.Hour))
			}
			if diff := cmp.Diff(tt.want, w.reach(t, noon, "glance", tt.to, 3)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A reload keeps who was seen where, and what is known of review servers.
func TestAReloadForgetsNothing(t *testing.T) {
	w := newWorld(t)
	w.learn(t, known())
	now := mustTime(t, "2026-12-01T18:00:00Z")
	w.rooms.put(glance, nick("oftc", "zoe"))
	w.rooms.put(libera, nick("libera", "zed"))
	w.Seen(libera, nick("libera", "zed"), now)
	o := w.options
	o.Before, o.Operators = w.Roster, []string{"zoe"}
	w.Roster = New(o)
	if got := w.reach(t, now, "glance", bot.Target{Person: "zoe"}, 0); got.Room != libera {
		t.Errorf("reached in %s", got.Room)
	}
	if got, want := w.Roles("glance", logged("oftc", "zoe", "zoe")), bot.Operator|bot.Core|bot.Known; got != want {
		t.Errorf("roles %q, want %q", got, want)
	}
	if got, want := w.Roles("glance", logged("oftc", "maria", "maria")), bot.PTL|bot.Core|bot.Known; got != want {
		t.Errorf("who is no operator any more is %q, want %q", got, want)
	}
	// What is older than what is known is not taken from the store.
	err := w.store.Update(t.Context(), func(tx bot.Tx) error {
		return tx.Put("roster/opendev", []byte(`{"accounts":{"zokafor":"1 zokafor"}}`))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.View(t.Context(), w.Load); err != nil {
		t.Fatal(err)
	}
	if got, want := w.Roles("glance", logged("oftc", "zoe", "zoe")), bot.Operator|bot.Core|bot.Known; got != want {
		t.Errorf("roles %q, want %q", got, want)
	}
}

func TestWhenSomebodyIsReached(t *testing.T) {
	tests := []struct {
		story, now, consent string
		asked               int // today
		daily               int
		wait                people.Wait
		at                  string
	}{
		{"by day", "2026-12-01T18:00:00Z", "", 0, 3, people.No, ""},
		{"by night", "2026-12-02T04:00:00Z", "", 0, 3, people.Asleep, "2026-12-02T13:00:00Z"},
		{"asked twice", "2026-12-01T18:00:00Z", "", 2, 3, people.No, ""},
		{"asked three times: tomorrow, when the night is over", "2026-12-01T18:00:00Z", "", 3, 3, people.Capped, "2026-12-02T13:00:00Z"},
		{"asked three times, no quiet hours", "2026-12-01T18:00:00Z", `{"noQuiet":true}`, 3, 3, people.Capped, "2026-12-02T05:00:00Z"},
		{"no ask, so no cap", "2026-12-01T18:00:00Z", "", 9, 0, people.No, ""},
		{"asleep before midnight, capped: the new day has its own", "2026-12-02T04:00:00Z", "", 3, 3, people.Asleep, "2026-12-02T13:00:00Z"},
		{"asleep after midnight, and capped already", "2026-12-02T08:00:00Z", "", 3, 3, people.Capped, "2026-12-03T13:00:00Z"},
		{"away", "2026-12-01T18:00:00Z", `{"away":"2026-12-05T18:00:00Z"}`, 0, 3, people.Away, "2026-12-05T18:00:00Z"},
		{"away until the night", "2026-12-01T18:00:00Z", `{"away":"2026-12-05T05:00:00Z"}`, 0, 3, people.Away, "2026-12-05T13:00:00Z"},
		{"away until later today, and capped", "2026-12-01T18:00:00Z", `{"away":"2026-12-01T20:00:00Z"}`, 3, 3, people.Capped, "2026-12-02T13:00:00Z"},
		{"capped, and away until Saturday", "2026-12-01T18:00:00Z", `{"away":"2026-12-05T18:00:00Z"}`, 3, 3, people.Away, "2026-12-05T18:00:00Z"},
		{"opted out", "2026-12-02T04:00:00Z", `{"optedOut":true,"away":"2026-12-05T18:00:00Z"}`, 3, 3, people.OptedOut, ""},
		{"own hours", "2026-12-01T18:00:00Z", `{"quiet":"12:00-14:00"}`, 0, 3, people.Asleep, "2026-12-01T19:00:00Z"},
		{"a record nobody can read", "2026-12-01T18:00:00Z", `{"quiet":"soon"}`, 0, 3, people.Gone, ""},
	}
	for _, tt := range tests {
		t.Run(tt.story, func(t *testing.T) {
			w := newWorld(t)
			w.rooms.put(glance, nick("oftc", "zoe"))
			if tt.consent != "" {
				w.consent(t, "zoe", tt.consent)
			}
			now := mustTime(t, tt.now)
			for i := range tt.asked {
				w.count(t, now, "zoe", fmt.Sprint(i))
			}
			want := bot.Reach{Room: glance, Nick: "zoe", Wait: tt.wait}
			if tt.at != "" {
				want.At = mustTime(t, tt.at)
			}
			if tt.wait == people.OptedOut || tt.wait == people.Gone {
				want.Room, want.Nick = bot.Room{}, ""
			}
			if diff := cmp.Diff(want, w.reach(t, now, "glance", bot.Target{Person: "zoe"}, tt.daily)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Somebody who sleeps where nobody sees it still sleeps.
func TestAsleepAndGone(t *testing.T) {
	w := newWorld(t)
	want := bot.Reach{Wait: people.Asleep, At: mustTime(t, "2026-12-02T13:00:00Z")}
	if diff := cmp.Diff(want, w.reach(t, mustTime(t, "2026-12-02T04:00:00Z"), "glance", bot.Target{Person: "zoe"}, 3)); diff != "" {
		t.Error(diff)
	}
}

// TestReachIsTheFirstInstantOfAll compares with going through the minutes.
func TestReachIsTheFirstInstantOfAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := mustZone(t, rapid.SampledFrom([]string{"UTC", "America/New_York", "Europe/Prague", "Pacific/Apia", "Australia/Lord_Howe"}).Draw(t, "zone"))
		minutes := func(name string, least, most int64) time.Duration {
			return time.Duration(rapid.Int64Range(least, most).Draw(t, name)) * time.Minute
		}
		now := time.Date(2026, 10, 24, 0, 0, 0, 0, time.UTC).Add(minutes("now", 0, 9*1440))
		var quiet *people.Quiet
		from, to := minutes("from", 0, 1439), minutes("to", 0, 1439)
		if from != to {
			quiet = &people.Quiet{From: clock(from), To: clock(to)}
		}
		w := newWorld(t, func(o *Options) {
			o.People["zoe"] = bot.Person{ID: "zoe", Accounts: map[string][]string{"oftc": {"zoe"}}, Zone: zone, Quiet: quiet}
		})
		w.rooms.put(glance, nick("oftc", "zoe"))
		var away time.Time
		if rapid.Bool().Draw(t, "away") {
			away = now.Add(minutes("until", -60, 3000))
			w.consent(t, "zoe", `{"away":"`+away.Format(time.RFC3339)+`"}`)
		}
		daily := rapid.IntRange(0, 3).Draw(t, "daily")
		on := map[civil.Date]int{}
		for i := range rapid.IntRange(0, 5).Draw(t, "asked") {
			at := now.Add(minutes("asked at", -3000, 0))
			on[people.Day(at, zone)]++
			w.count(t, at, "zoe", fmt.Sprint(i))
		}
		may := func(at time.Time) bool {
			sleeps := false
			if quiet != nil {
				_, sleeps = quiet.End(at, zone)
			}
			return !at.Before(away) && !sleeps && (daily == 0 || on[people.Day(at, zone)] < daily)
		}
		want := now
		for !may(want) {
			want = want.Add(time.Minute)
		}
		got := w.reach(t, now, "glance", bot.Target{Person: "zoe"}, daily)
		switch {
		case want.Equal(now) && (got.Wait != people.No || !got.At.IsZero()):
			t.Fatalf("could be asked at once: %+v", got)
		case !want.Equal(now) && (got.Wait == people.No || !got.At.Equal(want)):
			t.Fatalf("got %+v, want %s", got, want)
		}
		if got.Room != glance || got.Nick != "zoe" {
			t.Fatalf("is here: %+v", got)
		}
	})
}

func clock(d time.Duration) civil.Clock {
	return civil.Clock{Hour: int(d / time.Hour), Minute: int(d % time.Hour / time.Minute)}
}

func TestCount(t *testing.T) {
	w := newWorld(t)
	evening := mustTime(t, "2026-12-02T04:59:00Z") // 23:59 in New York
	w.count(t, evening, "zoe", "ask/1/zoe/1", "ask/1/zoe/1", "ask/2/zoe/1")
	w.count(t, evening.Add(2*time.Minute), "zoe", "ask/2/zoe/1", "ask/3/zoe/1") // the second was delivered again
	w.count(t, evening, "zoe2", "ask/1/zoe/1")
	if diff := cmp.Diff([]string{"zoe/2026-12-01", "zoe/2026-12-02", "zoe2/2026-12-02"}, w.keys(t, "asked/")); diff != "" {
		t.Error(diff)
	}
	count := func(day string) int {
		t.Helper()
		var n int
		err := w.store.View(t.Context(), func(tx bot.ReadTx) error {
			d, err := civil.ParseDate(day)
			if err != nil {
				return err
			}
			n, err = asked(tx, "zoe", d)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if a, b := count("2026-12-01"), count("2026-12-02"); a != 2 || b != 1 {
		t.Errorf("counted %d and %d, want 2 and 1", a, b)
	}
	w.count(t, evening.Add(50*time.Hour), "zoe", "ask/4/zoe/1")
	if diff := cmp.Diff([]string{"zoe/2026-12-02", "zoe/2026-12-04", "zoe2/2026-12-02"}, w.keys(t, "asked/")); diff != "" {
		t.Error(diff)
	}
}

// Nobody fills the memory by changing nicks, and who was there last is kept.
func TestSightingsAreBounded(t *testing.T) {
	w := newWorld(t)
	start := mustTime(t, "2026-12-01T18:00:00Z")
	for i := range 3 * most {
		w.Seen(glance, nick("oftc", fmt.Sprint("n", i)), start.Add(time.Duration(i)*time.Second))
	}
	if n := len(w.sightings.rooms[glance]); n > most {
		t.Errorf("%d nicks are remembered", n)
	}
	if w.sightings.last(glance, nick("oftc", fmt.Sprint("N", 3*most-1))).IsZero() {
		t.Error("the last one is forgotten")
	}
	w.Seen(nova, nick("oftc", "zoe"), start)
	w.Seen(nova, nick("oftc", "ZOE"), start.Add(-time.Hour))
	if got := w.sightings.last(nova, nick("oftc", "Zoe")); !got.Equal(start) {
		t.Errorf("last seen %s", got)
	}
}

// A nick that the network could name and does not is nobody's place, though it be
// the only one of that name. Where the network names nobody, a nick is all there
// is to go by.
func TestReachNoImpostor(t *testing.T) {
	now := time.Date(2026, 11, 24, 15, 0, 0, 0, time.UTC)
	w := newWorld(t, func(*Options) {})
	w.rooms.put(glance, nick("oftc", "zoe"))
	if got := w.reach(t, now, "glance", bot.Target{Person: "zoe"}, 0); got.Room != glance || got.Wait != people.No {
		t.Errorf("where nobody is named: %+v", got)
	}
	w.rooms.put(glance, nick("oftc", "zoe"), logged("oftc", "m", "maria"))
	if got := w.reach(t, now, "glance", bot.Target{Person: "zoe"}, 0); got.Wait != people.Gone {
		t.Errorf("a nick that is nobody's is taken for its owner: %+v", got)
	}
	w.rooms.put(glance, nick("oftc", "zoe"), logged("oftc", "zoe_", "zoe"))
	if got := w.reach(t, now, "glance", bot.Target{Person: "zoe"}, 0); got.Nick != "zoe_" {
		t.Errorf("zoe is called %q, want zoe_", got.Nick)
	}
}
