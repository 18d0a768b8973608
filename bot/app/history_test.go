package app_test

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
	"torchbearer/plugins/all"
)

// published is one state of a schedule as the public saw it.
type published struct {
	version string
	at      time.Time
	events  []cycle.Event
}

// states reads what was published of a series, oldest first, and last what stands
// now. Nobody wrote down when that came: it counts from the state before it on, so
// that whatever could have been news is.
func states(t *testing.T, dir, series string) []published {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(dir, "history", series, "*-*"))
	if err != nil || len(folders) < 2 {
		t.Fatalf("%s: %d states, %v", series, len(folders), err)
	}
	var out []published
	for _, f := range append(folders, filepath.Join(dir, "current", series)) {
		s := published{version: filepath.Base(f)}
		if note, err := os.ReadFile(filepath.Join(f, "published.txt")); err == nil {
			_, stamp, _ := strings.Cut(strings.TrimSpace(string(note)), "published ")
			if s.at, err = time.Parse(time.RFC3339, stamp); err != nil {
				t.Fatal(err)
			}
		} else if len(out) > 0 {
			s.version, s.at = "current", out[len(out)-1].at.Add(time.Minute)
		}
		schedule := calendar.Read(os.DirFS(f), series, civil.Date{})
		if len(schedule.Grid.Weeks) == 0 {
			continue // a series that is not among the current ones
		}
		s.events = calendar.Events(schedule.Readings(cycle.DefaultKinds()), time.UTC)
		out = append(out, s)
	}
	return out
}

// csvRows reads a file with a head, one map a row.
func csvRows(t *testing.T, file string) (rows []map[string]string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = r[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// hears is what a team's room is told when its calendar goes from one state to
// another: the single changes, of which one message lists five, and how many they
// are.
func hears(t *testing.T, team string, first time.Time, before []cycle.Event, at time.Time, after []cycle.Event) (items []string, n int) {
	t.Helper()
	plugins := all.Plugins()
	freeze := plugins[slices.IndexFunc(plugins, func(p bot.Plugin) bool { return p.Name == "freeze" })]
	instance, err := freeze.New(bot.Team{ID: team, Name: team, Zone: time.UTC, Rooms: []bot.Room{{Network: "net", Name: "#" + team}}}, freeze.Config())
	if err != nil {
		t.Fatal(err)
	}
	v := &bottest.View{}
	var seen cycle.Sightings
	var diff cycle.Diff
	for i, events := range [][]cycle.Event{before, after} {
		v.At = []time.Time{first, at}[i].UTC()
		v.Cal, seen, diff = cycle.New(time.UTC, cycle.For(team, events)).Observe(seen, v.At)
		if diff.Empty() {
			continue
		}
		eff, err := instance.On(t.Context(), v, bot.Event{Calendar: &diff})
		if err == nil {
			err = v.Apply(eff)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, say := range eff.Say {
			head, list, several := strings.Cut(msg.Plain(say.Message, v.At), "\n- ")
			if i == 0 {
				t.Errorf("at first sight: %s", head)
			}
			if items, n = []string{head}, n+1; several {
				items = strings.Split(list, "\n- ")
				if _, err := fmt.Sscanf(head, "%d changes", &n); err != nil {
					t.Fatalf("%q: %v", head, err)
				}
			}
		}
	}
	return items, n
}

// labelled are the events of a label.
func labelled(events []cycle.Event, label string) []cycle.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e cycle.Event) bool { return e.Source.Label != label })
}

