package calendar

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// maxRows is how many rows of a CSV file are read.
const maxRows = 5_000

// ParseCSV reads dates that somebody wrote down by hand: a first row that names
// the columns event and date, and kind where there is one; others are left
// alone. A date stands for 23:59 of the day in zone. It never fails.
func ParseCSV(file string, data []byte, zone *time.Location, kinds cycle.Kinds) ([]cycle.Event, []Problem) {
	var problems []Problem
	problem := func(line int, kind ProblemKind, format string, args ...any) {
		problems = append(problems, Problem{Pos{file, line}, kind, "", fmt.Sprintf(format, args...)})
	}
	if len(data) > maxPage {
		problem(0, Unreadable, "longer than %d KiB", maxPage>>10)
		return nil, problems
	}
	r := csv.NewReader(bytes.NewReader(unmarked(data)))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	name, date, kindAt := slices.Index(head, "event"), slices.Index(head, "date"), slices.Index(head, "kind")
	if err != nil || name < 0 || date < 0 {
		problem(1, Unreadable, "want a first row that names the columns event and date")
		return nil, problems
	}
	columns := csvColumns{name: name, date: date, kind: kindAt, all: len(head)}
	var out []cycle.Event
	seen := map[string]int{}
	for range maxRows {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, problems
		}
		if err != nil {
			var parse *csv.ParseError
			line := 0
			if errors.As(err, &parse) {
				line, err = parse.Line, parse.Err
			}
			problem(line, Unreadable, "not valid CSV: %s", err)
			continue
		}
		line, _ := r.FieldPos(0)
		e, err := columns.event(row, zone, kinds)
		if err != nil {
			problem(line, BadValue, "%s", err)
			continue
		}
		e.Source = cycle.Source{File: file, Line: line, Label: e.ID, Basis: cycle.ProseDate}
		if seen[e.ID]++; seen[e.ID] > 1 {
			e.ID = fmt.Sprintf("%s.%d", e.ID, seen[e.ID])
		}
		out = append(out, e)
	}
	problem(0, Unreadable, "more than %d rows: the rest is left out", maxRows)
	return out, problems
}

// csvColumns are the places of columns in a row, kind's -1 where there is none, and how
// many there are in all.
type csvColumns struct{ name, date, kind, all int }

// event reads a row. Its error says to people what is wrong with it.
func (c csvColumns) event(row []string, zone *time.Location, kinds cycle.Kinds) (cycle.Event, error) {
	if max(c.name, c.date) >= len(row) {
		return cycle.Event{}, fmt.Errorf("the row has %d columns, want %d", len(row), c.all)
	}
	day, err := civil.ParseDate(row[c.date])
	if err != nil || !believable(day.Year) {
		return cycle.Event{}, fmt.Errorf("%s is no date: want year-month-day", quote(row[c.date]))
	}
	e := cycle.Event{ID: dashed(row[c.name]), Kind: "event", Name: row[c.name], Day: day, At: lastMinute(day, zone)}
	if k, ok := kinds.Of(row[c.name]); ok {
		e.Kind = k.Name
	}
	if c.kind >= 0 && c.kind < len(row) && row[c.kind] != "" {
		e.Kind = dashed(row[c.kind])
	}
	return e, nil
}
