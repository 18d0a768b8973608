package review_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"torchbearer/bot/review"
)

// Every file of testdata tells the stories of one definition. A line that
// begins with "=" starts a story; "> " expects something; "#" is a remark.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.story")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".story"), func(t *testing.T) {
			f, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			w := newWorld()
			title, expected := "", 0
			for lines, n := bufio.NewScanner(f), 1; lines.Scan(); n++ {
				line := strings.TrimSpace(lines.Text())
				switch {
				case line == "" || line[0] == '#':
				case line[0] == '=':
					w, title = newWorld(), strings.TrimSpace(line[1:])
				case line[0] == '>':
					expected++
					what, want, _ := strings.Cut(strings.TrimSpace(line[1:]), ":")
					if got := w.answer(t, what); got != strings.TrimSpace(want) {
						t.Errorf("%s:%d: %s: %s\n got %q\nwant %q", filepath.Base(name), n, title, what, got, strings.TrimSpace(want))
					}
				default:
					if err := w.do(line); err != nil {
						t.Fatalf("%s:%d: %s: %v", filepath.Base(name), n, title, err)
					}
				}
			}
			if expected == 0 {
				t.Error("nothing was expected")
			}
		})
	}
}

// answer says what the definitions make of the change now. On the way it checks
// what holds of every change.
func (w *world) answer(t *testing.T, what string) string {
	t.Helper()
	c := w.change()
	w.check(t, c)
	word, rest, _ := strings.Cut(what, " ")
	switch word {
	case "turn":
		turn := c.Turn(w.cast, w.now)
		return string(turn.Who) + ", " + turn.Why
	case "since":
		return w.day(c.Turn(w.cast, w.now).Since.Sub(start).Hours(), c.Turn(w.cast, w.now).Since.IsZero())
	case "waiting":
		return w.day(c.AuthorUpdate.Sub(start).Hours(), false)
	case "by":
		return called(c, c.Turn(w.cast, w.now).By)
	case "doubts":
		return strings.Join(c.Turn(w.cast, w.now).Doubts, "; ")
	case "lands":
		return yes(c.Turn(w.cast, w.now).OneAct)
	case "backlog":
		return yes(c.Backlog())
	case "reviewed":
		return yes(c.Reviewed)
	case "neglect":
		return map[bool]string{true: "starved"}[c.Starved(w.now)] + map[bool]string{true: "spared"}[c.Spared(w.now) && !c.Starved(w.now)]
	case "candidate":
		k, _ := c.Candidate(w.cast, w.now)
		return k.Why
	case "silent":
		ids, known := c.SilentCores(w.cast)
		if !known {
			return "unknown"
		}
		return called(c, ids)
	case "ask":
		refusal, _ := c.Askable(w.cast, people[rest].ID, w.now)
		return string(refusal)
	case "acts":
		var acts []string
		for _, a := range c.Acts {
			acts = append(acts, called(c, []int{a.By}))
		}
		return strings.Join(acts, " ")
	case "cast":
		var votes []string
		for _, v := range c.Votes {
			votes = append(votes, fmt.Sprintf("%s %s %s", called(c, []int{v.By}), review.Given{Label: v.Label, Value: v.Value}, w.day(v.Cast.Sub(start).Hours(), false)))
		}
		return strings.Join(votes, ", ")
	default:
		t.Fatalf("no such question: %q", what)
		return ""
	}
}

func (w *world) day(hours float64, unknown bool) string {
	if unknown {
		return "unknown"
	}
	return fmt.Sprintf("day %d", int(hours/24))
}

func yes(b bool) string { return map[bool]string{true: "yes", false: "no"}[b] }

func called(_ review.Change, ids []int) string {
	var names []string
	for _, id := range ids {
		for name, p := range people {
			if p.ID == id {
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, " ")
}

// fataler is a test, or a property's run.
type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

// check holds of every change at every moment.
func (w *world) check(t fataler, c review.Change) {
	t.Helper()
	raw := w.raw
	raw.Messages, raw.Votes, raw.PatchSets = slices.Clone(raw.Messages), slices.Clone(raw.Votes), slices.Clone(raw.PatchSets)
	for range 3 {
		rand.Shuffle(len(raw.Messages), func(i, j int) { raw.Messages[i], raw.Messages[j] = raw.Messages[j], raw.Messages[i] })
		rand.Shuffle(len(raw.Votes), func(i, j int) { raw.Votes[i], raw.Votes[j] = raw.Votes[j], raw.Votes[i] })
		rand.Shuffle(len(raw.PatchSets), func(i, j int) { raw.PatchSets[i], raw.PatchSets[j] = raw.PatchSets[j], raw.PatchSets[i] })
		if diff := cmp.Diff(c, review.Digest(raw, rules)); diff != "" {
			t.Fatalf("another order of the same facts changes them:\n%s", diff)
		}
	}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatalf("store the change: %v", err)
	}
	var back review.Change
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatalf("read %s back: %v", b, err)
	}
	if diff := cmp.Diff(c, back, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("stored and read back:\n%s", diff)
	}
	if events := review.Diff(c, c); len(events) != 0 {
		t.Fatalf("nothing happened, and yet: %v", events)
	}
	invariants(t, c, w.cast, w.now)
}
