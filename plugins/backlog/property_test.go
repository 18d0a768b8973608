package backlog

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

// Whatever the queue: the nightly line counts what the definitions define, and
// !starved and !next list no change that they don't.
func TestCountsAreTheDefinitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		projects := []string{glance, store, client, specs}
		var queue []review.Change
		for i := range rapid.IntRange(0, 25).Draw(t, "changes") {
			c := change(100+i, rapid.SampledFrom(projects).Draw(t, "project"), rapid.IntRange(0, 40).Draw(t, "days"))
			c.WIP, c.Private = rapid.IntRange(0, 9).Draw(t, "wip") == 0, rapid.IntRange(0, 9).Draw(t, "private") == 0
			c.CI.Vote = rapid.SampledFrom([]int{1, 1, 1, 2, 0, -1}).Draw(t, "ci")
			c.Mergeable = rapid.SampledFrom([]review.Fact{review.Yes, review.Yes, review.No, review.Unknown}).Draw(t, "merges")
			c.Status = rapid.SampledFrom([]review.Status{review.Open, review.Open, review.Open, review.Merged}).Draw(t, "status")
			for range rapid.IntRange(0, 2).Draw(t, "votes") {
				voted(rapid.IntRange(nina, 6).Draw(t, "by"), rapid.SampledFrom([]string{"Code-Review", "Code-Review", "Workflow"}).Draw(t, "label"),
					rapid.SampledFrom([]int{-2, -1, 1, 2}).Draw(t, "value"))(&c)
			}
			queue = append(queue, c)
		}
		v := view(queue...)
		total, without, neglected := 0, 0, 0
		each := map[string]int{}
		for _, c := range queue {
			if c.Backlog() {
				total++
				each[c.Project]++
				if !c.Reviewed {
					without++
				}
			}
			if c.Starved(now) {
				neglected++
			}
		}
		got := count(v, review.Filter{})
		if got.total != total || got.unreviewed != without || got.neglected != neglected {
			t.Fatalf("got %+v, want %d, of them %d without review, %d for long", got, total, without, neglected)
		}
		sum := 0
		for _, project := range projects {
			sum += got.projects[project]
			if got.projects[project] != each[project] {
				t.Fatalf("got %v, want %v", got.projects, each)
			}
		}
		p := with(team())
		line := plain(p.line(v, got, nil, civil.DateOf(now, time.UTC), alone), now)
		if !strings.HasPrefix(line, fmt.Sprintf("Review queue: %d", total)) || sum != total {
			t.Fatalf("%s: want %d", line, total)
		}
		for _, r := range bot.Waiting(v.Reviews()) {
			if !r.Change.Backlog() && r.Turn.Reason != review.VetoAnswered {
				t.Fatalf("%d waits for review, and is not in the backlog: %+v", r.Change.Number, r.Turn)
			}
		}
	})
}

// Whatever a subject, a name or a mark says: it is said as text, and no more.
func TestHostile(t *testing.T) {
	p := with(team())
	for _, text := range bottest.Hostile(t) {
		c := change(912345, glance, 20, subjected(text), plus(8, -1))
		c.People = []review.Account{{ID: 8, Name: text, Username: text}}
		c.Owner = review.Account{ID: 9, Name: text}
		waits := change(912346, glance, 20, subjected(text))
		marked := change(912347, glance, 2, subjected(text))
		v := view(c, waits, marked)
		v.Marks = []review.Mark{{Server: "opendev", Change: 912347, Kind: "priority", Weight: 3, Why: text}}
		v.Read.Failing, v.Read.ReadAt = "down: "+text, now.Add(-time.Hour)
		for name, call := range map[string]bot.Call{
			"backlog": {Room: shared}, "next": {Room: shared}, "starved": {Room: alone},
			"turn": bot.Call{Room: alone}.WithChange("change", c),
		} {
			for _, command := range p.commands() {
				if command.Name != name {
					continue
				}
				eff, err := command.Do(t.Context(), v, call)
				if err != nil {
					t.Fatal(err)
				}
				bottest.Harmless(t, name+" of "+strconv.Quote(text), *eff.Reply, now, 400)
				got := plain(*eff.Reply, now)
				if want := msg.Cut(msg.Clean("priority: "+text), reasonRoom) + ") That is"; text != "" && name == "next" && !strings.Contains(got, want) {
					t.Errorf("!next of %q: %s, want %s in it", text, got, want)
				}
				if !strings.Contains(got, "That is as of Tue 2026-11-24 05:00 UTC; Gerrit can't be read.") {
					t.Errorf("!%s of %q loses its end: %s", name, text, got)
				}
			}
		}
		if _, err := p.project(text); err != nil {
			bottest.Harmless(t, "backlog of "+strconv.Quote(text), msg.New(msg.Answer, msg.Para{msg.Text(err.Error())}), now, 400)
		}
	}
}

// Counting 10,000 changes allocates for the answer, not for each of them.
func BenchmarkCount(b *testing.B) {
	var queue []review.Change
	for i := range 10000 {
		queue = append(queue, change(i, glance, i%40))
	}
	v := view(queue...)
	b.ReportAllocs()
	for b.Loop() {
		count(v, review.Filter{})
	}
}
