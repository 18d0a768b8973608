package app_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
)

// A line about a freeze.
var (
	aboutFreeze = regexp.MustCompile(`Freeze (\d)`)
	aDate       = regexp.MustCompile(`\d{4}-\d\d-\d\d`)
	item        = regexp.MustCompile(`; |\n- `)
)

// judge reads what was said in the room of a network, from what it knew at first.
func (p *play) judge(n *bottest.Network, first []freezeAt) (wrong string) {
	var all []string
	reminders := map[string]int{}
	said := map[string]bool{} // by number and minute
	heard := n.Left()
	believed := map[int]string{} // days, by number; "gone", and nothing for what nobody ever heard of
	standing := map[int]string{} // the same, or where it stood when it went
	for k, f := range first {
		if f.form != absent {
			believed[k] = f.event(k).Day.String()
			standing[k] = believed[k]
		}
	}
	last := map[int]time.Time{} // when there was news, by number
	news := map[int][]time.Time{}
	var officials []officialLine
	fail := func(format string, args ...any) string {
		story := strings.Join(all, "\n")
		for _, s := range p.stints {
			story += fmt.Sprintf("\n  %s %s to %s: %s, officially %s", s.event.ID, s.from.Format("02T15:04"), s.to.Format("02T15:04"), s.event.At.Format("02T15:04"), s.under())
		}
		return fmt.Sprintf("%s: %s\n%s\naway %v, died %v", n.Name, fmt.Sprintf(format, args...), story, p.off, p.died)
	}
	for i, seen := range heard {
		text := seen.Text()
		stamp := seen.At.Format("02T15:04:05 ")
		if m := aboutFreeze.FindStringSubmatch(text); m != nil {
			said[m[1]+seen.At.Format(" 02T15:04")] = true
		}
		if n.Kind == bottest.Plain && i > 0 && heard[i-1].Text() == text && p.diedBetween(heard[i-1].At, seen.At) {
			continue // said again after a kill, as such a network does
		}
		all = append(all, stamp+text)
		items := []string{text}
		if _, list, several := strings.Cut(text, "changes in the calendar:"); several {
			items = item.Split(strings.TrimLeft(list, " \n-"), -1)
		}
		for _, item := range items {
			m := aboutFreeze.FindStringSubmatch(item)
			if m == nil {
				return fail("says %q", item)
			}
			k := int(m[1][0] - '0')
			dates := aDate.FindAllString(item, -1)
			day := ""
			if len(dates) > 0 {
				day = dates[len(dates)-1]
			}
			knew, known := believed[k]
			passed := known && standing[k] <= seen.At.Format(time.DateOnly)
			// Of what changed while a network was down, what has passed since is
			// not told any more.
			missed := slices.ContainsFunc(p.down[n.Name], func(o [2]time.Time) bool { return o[1].After(last[k]) && !o[0].After(seen.At) })
			ok := passed || missed
			official, under := readOfficial(item, seen.At)
			switch {
			case under:
				ok = ok || knew == official.ours
				repeated := n.Kind == bottest.Plain && p.diedBetween(last[k], seen.At)
				if wrong := p.official(official, officials); wrong != "" && !repeated {
					return fail("%q: %s", item, wrong)
				}
				officials = append(officials, official)
			case strings.Contains(item, " no longer stands for it"):
				if !known || !p.layUnder(k, dates[0], seen.At) {
					return fail("%q, and the team's own did not lie over it", item)
				}
				ok = ok || knew != "gone"
			case strings.Contains(item, " moved: ") && len(dates) == 2:
				ok = ok || knew == dates[0] || !known && dates[0] <= seen.At.Format(time.DateOnly)
			case strings.Contains(item, " moved: "), strings.Contains(item, "has a time now: "):
				ok = ok || knew == day
			case strings.Contains(item, "no longer in the calendar"), strings.Contains(item, " is gone "):
				ok, day = ok || knew == day, "gone"
			case strings.Contains(item, "New in") || strings.HasPrefix(item, "new: "):
				ok = ok || !known
			case strings.Contains(item, "Back in") || strings.HasPrefix(item, "back: "):
				ok = ok || knew == "gone"
			default: // a reminder
				kind := "ahead " + day
				if strings.Contains(item, " in effect") {
					kind = "in effect " + item
				}
				// One that waited for the network, for a date that is no more, says the
				// new one. And a message that was under way at a kill can be said
				// again; it may have other words by then.
				most := 2 + len(p.down[n.Name])
				if n.Kind == bottest.Plain {
					most += len(p.died)
				}
				if reminders[fmt.Sprint(k, kind)]++; reminders[fmt.Sprint(k, kind)] > most {
					return fail("%q once too often", item)
				}
				continue
			}
			// A network without ids is told again what was under way at a kill.
			again := n.Kind == bottest.Plain && knew == day && p.diedBetween(last[k], seen.At)
			if !ok && !again {
				return fail("%q, and the room knew %q", item, knew)
			}
			news[k] = append(news[k], seen.At)
			if believed[k], last[k] = day, seen.At; day != "gone" {
				standing[k] = day
			}
		}
	}
	if wrong := p.unsaid(officials, news); wrong != "" {
		return fail("%s", wrong)
	}
	// No reminder is lost of a date that was there, with the bot and the network,
	// around the time of a step.
	for i, s := range p.stints {
		earlier := slices.ContainsFunc(p.stints[:i], func(o stint) bool { return o.k == s.k && o.event.Day == s.event.Day })
		if earlier {
			continue // its steps may have been said then
		}
		for _, step := range []time.Time{s.event.Day.AddDays(-2).At(civil.Clock{Hour: 14}, time.UTC), s.event.Day.AddDays(-1).At(civil.Clock{Hour: 14}, time.UTC), s.event.At} {
			from, to := step.Add(-time.Minute), step.Add(2*time.Minute)
			if s.from.After(from) || !s.to.IsZero() && s.to.Before(to) || to.After(time.Now()) {
				continue
			}
			if slices.ContainsFunc(p.off, func(o [2]time.Time) bool { return o[0].Before(to) && o[1].After(from) }) {
				continue
			}
			if !said[fmt.Sprint(s.k, step.Format(" 02T15:04"))] {
				return fail("nothing of %s at %s", s.event.ID, step.Format("02T15:04"))
			}
		}
	}
	// And in the end the room knows every date that lies ahead.
	for k, f := range p.now {
		switch {
		case f.form == absent && believed[k] > time.Now().Format(time.DateOnly) && believed[k] != "gone":
			return fail("freeze %d is gone, and the room believes %s", k, believed[k])
		case f.form != absent && f.event(k).At.After(time.Now()) && believed[k] != f.event(k).Day.String():
			return fail("freeze %d is on %s, and the room believes %q", k, f.event(k).Day, believed[k])
		}
	}
	return ""
}
