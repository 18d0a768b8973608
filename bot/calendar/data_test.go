package calendar_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// data is the folder of the recorded schedules and their expected events. They
// are large and stay outside the repository.
func data(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("TORCHBEARER_DATA")
	if dir == "" {
		t.Skip("TORCHBEARER_DATA names no folder with schedules/ and elections/")
	}
	return dir
}

// table reads a CSV file, one map a row.
func table(t testing.TB, file string) []map[string]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = row[i]
		}
		out = append(out, m)
	}
	return out
}

func read(t testing.TB, dir string) calendar.Schedule {
	t.Helper()
	return calendar.Read(os.DirFS(dir), filepath.ToSlash(dir), civil.Date{})
}

func TestExpectedEvents(t *testing.T) {
	dir := filepath.Join(data(t), "schedules")
	folders, err := filepath.Glob(filepath.Join(dir, "current", "*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no schedules: %v", err)
	}
	var schedules []calendar.Schedule
	var pages []calendar.Page
	for _, f := range folders {
		s := read(t, f)
		for _, p := range s.Problems {
			t.Errorf("problem: %s", p)
		}
		schedules = append(schedules, s)
		pages = append(pages, s.Page)
	}
	compare(t, table(t, filepath.Join(dir, "expected-events.csv")), schedules, pages)

	prose := read(t, filepath.Join(dir, "prose-only", "mitaka"))
	compare(t, table(t, filepath.Join(dir, "expected-events-prose.csv")), []calendar.Schedule{prose}, nil)
}

func compare(t *testing.T, want []map[string]string, schedules []calendar.Schedule, pages []calendar.Page) {
	t.Helper()
	for _, s := range schedules {
		var rows []map[string]string
		for _, row := range want {
			if row["series"] == s.Series {
				rows = append(rows, row)
			}
		}
		got := s.Readings(cycle.DefaultKinds(), pages...)
		differing := 0
		expected := len(rows)
		for _, r := range got {
			i := slices.IndexFunc(rows, func(row map[string]string) bool {
				return row["label"] == r.Label && row["week"] == r.Week.Name.Raw && row["week_start"] == r.Week.Start.Date.String()
			})
			if i < 0 {
				differing++
				t.Errorf("%s: not expected: %s %s %s", s.Series, r.Label, r.Week.Name.Raw, r.Day)
				continue
			}
			row := rows[i]
			rows = slices.Delete(rows, i, i+1)
			var diff []string
			check := func(name, got string, want ...string) {
				if !slices.Contains(want, got) {
					diff = append(diff, fmt.Sprintf("%s %q, want %q", name, got, want))
				}
			}
			check("team", r.Team, row["team"])
			check("kind", r.Kind, row["kind"])
			check("date", r.Day.String(), append(strings.Split(row["also_accepted"], ";"), row["date"])...)
			at := ""
			if !r.At.IsZero() {
				at = r.At.Format(time.RFC3339)
			}
			check("instant", at, row["instant_utc"])
			if row["title"] != "" {
				check("title", r.Title, row["title"])
			}
			switch basis := row["basis"]; basis {
			case "by-hand", "series-status", "prose-range-end": // a person's own judgement
			case "week", "thursday-rule":
				// Both say the Thursday of the week; which of the two is a matter
				// of how one reads "the Cinder meeting this week".
				check("basis", string(r.Basis), "week", "thursday-rule")
			default:
				check("basis", string(r.Basis), basis)
			}
			if len(diff) > 0 {
				differing++
				t.Errorf("%s: %s %s: %s (%s)", s.Series, r.Label, r.Week.Name.Raw, strings.Join(diff, "; "), row["note"])
			}
		}
		for _, row := range rows {
			t.Errorf("%s: missing: %s %s %s", s.Series, row["label"], row["week"], row["date"])
		}
		t.Logf("%s: expected %d, found %d, differing %d, missing %d", s.Series, expected, len(got), differing, len(rows))
	}
}

