package calendar

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// Loaded is what a place holds: a folder's schedule, an election's
// configuration, the list of all series, or the events of an iCalendar or CSV file.
type Loaded struct {
	Name     string // of the place, with slashes
	Schedule *Schedule
	Election *Election
	Status   *Status
	Events   []cycle.Event // of the files that have nothing else

	Problems []Problem // of whichever it is
}

// Load reads a folder with schedule.yaml and schedule.rst, one such file alone,
// an .ics or .csv file, series_status.yaml, or else an election's configuration.
// Zone is for times without one, near for pages without a year: see ParseICal and
// Read. It never fails: what can't be opened is a problem.
func Load(name string, zone *time.Location, near civil.Date, kinds cycle.Kinds) Loaded {
	slashed := filepath.ToSlash(name)
	out := Loaded{Name: slashed}
	info, err := os.Stat(name)
	if err != nil {
		out.Problems = []Problem{{Pos{slashed, 0}, Unreadable, "", "open: " + reason(err)}}
		return out
	}
	if info.IsDir() {
		s := Read(os.DirFS(name), slashed, near)
		out.Schedule, out.Problems = &s, s.Problems
		return out
	}
	data, err := readFile(name, maxICal)
	if err != nil {
		out.Problems = []Problem{{Pos{slashed, 0}, Unreadable, "", "read: " + reason(err)}}
		return out
	}
	switch {
	case strings.EqualFold(filepath.Ext(name), ".ics"):
		out.Events, out.Problems = ParseICal(slashed, data, zone, kinds)
	case strings.EqualFold(filepath.Ext(name), ".csv"):
		out.Events, out.Problems = ParseCSV(slashed, data, zone, kinds)
	case strings.EqualFold(filepath.Ext(name), ".rst"):
		page, grid, problems := ParsePage(slashed, data, civil.Date{}, near)
		out.Schedule = &Schedule{Series: seriesOf(page.Title.Raw), Folder: slashed, Page: page, Grid: grid, Problems: problems}
		out.Problems = problems
	case filepath.Base(name) == gridFile:
		grid, problems := ParseGrid(slashed, data)
		out.Schedule = &Schedule{Series: filepath.Base(filepath.Dir(name)), Folder: slashed, Grid: grid, Problems: problems}
		out.Problems = problems
	case filepath.Base(name) == statusFile:
		list := ParseStatus(slashed, data)
		out.Status, out.Problems = &list, list.Problems
	default:
		e := ParseElection(slashed, data)
		out.Election, out.Problems = &e, e.Problems
	}
	return out
}

// readFile reads at most a byte more than the limit, which parsers then refuse,
// and nothing that is no ordinary file: a pipe would never end.
func readFile(name string, limit int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no ordinary file", filepath.Base(name))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// reason is an error of the file system without the path, which stands before it
// already.
func reason(err error) string {
	var pathErr *os.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}
