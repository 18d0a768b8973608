package freeze

import (
	"cmp"
	"slices"
	"time"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// ladder turns an event into the instants of its reminders.
type ladder struct {
	zone  *time.Location
	at    civil.Clock
	steps []civil.Span
}

// step is one rung.
type step struct {
	Span civil.Span
	At   time.Time // due, UTC

	// Until is how long the step is worth saying: while its event lies
	// ahead; the last rung, if it is the event itself, for a day after it.
	Until time.Time
}

// name is the step's part of a key: the same however the span is spelled.
func (s step) name() string { return "T-" + s.Span.String() }

const (
	// early is how long before its event a day step comes that would otherwise
	// not come before it: a freeze at 12:00 with reminders at 14:00 is
	// announced at 11:00 that day.
	early = time.Hour

	// after is how long after an event its last rung may still be said.
	after = 24 * time.Hour
)

// of lists the steps of an event in order of their instants; of two at the same
// instant the one nearer to the event comes later. An event whose Remind is nil
// has the whole ladder; see reminded for who should.
func (l ladder) of(e cycle.Event) []step {
	spans := l.steps
	if e.Remind != nil {
		spans = e.Remind
	}
	steps := make([]step, len(spans))
	for i, s := range spans {
		steps[i] = step{Span: s, At: l.due(e, s), Until: e.At.Add(-1)}
	}
	slices.SortStableFunc(steps, func(a, b step) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(b.Span.Duration(), a.Span.Duration()))
	})
	if n := len(steps); n > 0 && steps[n-1].Span.Duration() == 0 {
		steps[n-1].Until = e.At.Add(after)
	}
	return steps
}

func (l ladder) due(e cycle.Event, s civil.Span) time.Time {
	days, ok := s.Days()
	if !ok {
		return e.At.Add(-s.Duration())
	}
	due := e.Day.AddDays(-days).At(l.at, l.zone)
	if !due.Before(e.At) {
		return e.At.Add(-early)
	}
	return due
}
