package roster

import (
	"strings"
	"testing"

	"torchbearer/bot"
	"torchbearer/bot/review"
)

// mirror is the accounts of changes.
type mirror []review.Account

func (m mirror) Named(server, username string) (review.Account, bool) {
	for _, a := range m {
		if server == "opendev" && bot.FoldAccount(a.Username) == bot.FoldAccount(username) {
			return a, true
		}
	}
	return review.Account{}, false
}

func (m mirror) Numbered(server string, number int) (review.Account, bool) {
	for _, a := range m {
		if server == "opendev" && a.ID == number {
			return a, true
		}
	}
	return review.Account{}, false
}

func TestFind(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Mirror = mirror{{ID: 40, Username: "petra", Name: "Petra"}, {ID: 2, Username: "maria"}}
	})
	w.learn(t, known())
	w.rooms.put(glance, nick("oftc", "zo"), logged("oftc", "m_away", "maria"), logged("oftc", "both", "maria"),
		logged("oftc", "zoe", "mallory"), bot.Principal{Network: "oftc", Nick: "relay", Account: "zoe", Strength: bot.Account, Bot: true})
	w.rooms.put(libera, logged("libera", "zz", "zed"))
	w.rooms.put(nova, logged("oftc", "both", "zoe"), logged("oftc", "zoe_nova", "zoe"))
	direct := bot.Room{Network: "oftc", Name: "maria"}
	tests := []struct {
		story string
		team  string
		room  bot.Room
		word  string
		want  string // id, or what is wrong
	}{
		{"id", "glance", glance, "maria", "maria"},
		{"id, pasted from a line of the bot's", "glance", glance, "m\u200baria", "maria"},
		{"id in another case, spoken to", "glance", glance, "@Maria:", "maria"},
		{"an id is worth more than an account of the name", "glance", libera, "zoe", "zoe"},
		{"account of the room's network", "glance", libera, "zed", "zoe"},
		{"account of another network", "glance", glance, "zed", `I know nobody called "zed": say their account on oftc or their Gerrit username.`},
		{"account", "glance", glance, "MARIA-work", "maria"},
		{"Gerrit username", "nova", nova, "Zokafor", "zoe"},
		{"nick that is proven", "glance", glance, "m_away", "maria"},
		{"nick that is proven, asked in private", "glance", direct, "m_away", "maria"},
		{"nick in a room of another team", "glance", glance, "zoe_nova", `I know nobody called "zoe_nova": say their account on oftc or their Gerrit username.`},
		{"nick of two people in two rooms", "nova", nova, "both", `"both" can be "maria" or "zoe": say which.`},
		{"nick in a room of another network", "glance", glance, "zz", `I know nobody called "zz": say their account on oftc or their Gerrit username.`},
		{"nick that nothing proves", "glance", glance, "zo", `I know nobody called "zo": say their account on oftc or their Gerrit username.`},
		{"a bot with her account", "glance", glance, "relay", `I know nobody called "relay": say their account on oftc or their Gerrit username.`},
		{"first word of a name", "glance", glance, "kim", "kim"}, // the id
		{"account with a bracket", "glance", glance, "KIM[", "kim"},
		{"without a section, in a group", "glance", glance, "ines", "opendev:7"},
		{"without a section, of a change", "glance", glance, "Petra", "opendev:40"},
		{"a team without a review server", "nova", nova, "petra", `I know nobody called "petra": say their account on oftc or their Gerrit username.`},
		{"a slip", "glance", glance, "marai", `I know nobody called "marai"; did you mean "maria"?`},
		{"a slip in a Gerrit username", "glance", glance, "zokafro", `I know nobody called "zokafro"; did you mean "zokafor"?`},
		{"hostile", "glance", glance, "\"x\x02\n" + strings.Repeat("y", 80), `I know nobody called "'x ` + strings.Repeat("y", 34) + `…": say their account on oftc or their Gerrit username.`},
		{"nothing", "glance", glance, "", `I know nobody called "": say their account on oftc or their Gerrit username.`},
		{"the Kelvin sign", "glance", glance, "\u212aim[", `I know nobody called "` + "\u212a" + `im["; did you mean "kim["?`},
	}
	for _, tt := range tests {
		t.Run(tt.story, func(t *testing.T) {
			p, err := w.Find(tt.team, tt.room, tt.word)
			got := p.ID
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("%q: got %s, want %s", tt.word, got, tt.want)
			}
		})
	}
}

