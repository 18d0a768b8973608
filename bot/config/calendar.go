package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// endOfDay is when an event that has only a date takes place, in the team's
// zone.
var endOfDay = civil.Clock{Hour: 23, Minute: 59}

// moment is an instant, or a date whose instant depends on a zone.
type moment struct {
	instant time.Time // zero where there is only a date
	day     civil.Date
}

// decodeNode reads a text "2026-12-10T23:59:00Z" or "2026-12-10", or the same
// without quotes.
func (m *moment) decodeNode(d *decoder, path string, n *node) {
	const want = `want a time with its zone, such as "2026-12-10T23:59:00Z", or a date, such as "2026-12-10"`
	switch n.kind {
	case textKind, instantKind, dateKind:
	case dateTimeKind:
		d.reportf(n.line, path, "%s has no zone; put Z behind it for UTC", quote(n.text))
		return
	default:
		d.reportf(n.line, path, "is %s; %s", n.kind, want)
		return
	}
	// TOML allows a space and small letters where RFC 3339 has T and Z.
	text := n.text
	if n.kind == instantKind {
		text = strings.ToUpper(strings.Replace(text, " ", "T", 1))
	}
	if len(text) > 10 && text[10] == 'T' {
		// Digit for digit, because package time reads "3:59" and fractions too.
		if len(text) != len("2006-01-02T15:04:05Z") && len(text) != len("2006-01-02T15:04:05+01:00") {
			d.reportf(n.line, path, "%s is no time; %s", quote(n.text), want)
			return
		}
		at, err := time.Parse("2006-01-02T15:04:05Z07:00", text)
		if err != nil {
			d.reportf(n.line, path, "%s is no time; %s", quote(n.text), want)
			return
		}
		m.instant = at.UTC()
		d.plausible(path, n, at.Year())
		return
	}
	day, err := civil.ParseDate(text)
	if err != nil {
		d.reportf(n.line, path, "%s is no date; %s", quote(n.text), want)
		return
	}
	m.day = day
	d.plausible(path, n, day.Year)
}

// plausible refuses years that are slips: 0226, 20226.
func (d *decoder) plausible(path string, n *node, year int) {
	if year < 2000 || year > 2199 {
		d.reportf(n.line, path, "%s is in the year %d; 2000 to 2199 are allowed", quote(n.text), year)
	}
}

// calendar checks a team's own events.
func (b *builder) calendar(n *node, path string, raw []eventSection, zone *time.Location) cycle.Calendar {
	var events []cycle.Event
	lines := map[string]int{}
	for i, e := range raw {
		at := n.items[i]
		if at.kind != tableKind {
			continue
		}
		b.event(at, path, e)
		eventID, line := e.Kind, at.near("kind")
		if at.get("id") != nil {
			eventID, line = e.ID, at.near("id")
		}
		if first, taken := lines[eventID]; taken && at.get("id") == nil {
			b.reportf(at.line, path+".id", "an event of kind %s stands on line %d already; give this one an id of its own", quote(e.Kind), first)
		} else if taken {
			b.reportf(line, path+".id", "%s is the event's on line %d; give this one an id of its own", quote(eventID), first)
		} else if eventID != "" {
			lines[eventID] = at.line
		}
		event := cycle.Event{ID: eventID, Kind: e.Kind, Name: e.Name, URL: e.URL, At: e.At.instant, Day: e.At.day, Remind: e.Remind}
		if e.At.instant.IsZero() {
			event.At = e.At.day.At(endOfDay, zone)
		} else {
			event.Day = civil.DateOf(e.At.instant, zone)
		}
		events = append(events, event)
	}
	return cycle.New(zone, events)
}

// event checks what the tags of one event can't say.
func (b *builder) event(n *node, path string, e eventSection) {
	text := func(key, why string) {
		if at := n.get(key); why != "" && at != nil && at.kind == textKind {
			b.report(at.line, join(path, key), why)
		}
	}
	text("kind", kindName(e.Kind))
	text("id", kindName(e.ID))
	text("name", printable(e.Name, 120))
	text("url", link(e.URL))
	b.spans(n.get("remind"), path)
}

// spans checks what the tags of a list of reminders can't say.
func (b *builder) spans(n *node, path string) {
	if n == nil {
		return
	}
	var seen []civil.Span
	for _, item := range n.items {
		span, err := civil.ParseSpan(item.text)
		switch {
		case err != nil: // reported while it was read
		case slices.Contains(seen, span):
			b.reportf(item.line, path+".remind", "%s is listed twice", span)
		default:
			seen = append(seen, span)
		}
	}
}

// kindName says what is wrong with an event's kind or id, or "".
func kindName(s string) string {
	ok := s != "" && len(s) <= 48
	for i, c := range []byte(s) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || i > 0 && c == '-')
	}
	if ok {
		return ""
	}
	return fmt.Sprintf("%s: want 1 to 48 lower-case letters, digits and hyphens, such as \"spec-freeze\"", quote(s))
}

// link says what is wrong with a link, or "". It has to fit whole into a line
// of chat.
func link(s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Host == "", u.User != nil:
		return fmt.Sprintf("%s is no link; want https://… or http://…", quote(s))
	case len(s) > 300:
		return "is longer than 300 bytes"
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return "holds spaces or characters beyond ASCII; write them as %20 and the like"
	}
	return ""
}
