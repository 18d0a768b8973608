package calendar_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// shown is a grid in short: one line a week, cross-project labels with a plus.
func shown(g calendar.Grid) string {
	var b strings.Builder
	for _, w := range g.Weeks {
		fmt.Fprintf(&b, "%d %s %s %s", w.Line, w.Name.Raw, w.Start.Date, w.End.Date)
		for _, l := range w.Labels {
			mark := " "
			if l.Cross {
				mark = " +"
			}
			fmt.Fprintf(&b, "%s%s:%d", mark, l.Raw, l.Line)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func told(problems []calendar.Problem) string {
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintf(&b, "%s %s\n", p.Kind, p)
	}
	return b.String()
}

func TestParseGrid(t *testing.T) {
	for _, tc := range []struct {
		name, in, want, problems string
	}{
		{
			"as most are, quoted or not, keys in any order",
			`---
start-week: '2026-04-06'
release-week: 2026-09-28
cycle:
  - start: '2026-04-06'
    end: '2026-04-10'
    name: R-25
  - end: 2026-04-17
    start: 2026-04-13
    x-project:
      - h-1
      - h-2
    project-specific:
    - h-nova-spec-freeze
`,
			"5 R-25 2026-04-06 2026-04-10\n8  2026-04-13 2026-04-17 +h-1:11 +h-2:12 h-nova-spec-freeze:14\n",
			"",
		},
		{
			"a key twice in one week: both lists count",
			`cycle:
- start: '2023-07-24'
  end: '2023-07-28'
  project-specific:
    - b-manila-new-driver-deadline
  project-specific:
    - b-nova-review-day
`,
			"2  2023-07-24 2023-07-28 b-manila-new-driver-deadline:5 b-nova-review-day:7\n",
			"duplicate-key s.yaml:6: the key \"project-specific\" stands here for the second time, after line 4: a reader may drop one of the two\n",
		},
		{
			"one week that is no YAML costs one week",
			`start-week: 2023-07-17
cycle:
- start: '2023-07-17'
  end: '2023-07-21'
- start: '2023-07-24
  end: ]
- start: '2023-07-31'
  end: '2023-08-04'
  name: R-9
`,
			"3  2023-07-17 2023-07-21\n7 R-9 2023-07-31 2023-08-04\n",
			"unreadable",
		},
		{
			"a date that is none, a label that is none, a key that is none",
			`cycle:
- start: 2023-02-30
  end: soon
  x-project: ["a b", {c: d}, ok]
  colour: red
`,
			"2  0000-00-00 0000-00-00 +ok:4\n",
			`bad-format s.yaml:2: start is "2023-02-30", which is no date: want year-month-day
bad-format s.yaml:3: end is "soon", which is no date: want year-month-day
bad-format s.yaml:4: "a b" is no label: want letters, digits, hyphens, at most 80
bad-format s.yaml:4: want a plain value, have keys
unknown-key s.yaml:5: the key "colour" is none of this format
`,
		},
		{"a list alone", "- start: 2023-01-02\n", "1  2023-01-02 0000-00-00\n", ""},
		{"nothing", "", "", "unreadable s.yaml: no weeks\n"},
		{"a word", "hello", "", "bad-format s.yaml:1: want keys with values, have a plain value\n"},
		{"references are not followed", "cycle: &a\n- *a\n", "", "bad-format s.yaml:1: want a list, have a reference\n"},
		{"too long", "cycle: # " + strings.Repeat("x", 5000), "", "unreadable s.yaml:1: a line longer than 1024 bytes\n"},
		{"far too long", strings.Repeat("# x\n", 100_000), "", "unreadable s.yaml: longer than 64 KiB\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g, problems := calendar.ParseGrid("s.yaml", []byte(tc.in))
			if d := cmp.Diff(tc.want, shown(g)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if got := told(problems); got != tc.problems && !(tc.problems == "unreadable" && strings.HasPrefix(got, tc.problems)) {
				t.Errorf("problems: got\n%s\nwant\n%s", got, tc.problems)
			}
		})
	}
}

func TestWeek(t *testing.T) {
	for name, want := range map[string]int{"R-25": -25, "R+0": 0, "R-0": 0, "R+2": 2, "R0": 99, "": 99, "R": 99, "R--1": 99, "R-x": 99, "R-1000": 99} {
		n, ok := calendar.Week{Name: calendar.Text{Raw: name}}.Number()
		if !ok {
			n = 99
		}
		if n != want {
			t.Errorf("%q: got %d, want %d", name, n, want)
		}
	}
}

func TestWeekHas(t *testing.T) {
	for _, tc := range []struct {
		start, end, day string
		want            bool
	}{
		{"2021-12-27", "2021-12-31", "2021-12-27", true},
		{"2021-12-27", "2021-12-31", "2022-01-02", true}, // its Sunday
		{"2021-12-27", "2021-12-31", "2022-01-03", false},
		{"2021-12-27", "2021-12-31", "2021-12-26", false},
		{"2021-12-27", "2022-12-31", "2022-03-01", false}, // an end that nobody believes
		{"2016-01-16", "2016-01-22", "2016-01-21", true},  // a week that begins on a Saturday
		{"never", "2021-12-31", "2021-12-27", false},
	} {
		g, _ := calendar.ParseGrid("s.yaml", []byte("- start: "+tc.start+"\n  end: "+tc.end+"\n"))
		day, err := civil.ParseDate(tc.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.Weeks[0].Has(day); got != tc.want {
			t.Errorf("%s to %s has %s: got %v", tc.start, tc.end, tc.day, got)
		}
	}
}

// Editors of some systems begin a file with a byte order mark: it is none of
// YAML's or a page's text.
func TestByteOrderMark(t *testing.T) {
	grid, problems := calendar.ParseGrid("s.yaml", []byte("\ufeff---\nstart-week: 2026-10-05\ncycle:\n- start: 2026-10-05\n"))
	if got := told(problems); got != "" || grid.StartWeek.Line != 2 || len(grid.Weeks) != 1 {
		t.Errorf("got %s of %+v", got, grid)
	}
	page, _, problems := calendar.ParsePage("s.rst", []byte("\ufeff=======\nA Title\n=======\n"), civil.Date{}, civil.Date{})
	if got := told(problems); got != "" || page.Title.Raw != "A Title" {
		t.Errorf("got %s of %q", got, page.Title.Raw)
	}
	events, problems := calendar.ParseCSV("s.csv", []byte("\ufeffevent,date\nRelease,2026-10-05\n"), time.UTC, cycle.DefaultKinds())
	if got := told(problems); got != "" || len(events) != 1 {
		t.Errorf("got %s of %v", got, events)
	}
}

// Files that would cost a parser minutes are refused, or cost a moment.
func TestParseGridOfHostileFiles(t *testing.T) {
	for name, in := range map[string]string{
		"keys":       strings.Repeat("a: 1\n", 10_000),
		"brackets":   strings.Repeat("[\n", 1_900),
		"braces":     strings.Repeat("{a: ", 240),
		"dashes":     strings.Repeat(strings.Repeat("- ", 500)+"\n", 60),
		"references": strings.Repeat("a: &a [*a, *a]\n", 300),
		"no item":    "cycle:\n" + strings.Repeat("- start: 'x\n", 1_900),
	} {
		if _, problems := calendar.ParseGrid("s.yaml", []byte(in)); len(problems) == 0 {
			t.Errorf("%s: no problem", name)
		}
	}
}

func FuzzParseGrid(f *testing.F) {
	f.Add([]byte("cycle:\n- start: '2023-07-24'\n  end: '2023-07-28'\n  project-specific:\n  - b-x\n"))
	f.Add([]byte("- start: '2023-07-24\n- &a [*a, {b: c}]\n? x\n: !!t y\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, problems := calendar.ParseGrid("s.yaml", data)
		lines := strings.Count(string(data), "\n") + 1
		for _, w := range g.Weeks {
			if w.Line < 1 || w.Line > lines {
				t.Errorf("a week in line %d of %d", w.Line, lines)
			}
		}
		for _, p := range problems {
			if p.Line < 0 || p.Line > lines+1 || p.What == "" {
				t.Errorf("a problem in line %d of %d: %q", p.Line, lines, p.What)
			}
		}
	})
}
