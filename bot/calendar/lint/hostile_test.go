package lint_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot/calendar"
	"torchbearer/bot/calendar/lint"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

func TestWorstFirst(t *testing.T) {
	at := func(file string, line int) calendar.Pos { return calendar.Pos{File: file, Line: line} }
	a := lint.Finding{Pos: at("b", 1), Severity: lint.Notice, What: "unusual"}
	b := lint.Finding{Pos: at("b", 2), Severity: lint.Warning, Label: "x", What: "wrong", Probably: "right"}
	c := lint.Finding{Pos: at("a", 9), Severity: lint.Warning, What: "wrong"}
	d := lint.Finding{Pos: at("b", 3), Severity: lint.Error, What: "very wrong"}
	want := "b:3: very wrong\na:9: wrong\nb:2: x: wrong (probably right)\nb:1: notice: unusual\n"
	if diff := cmp.Diff(want, lines(lint.Sort([]lint.Finding{a, b, c, d, b}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Text from a calendar stays text: one line, no control characters.
func TestFindingsArePlain(t *testing.T) {
	f := lint.Finding{Pos: calendar.Pos{File: "a\nb", Line: 1}, Label: "\x1b[31mred", What: "a\u202eb\r\nc", Probably: "\x00\ufffd"}
	if got, want := f.String(), "a b:1: [31mred: notice: ab  c (probably \ufffd)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A cycle of any length that begins on any Monday, written without a mistake,
// has no findings; and one slip of the year in it has.
func TestCorrectCyclesAreSilent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weeks := rapid.IntRange(12, 30).Draw(t, "weeks")
		release := civil.Date{Year: 2015, Month: 1, Day: 5}.AddDays(7 * rapid.IntRange(0, 1500).Draw(t, "release"))
		week := func(n int) civil.Date { return release.AddDays(-7 * n) }
		at := map[int][]string{weeks: {"q-1"}, 8: {"q-2", "q-mf"}, 6: {"q-final-lib"}, 5: {"q-3", "q-ff", "q-soft-sf"}, 3: {"q-rc1"}, 1: {"q-finalrc"}, 0: {"q-final"}}
		prose := map[string]string{"q-mf": "Membership freeze", "q-final-lib": "Final release for non-client libraries", "q-ff": "Feature freeze", "q-soft-sf": "Soft StringFreeze", "q-rc1": "RC1 target week", "q-finalrc": "Final RCs"}
		own := rapid.IntRange(2, weeks-1).Draw(t, "freeze")
		at[own] = append(at[own], "q-nova-spec-freeze")
		wd := rapid.IntRange(0, 4).Draw(t, "weekday")
		layout := rapid.SampledFrom([]string{"2 January 2006", "January 2, 2006", "2nd of January, 2006", "Monday, 2 January 2006", "2006-01-02"}).Draw(t, "layout")
		form := func(d civil.Date) string {
			// Go has no layout for ordinals; pages write "1th" too.
			s := d.At(civil.Clock{}, time.UTC).Format(strings.Replace(layout, "2nd", "2", 1))
			if strings.HasPrefix(layout, "2nd") {
				n, rest, _ := strings.Cut(s, " ")
				s = n + "th " + rest
			}
			return s
		}
		var y, r strings.Builder
		fmt.Fprintf(&y, "start-week: %s\nrelease-week: %s\ncycle:\n", week(weeks), release)
		fmt.Fprintf(&r, "Quartz Release Schedule\n=======================\n\n%s - %s (%d weeks)\n\n", week(weeks).At(civil.Clock{}, time.UTC).Format("2 January 2006"), release.AddDays(2).At(civil.Clock{}, time.UTC).Format("2 January 2006"), weeks)
		for n := weeks; n >= 0; n-- {
			fmt.Fprintf(&y, "- start: %s\n  end: %s\n  name: %s\n", week(n), week(n).AddDays(4), cycle.WeekName(-n))
			if len(at[n]) > 0 {
				y.WriteString("  x-project:\n")
			}
			for _, l := range at[n] {
				fmt.Fprintf(&y, "  - %s\n", l)
				title, body := prose[l], "This has a meaning."
				switch {
				case l == "q-nova-spec-freeze":
					title, body = "Nova Spec Freeze", "Until "+form(week(n).AddDays(wd))+" (23:59 UTC)."
				case l == "q-final":
					title, body = "Quartz release", "It is on "+form(release.AddDays(2))+"."
				case title == "":
					title, body = "Quartz-"+l[2:]+" milestone", form(week(n).AddDays(3))+" is the Quartz-"+l[2:]+" milestone."
				}
				fmt.Fprintf(&r, ".. _%s:\n\n%s\n%s\n\n%s\n\n", l, title, strings.Repeat("-", len(title)), body)
			}
		}
		check := func(yaml, rst string) []lint.Finding {
			s := calendar.Read(fstest.MapFS{"schedule.yaml": {Data: []byte(yaml)}, "schedule.rst": {Data: []byte(rst)}}, "quartz", civil.Date{})
			return lint.Check(lint.Input{Schedule: s, Kinds: cycle.DefaultKinds()})
		}
		if got := check(y.String(), r.String()); len(got) > 0 {
			t.Fatalf("a correct cycle has findings:\n%s\n%s%s", lines(got), y.String(), r.String())
		}
		day := form(week(own).AddDays(wd))
		slip := strings.Replace(day, fmt.Sprint(week(own).AddDays(wd).Year), fmt.Sprint(week(own).AddDays(wd).Year-1), 1)
		leap := week(own).AddDays(wd).Month == time.February && week(own).AddDays(wd).Day == 29 // no other year's day
		if strings.HasPrefix(layout, "Monday") || leap || week(own).AddDays(wd) == release.AddDays(2) {
			return
		}
		got := check(y.String(), strings.Replace(r.String(), "Until "+day, "Until "+slip, 1))
		if len(got) != 1 || got[0].Rule != lint.WrongYear || got[0].Label != "q-nova-spec-freeze" {
			t.Fatalf("a wrong year gives:\n%s\n%s -> %s\n%s", lines(got), day, slip, y.String())
		}
	})
}

// Whatever was read, the linter answers, in lines that are safe to print.
func FuzzCheck(f *testing.F) {
	k := kestrel(f)
	f.Add(k.yaml, k.rst, k.election)
	f.Add("cycle:\n- start: 2025-01-06\n  end: 2024-01-10\n  x-project: [k-1, k-1, -, K-1]\n", ".. _k-1:\n\nx\n---\n\n.. _k-2:\n\n31 June 2025, 25:00\n", "- {'date': '2016-03-11T00:00', 'name': 'PTL nomination starts'}")
	f.Add("cycle:\n- start: 2026-04-06\n  x-project: [m]\n", ".. _m:\n\nMilestone\n---------\n", "") // no label has a letter, and this one no room for any
	f.Add("", "+---+\n| Week | Cross-project | Project-specific |\n| Jan 4-8 | R-1 | :ref:`a-1` |", "")
	f.Fuzz(func(t *testing.T, yaml, rst, election string) {
		text := files{yaml, rst, election}
		in := text.input()
		before := k.schedule()
		in.Before, in.Seen = &before, civil.Date{Year: 2025, Month: 1, Day: 20}
		in.Teams = []lint.Team{{Name: "nova"}}
		got := append(lint.Check(in), lint.CheckElection(in.Elections[0], in.Kinds)...)
		for _, finding := range got {
			line := finding.String()
			if strings.ContainsFunc(line, unicode.IsControl) {
				t.Errorf("a control character in %q", line)
			}
			if finding.File == "" || finding.What == "" || finding.Rule == "" {
				t.Errorf("a finding without place, text or rule: %+v", finding)
			}
		}
	})
}
