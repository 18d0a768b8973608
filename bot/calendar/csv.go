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
		if max(name, date) >= len(row) {
			problem(line, BadValue, "the row has %d columns, want %d", len(row), len(head))
			continue
		}
		day, err := civil.ParseDate(row[date])
		if err != nil || !believable(day.Year) {
			problem(line, BadValue, "%s is no date: want year-month-day", quote(row[date]))
			continue
		}
		e := cycle.Event{
			ID: dashed(row[name]), Kind: "event", Name: row[name], Day: day, At: lastMinute(day, zone),
			Source: cycle.Source{File: file, Line: line, Basis: cycle.ProseDate},
		}
		if k, ok := kinds.Of(row[name]); ok {
			e.Kind = k.Name
		}
		if kindAt >= 0 && kindAt < len(row) && row[kindAt] != "" {
			e.Kind = dashed(row[kindAt])
		}
		e.Source.Label = e.ID
		if seen[e.ID]++; seen[e.ID] > 1 {
			e.ID = fmt.Sprintf("%s.%d", e.ID, seen[e.ID])
		}
		out = append(out, e)
	}
	problem(0, Unreadable, "more than %d rows: the rest is left out", maxRows)
	return out, problems
}
