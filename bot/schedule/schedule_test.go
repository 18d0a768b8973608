package schedule_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot"
	"torchbearer/bot/schedule"
)

var noon = time.Date(2026, 12, 3, 12, 0, 0, 0, time.UTC)

func after(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

// job answers the same whatever it is asked.
func job(team, plugin string, occs ...bot.Occurrence) schedule.Job {
	return schedule.Job{Team: team, Plugin: plugin, Job: bot.Job{Name: "job", Due: func(bot.View, time.Time, time.Time) []bot.Occurrence {
		return occs
	}}}
}

func noView(string, string) bot.View { return nil }

func keys(ps []bot.Planned) string {
	var out []string
	for _, p := range ps {
		out = append(out, string(p.WholeKey()))
	}
	return strings.Join(out, " ")
}

func TestDue(t *testing.T) {
	s := schedule.New([]schedule.Job{
		job("nova", "freeze", bot.Occurrence{Key: "b", At: after(2)}, bot.Occurrence{Key: "a", At: after(1)}),
		job("glance", "freeze", bot.Occurrence{Key: "b", At: after(2)}),
		job("glance", "backlog", bot.Occurrence{Key: "b", At: after(2)}),
		// A job that answers more than it was asked: the span is open at its
		// beginning and closed at its end.
		job("glance", "other", bot.Occurrence{Key: "before", At: after(0)}, bot.Occurrence{Key: "end", At: after(3)}, bot.Occurrence{Key: "beyond", At: after(4)}),
	})
	due, err := s.Due(noView, after(0), after(3))
	if err != nil {
		t.Fatal(err)
	}
	want := "nova/freeze/a glance/backlog/b glance/freeze/b nova/freeze/b glance/other/end"
	if got := keys(due); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// One job's fault costs the others nothing.
func TestDueFaults(t *testing.T) {
	panics := schedule.Job{Team: "glance", Plugin: "bad", Job: bot.Job{Name: "job", Due: func(bot.View, time.Time, time.Time) []bot.Occurrence {
		panic("no view")
	}}}
	s := schedule.New([]schedule.Job{
		panics,
		job("glance", "odd", bot.Occurrence{Key: "a b", At: after(1)}, bot.Occurrence{Key: "good", At: after(1)}, bot.Occurrence{Key: "", At: after(1)}),
		job("glance", "freeze", bot.Occurrence{Key: "a", At: after(1)}),
	})
	due, err := s.Due(noView, after(0), after(3))
	if want := "glance/freeze/a glance/odd/good"; keys(due) != want {
		t.Errorf("got  %s\nwant %s", keys(due), want)
	}
	for _, want := range []string{"job job of glance/bad: panic: no view", `job job of glance/odd: key "a b"`, "job job of glance/odd: key of 0 bytes"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}

func planned(team, key, series string, at, until int) bot.Planned {
	return bot.Planned{Team: team, Plugin: "freeze", Occurrence: bot.Occurrence{Key: bot.Key(key), Series: series, At: after(at), Until: after(until)}}
}

func TestDecide(t *testing.T) {
	for _, tc := range []struct {
		name                  string
		due                   []bot.Planned
		run, superseded, late string
	}{
		{"nothing", nil, "", "", ""},
		{"one", []bot.Planned{planned("g", "a", "", -5, 60)}, "g/freeze/a", "", ""},
		{"at its last instant", []bot.Planned{planned("g", "a", "", -5, 0)}, "g/freeze/a", "", ""},
		{"past it", []bot.Planned{planned("g", "a", "", -5, -1)}, "", "", "g/freeze/a"},
		{"the newest of a series", []bot.Planned{planned("g", "7d", "spec", -9, 60), planned("g", "3d", "spec", -5, 60), planned("g", "1d", "spec", -1, 60)}, "g/freeze/1d", "g/freeze/7d g/freeze/3d", ""},
		{"in any order", []bot.Planned{planned("g", "1d", "spec", -1, 60), planned("g", "7d", "spec", -9, 60)}, "g/freeze/1d", "g/freeze/7d", ""},
		{"two series", []bot.Planned{planned("g", "7d", "spec", -9, 60), planned("g", "1d", "other", -1, 60)}, "g/freeze/7d g/freeze/1d", "", ""},
		{"the same series of two teams", []bot.Planned{planned("g", "7d", "spec", -9, 60), planned("n", "1d", "spec", -1, 60)}, "g/freeze/7d n/freeze/1d", "", ""},
		{"none is none", []bot.Planned{planned("g", "a", "", -9, 60), planned("g", "b", "", -1, 60)}, "g/freeze/a g/freeze/b", "", ""},
		{"a newest that is too late supersedes nothing", []bot.Planned{planned("g", "0s", "spec", -9, 60), planned("g", "x", "spec", -1, -1)}, "g/freeze/0s", "", "g/freeze/x"},
		{"of the same instant the later in the answer", []bot.Planned{planned("g", "7d", "spec", -1, 60), planned("g", "3d", "spec", -1, 60)}, "g/freeze/3d", "g/freeze/7d", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := schedule.New(nil).Decide(tc.due, noon)
			got := []string{keys(d.Run), keys(d.Superseded), keys(d.Late)}
			if diff := cmp.Diff([]string{tc.run, tc.superseded, tc.late}, got); diff != "" {
				t.Errorf("run, superseded, late (-want +got):\n%s", diff)
			}
		})
	}
}

// Everything that is due is sorted into exactly one heap; of each series exactly
// one runs, unless all of it is late.
func TestDecideHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var due []bot.Planned
		live := map[string]bool{}
		for i := range rapid.IntRange(0, 20).Draw(t, "n") {
			series := rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "series")
			p := planned("g", string(rune('a'+i)), series, rapid.IntRange(-9, 0).Draw(t, "at"), rapid.IntRange(-3, 9).Draw(t, "until"))
			due = append(due, p)
			if !p.Until.Before(noon) && series != "" {
				live[series] = true
			}
		}
		d := schedule.New(nil).Decide(due, noon)
		if got := len(d.Run) + len(d.Superseded) + len(d.Late); got != len(due) {
			t.Fatalf("sorted %d of %d", got, len(due))
		}
		runs := map[string]time.Time{}
		for _, p := range d.Run {
			if _, twice := runs[p.Series]; twice && p.Series != "" {
				t.Errorf("series %s runs twice", p.Series)
			}
			runs[p.Series] = p.At
		}
		for series := range live {
			if _, ok := runs[series]; !ok {
				t.Errorf("series %s does not run", series)
			}
		}
		for _, p := range d.Superseded {
			if runs[p.Series].Before(p.At) {
				t.Errorf("%s is superseded by an older one", p.Key)
			}
		}
		for _, p := range d.Late {
			if !p.Until.Before(noon) {
				t.Errorf("%s is dropped before its time", p.Key)
			}
		}
	})
}
