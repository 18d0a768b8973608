package calendar_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
)

const hibiscusPage = `================================
2026.2 Hibiscus Release Schedule
================================

.. note::

   Deadlines are generally the Thursday of the week on which they are noted
   below.

April 2, 2026 - September 30, 2026 (26 weeks)

.. datatemplate::
   :source: schedule.yaml

   1 May 2026 is no event

Cross-project events
====================

.. _h-1:
.. _h-one:

Hibiscus-1 milestone
--------------------

May 14, 2026 is the milestone. See ` + "`site`_." + `

.. _site: https://example.org/2026-05-15
.. a comment of 16 May 2026

Project-specific events
=======================

Nova
----

.. _h-nova-spec-freeze:

Nova Spec Freeze
^^^^^^^^^^^^^^^^
Specs must be approved by 11 June 2026 (23:59 UTC).

.. _h-1:

Twice
^^^^^
.. _h-alone:

Text with a label and no title, by 12 June 2026.
`

func TestParsePage(t *testing.T) {
	page, grid, problems := calendar.ParsePage("s.rst", []byte(hibiscusPage), civil.Date{}, civil.Date{})
	var got []string
	for _, s := range page.Sections {
		var labels []string
		for _, l := range s.Labels {
			labels = append(labels, l.Pos.String()+" "+l.Raw)
		}
		line := strings.Join(labels, ",") + " | " + strings.Join(s.Groups, "/") + " | " + s.Title.Raw
		for _, m := range s.Mentions {
			line += " | " + mention(m)
		}
		got = append(got, line)
	}
	want := []string{
		" |  | ",
		" |  | 2026.2 Hibiscus Release Schedule | range 2026-04-02..2026-09-30",
		" |  | Cross-project events",
		"s.rst:20 h-1,s.rst:21 h-one | Cross-project events | Hibiscus-1 milestone | date 2026-05-14",
		" |  | Project-specific events",
		" | Project-specific events | Nova",
		"s.rst:37 h-nova-spec-freeze | Project-specific events/Nova | Nova Spec Freeze | date 2026-06-11 23:59 UTC",
		" | Project-specific events/Nova | Twice",
		"s.rst:47 h-alone | Project-specific events/Nova |  | date 2026-06-12",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := page.Range.From.String() + " " + page.Range.To.String(); got != "2026-04-02 2026-09-30" || page.RangeWeeks != 26 || page.Range.Line != 10 {
		t.Errorf("range: %s, %d weeks, line %d", got, page.RangeWeeks, page.Range.Line)
	}
	if page.Thursday.Line != 7 || page.Title.Line != 2 {
		t.Errorf("rule in line %d, title in line %d", page.Thursday.Line, page.Title.Line)
	}
	if got, want := told(problems), "doubled-label s.rst:43: the label \"h-1\" stands in line 20 already\n"; got != want {
		t.Errorf("problems: got %s, want %s", got, want)
	}
	if len(grid.Weeks) != 0 {
		t.Errorf("a table of %d weeks", len(grid.Weeks))
	}
}

const mitakaPage = `=========================
 Mitaka release schedule
=========================

+-------------------+---------------------------+-----------------------------+
| Week              | Cross-project events      | Project-specific events     |
+============+======+===========================+=============================+
| Dec 21-25  | R-15 |                           |                             |
+------------+------+---------------------------+-----------------------------+
| Dec 28-1   | R-14 |                           | :ref:` + "`m-glance-bp-freeze`" + `   |
+------------+------+---------------------------+-----------------------------+
| Jan 4-8    | R-13 | :ref:` + "`Two <m-2>`" + `          | :ref:` + "`m-nova-npff`" + `          |
|            |      +---------------------------+-----------------------------+
|            |      |                           | :ref:` + "`m-a b`" + `                |
+------------+------+-----broken----------------+-----------------------------+
| some day   |      |                           |                             |
+------------+------+---------------------------+-----------------------------+
| Jan 16-22  | R-11 | :ref:` + "`m-3`" + `                |                             |
+------------+------+---------------------------+-----------------------------+
| Jan 25-29  | R-10 |                           |                             |
+------------+------+---------------------------+-----------------------------+

.. _m-nova-npff:

Nova
----

By 5th January 2015, or 3rd December 2015.

.. _m-glance-bp-freeze:

Glance
------

By Jan 1st.
`

// A table names no years: they are those in which its weeks begin on Mondays,
// among the years of the prose, wrong ones too.
func TestParseTable(t *testing.T) {
	page, grid, problems := calendar.ParsePage("s.rst", []byte(mitakaPage), civil.Date{}, civil.Date{})
	want := `8 R-15 2015-12-21 2015-12-25
10 R-14 2015-12-28 2016-01-01 m-glance-bp-freeze:10
12 R-13 2016-01-04 2016-01-08 +m-2:12 m-nova-npff:12
16  0000-00-00 0000-00-00
18 R-11 2016-01-16 2016-01-22 +m-3:18
20 R-10 2016-01-25 2016-01-29
`
	if d := cmp.Diff(want, shown(grid)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	wantProblems := `bad-format s.rst:14: "m-a b" is no label: want letters, digits, hyphens, at most 80
broken-table s.rst:15: a line between two rows has other signs than + - =
bad-format s.rst:16: "some day" is no span of days, such as Nov 30-4
`
	if d := cmp.Diff(wantProblems, told(problems)); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
	if got := mention(page.Sections[len(page.Sections)-1].Mentions[0]); got != "date 2016-01-01 (year implied)" {
		t.Errorf("Jan 1st is %s", got)
	}
}

func TestParsePageOfNothing(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "",
		"\xff\xfe":                 "not-utf-8 s.rst:1: not all of it is UTF-8: what is not is shown as \uFFFD\n",
		strings.Repeat("x\n", 3e5): "unreadable s.rst: longer than 512 KiB\n",
		".. _a:":                   "",
		"====\n====\n====":         "",
		"| Cross-project | Project-specific |\n| Foo | R-1 | :ref:`x` |": "bad-format s.rst:2: \"Foo\" is no span of days, such as Nov 30-4\nunreadable s.rst:2: the weeks of the table can't be dated: the page names no year that fits\n",
	} {
		_, _, problems := calendar.ParsePage("s.rst", []byte(in), civil.Date{}, civil.Date{})
		if got := told(problems); got != want {
			t.Errorf("%.40q: got %s, want %s", in, got, want)
		}
	}
}

// What stands in a box is the page's text too: "the deadline was extended" does
// above all.
func TestParsePageReadsAdmonitions(t *testing.T) {
	for _, box := range []string{"note::", "important::", "warning::", "admonition:: Moved"} {
		in := ".. _h-x:\n\nEvent\n-----\n\n.. " + box + "\n\n   It is on 11 June 2026.\n\n.. figure:: 12 June 2026\n\n   On 13 June 2026.\n\n.. On 14 June 2026.\n"
		page, _, _ := calendar.ParsePage("s.rst", []byte(in), civil.Date{}, civil.Date{})
		var got []string
		for _, m := range page.Sections[1].Mentions {
			got = append(got, m.Raw)
		}
		if d := cmp.Diff([]string{"11 June 2026"}, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", box, d)
		}
	}
}

func FuzzParsePage(f *testing.F) {
	f.Add([]byte(hibiscusPage))
	f.Add([]byte(mitakaPage))
	f.Add([]byte(".. _x:\n\nEvent\n-----\n\n11 September 1926, 1926-11-26 - 20226-11-28, 16 May 226; 11 June 2026.\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		page, grid, problems := calendar.ParsePage("s.rst", data, civil.Date{}, civil.Date{})
		lines := strings.Count(string(data), "\n") + 1
		in := func(what string, p calendar.Pos) {
			if p.Line < 0 || p.Line > lines {
				t.Errorf("%s in line %d of %d", what, p.Line, lines)
			}
		}
		for _, s := range page.Sections {
			in("a title", s.Title.Pos)
			in("a text", s.Body.Pos)
			for _, m := range s.Mentions {
				in("a mention", m.Pos)
				if m.From.IsZero() != m.To.IsZero() || m.To.Before(m.From) {
					t.Errorf("%q from %s to %s", m.Raw, m.From, m.To)
				}
				if m.OddYear != "" && (len(m.OddYear) > 5 || strings.Trim(m.OddYear, "0123456789") != "") {
					t.Errorf("%q has the odd year %q", m.Raw, m.OddYear)
				}
				if m.Raw == "" {
					t.Errorf("a mention of nothing in line %d", m.Line)
				}
			}
		}
		for _, w := range grid.Weeks {
			in("a week", w.Pos)
		}
		for _, p := range problems {
			in("a problem", p.Pos)
		}
	})
}