func TestFindWhoIsOneOfSeveral(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.People = map[string]bot.Person{
			"a": {ID: "a", Name: "Sam Lee", Accounts: map[string][]string{"oftc": {"lee"}}},
			"b": {ID: "b", Name: "sam oh", Gerrit: "Lee"},
			"c": {ID: "c", Name: "SAM", Gerrit: "cc"},
			"d": {ID: "d", Name: "Noor"},
			"e": {ID: "e", Name: "Noor\u00e9"},
		}
	})
	for word, want := range map[string]string{
		"sam":  `"sam" can be "a", "b" or "c": say which.`,
		"lee":  `"lee" can be "a" or "b": say which.`,
		"noor": "d",
	} {
		p, err := w.Find("glance", glance, word)
		got := p.ID
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", word, got, want)
		}
	}
}

func TestAccountsAndPeopleMapBothWays(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Mirror = mirror{{ID: 40, Username: "petra", Name: "Petra"}} })
	w.view(t, mustTime(t, "2026-12-01T12:00:00Z"), "glance", func(v bot.People) {
		if p := v.Of(review.Account{ID: 2, Username: "MARIA"}); p.ID != "maria" {
			t.Errorf("before anything is read the username tells: got %s", p.ID)
		}
		if _, ok := v.Account("maria"); ok {
			t.Error("an account is known before anything is read")
		}
	})
	w.learn(t, known())
	w.view(t, mustTime(t, "2026-12-01T12:00:00Z"), "glance", func(v bot.People) {
		for _, tc := range []struct {
			a    review.Account
			want string
		}{
			{review.Account{ID: 2}, "maria"},
			{review.Account{ID: 2, Username: "someoneelse"}, "maria"},
			{review.Account{ID: 99, Username: "maria"}, "opendev:99"},
			{review.Account{ID: 7, Username: "ines"}, "opendev:7"},
			{review.Account{ID: 98, Name: "maria"}, "opendev:98"},
			{review.Account{ID: 97}, "opendev:97"},
		} {
			if p := v.Of(tc.a); p.ID != tc.want || p.Zone == nil {
				t.Errorf("%+v is %q, want %q", tc.a, p.ID, tc.want)
			}
		}
		for id, want := range map[string]int{"maria": 2, "zoe": 1, "bob": 3, "kim": 0, "opendev:7": 7, "opendev:41": 41, "other:7": 0, "nobody": 0, "opendev:-7": 0, "opendev:x": 0} {
			if got, ok := v.Account(id); got != want || ok != (want != 0) {
				t.Errorf("account of %s: %d %t, want %d", id, got, ok, want)
			}
		}
		for id, want := range map[string]string{"maria": "Maria M.", "opendev:7": "ines", "opendev:40": "petra", "opendev:2": "Maria M.", "opendev:41": "", "": "", ":7": "", "opendev:": ""} {
			if p, ok := v.Person(id); p.Name != want || ok != (want != "") {
				t.Errorf("person %q: %q %t, want %q", id, p.Name, ok, want)
			}
		}
	})
	w.view(t, mustTime(t, "2026-12-01T12:00:00Z"), bot.NoTeam, func(v bot.People) {
		if n, ok := v.Account("zoe"); n != 1 || !ok {
			t.Errorf("without a team: account %d %t", n, ok)
		}
	})
	w.view(t, mustTime(t, "2026-12-01T12:00:00Z"), "nova", func(v bot.People) {
		if n, ok := v.Account("zoe"); ok {
			t.Errorf("a team without a review server: account %d", n)
		}
	})
}
