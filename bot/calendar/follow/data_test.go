package follow

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// No state that the public ever saw after another is disbelieved: the recorded
// history of schedules, which is large and stays outside the repository.
func TestHistoryIsBelieved(t *testing.T) {
	dir := os.Getenv("TORCHBEARER_DATA")
	if dir == "" {
		t.Skip("TORCHBEARER_DATA names no folder with schedules/")
	}
	series, err := filepath.Glob(filepath.Join(dir, "schedules", "history", "*", ""))
	if err != nil || len(series) == 0 {
		t.Fatalf("no history: %v", err)
	}
	team := Team{Zone: time.UTC, Kinds: cycle.DefaultKinds()}
	steps := 0
	for _, s := range series {
		states, _ := filepath.Glob(filepath.Join(s, "*", ""))
		slices.Sort(states)
		states = append(states, filepath.Join(dir, "schedules", "current", filepath.Base(s)))
		var before content
		var held *parsed
		for _, state := range states {
			at := Place{Form: OpenStack, Name: state, Path: state}
			now, err := (&Follower{}).fetch(t.Context(), time.Time{}, &place{Place: at}, nil)
			if err != nil {
				continue // a file of another sort beside them
			}
			got := parse(team, at, now, civil.Date{})
			if err := believe(before, held, now, got, time.Time{}); err != nil {
				t.Errorf("%s: %v", state, err)
				continue
			}
			before, held = now, got
			steps++
		}
	}
	if steps < 20 {
		t.Errorf("%d states, want them all", steps)
	}
}
