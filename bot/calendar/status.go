package calendar

import (
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml/ast"

	"torchbearer/bot/cycle"
)

// statusFile is the list of all series, in a folder above those of the schedules.
const statusFile = "series_status.yaml"

// Status is the list of all series with the days of their releases.
type Status struct {
	File     string
	Series   []SeriesStatus // in the order of the file
	Problems []Problem
}

// SeriesStatus is one series: its release is a day, in the past or planned.
type SeriesStatus struct {
	Pos
	Name    Text // "hibiscus"; hostile
	Release Day  // zero where it has none
}

// ParseStatus reads series_status.yaml: of each series its name and its
// initial-release. What phase a series is in, and with which key it was signed, is
// no date of a cycle, and passed over. It never fails.
//
// Source: openstack/releases, data/series_status.yaml.
func ParseStatus(file string, data []byte) Status {
	s := Status{File: file}
	problems := walkYAML(file, data, func(r *reader, n ast.Node) {
		for entries := range r.records(n) {
			one := SeriesStatus{Pos: entries[0].at}
			for _, e := range entries {
				switch e.key {
				case "name":
					one.Name, _ = r.text(e.value)
				case "initial-release":
					one.Release = r.day(e)
				}
			}
			s.Series = append(s.Series, one)
		}
	})
	s.Problems = orNone(file, len(s.Series), "series", problems)
	return s
}

// Events returns the release of each series that has a day for it.
func (s Status) Events() []cycle.Event {
	var out []cycle.Event
	for _, one := range s.Series {
		if day := one.Release.Date; !day.IsZero() {
			out = append(out, cycle.Event{
				ID: dashed(one.Name.Raw) + "-release", Kind: "release", Name: one.title(), Team: cycle.CrossProject,
				Day: day, At: lastMinute(day, time.UTC).UTC(),
				Source: cycle.Source{
					File: one.File, Line: one.Line, Series: one.Name.Raw,
					Label: dashed(one.Name.Raw) + "-release", Basis: cycle.SeriesStatus,
				},
			})
		}
	}
	return out
}

func (s SeriesStatus) title() string {
	r := []rune(s.Name.Raw)
	if len(r) > 0 {
		r[0] = unicode.ToUpper(r[0])
	}
	return string(r) + " release"
}

// released gives the release of a series that a schedule places and no page that was
// read defines, as the one before its own, the day of the list.
func (s Status) released(r *Reading) {
	if r.Section != nil || r.Kind != "release" {
		return
	}
	letter, _, _ := strings.Cut(strings.ToLower(r.Label), "-")
	for _, one := range s.Series {
		if r.Week.Has(one.Release.Date) && letter != "" && strings.HasPrefix(strings.ToLower(one.Name.Raw), letter) {
			r.Day, r.Basis, r.Title = one.Release.Date, cycle.SeriesStatus, one.title()
		}
	}
}