func TestExpectedInstants(t *testing.T) {
	dir := filepath.Join(data(t), "elections")
	want := table(t, filepath.Join(dir, "expected-instants.csv"))
	files, _ := filepath.Glob(filepath.Join(dir, "*.yaml"))
	for _, f := range files {
		l := calendar.Load(f, time.UTC, civil.Date{}, cycle.DefaultKinds())
		var expected, found []string
		for _, row := range want {
			if row["file"] == filepath.Base(f) {
				expected = append(expected, strings.Join([]string{row["release"], strings.ToLower(row["name"]), row["start_utc"], row["end_utc"]}, " "))
			}
		}
		stamp := func(at time.Time) string {
			if at.IsZero() {
				return ""
			}
			return at.Format(time.RFC3339)
		}
		for _, e := range l.Election.Events(cycle.DefaultKinds()) {
			found = append(found, strings.Join([]string{e.Source.Series, strings.ToLower(e.Name), stamp(e.At), stamp(e.Until)}, " "))
			if !e.Exact || !strings.HasPrefix(e.Kind, "election-") || e.Team != cycle.Elections || e.Source.Line == 0 {
				t.Errorf("%s: %+v", f, e)
			}
		}
		t.Logf("%s: expected %d, found %d", filepath.Base(f), len(expected), len(found))
		if d := cmp.Diff(expected, found); d != "" {
			t.Errorf("%s (-want +got):\n%s", f, d)
		}
		wantProblem := strings.HasPrefix(filepath.Base(f), "rocky")
		if (len(l.Problems) > 0) != wantProblem {
			t.Errorf("%s: problems %v", f, l.Problems)
		}
	}
}

// The states that the public saw: all can be read, one key stands twice in two of
// them, and no date leaves its cycle.
func TestHistory(t *testing.T) {
	dir := filepath.Join(data(t), "schedules")
	folders, _ := filepath.Glob(filepath.Join(dir, "history", "*", "*-*"))
	more, _ := filepath.Glob(filepath.Join(dir, "prose-only", "*"))
	folders = append(folders, more...)
	if len(folders) < 20 {
		t.Fatalf("%d folders", len(folders))
	}
	doubled := 0
	for _, f := range folders {
		s := read(t, f)
		for _, p := range s.Problems {
			if p.Kind != calendar.DoubledKey {
				t.Errorf("problem: %s", p)
			}
			doubled++
		}
		readings := s.Readings(cycle.DefaultKinds())
		if len(s.Grid.Weeks) < 20 || len(readings) < 10 {
			t.Errorf("%s: %d weeks, %d events", f, len(s.Grid.Weeks), len(readings))
		}
		first, last := s.Grid.Weeks[0].Monday, s.Grid.Weeks[len(s.Grid.Weeks)-1].Monday
		disagree := 0
		for _, r := range readings {
			if r.Day.Before(first) || r.Day.After(last.AddDays(7)) {
				t.Errorf("%s: %s is on %s", f, r.Label, r.Day)
			}
			if r.Disagreement() != calendar.Agree {
				disagree++
			}
		}
		t.Logf("%s: %d weeks, %d events, %d of them disagree with their week", strings.TrimPrefix(f, dir), len(s.Grid.Weeks), len(readings), disagree)
	}
	if doubled != 2 {
		t.Errorf("%d problems, want the two doubled keys", doubled)
	}
}

// The founding cycle as people wrote it down agrees with its page wherever both
// have a kind.
func TestMitakaByHand(t *testing.T) {
	dir := data(t)
	l := calendar.Load(filepath.Join(dir, "mitaka-schedule.csv"), time.UTC, civil.Date{}, cycle.DefaultKinds())
	if len(l.Problems) > 0 || len(l.Events) < 60 {
		t.Fatalf("%d events, problems %v", len(l.Events), l.Problems)
	}
	for _, r := range read(t, filepath.Join(dir, "schedules", "prose-only", "mitaka")).Readings(cycle.DefaultKinds()) {
		byKind := slices.DeleteFunc(slices.Clone(l.Events), func(e cycle.Event) bool { return e.Kind != r.Kind })
		near := slices.ContainsFunc(byKind, func(e cycle.Event) bool { return e.Day.Monday() == r.Day.Monday() })
		if len(byKind) > 0 && !near {
			t.Errorf("%s on %s is not among those written down: %v", r.Label, r.Day, brief(byKind))
		}
	}
}

// Weeks counted from the release are the days that every schedule gives them, but for
// the week of Yoga's release, which ends with it.
func TestWeeksAsPublished(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join(data(t), "schedules/current/*"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, folder := range folders {
		s := read(t, folder)
		cal := cycle.New(time.UTC, calendar.Events(s.Readings(cycle.DefaultKinds()), time.UTC))
		for _, w := range s.Grid.Weeks {
			if w.Name.Raw == "" {
				continue
			}
			words := w.Name.Raw + " " + s.Series
			d, ok, err := cal.FindDays(words, time.Time{})
			if !ok || err != nil {
				t.Errorf("%s: %v", words, err)
				continue
			}
			got, want := d.First.String()+" "+d.Last.String(), w.Start.Date.String()+" "+w.End.Date.String()
			if got != want && words != "R+0 yoga" {
				t.Errorf("%s: got %s, want %s", words, got, want)
			}
			seen++
		}
	}
	if seen < 250 {
		t.Errorf("%d weeks; want those of every schedule", seen)
	}
}
