package calendar_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// brief shows events in short.
func brief(events []cycle.Event) []string {
	var out []string
	for _, e := range events {
		line := fmt.Sprintf("%d %s %s %s %s", e.Source.Line, e.ID, e.Kind, e.Day, e.At.Format(time.RFC3339))
		if e.Exact {
			line += " exact"
		}
		if !e.Until.IsZero() {
			line += " until " + e.Until.Format(time.RFC3339)
		}
		out = append(out, line)
	}
	return out
}

// The three forms that election configurations have had.
func TestParseElection(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     []string
		problems string
	}{
		{
			"today's",
			`release: 2027.1
election_type: combined
timeframe:
  start: 2025-09-12T00:00
  email_deadline: 2026-08-19T00:00
timeline:
  - name: TC Nominations
    start: 2026-08-05T23:45
    end: 2026-08-19T23:45
  - name: TC & PTL Election
    start: '2026-08-26T23:45'
    end: '2026-09-16T23:45'
`,
			[]string{
				"5 election-email-deadline election-email-deadline 2026-08-19 2026-08-19T00:00:00Z exact",
				"7 election-tc-nominations election-nominations 2026-08-05 2026-08-05T23:45:00Z exact until 2026-08-19T23:45:00Z",
				"10 election-tc-ptl-election election-voting 2026-08-26 2026-08-26T23:45:00Z exact until 2026-09-16T23:45:00Z",
			},
			"",
		},
		{
			"the list alone",
			"- {'date': '2016-03-11T00:00', 'name': 'PTL nomination starts'}\n- {'date': '2016-03-24T23:59', 'name': 'PTL elections ends'}\n",
			[]string{
				"1 election-ptl-nomination-starts election-nominations 2016-03-11 2016-03-11T00:00:00Z exact",
				"2 election-ptl-elections-ends election-close 2016-03-24 2016-03-24T23:59:00Z exact",
			},
			"",
		},
		{
			"the list with a name; the same name twice; one digit for a day; no instant",
			"timelines:\n- {date: 2018-02-7T23:45, name: x}\n- {date: 2018-02-08T23:45, name: x}\n- {date: soon, name: y}\n- {date: 2018-02-30T00:00}\n",
			[]string{
				"2 election-x election 2018-02-07 2018-02-07T23:45:00Z exact",
				"3 election-x.2 election 2018-02-08 2018-02-08T23:45:00Z exact",
			},
			`bad-format e.yaml:2: date is "2018-02-7T23:45": want two digits for month, day, hours and minutes: 2018-02-07T23:45
bad-format e.yaml:4: date is "soon", which is no instant: want 2026-08-05T23:45
bad-format e.yaml:5: date is "2018-02-30T00:00", which is no instant: want 2026-08-05T23:45
`,
		},
		{"something else", "release: x\n", nil, "unreadable e.yaml: no timeline\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := calendar.ParseElection("e.yaml", []byte(tc.in))
			if d := cmp.Diff(tc.want, brief(e.Events(cycle.DefaultKinds()))); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if got := told(e.Problems); got != tc.problems {
				t.Errorf("problems: got %s, want %s", got, tc.problems)
			}
		})
	}
}

const icsFile = `BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:hibiscus-R-5
SUMMARY:Feature freeze\, and
  more
DTSTART;VALUE=DATE:20260827
END:VEVENT
BEGIN:VEVENT
UID:meeting
SUMMARY:Cinder mid-cycle
DTSTART;TZID=/example.org/20260101/Europe/Prague:20260610T160000
DTEND;TZID=Europe/Prague:20260610T180000
RRULE:FREQ=WEEKLY
URL:https://example.org/m
END:VEVENT
BEGIN:VEVENT
SUMMARY:Spec freeze
DTSTART:20260611T235900Z
END:VEVENT
BEGIN:VEVENT
SUMMARY:Spec freeze
DTSTART:20260612T010000
END:VEVENT
BEGIN:VEVENT
SUMMARY:Off
STATUS:CANCELLED
DTSTART:20260612T010000
END:VEVENT
BEGIN:VEVENT
SUMMARY:Mars
DTSTART;TZID=Mars/Olympus:20260612T010000
END:VEVENT
BEGIN:VEVENT
SUMMARY:None
DTSTART:20260631
END:VEVENT
BEGIN:VEVENT
SUMMARY
END:VEVENT
BEGIN:VEVENT
BEGIN:VEVENT
SUMMARY:Without a start
END:VEVENT
BEGIN:VEVENT
`

