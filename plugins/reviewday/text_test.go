package reviewday

import (
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/review"
)

// Monday 2026-11-23, in whose session most of these tests are.
var (
	opened = time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)
	closed = time.Date(2026, 11, 23, 21, 0, 0, 0, time.UTC)
	monday = session{Day: civil.Date{Year: 2026, Month: 11, Day: 23}, Opened: opened, Closes: closed}
)

func queueOf(now time.Time, list ...review.Change) *bottest.View {
	return &bottest.View{
		At: now, Queue: list, Read: bot.ReviewState{Known: true, ReadAt: now.Add(-3 * time.Minute)},
		Casts: map[string]review.Cast{glance: {Cores: review.KnownCores(2, 3)}},
		Marks: []review.Mark{{Server: "opendev", Change: 912377, Kind: "priority", Weight: 5, Why: "import refactor"}},
	}
}

func TestOpening(t *testing.T) {
	three := []review.Change{change(912345, 5, opened, plusTwo), change(912101, 38, opened), change(912377, 3, opened), change(912400, 1, opened)}
	night := session{Day: monday.Day, Opened: closed.Add(time.Hour), Closes: closed.Add(9 * time.Hour)}
	for _, tc := range []struct {
		name  string
		queue []review.Change
		read  bot.ReviewState
		s     session
		room  bot.Room
		later time.Duration
		want  string
	}{
		{
			"as in the contract", three,
			bot.ReviewState{Known: true, ReadAt: opened},
			monday, alone, 0,
			"Review day until 21:00 UTC. 4 changes wait for reviewers. First: 912101 (no review in 38 days), 912377 (priority: import refactor)," +
				" 912345 (needs one more +2). Say !next for yours. https://review.example.org/q/912101+OR+912377+OR+912345",
		},
		{"one", three[:1], bot.ReviewState{Known: true, ReadAt: opened}, monday, alone, 0, "Review day until 21:00 UTC. One change waits for reviewers: 912345 (needs one more +2). https://review.example.org/912345"},
		{"none", nil, bot.ReviewState{Known: true, ReadAt: opened}, monday, shared, 0, "Glance review day until 21:00 UTC. Nothing waits for reviewers."},
		{"over midnight", nil, bot.ReviewState{Known: true, ReadAt: opened}, night, alone, 0, "Review day until tomorrow 06:00 UTC. Nothing waits for reviewers."},
		{"never read", nil, bot.ReviewState{Failing: "401"}, monday, alone, 0, "Review day until 21:00 UTC. Gerrit can't be read, so what waits is not known."},
		{"preview", nil, bot.ReviewState{}, monday, alone, 0, "Review day until 21:00 UTC. … changes wait for reviewers. Say !next for yours."},
		{
			"Gerrit down", three[:1],
			bot.ReviewState{Known: true, ReadAt: opened.Add(-time.Hour), Failing: "502"},
			monday, alone, 0,
			"Review day until 21:00 UTC. One change waits for reviewers: 912345 (needs one more +2). That is as of Mon 2026-11-23 12:00 UTC; Gerrit can't be read. https://review.example.org/912345",
		},
		{"said much later", three, bot.ReviewState{Known: true, ReadAt: opened}, monday, alone, 6 * time.Hour, "Review day until 21:00 UTC. https://review.example.org/q/912101+OR+912377+OR+912345"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := queueOf(opened, tc.queue...)
			v.Read = tc.read
			if got := plain(usual(team()).openText(v, tc.s, tc.room), opened.Add(tc.later)); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestEve(t *testing.T) {
	sunday := opened.AddDate(0, 0, -1)
	m := usual(team()).eveText(queueOf(sunday, change(7, 3, sunday)), monday.Day, shared)
	for said, want := range map[time.Duration]string{
		0:              "Glance review day tomorrow, from 13:00 UTC until 21:00 UTC. One change waits for reviewers: 7 (no review in 3 days). https://review.example.org/7",
		12 * time.Hour: "Glance review day today, from 13:00 UTC until 21:00 UTC. https://review.example.org/7",
	} {
		if got := plain(m, sunday.Add(said)); got != want {
			t.Errorf("%s later:\ngot  %s\nwant %s", said, got, want)
		}
	}
}

func TestClosing(t *testing.T) {
	before, during := opened.Add(-time.Hour), opened.Add(time.Hour)
	old := reviewed(before, during)
	first := reviewed(during, during)
	seen := func(c *review.Change) { c.Votes = append(c.Votes, review.Vote{Label: "Code-Review", Value: -1, By: 3}) } // with its author
	const next = " Next: Mon 2026-11-30 13:00 UTC."
	for _, tc := range []struct {
		name  string
		queue []review.Change
		read  bot.ReviewState
		want  string
	}{
		{
			"as in the contract",
			[]review.Change{
				change(1, 9, closed, old, seen), change(2, 9, closed, first, seen), change(3, 9, closed, first, merged(during)), change(4, 9, closed, merged(opened)),
				change(5, 9, closed, reviewed(before, before), merged(before)), change(912101, 38, closed), change(7, 2, closed),
			},
			bot.ReviewState{Known: true, ReadAt: closed},
			"Review day is over: 3 changes reviewed, 2 of them for the first time; 2 merged. 2 still wait, the longest 912101, 38 days. Thank you all." + next,
		},
		{"one, for the first time", []review.Change{change(1, 9, closed, first, seen), change(7, 0, closed)}, bot.ReviewState{Known: true, ReadAt: closed}, "Review day is over: 1 change reviewed, for the first time. One still waits: 7, less than 1 h. Thank you all." + next},
		{"one", []review.Change{change(1, 9, closed, old, seen)}, bot.ReviewState{Known: true, ReadAt: closed}, "Review day is over: 1 change reviewed. Nothing waits any more. Thank you all." + next},
		{"all for the first time", []review.Change{change(1, 9, closed, first, seen), change(2, 9, closed, first, seen)}, bot.ReviewState{Known: true, ReadAt: closed}, "Review day is over: 2 changes reviewed, each for the first time. Nothing waits any more. Thank you all." + next},
		{"none", []review.Change{change(7, 1, closed)}, bot.ReviewState{Known: true, ReadAt: closed}, "Review day is over: no change reviewed. One still waits: 7, 24 h." + next},
		{"only merged", []review.Change{change(7, 1, closed, merged(during))}, bot.ReviewState{Known: true, ReadAt: closed}, "Review day is over: no change reviewed; 1 merged. Nothing waits any more. Thank you all." + next},
		{
			"Gerrit down since the afternoon",
			[]review.Change{change(1, 9, closed, old, seen)},
			bot.ReviewState{Known: true, ReadAt: during, Failing: "502"},
			"Review day is over: 1 change reviewed. Nothing waits any more. That is as of Mon 2026-11-23 14:00 UTC; Gerrit can't be read. Thank you all." + next,
		},
		{
			"Gerrit down since before it opened", nil,
			bot.ReviewState{Known: true, ReadAt: before, Failing: "502"},
			"Review day is over. What was done I can't say: Gerrit was last read Mon 2026-11-23 12:00 UTC. Thank you all." + next,
		},
		{"never read", nil, bot.ReviewState{Failing: "401"}, "Review day is over. What was done I can't say: Gerrit can't be read. Thank you all." + next},
		{"preview", nil, bot.ReviewState{}, "Review day is over: … changes reviewed, … merged. … still wait. Thank you all." + next},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := queueOf(closed, tc.queue...)
			v.Read = tc.read
			if got := plain(usual(team()).closeText(v, monday, alone), closed); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
	last := usual(team(), func(c *Config) { c.Until = "2026-11-23" })
	want := "Glance review day is over: no change reviewed. Nothing waits any more."
	if got := plain(last.closeText(queueOf(closed), monday, shared), closed); got != want {
		t.Errorf("the last one:\ngot  %s\nwant %s", got, want)
	}
}

// A server dates what is done to the second: what was done in the second in which
// the day was opened is done on that day.
func TestDoneInTheFirstSecond(t *testing.T) {
	at := opened.Add(400 * time.Millisecond)
	v := queueOf(closed, change(1, 9, closed, reviewed(opened, opened)), change(2, 9, closed, merged(opened)))
	v.Read = bot.ReviewState{Known: true, ReadAt: closed}
	if got, _ := since(v, at); got.reviewed != 1 || got.merged != 1 {
		t.Errorf("got %+v, want one reviewed and one merged", got)
	}
}