// news is the rule for which of the recorded changes a team cares about, applied to
// one label: the dates in words that a room has to hear, each with the one it
// replaces.
//
//   - The event is the team's, everybody's, or one of the elections'; by
//     expected-events.csv, and not by how the bot reads a label.
//   - Its date is another one: the day, or the instant where the page gives one. A
//     week that was corrected around a date, and words around it, are nothing.
//   - The date that is new lies ahead when it is published, or the one that is no
//     more did.
//   - Weeks in which an election only goes on are no dates.
//
// Nothing is left out for its kind: who plans for a summit or a mid-cycle wants to
// know that it has moved as who waits for a freeze.
func news(team, owner string, before, after []cycle.Event, at time.Time) (want [][2]string, why string) {
	if owner != team && owner != cycle.CrossProject && owner != cycle.Elections {
		return nil, "another team's"
	}
	same := func(a cycle.Event) func(cycle.Event) bool {
		return func(b cycle.Event) bool { return a.At.Equal(b.At) }
	}
	old := slices.DeleteFunc(slices.Clone(before), func(e cycle.Event) bool { return slices.ContainsFunc(after, same(e)) })
	fresh := slices.DeleteFunc(slices.Clone(after), func(e cycle.Event) bool { return slices.ContainsFunc(before, same(e)) })
	if len(old)+len(fresh) == 0 {
		return nil, "the same date"
	}
	in := func(e cycle.Event) string { return e.At.Format("Mon 2006-01-02") }
	for len(old)+len(fresh) > 0 {
		var o, f cycle.Event
		if len(old) > 0 {
			o, old = old[0], old[1:]
		}
		if len(fresh) > 0 {
			f, fresh = fresh[0], fresh[1:]
		}
		switch gone := o.At.After(at); {
		case o.ID == "" && f.At.After(at):
			want = append(want, [2]string{"", in(f)})
		case f.ID == "" && gone:
			want = append(want, [2]string{in(o), ""})
		case o.ID != "" && f.ID != "" && (gone || f.At.After(at)):
			want = append(want, [2]string{in(o), in(f)})
		}
	}
	if len(want) == 0 {
		return nil, "passed"
	}
	return want, "announced"
}

// Consecutive states of the real schedules announce exactly the differences that a
// team cares about: each recorded change is taken alone, and then all of a state at
// once.
func TestHistoryIsAnnounced(t *testing.T) {
	data := os.Getenv("TORCHBEARER_DATA")
	if data == "" {
		t.Skip("TORCHBEARER_DATA names no folder with schedules/")
	}
	dir := filepath.Join(data, "schedules")
	owners := map[string]string{}
	for _, row := range csvRows(t, filepath.Join(dir, "expected-events.csv")) {
		owners[row["label"]] = row["team"]
	}
	bySeries := map[string][]map[string]string{}
	for _, row := range csvRows(t, filepath.Join(dir, "history", "changes.csv")) {
		bySeries[row["series"]] = append(bySeries[row["series"]], row)
	}
	teams := []string{"glance", "nova", "cinder", "manila", "keystone", "oslo"}
	counts := map[string]map[string]int{} // by team and why
	for _, series := range slices.Sorted(maps.Keys(bySeries)) {
		all := states(t, dir, series)
		for _, team := range teams {
			for i := 1; i < len(all); i++ {
				from, to := all[i-1], all[i]
				total := 0
				for _, row := range bySeries[series] {
					if row["from_version"] != from.version || row["to_version"] != to.version {
						continue
					}
					label := row["label"]
					before, after := labelled(from.events, label), labelled(to.events, label)
					want, why := news(team, cmp.Or(owners[label], cycle.CrossProject), before, after, to.at)
					if counts[team] == nil {
						counts[team] = map[string]int{}
					}
					counts[team][why]++
					total += len(want)

					others := slices.DeleteFunc(slices.Clone(from.events), func(e cycle.Event) bool { return e.Source.Label == label })
					got, n := hears(t, team, from.at, from.events, to.at, append(others, after...))
					fits := n == len(want)
					for _, w := range want {
						fits = fits && slices.ContainsFunc(got, func(line string) bool {
							return strings.Contains(line, w[0]) && strings.Contains(line, w[1]) && (w[0] == "" || w[1] == "" || w[0] == w[1] || strings.Contains(line, w[0]+" → "+w[1]))
						})
					}
					if !fits {
						t.Errorf("%s to %s: %s of %s, %s: told %q, want %q", team, to.version, label, series, why, got, want)
					}
					if why == "announced" && team == "manila" {
						t.Logf("%s %s: %s", series, to.version, strings.Join(got, "; "))
					}
				}
				if items, n := hears(t, team, from.at, from.events, to.at, to.events); n != total {
					t.Errorf("%s of %s, to %s: %d changes are told, want %d: %q", series, team, to.version, n, total, items)
				}
			}
		}
	}
	rows := 0
	t.Logf("%-10s %10s %15s %15s %8s", "", "announced", "another team's", "the same date", "passed")
	for _, team := range teams {
		c := counts[team]
		t.Logf("%-10s %10d %15d %15d %8d", team, c["announced"], c["another team's"], c["the same date"], c["passed"])
		rows = c["announced"] + c["another team's"] + c["the same date"] + c["passed"]
		if rows != 99 || c["announced"] < 20 {
			t.Errorf("%s: %d rows, %d announced; want 99 rows", team, rows, c["announced"])
		}
	}
}
