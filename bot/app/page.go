package app

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/loop"
	"torchbearer/bot/msg"
)

// A page is a forecast as one reads it: a chapter for each team, a section for each
// week with the calendar's dates in it, what is said every week once, and no
// addresses. It is for people; programs take the lines, or -json.

// width is of a page, in letters.
const width = 100

// page writes the forecast as a page.
func (f Forecast) page(w io.Writer) error {
	b := bufio.NewWriter(w)
	first := true
	for _, t := range f.teams {
		said := slices.DeleteFunc(slices.Clone(f.Messages), func(m Planned) bool { return m.team != t.ID })
		if len(said) == 0 && len(t.Calendar.Events) == 0 {
			continue
		}
		if !first {
			fmt.Fprintln(b)
		}
		first = false
		f.chapter(b, t, gather(said))
	}
	if first {
		fmt.Fprintf(b, "Nothing would be said from %s to %s.\n", f.From, f.To)
	}
	return b.Flush()
}

// entry is a message of a page: one text, to all rooms that are told it at that
// instant.
type entry struct {
	at    time.Time
	rooms []string
	text  string
}

// gather joins what is said in several rooms at once.
func gather(said []Planned) []entry {
	var out []entry
	for _, m := range said {
		to := m.Room.String()
		if m.Person != "" {
			to = "to " + m.Person
		}
		text := strings.TrimSuffix(m.Text, " "+m.link)
		i := slices.IndexFunc(out, func(e entry) bool { return e.at.Equal(m.At) && e.text == text })
		if i < 0 {
			i = len(out)
			out = append(out, entry{at: m.At, text: text})
		}
		if !slices.Contains(out[i].rooms, to) {
			out[i].rooms = append(out[i].rooms, to)
		}
	}
	return out
}

// chapter writes a team's weeks.
func (f Forecast) chapter(w io.Writer, t loop.Team, said []entry) {
	head := fmt.Sprintf("%s, %s to %s, times in UTC", msg.Clean(t.Name), f.From, f.To)
	fmt.Fprintf(w, "%s\n%s\n", head, strings.Repeat("=", utf8.RuneCountInString(head)))
	common := commonRooms(said)
	usual := routine(said)
	fmt.Fprintln(w, summary(said, usual, common))
	if len(usual) > 0 {
		fmt.Fprint(w, "\nEvery week\n")
		writeEntries(w, usual, common)
	}
	var empty []civil.Date
	flush := func() {
		if len(empty) > 0 {
			fmt.Fprintf(w, "\n%s\n", heading(t.Calendar, empty[0], empty[len(empty)-1]))
			empty = nil
		}
	}
	for monday := f.From.Monday(); !monday.After(f.To); monday = monday.AddDays(7) {
		in := f.week(t.Calendar, monday, said, usual)
		if in.empty() {
			empty = append(empty, monday)
			continue
		}
		flush()
		fmt.Fprintf(w, "\n%s\n", heading(t.Calendar, monday, monday))
		writeDates(w, in.dates)
		writeEntries(w, in.news, common)
		if len(in.missed) > 0 {
			wrap(w, "  ", "Not this week: "+strings.Join(in.missed, ", ")+".")
		}
	}
	flush()
}

// week is what a week has beside what every week has.
type week struct {
	dates  []cycle.Event
	news   []entry
	missed []string // times at which nothing is said, as usually is
}

func (w week) empty() bool { return len(w.dates)+len(w.news)+len(w.missed) == 0 }

// week finds what stands in the week of a Monday.
func (f Forecast) week(cal cycle.Calendar, monday civil.Date, said, usual []entry) week {
	in := func(d civil.Date) bool { return d.Monday() == monday && !d.Before(f.From) && !d.After(f.To) }
	var out week
	for _, e := range cal.Events {
		if in(e.Day) {
			out.dates = append(out.dates, e)
		}
	}
	var times []string
	for _, e := range said {
		if !in(civil.DateOf(e.at, time.UTC)) {
			continue
		}
		times = append(times, e.at.Format("Mon 15:04:05"))
		if !e.among(usual) {
			out.news = append(out.news, e)
		}
	}
	for _, u := range usual {
		day := monday.AddDays((int(u.at.Weekday()) + 6) % 7)
		if in(day) && !slices.Contains(times, u.at.Format("Mon 15:04:05")) {
			out.missed = append(out.missed, u.at.Format("Mon 15:04"))
		}
	}
	return out
}

// A message is usual that comes in most weeks, and in this many at least.
const usualFrom = 4

// routine lists what comes at the same time of most weeks with the same words, each
// once, in the order of the week.
func routine(said []entry) []entry {
	if len(said) == 0 {
		return nil
	}
	weeks := civil.DateOf(said[len(said)-1].at, time.UTC).Monday().Sub(civil.DateOf(said[0].at, time.UTC).Monday())/7 + 1
	times := map[string]int{}
	for _, e := range said {
		times[e.weekly()]++
	}
	var out []entry
	for _, e := range said {
		if n := times[e.weekly()]; n >= usualFrom && 2*n > weeks {
			times[e.weekly()] = 0
			e.text = dateless(e.text)
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b entry) int {
		return cmp.Or(cmp.Compare((a.at.Weekday()+6)%7, (b.at.Weekday()+6)%7), strings.Compare(a.at.Format(time.TimeOnly), b.at.Format(time.TimeOnly)))
	})
	return out
}

