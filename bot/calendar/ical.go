package calendar

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// Limits of an iCalendar file.
const (
	maxICal       = 2 << 20  // bytes
	maxICalEvents = 5_000    // events
	maxICalEvent  = 64 << 10 // bytes of one event
)

// ParseICal reads the events of an iCalendar file. An event with a day alone is
// 23:59 of that day in zone; a time without a zone is a time in zone; a time in
// a zone that the tz database lacks is a problem, and the day is kept. A rule of
// recurrence is a problem too: its first occurrence counts, or what says that it
// comes in the place of that. Events that are cancelled are left out. It never fails.
//
// Source: RFC 5545, sections 3.6.1, 3.3.4, 3.3.5, 3.3.6, 3.8.4.4.
func ParseICal(file string, data []byte, zone *time.Location, kinds cycle.Kinds) ([]cycle.Event, []Problem) {
	p := &icalParser{file: file, zone: zone, kinds: kinds}
	if len(data) > maxICal {
		p.problem(0, Unreadable, "", "longer than %d KiB", maxICal>>10)
		return nil, p.problems
	}
	data, odd := decoded(data)
	if odd > 0 {
		p.problem(odd, NotUTF8, "", notUTF8)
	}
	// Each event is parsed by itself: what breaks one costs one, and the library
	// knows no lines.
	var block []string
	begin := 0
	for i, line := range strings.Split(strings.ReplaceAll(string(data), "\r", ""), "\n") {
		switch name := strings.ToUpper(strings.TrimSpace(line)); {
		case name == "BEGIN:VEVENT":
			if begin > 0 {
				p.problem(begin, Unreadable, "", "an event without END:VEVENT")
			}
			begin, block = i+1, []string{line}
		case begin > 0:
			block = append(block, line)
			if name == "END:VEVENT" {
				if p.count++; p.count > maxICalEvents {
					p.problem(begin, Unreadable, "", "more than %d events: the rest is left out", maxICalEvents)
					return p.settled(), p.problems
				}
				p.event(begin, strings.Join(block, "\r\n"))
				begin, block = 0, nil
			}
		}
	}
	if begin > 0 {
		p.problem(begin, Unreadable, "", "an event without END:VEVENT")
	}
	if p.count == 0 && len(p.problems) == 0 {
		if bytes.Contains(bytes.ToUpper(data), []byte("BEGIN:VCALENDAR")) {
			p.problem(0, Unreadable, "", "no events")
		} else {
			p.problem(0, Unreadable, "", "it is no iCalendar file; want one that begins with BEGIN:VCALENDAR")
		}
	}
	return p.settled(), p.problems
}

type icalParser struct {
	file      string
	zone      *time.Location
	kinds     cycle.Kinds
	count     int
	events    []icalEvent
	overrides []icalEvent // these come in the place of others
	problems  []Problem
}

func (p *icalParser) problem(line int, kind ProblemKind, label, format string, args ...any) {
	p.problems = append(p.problems, Problem{Pos{p.file, line}, kind, label, fmt.Sprintf(format, args...)})
}

func (p *icalParser) event(line int, block string) {
	if len(block) > maxICalEvent {
		p.problem(line, Unreadable, "", "an event longer than %d KiB", maxICalEvent>>10)
		return
	}
	v, err := parseEvent(block)
	if err != nil {
		p.problem(line, Unreadable, "", "not a valid event: %s", errorWords(err))
		return
	}
	text := func(name ics.ComponentProperty) string {
		if prop := v.GetProperty(name); prop != nil {
			return strings.TrimSpace(prop.Value)
		}
		return ""
	}
	title, uid := text(ics.ComponentPropertySummary), text(ics.ComponentPropertyUniqueId)
	override := icalEvent{uid: uid}
	if instead := v.GetProperty(ics.ComponentPropertyRecurrenceId); instead != nil && uid != "" {
		override.day, override.at, err = p.when(instead)
		if err != nil {
			p.problem(line, BadValue, uid, "the event %s: of RECURRENCE-ID, %s", quote(title), err)
		}
	}
	overrides := !override.day.IsZero()
	if strings.EqualFold(text(ics.ComponentPropertyStatus), "cancelled") {
		if overrides {
			p.overrides = append(p.overrides, override)
		}
		return
	}
	start := v.GetProperty(ics.ComponentPropertyDtStart)
	if start == nil {
		p.problem(line, BadValue, uid, "the event %s has no DTSTART", quote(title))
		return
	}
	day, at, err := p.when(start)
	if day.IsZero() {
		p.problem(line, BadValue, uid, "the event %s: %s", quote(title), err)
		return
	}
	if err != nil {
		p.problem(line, BadValue, uid, "the event %s: %s; its day counts", quote(title), err)
	}
	if v.GetProperty(ics.ComponentPropertyRrule) != nil || v.GetProperty(ics.ComponentPropertyRdate) != nil {
		p.problem(line, BadValue, uid, "the event %s recurs: only its first date counts", quote(title))
	}
	e := cycle.Event{
		ID: "ics-" + dashed(uid), Kind: "event", Name: title, URL: link(text(ics.ComponentPropertyUrl)), Team: cycle.CrossProject,
		Day: day, At: at, Exact: !at.IsZero(),
		Source: cycle.Source{File: p.file, Line: line, Label: uid, Basis: cycle.AtInstant},
	}
	if uid == "" {
		e.ID = "ics-" + dashed(title)
	}
	if kind, ok := p.kinds.Of(title); ok {
		e.Kind = kind.Name
	}
	if !e.Exact {
		e.At = lastMinute(day, p.zone)
	} else if until := p.until(v, at); until.After(at) {
		e.Until = until
	}
	if overrides {
		override.event = &e
		p.overrides = append(p.overrides, override)
		return
	}
	p.events = append(p.events, icalEvent{uid: uid, day: day, at: at, event: &e})
}

