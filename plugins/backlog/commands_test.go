package backlog

import (
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/review"
)

func TestBacklog(t *testing.T) {
	all := slices.Concat(many(3, 100, glance, plus(zoe, 1)), []review.Change{change(912101, glance, 38)}, many(2, 200, store), many(1, 300, specs),
		[]review.Change{change(400, glance, 3, voted(zoe, "Workflow", 1)), change(401, glance, 3, func(c *review.Change) { c.CI.Vote = -1 })})
	for _, tc := range []struct {
		name string
		word string
		room bot.Room
		want string
	}{
		{"all", "", alone, "Review queue: 7 (glance 4, glance_store 2, glance-specs 1). 4 have no review, 1 of them for over 14 days; longest: 912101, 38 days."},
		{"one project", "glance_store", alone, "Review queue of glance_store: 2. 2 have no review; longest: 200, 3 days."},
		{"by its whole name, in other letters", "OpenStack/Glance_Store", alone, "Review queue of glance_store: 2. 2 have no review; longest: 200, 3 days."},
		{"by the end of its name", "python-glanceclient", alone, "Review queue of glanceclient: 0."},
		{"a shared room", "glance_store", shared, "Glance review queue of glance_store: 2. 2 have no review; longest: 200, 3 days."},
		{"a slip", "glanc_store", alone, `"glanc_store" is no project of Glance's. Did you mean glance_store?`},
		{"no project", "nova", alone, `"nova" is no project of Glance's. I know glance, glance_store, glanceclient, glance-specs.`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := bot.Call{Room: tc.room}
			if tc.word != "" {
				c = c.WithWord("project", tc.word)
			}
			if got := said(do(t, with(team()), view(all...), "backlog", c)); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
	t.Run("what can't be read", func(t *testing.T) {
		for _, tc := range []struct{ word, missing, want string }{
			{"", client, "Review queue: 7 (glance 4, glance_store 2, glance-specs 1), without glanceclient, which can't be read. 4 have no review, 1 of them for over 14 days; longest: 912101, 38 days."},
			{"", store + " " + client, "Review queue: 5 (glance 4, glance-specs 1), without glance_store and glanceclient, which can't be read. 2 have no review, 1 of them for over 14 days; longest: 912101, 38 days."},
			{"glanceclient", client, "Review queue of glanceclient: not known. Gerrit does not have glanceclient, or does not show me."},
			{"glance_store", client, "Review queue of glance_store: 2. 2 have no review; longest: 200, 3 days."},
			{"", strings.Join(team().All(), " "), "Review queue: not known. Gerrit does not have glance, glance_store, glanceclient and glance-specs, or does not show me."},
		} {
			v, c := view(all...), bot.Call{Room: alone}
			v.Read.Missing = strings.Fields(tc.missing)
			if tc.word != "" {
				c = c.WithWord("project", tc.word)
			}
			if got := said(do(t, with(team()), v, "backlog", c)); got != tc.want {
				t.Errorf("%q without %s:\ngot  %s\nwant %s", tc.word, tc.missing, got, tc.want)
			}
		}
		// The search has what is counted, and no more.
		v := view(all...)
		v.Read.Missing = []string{store, client, specs}
		if got := do(t, with(team()), v, "backlog", bot.Call{}); !strings.HasSuffix(got, " "+oneQuery) {
			t.Errorf("got  %s\nwant it to end in %s", got, oneQuery)
		}
	})
	t.Run("its query", func(t *testing.T) {
		got := do(t, with(team()), view(all...), "backlog", bot.Call{}.WithWord("project", "glance"))
		if !strings.HasSuffix(got, " "+oneQuery) {
			t.Errorf("got  %s\nwant it to end in %s", got, oneQuery)
		}
	})
	t.Run("of very many projects some", func(t *testing.T) {
		large := team()
		large.Projects = append(large.Projects, strings.Fields("a b c d e f g")...)
		want := `"nova" is no project of Glance's. I know glance, glance_store, glanceclient, a, b, c, d, e and 3 more.`
		if got := do(t, with(large), view(), "backlog", bot.Call{}.WithWord("project", "nova")); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		v := view(many(2, 1, glance)...)
		for i, name := range strings.Fields("a b c d e f g") {
			v.Queue = append(v.Queue, change(100+i, name, 3), change(200+i, name, 3))
		}
		v.Queue = append(v.Queue, change(300, store, 3), change(301, client, 3))
		want = "Review queue: 18 (glance 2, a 2, b 2, c 2, d 2, e 2, f 2, g 2, others 2)."
		if got := do(t, with(large), v, "backlog", bot.Call{}); !strings.HasPrefix(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestNext(t *testing.T) {
	starved := change(912101, glance, 38, subjected("Old"))
	priority := change(912377, store, 4, subjected("Import refactor"), plus(dave, 1))
	second := change(912345, glance, 5, subjected("Cache policy checks"), plus(zoe, 2))
	fresh := change(912400, client, 1, subjected("  New \x03thing "))
	own := change(912500, glance, 2, subjected("Bob's"), func(c *review.Change) { c.Owner.ID = bob })
	approve := change(912600, glance, 2, subjected("Two"), plus(zoe, 2), plus(bob, 2))
	spec := change(912700, specs, 2, subjected("Spec"), plus(zoe, 2), plus(bob, 2))
	author := change(912800, glance, 2, plus(zoe, -1))
	all := []review.Change{starved, priority, second, fresh, own, approve, spec, author}
	for _, tc := range []struct {
		name  string
		queue []review.Change
		call  bot.Call
		want  string
	}{
		{
			"for nobody the bot knows", all,
			bot.Call{},
			`Next: - 912101 "Old" (glance, no review in 38 days) - 912377 "Import refactor" (glance_store, priority: import refactor) ` +
				`- 912345 "Cache policy checks" (glance, needs one more +2) - 912600 "Two" (glance, needs approval) ` +
				`- 912700 "Spec" (glance-specs, needs the PTL's approval) and 2 more. ` +
				"https://review.example.org/q/912101+OR+912377+OR+912345+OR+912600+OR+912700",
		},
		{
			"for a core: not what zoe has voted on, but for approval", all,
			bot.Call{By: "zoe"},
			`Next for zoe: - 912101 "Old" (glance, no review in 38 days) - 912377 "Import refactor" (glance_store, priority: import refactor) ` +
				`- 912600 "Two" (glance, needs approval) - 912500 "Bob's" (glance, no review in 2 days) - 912400 "New thing" (glanceclient, no review yet) ` +
				"https://review.example.org/q/912101+OR+912377+OR+912600+OR+912500+OR+912400",
		},
		{
			"for a core: not bob's own", all, bot.Call{By: "zoe"}.WithPerson("person", bot.Person{ID: "bob", Name: "bob"}),
			`Next for bob: - 912101 "Old" (glance, no review in 38 days) - 912377 "Import refactor" (glance_store, priority: import refactor) ` +
				`- 912345 "Cache policy checks" (glance, needs one more +2) - 912600 "Two" (glance, needs approval) - 912400 "New thing" (glanceclient, no review yet) ` +
				"https://review.example.org/q/912101+OR+912377+OR+912345+OR+912600+OR+912400",
		},
		{
			"for one who is no core: what anybody can review, and dave has not", all,
			bot.Call{By: "dave"},
			`Next for dave: - 912101 "Old" (glance, no review in 38 days) - 912345 "Cache policy checks" (glance, needs one more +2) ` +
				`- 912500 "Bob's" (glance, no review in 2 days) - 912400 "New thing" (glanceclient, no review yet) ` +
				"https://review.example.org/q/912101+OR+912345+OR+912500+OR+912400",
		},
		{"for the PTL, in a shared room", []review.Change{spec}, bot.Call{By: "maria", Room: shared}, `Next in Glance for maria: - 912700 "Spec" (glance-specs, needs the PTL's approval) https://review.example.org/912700`},
		{"nothing for nina, whose all are", []review.Change{second, author}, bot.Call{By: "nina"}, "Nothing waits for a review by nina."},
		{"nothing at all", []review.Change{author}, bot.Call{}, "Nothing waits for review."},
		{"nothing in a shared room", nil, bot.Call{Room: shared}, "Nothing in Glance waits for review."},
		{
			"for somebody without an account",
			[]review.Change{fresh},
			bot.Call{}.WithPerson("person", bot.Person{ID: "erin", Name: "erin"}),
			`I don't know erin's account on Gerrit. Next for anybody: - 912400 "New thing" (glanceclient, no review yet) https://review.example.org/912400`,
		},
		{"by somebody without an account", []review.Change{fresh}, bot.Call{By: "erin"}, `Next: - 912400 "New thing" (glanceclient, no review yet) https://review.example.org/912400`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := view(tc.queue...)
			v.Marks = []review.Mark{{Server: "opendev", Change: 912377, Kind: "priority", Weight: 5, Why: "import refactor"}}
			if got := do(t, with(team()), v, "next", tc.call); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// A -2 that its author has answered waits for who gave it.
func TestNextAnsweredVeto(t *testing.T) {
	c := change(912345, glance, 2, plus(zoe, -2))
	c.Votes[0].Answered, c.Reviewed = true, false
	for by, want := range map[string]string{
		"zoe":  `Next for zoe: - 912345 "Cache policy checks" (glance, its -2 has been answered and still stands) https://review.example.org/912345`,
		"dave": "Nothing waits for a review by dave.",
	} {
		if got := do(t, with(team()), view(c), "next", bot.Call{By: by}); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestStarved(t *testing.T) {
	var seven []review.Change
	for i := range 7 {
		seven = append(seven, change(100+i, glance, 20+i))
	}
	for _, tc := range []struct {
		name  string
		queue []review.Change
		room  bot.Room
		want  string
	}{
		{"none", []review.Change{change(1, glance, 13), change(2, glance, 20, plus(zoe, 1))}, alone, "No change has been without review for over 14 days."},
		{"none, in a shared room", nil, shared, "No Glance change has been without review for over 14 days."},
		{"one", []review.Change{change(1, glance, 14)}, alone, `1 change without review for over 14 days: - 1 "Cache policy checks" (glance, no review in 14 days) https://review.example.org/1`},
		{
			"more than five", seven, shared, `7 Glance changes without review for over 14 days: - 106 "Cache policy checks" (glance, no review in 26 days)` +
				` - 105 "Cache policy checks" (glance, no review in 25 days) - 104 "Cache policy checks" (glance, no review in 24 days)` +
				` - 103 "Cache policy checks" (glance, no review in 23 days) - 102 "Cache policy checks" (glance, no review in 22 days) and 2 more.` +
				" https://review.example.org/q/106+OR+105+OR+104+OR+103+OR+102",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := do(t, with(team()), view(tc.queue...), "starved", bot.Call{Room: tc.room}); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// Commands say why they have nothing to say, and how old it is what they say.
func TestUnread(t *testing.T) {
	none := team()
	none.Projects, none.Specs, none.Gerrit = nil, nil, bot.ReviewServer{}
	for _, name := range []string{"backlog", "next", "starved"} {
		v := view(change(1, glance, 20))
		if got, want := do(t, with(none), v, name, bot.Call{}), "Glance has no review server in this bot's configuration."; got != want {
			t.Errorf("!%s: got %s, want %s", name, got, want)
		}
		v.Read = bot.ReviewState{}
		if got, want := do(t, with(team()), v, name, bot.Call{}), "I have not read Glance's review queue yet; ask again in a few minutes."; got != want {
			t.Errorf("!%s: got %s, want %s", name, got, want)
		}
		v.Read = bot.ReviewState{Failing: "401"}
		if got, want := do(t, with(team()), v, name, bot.Call{}), "I have not been able to read Glance's review queue yet: Gerrit can't be read."; got != want {
			t.Errorf("!%s: got %s, want %s", name, got, want)
		}
		v.Read = bot.ReviewState{Known: true, ReadAt: now.Add(-14 * time.Minute)}
		if got := do(t, with(team()), v, name, bot.Call{}); strings.Contains(got, "as of") {
			t.Errorf("!%s: %s: nothing is old yet", name, got)
		}
		v.Read.ReadAt, v.Read.Failing = now.Add(-15*time.Minute), "502"
		if got, want := do(t, with(team()), v, name, bot.Call{}), " That is as of Tue 2026-11-24 05:45 UTC; Gerrit can't be read."; !strings.Contains(" "+got, want) {
			t.Errorf("!%s: got %s, want %s", name, got, want)
		}
		v.Read.Failing = ""
		if got, want := do(t, with(team()), v, name, bot.Call{}), " That is as of Tue 2026-11-24 05:45 UTC."; !strings.Contains(" "+got, want) {
			t.Errorf("!%s: got %s, want %s", name, got, want)
		}
	}
}