func TestParseICal(t *testing.T) {
	prague, err := civil.LoadZone("Europe/Prague")
	if err != nil {
		t.Fatal(err)
	}
	events, problems := calendar.ParseICal("x.ics", []byte(strings.ReplaceAll(icsFile, "\n", "\r\n")), prague, cycle.DefaultKinds())
	want := []string{
		"3 ics-hibiscus-r-5 feature-freeze 2026-08-27 2026-08-27T21:59:00Z",
		"9 ics-meeting mid-cycle 2026-06-10 2026-06-10T14:00:00Z exact until 2026-06-10T16:00:00Z",
		"17 ics-spec-freeze spec-freeze 2026-06-12 2026-06-11T23:59:00Z exact",
		"21 ics-spec-freeze.2 spec-freeze 2026-06-12 2026-06-11T23:00:00Z exact",
		"30 ics-mars event 2026-06-12 2026-06-12T21:59:00Z",
	}
	if d := cmp.Diff(want, brief(events)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if len(events) > 1 && (events[0].Name != "Feature freeze, and more" || events[1].URL != "https://example.org/m") {
		t.Errorf("got %q, %q", events[0].Name, events[1].URL)
	}
	wantProblems := `bad-format x.ics:9: the event "Cinder mid-cycle" recurs: only its first date counts
bad-format x.ics:30: the event "Mars": the zone "Mars/Olympus" is not known; its day counts
bad-format x.ics:34: the event "None": parse date "2026-06-31": June 2026 has days 01 to 30
unreadable x.ics:38: not a valid event
unreadable x.ics:41: an event without END:VEVENT
bad-format x.ics:42: the event "Without a start" has no DTSTART
unreadable x.ics:45: an event without END:VEVENT
`
	got := told(problems)
	if i := strings.Index(got, "not a valid event"); i >= 0 { // the library's words follow
		j := i + strings.Index(got[i:], "\n")
		got = got[:i] + "not a valid event" + got[j:]
	}
	if d := cmp.Diff(wantProblems, got); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
	for in, want := range map[string]string{
		"":                         "unreadable x.ics: it is no iCalendar file; want one that begins with BEGIN:VCALENDAR\n",
		strings.Repeat("x", 3<<20): "unreadable x.ics: longer than 2048 KiB\n",
		"BEGIN:VEVENT\n" + strings.Repeat("X:y\n", 20_000) + "END:VEVENT\n": "unreadable x.ics:1: an event longer than 64 KiB\n",
	} {
		_, problems := calendar.ParseICal("x.ics", []byte(in), time.UTC, cycle.DefaultKinds())
		if got := told(problems); got != want {
			t.Errorf("%.20q: got %s, want %s", in, got, want)
		}
	}
}

// The address of an event is one that people can follow, or none.
func TestParseICalOfLinks(t *testing.T) {
	for in, want := range map[string]string{
		"https://example.org/m?a=b#c":          "https://example.org/m?a=b#c",
		"HTTP://example.org":                   "HTTP://example.org",
		"javascript:alert(1)":                  "",
		"javascript://example.org/%0aalert(1)": "",
		"data:text/html,x":                     "",
		"ftp://example.org/x":                  "",
		"//example.org/x":                      "",
		"/etherpad":                            "",
		"https:example.org":                    "",
		"https://":                             "",
		"https://:443/x":                       "",
		"https://bank.example@example.org/":    "",
		"https://exa mple.org/":                "",
	} {
		event := "BEGIN:VEVENT\nUID:a\nSUMMARY:Meeting\nDTSTART:20260610T140000Z\nURL:" + in + "\nEND:VEVENT\n"
		events, _ := calendar.ParseICal("x.ics", []byte(event), time.UTC, cycle.DefaultKinds())
		if len(events) != 1 || events[0].URL != want {
			t.Errorf("%s: got %+v, want the address %q", in, events, want)
		}
	}
}

// Dates beside the first one are said to be left out, however they are given.
func TestParseICalOfMoreDates(t *testing.T) {
	in := "BEGIN:VEVENT\nUID:a\nSUMMARY:Meeting\nDTSTART:20260610T140000Z\nRDATE:20260617T140000Z\nEND:VEVENT\n"
	events, problems := calendar.ParseICal("x.ics", []byte(in), time.UTC, cycle.DefaultKinds())
	if got, want := told(problems), "bad-format x.ics:1: the event \"Meeting\" recurs: only its first date counts\n"; got != want || len(events) != 1 {
		t.Errorf("got %s of %v, want %s", got, brief(events), want)
	}
}

func TestParseCSV(t *testing.T) {
	in := `event,date,kind,source
Mitaka week R-24 begins,2015-10-19,cycle-start,x
"Feature freeze, set by mitaka-3",2016-03-03,,y
Two,2016-02-30,tag,z
Short
"Glance tag 1",2016-03-03,tag,z
"Glance tag 1",2016-03-04,tag,z
`
	events, problems := calendar.ParseCSV("m.csv", []byte(in), time.UTC, cycle.DefaultKinds())
	want := []string{
		"2 mitaka-week-r-24-begins cycle-start 2015-10-19 2015-10-19T23:59:00Z",
		"3 feature-freeze-set-by-mitaka-3 feature-freeze 2016-03-03 2016-03-03T23:59:00Z",
		"6 glance-tag-1 tag 2016-03-03 2016-03-03T23:59:00Z",
		"7 glance-tag-1.2 tag 2016-03-04 2016-03-04T23:59:00Z",
	}
	if d := cmp.Diff(want, brief(events)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	wantProblems := `bad-format m.csv:4: "2016-02-30" is no date: want year-month-day
bad-format m.csv:5: the row has 1 columns, want 4
`
	if d := cmp.Diff(wantProblems, told(problems)); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
	for in, want := range map[string]string{
		"":                "unreadable m.csv:1: want a first row that names the columns event and date\n",
		"a,b\n":           "unreadable m.csv:1: want a first row that names the columns event and date\n",
		"event,date\n\"x": "unreadable m.csv:2: not valid CSV: extraneous or missing \" in quoted-field\n",
		"event,date\n" + strings.Repeat("x,2016-01-01\n", 5_001): "unreadable m.csv: more than 5000 rows: the rest is left out\n",
	} {
		_, problems := calendar.ParseCSV("m.csv", []byte(in), time.UTC, cycle.DefaultKinds())
		if got := told(problems); got != want {
			t.Errorf("%.20q: got %s, want %s", in, got, want)
		}
	}
}

// What the command prints, of every sort of source; hostile titles stay on their
// line and send nothing to a terminal.
func TestList(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("hibiscus/schedule.yaml", "cycle:\n- start: 2026-05-11\n  name: R-20\n  x-project: [h-1]\n- start: 2026-06-08\n  name: R-16\n  project-specific: [h-nova-spec-freeze]\n")
	write("hibiscus/schedule.rst", hibiscusPage)
	write("indri/schedule.yaml", "cycle:\n- start: 2026-05-11\n  x-project: [h-1]\n- start: never\n  x-project: [i-1]\n")
	names := []string{
		filepath.Join(dir, "hibiscus"), filepath.Join(dir, "indri"), filepath.Join(dir, "missing"),
		write("hibiscus.rst", hibiscusPage), write("alone/schedule.yaml", "- start: 2026-05-11\n  x-project: [a-ff]\n"),
		write("e.yaml", "release: 2027.1\ntimeline:\n- {name: TC Nominations, start: 2026-08-05T23:45, end: 2026-08-19T23:45}\n"),
		write("x.ics", "BEGIN:VEVENT\nSUMMARY:\x1b[31mSpec\tfreeze\u202e!\nDTSTART:20260612\nEND:VEVENT\n"),
		write("m.csv", "event,date\nSummit,2015-10-27\n"),
	}
	var loaded []calendar.Loaded
	problems := ""
	for _, name := range names {
		l := calendar.Load(name, time.UTC, civil.Date{}, cycle.DefaultKinds())
		loaded = append(loaded, l)
		problems += told(l.Problems)
	}
	rows := calendar.List(loaded, cycle.DefaultKinds())
	short := func(s string) string { return strings.ReplaceAll(s, filepath.ToSlash(dir)+"/", "") }
	var b strings.Builder
	if err := calendar.Print(&b, rows, false); err != nil {
		t.Fatal(err)
	}
	want := `2015-10-27                                 summit                summit                   Summit  m.csv:2
2026-05-14            R-20  cross-project  milestone             h-1                      Hibiscus-1 milestone  hibiscus/schedule.yaml:4
2026-05-14                  cross-project  milestone             h-1                      Hibiscus-1 milestone  indri/schedule.yaml:3
2026-05-14                  cross-project  feature-freeze        a-ff                       alone/schedule.yaml:2
2026-06-11 23:59 UTC  R-16  nova           spec-freeze           h-nova-spec-freeze       Nova Spec Freeze  hibiscus/schedule.yaml:7
2026-06-12                  cross-project  event                                          [31mSpec freeze!  x.ics:1
2026-08-05 23:45 UTC        elections      election-nominations  election-tc-nominations  TC Nominations  e.yaml:3
no date                     cross-project  milestone             i-1                        indri/schedule.yaml:5
`
	if d := cmp.Diff(want, short(b.String())); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	b.Reset()
	if err := calendar.Print(&b, rows[1:6], true); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(short(b.String()), "\n")
	wantJSON := []string{
		`{"series":"hibiscus","label":"h-nova-spec-freeze","team":"nova","kind":"spec-freeze","week":"R-16","date":"2026-06-11","instant_utc":"2026-06-11T23:59:00Z","basis":"prose-time","title":"Nova Spec Freeze","file":"hibiscus/schedule.yaml","line":7}`,
		`{"series":"indri","label":"h-1","team":"cross-project","kind":"milestone","week":"","date":"2026-05-14","basis":"prose-date","title":"Hibiscus-1 milestone","file":"indri/schedule.yaml","line":3}`,
		`{"series":"indri","label":"i-1","team":"cross-project","kind":"milestone","week":"","basis":"week","title":"","file":"indri/schedule.yaml","line":5}`,
		`{"series":"alone","label":"a-ff","team":"cross-project","kind":"feature-freeze","week":"","date":"2026-05-14","basis":"week","title":"","file":"alone/schedule.yaml","line":2}`,
		`{"series":"2027.1","label":"election-tc-nominations","team":"elections","kind":"election-nominations","week":"","date":"2026-08-05","instant_utc":"2026-08-05T23:45:00Z","until_utc":"2026-08-19T23:45:00Z","basis":"instant","title":"TC Nominations","file":"e.yaml","line":3}`,
		"",
	}
	if d := cmp.Diff(wantJSON, lines); d != "" {
		t.Errorf("JSON (-want +got):\n%s", d)
	}
	if got := short(problems); !strings.Contains(got, "unreadable missing: open: ") || !strings.Contains(got, `indri/schedule.yaml:4: start is "never"`) {
		t.Errorf("problems:\n%s", got)
	}
}

func FuzzParseICal(f *testing.F) {
	f.Add([]byte(icsFile))
	f.Add([]byte("BEGIN:VEVENT\nUID:a\nDTSTART:20261210T140000Z\nDURATION:PT1H\nEND:VEVENT\nBEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20261210\nDTSTART:20261211\nEND:VEVENT\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		events, problems := calendar.ParseICal("x.ics", data, time.UTC, cycle.DefaultKinds())
		if len(events)+len(problems) == 0 && !strings.Contains(strings.ToLower(string(data)), "cancelled") {
			t.Error("neither events nor problems")
		}
		for _, e := range events {
			if e.ID == "" || e.Day.IsZero() || e.At.IsZero() || e.Source.Line < 1 {
				t.Errorf("%+v", e)
			}
		}
	})
}

func FuzzParseElection(f *testing.F) {
	f.Add([]byte("release: 2027.1\ntimeframe: {email_deadline: 2026-08-19T00:00}\ntimeline:\n- {name: a, start: 2026-08-05T23:45, end: 2026-08-5 2:45}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		e := calendar.ParseElection("e.yaml", data)
		seen := map[string]bool{}
		for _, ev := range e.Events(cycle.DefaultKinds()) {
			if seen[ev.ID] || ev.Day.IsZero() || !ev.Exact || ev.Source.Line < 1 {
				t.Errorf("%+v", ev)
			}
			seen[ev.ID] = true
		}
	})
}

func FuzzParseCSV(f *testing.F) {
	f.Add([]byte("event,date,kind\nx,2016-01-01,tag\n\"y"))
	f.Fuzz(func(t *testing.T, data []byte) {
		events, _ := calendar.ParseCSV("m.csv", data, time.UTC, cycle.DefaultKinds())
		for _, e := range events {
			if e.ID == "" || e.Kind == "" || e.Day.IsZero() {
				t.Errorf("%+v", e)
			}
		}
	})
}
