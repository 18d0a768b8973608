package follow

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// parsed is what a place says.
type parsed struct {
	place    Place
	schedule *calendar.Schedule // of a folder
	election *calendar.Election // of an election's configuration
	readings []calendar.Reading // of it, by itself
	events   []cycle.Event
	problems []calendar.Problem
}

// parse reads what a place holds. Today is for a page that names no year.
func parse(t Team, at Place, c content, today civil.Date) *parsed {
	p := &parsed{place: at}
	switch at.Form {
	case OpenStack:
		s := calendar.Read(folder(c), at.Name, today)
		p.schedule, p.problems = &s, s.Problems
		for _, name := range at.Form.files() {
			if isHTML(c[name].Data) {
				p.problems = append(p.problems, calendar.Problem{
					Pos: calendar.Pos{File: strings.TrimRight(at.Name, "/") + "/" + name}, Kind: calendar.Unreadable, What: "is a web page",
				})
			}
		}
		p.readings = s.Readings(t.Kinds)
		p.events = calendar.Events(p.readings, t.Zone)
	case Elections:
		e := calendar.ParseElection(at.Name, c[string(at.Form)].Data)
		p.election, p.events, p.problems = &e, e.Events(t.Kinds), e.Problems
	case ICS:
		data := c[string(at.Form)].Data
		p.events, p.problems = calendar.ParseICal(at.Name, data, t.Zone, t.Kinds)
		// RFC 5545, section 3.4: what does not end so has been cut off.
		has := func(line string) bool { return bytes.Contains(bytes.ToUpper(data), []byte(line)) }
		if !has("END:VCALENDAR") && (has("BEGIN:VCALENDAR") || len(p.events) > 0) {
			p.problems = append(p.problems, calendar.Problem{
				Pos: calendar.Pos{File: at.Name}, Kind: calendar.Unreadable, What: "ends without END:VCALENDAR",
			})
		}
		p.bound(today)
	}
	return p
}

// mostEvents is how many dates of an iCalendar file count: more than a team meets in
// years, and few enough to be compared with what was before.
const mostEvents = 1000

// bound leaves out what has passed long ago of too many dates, and then the last.
func (p *parsed) bound(today civil.Date) {
	if len(p.events) <= mostEvents {
		return
	}
	p.events = slices.DeleteFunc(p.events, func(e cycle.Event) bool { return e.Day.Before(today.AddDays(-60)) })
	if len(p.events) <= mostEvents {
		return
	}
	slices.SortStableFunc(p.events, func(a, b cycle.Event) int { return a.At.Compare(b.At) })
	p.events = p.events[:mostEvents]
	p.problems = append(p.problems, calendar.Problem{
		Pos: calendar.Pos{File: p.place.Name}, Kind: calendar.Unreadable, What: fmt.Sprintf("more than %d dates: the last are left out", mostEvents),
	})
}

// isHTML reports whether data is what servers answer in the place of a file that
// they don't have, or don't show to anybody.
func isHTML(data []byte) bool {
	begin := bytes.ToLower(bytes.TrimSpace(data[:min(len(data), 100)]))
	return bytes.HasPrefix(begin, []byte("<!doctype")) || bytes.HasPrefix(begin, []byte("<html"))
}

// folder is a place's content as a folder.
type folder content

// Open implements fs.FS.
func (f folder) Open(name string) (fs.File, error) {
	got, ok := f[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return opened{bytes.NewReader(got.Data), name}, nil
}

// opened is a file of a folder.
type opened struct {
	*bytes.Reader
	name string
}

func (opened) Close() error                 { return nil }
func (o opened) Stat() (fs.FileInfo, error) { return info{o}, nil }

type info struct{ opened }

func (i info) Name() string       { return i.name }
func (i info) Mode() fs.FileMode  { return 0o444 }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return false }
func (i info) Sys() any           { return nil }
