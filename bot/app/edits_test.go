package app_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torchbearer/bot/bottest"
	"torchbearer/bot/bottest/scenario"
	"torchbearer/bot/civil"
	"torchbearer/plugins/all"
)

// edit is one thing that happens to a bot with one event in its calendar.
type edit struct {
	At    int    // minute of the story
	How   string // "reload", "restart", "crash"; "down", "up": the network, and nothing else
	Down  int    // minutes until it runs again, but for a reload
	Event int    // the event's minute from then on; below 0: it is removed
}

const (
	lasts = 60 * 60 // minutes of a story
	rungs = "20h 8h 3h 1h 0d 0s"
)

var dawn = time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC)

func minute(n int) time.Time { return dawn.Add(time.Duration(n) * time.Minute) }

// Whatever becomes of an event, of the network and of the bot, between and during
// its lives: no reminder is lost and none repeated, and each change of the date is
// news once. What has to be said is found by an oracle
// that knows neither spans nor horizons, only what is true at each minute.
func TestAnyEdit(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		first := rapid.IntRange(0, 50*60).Draw(r, "event")
		var edits []edit
		now, event := 0, first
		for range rapid.IntRange(0, 7).Draw(r, "edits") {
			e := edit{
				At:    now + rapid.IntRange(1, 12*60).Draw(r, "after"),
				How:   rapid.SampledFrom([]string{"reload", "restart", "crash", "down", "up"}).Draw(r, "how"),
				Event: rapid.OneOf(rapid.Just(event), rapid.Just(-1), rapid.IntRange(0, 50*60)).Draw(r, "moved to"),
			}
			switch e.How {
			case "down", "up":
				e.Event = event
			case "restart", "crash":
				e.Down = rapid.OneOf(rapid.Just(0), rapid.IntRange(1, 10*60)).Draw(r, "down")
			}
			now, event = e.At+e.Down, e.Event
			edits = append(edits, e)
		}
		archive := story(first, edits, expected(first, edits))
		if err := scenario.Try(t, bottest.Rich, scenario.Parse(archive), all.Plugins()); err != nil {
			r.Fatalf("%v\n%s", err, archive)
		}
	})
}

// story is the script of the edits.
func story(first int, edits []edit, want []string) string {
	var parts, script strings.Builder
	part := func(name string, event int) {
		fmt.Fprintf(&parts, "-- %s --\n[irc.net]\naddress = \"irc.example.org:6697\"\nnick = \"glancebot\"\nlogin = \"none\"\n"+
			"\n[team.glance]\nrooms = [\"net/#glance\"]\n\n[team.glance.plugin.freeze]\nremind = [%s]\n",
			name, `"`+strings.ReplaceAll(rungs, " ", `", "`)+`"`)
		if event >= 0 {
			fmt.Fprintf(&parts, "\n[[team.glance.calendar.event]]\nkind = \"spec-freeze\"\nname = \"Spec freeze\"\nat = %q\n", minute(event).Format(time.RFC3339))
		}
	}
	part("config.toml", first)
	fmt.Fprintf(&script, "-- script --\nat %s\nstart\n", dawn.Format(time.RFC3339))
	for i, e := range edits {
		name := fmt.Sprintf("%d.toml", i)
		part(name, e.Event)
		fmt.Fprintf(&script, "at %s\n", minute(e.At).Format(time.RFC3339))
		switch e.How {
		case "down", "up":
			fmt.Fprintf(&script, "%s net\n", e.How)
		case "reload":
			fmt.Fprintf(&script, "config %s\n", name)
		case "restart":
			fmt.Fprintf(&script, "stop\nconfig %s\nwait %dm\nstart\n", name, e.Down)
		case "crash":
			fmt.Fprintf(&script, "crash\nconfig %s\nwait %dm\nstart\n", name, e.Down)
		}
	}
	fmt.Fprintf(&script, "at %s\ntranscript net/#glance want\n", minute(lasts+24*60).Format(time.RFC3339))
	return parts.String() + script.String() + "-- want --\n" + strings.Join(want, "")
}

// oracle is the bot as somebody would do it by hand, with a look at the clock
// each minute.
type oracle struct {
	present     bool
	known       bool // present now, or was
	event       int  // minute
	edition     int  // how often it came again on a day on which it had passed
	seen, first int  // since when at this date; since when at all
	moved       bool // it had other dates before
	told        int  // minutes before the event of the step said last
	toldAt      int
	decided     map[string]bool // by day and step
	down        bool            // the network
	queue       []unsent        // what has not arrived
	said        []string

	room believed // see edits_news_test.go
	due  int      // when news that was held back is said; 0: there is none
}

func (o *oracle) key(r rung) string {
	return fmt.Sprint(minute(o.event).Format(time.DateOnly), ".", o.edition, r.name)
}

// rung is one step by hand.
type rung struct {
	name      string
	ahead     int // minutes before the event, for "as near"
	at, until int
}

