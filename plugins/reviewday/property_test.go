package reviewday

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

// Whatever is started, stopped, slept through and restarted: what a room hears
// are openings and closings in turn, and no session is left without its end.
func TestOpeningsAndClosingsAlternate(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var days []civil.Weekday
		for d := time.Sunday; d <= time.Saturday; d++ {
			if rapid.Bool().Draw(rt, d.String()) {
				days = append(days, civil.Weekday(d))
			}
		}
		open := civil.Clock{Hour: rapid.IntRange(0, 15).Draw(rt, "opens")}
		config := func(c *Config) {
			c.Days, c.Open = days, open
			// Longer than the bot ever sleeps here, or it would miss a whole day.
			c.Close = civil.Clock{Hour: rapid.IntRange(open.Hour+7, 23).Draw(rt, "closes"), Minute: rapid.SampledFrom([]int{0, 59}).Draw(rt, "and")}
		}
		w := newWorld(t, usual(team(), config), time.Date(2026, 11, 20, 23, 59, 0, 0, time.UTC)) // every day of before is over
		on := false
		for range rapid.IntRange(1, 60).Draw(rt, "events") {
			w.to(w.v.At.Add(time.Duration(rapid.IntRange(1, 5*60).Draw(rt, "minutes")) * time.Minute))
			switch rapid.IntRange(0, 5).Draw(rt, "then") {
			case 0:
				w.start()
			case 1:
				w.stop()
			case 2:
				w.p = usual(team(), func(c *Config) { c.Days, c.Open, c.Close = days, w.p.open, w.p.close })
			}
			for _, line := range w.heard() {
				switch {
				case strings.Contains(line, "Review day until"):
					if on {
						rt.Fatalf("opens what is on: %s", line)
					}
					on = true
				case strings.Contains(line, "is over"):
					if !on {
						rt.Fatalf("closes what is not on: %s", line)
					}
					on = false
				case !strings.Contains(line, "Review day to"):
					rt.Fatalf("says %q", line)
				}
			}
			var s session
			if _, err := w.v.Get("session", &s); err != nil {
				rt.Fatal(err)
			}
			if s.running(w.v.At) != on {
				rt.Fatalf("at %s the room believes it is on: %v; the record is %+v", w.v.At, on, s)
			}
		}
	})
}

// Whatever a mark, an event's name or a word says: it is said as text, and no
// more.
func TestHostile(t *testing.T) {
	for _, text := range bottest.Hostile(t) {
		w := newWorld(t, usual(team(), func(c *Config) { c.Until = "2026-10-01" }), utc(t, "2026-11-22T00:00"))
		w.v.Queue = []review.Change{
			change(1, 3, w.v.At, func(c *review.Change) { c.Subject = text }), change(2, 20, w.v.At), change(3, 3, w.v.At),
		}
		w.v.Marks = []review.Mark{{Server: "opendev", Change: 1, Kind: "priority", Weight: 3, Why: text}}
		w.v.Cal = cycle.New(time.UTC, []cycle.Event{event("m", "milestone-1", text, utc(t, "2027-01-14T23:59"))})
		v := w.v
		var messages []msg.Message
		for _, read := range []bot.ReviewState{{Known: true, ReadAt: v.At}, {Known: true, ReadAt: v.At.Add(-time.Hour), Failing: text}, {Failing: text}} {
			v.Read = read
			messages = append(messages, w.p.eveText(v, monday.Day, shared), w.p.openText(v, monday, shared), w.p.closeText(v, monday, shared))
			eff, err := w.p.remind(t.Context(), v, w.p.milestones(v, v.At, v.At.AddDate(1, 0, 0))[0])
			if err != nil || len(eff.Say) != 1 {
				t.Fatal(eff, err)
			}
			messages = append(messages, eff.Say[0].Message)
		}
		messages = append(messages, msg.New(msg.Answer, msg.Para{msg.Text(w.use(text, bot.Call{Roles: bot.PTL, By: "maria"}))}))
		for _, m := range messages {
			bottest.Harmless(t, strconv.Quote(text), m, v.At, 400)
		}
		if got := plain(messages[0], v.At); !strings.HasSuffix(got, "3 (no review in 3 days). https://review.example.org/q/2+OR+1+OR+3") {
			t.Errorf("%q swallows the end: %s", text, got)
		} else if want := "1 (" + msg.Cut(msg.Clean("priority: "+text), reasonRoom) + "), 3 ("; text != "" && !strings.Contains(got, want) {
			t.Errorf("%q is said as %s, want %s", text, got, want)
		}
	}
}
