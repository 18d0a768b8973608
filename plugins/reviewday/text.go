package reviewday

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

// first is how many changes an opening names.
const first = 3

// name begins a sentence about the day, with the team where a room has several.
func (p *plugin) name(r bot.Room) string {
	if team := p.team.In(r); team != "" {
		return team + " review day"
	}
	return "Review day"
}

// lower is the same within a sentence.
func (p *plugin) lower(r bot.Room) string {
	if team := p.team.In(r); team != "" {
		return "review day of " + team + "'s"
	}
	return "review day"
}

// trusted is how long after a message was made its counts may still be said. The
// rest of it holds as long as the review day.
const trusted = 6 * time.Hour

// counted makes an announcement of what holds by itself, and of what follows
// from counts of now.
func counted(now time.Time, text, counts msg.Para) msg.Message {
	m := msg.New(msg.Announce, slices.Concat(text, counts), text)
	m.Blocks[0].Until = now.Add(trusted)
	m.Blocks[1].From = now.Add(trusted)
	return m
}

// reasonRoom is how many bytes of a reason, which may be a mark's hostile text, a
// message has room for.
const reasonRoom = 60

// queue says what waits, and what comes first: " 23 changes wait for reviewers.
// First: 912101 (no review in 38 days), …"; and the numbers it named.
func (p *plugin) queue(v bot.View) (text msg.Para, numbers []int) {
	switch s := v.Reviews().State(); {
	case !s.Known && s.Failing != "":
		return msg.Para{msg.Text(" Gerrit can't be read, so what waits is not known.")}, nil
	case !s.Known:
		return msg.Para{msg.Text(" … changes wait for reviewers.")}, nil
	}
	rows := bot.Waiting(v.Reviews())
	switch len(rows) {
	case 0:
		text = msg.Para{msg.Text(" Nothing waits for reviewers.")}
	case 1:
		text = msg.Para{msg.Text(" One change waits for reviewers: ")}
	default:
		text = msg.Para{msg.Text(fmt.Sprintf(" %d changes wait for reviewers. First: ", len(rows)))}
	}
	for i, r := range rows[:min(len(rows), first)] {
		if i > 0 {
			text = append(text, msg.Text(", "))
		}
		text = append(text, msg.Text(fmt.Sprintf("%d (", r.Change.Number)), msg.Text(msg.Cut(msg.Clean(r.Why), reasonRoom)), msg.Text(")"))
		numbers = append(numbers, r.Change.Number)
	}
	if len(rows) > 0 {
		text = append(text, msg.Text("."))
	}
	return append(text, p.asOf(v)...), numbers
}

// link finds the changes that a message names.
func (p *plugin) link(numbers []int) string {
	switch len(numbers) {
	case 0:
		return ""
	case 1:
		return p.team.Gerrit.Change(numbers[0])
	}
	var terms []string
	for _, n := range numbers {
		terms = append(terms, strconv.Itoa(n))
	}
	return p.team.Gerrit.Query(strings.Join(terms, " OR "))
}

// asOf says how old the counts are where that matters.
func (p *plugin) asOf(v bot.View) msg.Para {
	return v.Reviews().State().AsOf(v.Now(), p.team.Zone.String())
}

func (p *plugin) eveText(v bot.View, day civil.Date, r bot.Room) msg.Message {
	zone := p.team.Zone.String()
	opens, closes, _ := p.hours(day)
	text := msg.Para{
		msg.Text(p.name(r) + " "), msg.Day(opens, zone), msg.Text(", from "), msg.Clock(opens, zone),
		msg.Text(" until "), msg.Clock(closes, zone), msg.Text("."),
	}
	counts, numbers := p.queue(v)
	m := counted(v.Now(), text, counts)
	m.Link = p.link(numbers)
	return m
}

func (p *plugin) openText(v bot.View, s session, r bot.Room) msg.Message {
	text := append(msg.Para{msg.Text(p.name(r) + " until ")}, p.end(s)...)
	text = append(text, msg.Text("."))
	counts, numbers := p.queue(v)
	if state := v.Reviews().State(); len(numbers) > 1 || !state.Known && state.Failing == "" {
		counts = append(counts, msg.Text(" Say !next for yours."))
	}
	m := counted(v.Now(), text, counts)
	m.Link = p.link(numbers)
	return m
}