// until is when an event ends that begins at an instant; zero where it does not say so.
func (p *icalParser) until(v *ics.VEvent, at time.Time) time.Time {
	if end := v.GetProperty(ics.ComponentPropertyDtEnd); end != nil {
		_, until, _ := p.when(end)
		return until
	}
	if lasts := v.GetProperty(ics.ComponentPropertyDuration); lasts != nil {
		if until := at.Add(duration(strings.TrimSpace(lasts.Value))); believable(until.Year()) {
			return until
		}
	}
	return time.Time{}
}

// link is an address that people can open from the chat, or "": whoever writes the
// file could have them run a script otherwise.
func link(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return ""
	}
	return address
}

// when reads DTSTART or DTEND. The day is set wherever it can be read; the
// instant only when it is known.
func (p *icalParser) when(prop *ics.IANAProperty) (civil.Date, time.Time, error) {
	value := strings.TrimSpace(prop.Value)
	digits, clock, hasClock := strings.Cut(value, "T")
	if len(digits) != 8 {
		return civil.Date{}, time.Time{}, fmt.Errorf("%s is no date: want 20261210 or 20261210T235900Z", quote(value))
	}
	day, err := civil.ParseDate(digits[:4] + "-" + digits[4:6] + "-" + digits[6:])
	if err != nil {
		return civil.Date{}, time.Time{}, err
	}
	if !believable(day.Year) {
		return civil.Date{}, time.Time{}, fmt.Errorf("the year %d is none of a calendar's", day.Year)
	}
	if !hasClock {
		return day, time.Time{}, nil
	}
	rest, utc := strings.CutSuffix(clock, "Z")
	if len(rest) != 6 {
		return day, time.Time{}, fmt.Errorf("%s has no time of six digits", quote(value))
	}
	c, err := civil.ParseClock(rest[:2] + ":" + rest[2:4])
	if err != nil {
		return day, time.Time{}, err
	}
	zone := p.zone
	if utc {
		zone = time.UTC
	} else if ids := prop.ICalParameters["TZID"]; len(ids) > 0 {
		if zone, err = zoneOf(ids[0]); err != nil {
			return day, time.Time{}, err
		}
	}
	at := day.At(c, zone).UTC()
	return civil.DateOf(at, p.zone), at, nil
}

// zoneOf finds a zone of the tz database, also behind a vendor's prefix such as
// "/example.org/20260101/Europe/Prague".
func zoneOf(id string) (*time.Location, error) {
	parts := strings.Split(strings.Trim(id, `/"`), "/")
	for _, n := range []int{len(parts), 3, 2, 1} {
		if n > len(parts) {
			continue
		}
		if zone, err := civil.LoadZone(strings.Join(parts[len(parts)-n:], "/")); err == nil {
			return zone, nil
		}
	}
	return nil, fmt.Errorf("the zone %s is not known", quote(id))
}

// parseEvent is the library's parser with its panics turned into errors.
func parseEvent(block string) (v *ics.VEvent, err error) {
	defer func() {
		if r := recover(); r != nil {
			v, err = nil, fmt.Errorf("parse event: %v", r)
		}
	}()
	cal, err := ics.ParseCalendar(strings.NewReader("BEGIN:VCALENDAR\r\n" + block + "\r\nEND:VCALENDAR\r\n"))
	if err != nil {
		return nil, err
	}
	if events := cal.Events(); len(events) == 1 {
		return events[0], nil
	}
	return nil, fmt.Errorf("want one event, have %d", len(cal.Events()))
}

// lastMinute is when an event that has a day alone is over: 23:59 of the day.
func lastMinute(day civil.Date, zone *time.Location) time.Time {
	return day.At(civil.Clock{Hour: 23, Minute: 59}, zone)
}