// among reports whether the message is one of the usual ones.
func (e entry) among(usual []entry) bool {
	return slices.ContainsFunc(usual, func(u entry) bool { return u.weekly() == e.weekly() })
}

// weekly is what one message has in common with that of another week.
func (e entry) weekly() string {
	return e.at.Format("Mon 15:04:05") + "\x00" + strings.Join(e.rooms, ",") + "\x00" + dateless(e.text)
}

// dateless is a text without its dates, which another week's has not.
func dateless(text string) string {
	words := strings.Split(text, " ")
	for i, w := range words {
		if _, err := civil.ParseDate(strings.TrimRight(w, ".,;:")); err == nil {
			words[i] = "…" + w[len("2006-01-02"):]
		}
	}
	return strings.Join(words, " ")
}

// heading names a week by its Monday, or several in a row: "R-15  Mon 2026-12-07 to
// Sun 2026-12-13".
func heading(cal cycle.Calendar, first, last civil.Date) string {
	// Noon of a Thursday is that week's in every zone.
	name := func(monday civil.Date) string {
		week, _ := cal.Week(monday.AddDays(3).At(civil.Clock{Hour: 12}, time.UTC))
		return week
	}
	weeks := name(first)
	if end := name(last); end != weeks && end != "" && weeks != "" {
		weeks += " to " + end
	}
	days := dayOf(first) + " to " + dayOf(last.AddDays(6))
	if weeks == "" {
		return days
	}
	return fmt.Sprintf("%-4s  %s", weeks, days)
}

// writeDates lists a week's dates, those of a day in one line.
func writeDates(w io.Writer, dates []cycle.Event) {
	slices.SortStableFunc(dates, func(a, b cycle.Event) int { return a.Day.Compare(b.Day) })
	for i := 0; i < len(dates); {
		j := i
		var names []string
		for ; j < len(dates) && dates[j].Day == dates[i].Day; j++ {
			name := msg.CleanOr(dates[j].Name, dates[j].Kind)
			if dates[j].Estimated() {
				name += " (estimated)"
			}
			names = append(names, name)
		}
		wrap(w, fmt.Sprintf("  %-15s  ", dayOf(dates[i].Day)), strings.Join(names, "; "))
		i = j
	}
}

// writeEntries lists messages of a week; one that comes on several days once.
func writeEntries(w io.Writer, said []entry, common string) {
	key := func(e entry) string {
		return e.at.Format(time.TimeOnly) + "\x00" + strings.Join(e.rooms, ",") + "\x00" + e.text
	}
	daily := map[string][]entry{}
	for _, e := range said {
		daily[key(e)] = append(daily[key(e)], e)
	}
	for _, e := range said {
		same := daily[key(e)]
		if same == nil {
			continue
		}
		delete(daily, key(e))
		text := e.text
		if rooms := strings.Join(e.rooms, ", "); rooms != common {
			text = "[" + rooms + "] " + text
		}
		wrap(w, fmt.Sprintf("  %-15s  ", weekdays(same)+e.at.Format(" 15:04")), text)
	}
}

// weekdays names those of entries: "Mon-Sun", "Mon, Wed".
func weekdays(same []entry) string {
	days := make([]int, len(same))
	names := make([]string, len(same))
	for i, e := range same {
		days[i], names[i] = (int(e.at.Weekday())+6)%7, e.at.Format("Mon")
	}
	if n := len(days); n > 2 && days[n-1]-days[0] == n-1 {
		return names[0] + "-" + names[n-1]
	}
	return strings.Join(names, ", ")
}

// commonRooms is where most is said: it stands at the head of the page only.
func commonRooms(said []entry) string {
	count := map[string]int{}
	best := ""
	for _, e := range said {
		rooms := strings.Join(e.rooms, ", ")
		if count[rooms]++; count[rooms] > count[best] {
			best = rooms
		}
	}
	return best
}

// summary says how much it is, and where.
func summary(said, usual []entry, common string) string {
	if len(said) == 0 {
		return "Nothing would be said."
	}
	perDay, rare := map[civil.Date]int{}, 0
	var most civil.Date
	for _, e := range said {
		if !e.among(usual) {
			rare++
		}
		day := civil.DateOf(e.at, time.UTC)
		if perDay[day]++; perDay[day] > perDay[most] {
			most = day
		}
	}
	text := fmt.Sprintf("%s in %s, at most %d on one day (%s)", count(len(said), "message"), common, perDay[most], dayOf(most))
	if len(usual) > 0 {
		text += fmt.Sprintf("; %d beside those of every week", rare)
	}
	return text + "."
}

func dayOf(d civil.Date) string { return d.Weekday().String()[:3] + " " + d.String() }

// wrap writes a text behind a first indent, and indented as far from the second line
// on.
func wrap(w io.Writer, indent, text string) {
	at := utf8.RuneCountInString(indent)
	fmt.Fprint(w, indent)
	column := at
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+n > width:
			fmt.Fprint(w, "\n"+strings.Repeat(" ", at))
			column = at
		default:
			fmt.Fprint(w, " ")
			column++
		}
		fmt.Fprint(w, word)
		column += n
	}
	fmt.Fprintln(w)
}
