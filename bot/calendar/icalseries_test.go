package calendar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar"
	"torchbearer/bot/cycle"
)

// What comes in the place of a date of a series replaces it, or takes it away. That of
// another date than the first, the only one that is read, is one more.
func TestParseICalOfOverrides(t *testing.T) {
	event := func(lines ...string) string {
		return "BEGIN:VEVENT\nUID:meeting\n" + strings.Join(lines, "\n") + "\nEND:VEVENT\n"
	}
	const (
		start  = "DTSTART:20261210T140000Z"
		name   = "SUMMARY:Glance meeting"
		first  = "RECURRENCE-ID:20261210T140000Z"
		moved  = "DTSTART:20261211T150000Z"
		off    = "STATUS:CANCELLED"
		recurs = "bad-format x.ics:%: the event \"Glance meeting\" recurs: only its first date counts\n"
	)
	series := event(name, start, "RRULE:FREQ=WEEKLY")
	day := event(name, "DTSTART;VALUE=DATE:20261210")
	for _, tc := range []struct {
		name, in string
		want     []string
		problems string
	}{
		{"the first", series + event(name, first, moved), []string{"7 ics-meeting event 2026-12-11 2026-12-11T15:00:00Z exact"}, strings.ReplaceAll(recurs, "%", "1")},
		{"before it", event(name, first, moved) + series, []string{"1 ics-meeting event 2026-12-11 2026-12-11T15:00:00Z exact"}, strings.ReplaceAll(recurs, "%", "7")},
		{"by another zone", event(name, start) + event(name, "RECURRENCE-ID;TZID=Europe/Prague:20261210T150000", moved), []string{"6 ics-meeting event 2026-12-11 2026-12-11T15:00:00Z exact"}, ""},
		{"by its day", event(name, start) + event(name, "RECURRENCE-ID;VALUE=DATE:20261210", moved), []string{"6 ics-meeting event 2026-12-11 2026-12-11T15:00:00Z exact"}, ""},
		{"of a day", day + event(name, "RECURRENCE-ID;VALUE=DATE:20261210", "DTSTART;VALUE=DATE:20261217"), []string{"6 ics-meeting event 2026-12-17 2026-12-17T23:59:00Z"}, ""},
		{"twice: the last", event(name, start) + event(name, first, "DTSTART:20261209T140000Z") + event(name, first, moved), []string{"12 ics-meeting event 2026-12-11 2026-12-11T15:00:00Z exact"}, ""},
		{"cancelled", event(name, start) + event(first, off), nil, ""},
		{"another one", event(name, start) + event(name, "RECURRENCE-ID:20261217T140000Z", "DTSTART:20261218T140000Z"), []string{
			"1 ics-meeting event 2026-12-10 2026-12-10T14:00:00Z exact", "6 ics-meeting.2 event 2026-12-18 2026-12-18T14:00:00Z exact",
		}, ""},
		{"another one cancelled", event(name, start) + event("RECURRENCE-ID:20261217T140000Z", off), []string{"1 ics-meeting event 2026-12-10 2026-12-10T14:00:00Z exact"}, ""},
		{"of another series", event(name, start) + strings.Replace(event(name, first, moved), "UID:meeting", "UID:other", 1), []string{
			"1 ics-meeting event 2026-12-10 2026-12-10T14:00:00Z exact", "6 ics-other event 2026-12-11 2026-12-11T15:00:00Z exact",
		}, ""},
		{"of no time", event(name, start) + event(name, "RECURRENCE-ID:now", moved), []string{
			"1 ics-meeting event 2026-12-10 2026-12-10T14:00:00Z exact", "6 ics-meeting.2 event 2026-12-11 2026-12-11T15:00:00Z exact",
		}, "bad-format x.ics:6: the event \"Glance meeting\": of RECURRENCE-ID, \"now\" is no date: want 20261210 or 20261210T235900Z\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			events, problems := calendar.ParseICal("x.ics", []byte(tc.in), time.UTC, cycle.DefaultKinds())
			if d := cmp.Diff(tc.want, brief(events)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if got := told(problems); got != tc.problems {
				t.Errorf("problems: got %s, want %s", got, tc.problems)
			}
		})
	}
}

// How long an event lasts says when it ends.
func TestParseICalOfDurations(t *testing.T) {
	for in, want := range map[string]string{
		"PT1H30M": "15:30", "+P1DT1H": "15:00", "P1W": "14:00", "PT3600S": "15:00",
		"P": "", "": "", "-PT1H": "", "1H": "", "PT1D": "", "PT1": "", "PTH": "", "PT999999999H": "",
		"P63360D": "14:00", "P63393D": "", // to the years 2199 and 2200
		"P99999W": "", "P15250W15250W60D": "", // more than a time.Duration holds
	} {
		event := "BEGIN:VEVENT\nUID:a\nSUMMARY:Meeting\nDTSTART:20260610T140000Z\nDURATION:" + in + "\nEND:VEVENT\n"
		events, _ := calendar.ParseICal("x.ics", []byte(event), time.UTC, cycle.DefaultKinds())
		got := ""
		if len(events) == 1 && !events[0].Until.IsZero() {
			got = events[0].Until.Format("15:04")
		}
		if got != want {
			t.Errorf("%q: ends at %q, want %q", in, got, want)
		}
	}
}
