package calendar

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// Row is an event as "torchbearer calendar" prints it: an object of -json.
type Row struct {
	Series     string      `json:"series"`
	Label      string      `json:"label"`
	Team       string      `json:"team"`
	Kind       string      `json:"kind"`
	Week       string      `json:"week"`
	Date       civil.Date  `json:"date,omitzero"`
	InstantUTC time.Time   `json:"instant_utc,omitzero"` // when the source gives a time
	UntilUTC   time.Time   `json:"until_utc,omitzero"`   // its end, when the source gives one
	Basis      cycle.Basis `json:"basis"`
	Title      string      `json:"title"`
	File       string      `json:"file"`
	Line       int         `json:"line"`
}

// List makes the rows of what was loaded, each source's in its own order. Labels
// that one schedule places and another defines find each other, and the release of
// the series before finds its day in a list of all series.
func List(loaded []Loaded, kinds cycle.Kinds) []Row {
	var pages []Page
	var status Status
	for _, l := range loaded {
		if l.Schedule != nil {
			pages = append(pages, l.Schedule.Page)
		}
		if l.Status != nil {
			status.Series = append(status.Series, l.Status.Series...)
		}
	}
	var out []Row
	add := func(e cycle.Event, title string) {
		r := Row{
			Series: e.Source.Series, Label: e.Source.Label, Team: e.Team, Kind: e.Kind, Week: e.Source.Week, Date: e.Day,
			UntilUTC: e.Until, Basis: e.Source.Basis, Title: title, File: e.Source.File, Line: e.Source.Line,
		}
		if e.Exact {
			r.InstantUTC = e.At
		}
		out = append(out, r)
	}
	for _, l := range loaded {
		if l.Schedule != nil {
			for _, r := range l.Schedule.Readings(kinds, pages...) {
				status.released(&r)
				add(r.event(), r.Title)
			}
		}
		if l.Election != nil {
			for _, e := range l.Election.Events(kinds) {
				add(e, e.Name)
			}
		}
		if l.Status != nil {
			for _, e := range l.Status.Events() {
				add(e, e.Name)
			}
		}
		for _, e := range l.Events {
			add(e, e.Name)
		}
	}
	return out
}

// Print writes rows, a line each: for people in the order of time, or with asJSON as
// JSON objects, as they are.
func Print(w io.Writer, rows []Row, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		for _, r := range rows {
			if err := enc.Encode(r); err != nil {
				return fmt.Errorf("print calendar: %w", err)
			}
		}
		return nil
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b Row) int { return a.at().Compare(b.at()) })
	var team, kind, label int
	for _, r := range rows {
		team = max(team, width(r.Team))
		kind = max(kind, width(r.Kind))
		label = max(label, width(r.Label))
	}
	for _, r := range rows {
		if _, err := io.WriteString(w, r.line(team, kind, label)+"\n"); err != nil {
			return fmt.Errorf("print calendar: %w", err)
		}
	}
	return nil
}

// width is how many columns a text needs, within bounds: a name that somebody made
// long moves only its own line.
func width(text string) int { return min(utf8.RuneCountInString(Printable(text)), 32) }

// at is where a row stands among others: a day's last, and what has no date the last
// of all.
func (r Row) at() time.Time {
	switch {
	case !r.InstantUTC.IsZero():
		return r.InstantUTC
	case !r.Date.IsZero():
		return r.Date.At(civil.Clock{Hour: 23, Minute: 59}, time.UTC)
	}
	return time.Unix(1<<40, 0)
}

// line is the row for people: "2026-06-11 23:59 UTC  R-16  nova  spec-freeze
// h-nova-spec-freeze  Nova Spec Freeze  schedule.yaml:44", with the widths of columns.
func (r Row) line(team, kind, label int) string {
	when := "no date   "
	if !r.Date.IsZero() {
		when = r.Date.String()
	}
	clock := strings.Repeat(" ", len(" 15:04 UTC"))
	if !r.InstantUTC.IsZero() {
		// The day stands in UTC too: a source's own day may be another.
		when, clock = r.InstantUTC.UTC().Format(time.DateOnly), r.InstantUTC.UTC().Format(" 15:04 UTC")
	}
	return fmt.Sprintf("%s%s  %-4s  %-*s  %-*s  %-*s  %s  %s", when, clock, Printable(r.Week),
		team, Printable(r.Team), kind, Printable(r.Kind), label, Printable(r.Label), Printable(r.Title), Printable(Pos{r.File, r.Line}.String()))
}