func ladder(event int) []rung {
	var out []rung
	for _, name := range strings.Fields(rungs) {
		r := rung{name: name, until: event - 1}
		switch name {
		case "0d":
			morning := event/(24*60)*(24*60) + 14*60
			if r.at = morning; morning >= event {
				r.at = event - 60
			}
		case "0s":
			r.at, r.until = event, event+24*60
		default:
			fmt.Sscanf(name, "%dh", &r.ahead)
			r.ahead *= 60
			r.at = event - r.ahead
		}
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b rung) int { return cmp.Or(a.at-b.at, b.ahead-a.ahead) })
	return out
}

// look says the newest step that has to be said now.
func (o *oracle) look(now int) {
	var due []rung
	for _, r := range ladder(o.event) {
		if !o.present {
			break
		}
		normal := r.at > o.seen && now >= r.at
		heard := o.toldAt >= o.first && o.told <= r.ahead
		made := r.at <= o.seen && o.moved && r.at > o.first && !heard
		if (normal || made) && now <= r.until && !o.decided[o.key(r)] {
			due = append(due, r)
		}
	}
	// News that was held back has its place among the steps.
	last := 0
	if len(due) > 0 {
		if last = due[len(due)-1].at; last <= o.seen {
			last = o.seen
		}
	}
	held := o.due > 0 && now >= o.due
	if held && last > o.due {
		o.tell(now)
		held = false
	}
	for i, r := range due {
		o.decided[o.key(r)] = true
		if i < len(due)-1 {
			continue
		}
		o.told, o.toldAt = r.ahead, now
		o.drop()
		o.queue = append(o.queue, unsent{step: r.name})
	}
	if held {
		o.tell(now)
	}
}

// drop takes back the step that waits.
func (o *oracle) drop() {
	o.queue = slices.DeleteFunc(o.queue, func(q unsent) bool { return q.news == nil })
}

// send sends what waits, when the network is there.
func (o *oracle) send(now int) {
	if o.down {
		return
	}
	for _, q := range o.queue {
		text, ends := "", q.ends
		if q.news != nil {
			text = q.news(now)
		}
		for _, r := range ladder(o.event) {
			if q.news == nil && r.name == q.step {
				if ends = r.until + 1; q.put {
					r.name = "put off"
				}
				text = words(r, now, o.event)
			}
		}
		if now < ends {
			o.said = append(o.said, minute(now).Format(time.RFC3339)+" "+text+"\n")
		}
	}
	o.queue = nil
}

func words(r rung, now, event int) string {
	at := minute(event)
	switch left := civil.Left(minute(now), at, time.UTC); {
	case now == event:
		return "Spec freeze is in effect (" + at.Format("15:04") + " UTC)."
	case now > event:
		return "Spec freeze is in effect (" + at.Format("15:04") + " UTC, was " + left + " ago)."
	case r.name == "0d":
		day := "today"
		if civil.DateOf(minute(now), time.UTC) != civil.DateOf(at, time.UTC) {
			day = "tomorrow"
		}
		return "Spec freeze " + day + ", " + at.Format("15:04") + " UTC, in " + left + "."
	default:
		return "Spec freeze in " + left + ": " + at.Format("Mon 2006-01-02 15:04") + " UTC."
	}
}

// observe takes note of the calendar, when the bot starts or reloads.
func (o *oracle) observe(now, event int) {
	changed := true
	switch {
	case event < 0:
		changed, o.present = o.present, false
		o.drop()
	case o.present && event == o.event:
		changed = false
	case !o.known:
		o.present, o.known, o.event, o.seen, o.first = true, true, event, now, now
		o.room, changed = believed{event: event, present: true}, false
	case o.event <= now:
		if event/day == o.event/day {
			o.edition++
		} else {
			o.edition = 0
		}
		o.present, o.event, o.seen, o.first, o.moved = true, event, now, now, false
		o.drop()
	default:
		o.present, o.event, o.seen, o.moved = true, event, now, true
		for i, q := range o.queue {
			o.queue[i].put = q.step == "0d" && now/day < event/day
		}
	}
	if changed {
		o.tell(now)
	}
}

func expected(first int, edits []edit) []string {
	o := &oracle{decided: map[string]bool{}, toldAt: -1}
	o.observe(0, first)
	up := 0 // the bot runs from this minute on
	for now := 0; now <= lasts+24*60; now++ {
		if now >= up {
			o.look(now)
			o.send(now)
		}
		for len(edits) > 0 && now == edits[0].At+edits[0].Down {
			switch edits[0].How {
			case "down", "up":
				o.down = edits[0].How == "down"
			default:
				o.observe(now, edits[0].Event)
				o.look(now)
			}
			o.send(now)
			edits = edits[1:]
		}
		if len(edits) > 0 && now >= edits[0].At {
			up = edits[0].At + edits[0].Down + 1
		}
	}
	return o.said
}
