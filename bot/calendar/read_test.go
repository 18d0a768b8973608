package calendar_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

func TestReadNothing(t *testing.T) {
	s := calendar.Read(fstest.MapFS{}, "a/b", civil.Date{})
	if got := told(s.Problems); got != "unreadable a/b: neither schedule.yaml nor schedule.rst\n" || s.Series != "b" {
		t.Errorf("got %s of %s", got, s.Series)
	}
	s = calendar.Read(fstest.MapFS{"schedule.yaml/x": {}}, "a", civil.Date{})
	if got := told(s.Problems); !strings.HasPrefix(got, "unreadable a/schedule.yaml: read: ") {
		t.Errorf("got %s", got)
	}
}

// unopened is a folder none of whose files may be opened: of a pipe that alone
// waits for whoever writes to it.
type unopened struct{ fstest.MapFS }

func (unopened) Open(name string) (fs.File, error) {
	return nil, fmt.Errorf("%s was opened", name)
}

func TestReadPipe(t *testing.T) {
	pipe := &fstest.MapFile{Mode: fs.ModeNamedPipe | 0o600}
	s := calendar.Read(unopened{fstest.MapFS{"schedule.yaml": pipe, "schedule.rst": pipe}}, "a", civil.Date{})
	want := "unreadable a/schedule.yaml: read: it is no ordinary file\nunreadable a/schedule.rst: read: it is no ordinary file\n"
	if got := told(s.Problems); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A page that names no year, nor has weeks with one, is of the years around today: by
// the weekdays of its table, if it has that.
func TestAPageWithoutAYear(t *testing.T) {
	prose := "Schedule\n========\n\n.. _x-ff:\n\nFeature freeze\n--------------\n\nOn February 18.\n"
	table := "| Week | | Cross-project events | Project-specific events |\n+--\n| Nov 16-20 | R-18 | | |\n+--\n| Feb 15-19 | R-5 | :ref:`x-ff` | |\n+--\n"
	grid := "cycle:\n- name: R-5\n  x-project: [x-ff]\n"
	today := civil.Date{Year: 2026, Month: 11, Day: 23}
	for _, tc := range []struct{ name, yaml, rst, want string }{
		{"weeks without a date", grid, prose, "2027-02-18"},
		{"a table", "", prose + table, "2027-02-18"},
		{"a table alone", "", table, "2027-02-18"},
		{"a year somewhere", grid, prose + "\nRelease\n-------\n\nOn April 7, 2016.\n", "2016-02-18"},
		{"a year somewhere, with a table", "", prose + table + "\nRelease\n-------\n\nOn April 7, 2010.\n", "2010-02-18"},
	} {
		files := fstest.MapFS{"schedule.rst": {Data: []byte(tc.rst)}}
		if tc.yaml != "" {
			files["schedule.yaml"] = &fstest.MapFile{Data: []byte(tc.yaml)}
		}
		got := calendar.Read(files, "x", today).Readings(cycle.DefaultKinds())
		if len(got) != 1 || got[0].Day.String() != tc.want {
			t.Errorf("%s: got %+v, want %s", tc.name, got, tc.want)
		}
	}
}
