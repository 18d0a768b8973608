package calendar_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// The first week of a schedule places the release of the series before it, whose
// day is on another page: the list of all series has it as well.
func TestSeriesStatus(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, name)
	}
	grid := write("schedule.yaml", `start-week: 2026-04-06
cycle:
  - start: 2026-03-30
    end: 2026-04-03
    x-project:
      - g-final
      - f-final
`)
	status := write("series_status.yaml", `- name: hibiscus
  release-id: 2026.2
  initial-release: 2026-09-30
- name: gazpacho
  initial-release: 2026-04-01
  next-phase:
    status: unmaintained
    date: 2027-10-27
- name: flamingo
  initial-release: soon
- status: future
`)
	load := func(name string) calendar.Loaded {
		return calendar.Load(name, time.UTC, civil.Date{}, cycle.DefaultKinds())
	}
	rows := func(loaded ...calendar.Loaded) (out []string) {
		for _, r := range calendar.List(loaded, cycle.DefaultKinds()) {
			out = append(out, fmt.Sprintf("%s %s %s %s, %s", r.Date, r.Kind, r.Label, r.Basis, r.Title))
		}
		return out
	}
	want := []string{
		"2026-04-02 release g-final week, ",
		"2026-04-02 release f-final week, ",
	}
	if d := cmp.Diff(want, rows(load(grid))); d != "" {
		t.Errorf("alone (-want +got):\n%s", d)
	}
	want = []string{
		"2026-04-01 release g-final series-status, Gazpacho release",
		"2026-04-02 release f-final week, ",
		"2026-09-30 release hibiscus-release series-status, Hibiscus release",
		"2026-04-01 release gazpacho-release series-status, Gazpacho release",
	}
	if d := cmp.Diff(want, rows(load(grid), load(status))); d != "" {
		t.Errorf("with the list (-want +got):\n%s", d)
	}
	list := load(status)
	if len(list.Problems) != 1 || list.Problems[0].Line != 10 {
		t.Errorf("problems %v, want the date in line 10", list.Problems)
	}
	if got := load(write("series_status.yaml", "[]")).Problems; len(got) != 1 || got[0].What != "no series" {
		t.Errorf("problems %v, want that it has no series", got)
	}
}
