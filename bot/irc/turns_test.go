package irc

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Where lines are paced, one person's many answers leave every second line to
// the others, who have theirs in the order in which they asked.
func TestRepliesTakeTurns(t *testing.T) {
	q := newSender(&Config{Burst: 1, Pace: 2 * time.Second}, slog.New(slog.DiscardHandler), nil)
	ask := func(asker string, lines ...string) {
		u := &unit{target: "#c", asker: asker}
		for _, l := range lines {
			u.lines = append(u.lines, "PRIVMSG #c :"+l)
		}
		q.reply(u)
	}
	ask("mallory", "m1")
	ask("mallory", "m2")
	ask("mallory", "m3")
	ask("mallory", "m4")
	ask("zoe", "z1, first half", "z1, second half")
	ask("nina", "n1")
	ask("zoe", "z2")

	var got []string
	now := time.Now()
	for range 20 {
		buf, _, _, _ := q.pick(nil, now)
		for line := range strings.Lines(string(buf)) {
			got = append(got, strings.TrimSpace(strings.TrimPrefix(line, "PRIVMSG #c :")))
		}
		now = now.Add(2 * time.Second)
	}
	want := []string{"m1", "z1, first half", "z1, second half", "m2", "n1", "m3", "z2", "m4"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order of lines (-want +got):\n%s", diff)
	}
}

// However many people ask as often as they may, an announcement and a JOIN wait
// for a few lines, and the people still get most of them.
func TestNothingStarves(t *testing.T) {
	for people := range 5 {
		q := newSender(&Config{Burst: 5, Pace: 2 * time.Second}, slog.New(slog.DiscardHandler), nil)
		start := time.Now()
		const asked = 60
		var said, joined []int
		answered := 0
		for second := range 600 {
			now := start.Add(time.Duration(second) * time.Second)
			if second%asked == 0 {
				d := &delivery{target: "#c", barrier: true, written: make(chan struct{}), result: make(chan error, 1)}
				q.announcement(&unit{target: "#c", d: d, lines: []string{"PRIVMSG #c :freeze"}})
				q.soon("JOIN #other")
			}
			if second%5 == 0 {
				for p := range people {
					q.reply(&unit{target: "#c", asker: fmt.Sprint(p), lines: []string{"PRIVMSG #c :one", "PRIVMSG #c :two"}})
					q.replies[len(q.replies)-1].queued = now
				}
			}
			buf, _, _, _ := q.pick(nil, now)
			text := string(buf)
			for range strings.Count(text, "freeze") {
				said = append(said, second%asked)
			}
			for range strings.Count(text, "JOIN") {
				joined = append(joined, second%asked)
			}
			answered += strings.Count(text, ":one") + strings.Count(text, ":two")
		}
		if len(said) != 10 || len(joined) != 10 || slices.Max(said) > 14 || slices.Max(joined) > 14 {
			t.Errorf("%d people: announcements after %v s, JOINs after %v s", people, said, joined)
		}
		if people > 1 && answered < 200 {
			t.Errorf("%d people got %d lines of 300", people, answered)
		}
	}
}

// Whatever is asked and announced, in whatever order: everything leaves, the
// lines of a message stand together in their room, and nothing waits for more
// than a few lines of what ranks before it.
func TestTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := newSender(&Config{Burst: 1, Pace: time.Second}, slog.New(slog.DiscardHandler), nil)
		rooms := rapid.SampledFrom([]string{"#a", "#b"})
		units := rapid.SliceOfN(rapid.IntRange(0, 4), 1, 40).Draw(t, "units") // 0: a JOIN, otherwise how many lines
		want := make(map[string]int)
		for i, n := range units {
			if n == 0 {
				q.soon("JOIN #c")
				want["JOIN"]++
				continue
			}
			u := &unit{target: rooms.Draw(t, "room"), asker: rapid.SampledFrom([]string{"maria", "zoe"}).Draw(t, "asker")}
			for j := range n {
				u.lines = append(u.lines, fmt.Sprintf("PRIVMSG %s :%d %d/%d", u.target, i, j+1, n))
			}
			want[u.target] += n
			if rapid.Bool().Draw(t, "announced") {
				u.d = &delivery{target: u.target, barrier: true, written: make(chan struct{}), result: make(chan error, 1)}
				q.announcement(u)
			} else {
				q.reply(u)
			}
		}
		got := make(map[string]int)
		last := make(map[string][3]int) // of a room: message, line, of how many
		held := 0                       // lines since an announcement or a JOIN, while one waits
		now := time.Now()
		for len(q.replies)+len(q.control)+len(q.announce) > 0 {
			now = now.Add(time.Second)
			for _, u := range q.replies {
				u.queued = now
			}
			others := len(q.control) + len(q.announce)
			buf, _, _, _ := q.pick(nil, now)
			for line := range strings.Lines(string(buf)) {
				command, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
				switch command {
				case "JOIN":
					got["JOIN"]++
				case "PRIVMSG":
					room, text, _ := strings.Cut(rest, " :")
					var at [3]int
					if _, err := fmt.Sscanf(text, "%d %d/%d", &at[0], &at[1], &at[2]); err != nil {
						t.Fatal(err)
					}
					before := last[room]
					if begun := before[1] < before[2]; begun && (at[0] != before[0] || at[1] != before[1]+1) || !begun && at[1] != 1 {
						t.Errorf("in %s line %v after %v", room, at, before)
					}
					last[room] = at
					got[room]++
				}
			}
			if held++; others == 0 || len(q.control)+len(q.announce) < others || slices.ContainsFunc(q.announce, func(u *unit) bool { return u.next > 0 }) {
				held = 0
			}
			if held > 12 {
				t.Fatalf("%d turns went by", held)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("lines (-want +got):\n%s", diff)
		}
	})
}

// When too many answers wait, those who asked for one each keep theirs.
func TestSurplus(t *testing.T) {
	q := newSender(&Config{Burst: 1, Pace: time.Hour}, slog.New(slog.DiscardHandler), nil)
	q.reply(&unit{asker: "zoe", lines: []string{"PRIVMSG #c :for zoe"}})
	for i := range 3 * maxReplies {
		q.reply(&unit{asker: "mallory", lines: []string{fmt.Sprintf("PRIVMSG #c :%d", i)}})
	}
	q.reply(&unit{asker: "nina", lines: []string{"PRIVMSG #c :for nina"}})
	if got := len(q.replies); got != maxReplies {
		t.Errorf("%d wait", got)
	}
	if got := q.replies[0].asker; got != "zoe" {
		t.Errorf("the first is for %s", got)
	}
	if got, want := q.replies[1].lines[0], fmt.Sprintf("PRIVMSG #c :%d", 2*maxReplies+2); got != want {
		t.Errorf("mallory's first is %q, want %q: the oldest are dropped", got, want)
	}
	if got := q.replies[maxReplies-1].asker; got != "nina" {
		t.Errorf("the last is for %s", got)
	}
}

// Answers to ever new people are no reason to remember them all.
func TestRepliedIsBounded(t *testing.T) {
	q := newSender(&Config{}, slog.New(slog.DiscardHandler), nil)
	for i := range 10 * maxReplied {
		q.reply(&unit{target: fmt.Sprint(i), asker: fmt.Sprint(i), lines: []string{"PRIVMSG x :y"}})
		q.pick(nil, time.Now())
		if got := len(q.barriers.spoken); got > maxReplied {
			t.Fatalf("%d targets", got)
		}
	}
}