// end is when a session closes, with the day if it is not the one it opened on.
func (p *plugin) end(s session) msg.Para {
	zone := p.team.Zone.String()
	if civil.DateOf(s.Closes, p.team.Zone) == civil.DateOf(s.Opened, p.team.Zone) {
		return msg.Para{msg.Clock(s.Closes, zone)}
	}
	return msg.Para{msg.Day(s.Closes, zone), msg.Text(" "), msg.Clock(s.Closes, zone)}
}

// done is what a review day has done.
type done struct{ reviewed, first, merged int }

// since counts what was done since an instant; false where nothing has been read
// since then.
func since(v bot.View, opened time.Time) (d done, known bool) {
	opened = opened.Truncate(time.Second) // as servers date what is done
	if s := v.Reviews().State(); !s.Known || s.ReadAt.Before(opened) {
		return done{}, false
	}
	for c := range v.Reviews().Changes(review.Filter{Closed: true}) {
		if !c.LastReview.IsZero() && !c.LastReview.Before(opened) {
			d.reviewed++
			if !c.FirstReview.Before(opened) {
				d.first++
			}
		}
		if c.Status == review.Merged && !c.Closed.Before(opened) {
			d.merged++
		}
	}
	return d, true
}

// words are the counts as people say them: "14 changes reviewed, 6 of them for
// the first time; 5 merged".
func (d done) words() string {
	text := ""
	switch {
	case d.reviewed == 0:
		text = "no change reviewed"
	case d.reviewed == 1 && d.first == 1:
		text = "1 change reviewed, for the first time"
	case d.reviewed == 1:
		text = "1 change reviewed"
	default:
		text = fmt.Sprintf("%d changes reviewed", d.reviewed)
		switch {
		case d.first == d.reviewed:
			text += ", each for the first time"
		case d.first > 0:
			text += fmt.Sprintf(", %d of them for the first time", d.first)
		}
	}
	if d.merged > 0 {
		text += fmt.Sprintf("; %d merged", d.merged)
	}
	return text
}

// still says what waits, and for how long.
func still(v bot.View) string {
	rows := bot.Waiting(v.Reviews())
	if len(rows) == 0 {
		return " Nothing waits any more."
	}
	longest := slices.MinFunc(rows, func(a, b review.Row) int { return a.Change.AuthorUpdate.Compare(b.Change.AuthorUpdate) }).Change
	if len(rows) == 1 {
		return fmt.Sprintf(" One still waits: %d, %s.", longest.Number, longest.Waited(v.Now()))
	}
	return fmt.Sprintf(" %d still wait, the longest %d, %s.", len(rows), longest.Number, longest.Waited(v.Now()))
}

func (p *plugin) closeText(v bot.View, s session, r bot.Room) msg.Message {
	over, zone := p.name(r)+" is over", p.team.Zone.String()
	var text msg.Para
	state := v.Reviews().State()
	switch d, known := since(v, s.Opened); {
	case known:
		text = append(msg.Para{msg.Text(over + ": " + d.words() + "." + still(v))}, p.asOf(v)...)
		if d.reviewed+d.merged > 0 {
			text = append(text, msg.Text(" Thank you all."))
		}
	case state.Known:
		text = msg.Para{
			msg.Text(over + ". What was done I can't say: Gerrit was last read "), msg.Instant(state.ReadAt, zone), msg.Text(". Thank you all."),
		}
	case state.Failing != "":
		text = msg.Para{msg.Text(over + ". What was done I can't say: Gerrit can't be read. Thank you all.")}
	default:
		text = msg.Para{msg.Text(over + ": … changes reviewed, … merged. … still wait. Thank you all.")}
	}
	return msg.New(msg.Announce, append(text, p.nextText(v, v.Now())...))
}

// nextText says when the next review day is; nothing if none is known.
func (p *plugin) nextText(v bot.View, after time.Time) msg.Para {
	_, at, ok := p.nextDay(v.Calendar(), after)
	if !ok {
		return nil
	}
	return msg.Para{msg.Text(" Next: "), msg.Instant(at, p.team.Zone.String()), msg.Text(".")}
}
