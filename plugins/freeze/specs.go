package freeze

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

const (
	// trusted is how long after they were read counts of specs may be said: a
	// message that waits longer for its network goes without them.
	trusted = 6 * time.Hour
	// The most changes that a sentence names, and how many bytes of a subject.
	mostNamed, subjectRoom = 5, 40
)

// specs is how the team's specs stand at one moment; nil where there is nothing
// to say of them.
type specs struct {
	unknown bool // nobody knows yet: counts print as "…"
	open    []review.Row
	asOf    msg.Para // how old it is, where that matters

	merged int
	since  time.Time // of merged; zero: not known
	whole  bool      // since is the beginning of the cycle
}

// specs reads how the specs stand that an event is about.
func (p *plugin) specs(v bot.View, e cycle.Event) *specs {
	if !e.Freeze() || !strings.Contains(e.Kind, "spec") || foreign(v.Calendar(), e) || p.team.Gerrit.URL == "" || len(p.team.Specs) == 0 {
		return nil
	}
	state := v.Reviews().State()
	switch {
	case !state.Known && state.Failing != "":
		return nil
	case !state.Known:
		return &specs{unknown: true}
	case v.Now().Sub(state.ReadAt) > trusted:
		return nil
	}
	s := &specs{asOf: state.AsOf(v.Now(), p.team.Zone.String())}
	s.open = review.Sorted(func(yield func(review.Row) bool) {
		for c := range v.Reviews().Changes(review.Filter{Projects: p.team.Specs}) {
			if !yield(v.Reviews().Row(c)) {
				return
			}
		}
	})
	s.merged, s.since, s.whole = p.mergedSpecs(v, e)
	return s
}

// need is what a spec needs, in words for one and for several.
type need struct {
	one, many string
	reasons   []review.Reason
}

// needs are all of them in the order in which they are said: what is nearest to
// landing first, and last what nobody has looked at.
func needs() []need {
	return []need{
		{"is in the gate", "are in the gate", []review.Reason{review.InGate}},
		{"needs the PTL's approval", "need the PTL's approval", []review.Reason{review.NeedsPTL}},
		{"needs approval", "need approval", []review.Reason{review.NeedsApproval}},
		{"needs one more +2", "need one more +2", []review.Reason{review.NeedsSecond}},
		{"waits for a core", "wait for a core", []review.Reason{review.NeedsCore, review.VetoAnswered}},
		{"needs a review", "need a review", []review.Reason{review.NeedsReview}},
		{"waits on its author", "wait on their authors", []review.Reason{
			review.IsPrivate, review.InProgress, review.Conflicts, review.GateFailed, review.Vetoed, review.CIFailed, review.Negative, review.Remarked,
		}},
		{"waits for CI", "wait for CI", []review.Reason{review.Rechecked, review.NoResult}},
		{"has no review yet", "have no review yet", []review.Reason{review.Unreviewed}},
	}
}

// words says it of so many specs.
func (n need) words(count int) string {
	if count == 1 {
		return n.one
	}
	return n.many
}

// each calls f for every need that some open spec has, in order.
func (s *specs) each(f func(need, []review.Row)) {
	for _, n := range needs() {
		var rows []review.Row
		for _, r := range s.open {
			if slices.Contains(n.reasons, r.Turn.Reason) {
				rows = append(rows, r)
			}
		}
		if len(rows) > 0 {
			f(n, rows)
		}
	}
}

// total is "4 specs open".
func (s *specs) total() string {
	switch {
	case s.unknown:
		return "… specs open"
	case len(s.open) == 0:
		return "No spec open"
	case len(s.open) == 1:
		return "1 spec open"
	}
	return strconv.Itoa(len(s.open)) + " specs open"
}

// counts is for an answer: " 4 specs open: 2 need one more +2, 1 waits on its
// author."
func (s *specs) counts() msg.Para {
	var parts []string
	s.each(func(n need, rows []review.Row) {
		parts = append(parts, strconv.Itoa(len(rows))+" "+n.words(len(rows)))
	})
	text := " " + s.total()
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	return append(msg.Para{msg.Text(text + ".")}, s.asOf...)
}

// days is for a step some days before: " 4 specs open. One more +2 would settle
// 912345 (image encryption); 912420 has no review yet." It names what people of
// the room can move.
func (s *specs) days() msg.Para {
	text := msg.Para{msg.Text(" " + s.total() + ".")}
	said := false
	begin := func() {
		if said {
			text = append(text, msg.Text("; "))
		} else {
			text = append(text, msg.Text(" "))
		}
		said = true
	}
	s.each(func(n need, rows []review.Row) {
		switch rows[0].Turn.Reason {
		case review.NeedsSecond:
			more := "One more"
			if said {
				more = "one more"
			}
			begin()
			text = append(append(text, msg.Text(more+" +2 would settle ")), numbers(rows, true)...)
		case review.NeedsPTL, review.Unreviewed:
			begin()
			text = append(append(text, numbers(rows, false)...), msg.Text(" "+n.words(len(rows))))
		}
	})
	if said {
		text = append(text, msg.Text("."))
	}
	return append(text, s.asOf...)
}

// today is for the day itself: " Open: 912401 needs one more +2, 912420 waits on
// its author."
func (s *specs) today() msg.Para {
	if s.unknown {
		return msg.Para{msg.Text(" Open: ….")}
	}
	if len(s.open) == 0 {
		return append(msg.Para{msg.Text(" No spec is open.")}, s.asOf...)
	}
	text := " Open: "
	left := mostNamed
	s.each(func(n need, rows []review.Row) {
		for _, r := range rows[:min(left, len(rows))] {
			if left < mostNamed {
				text += ", "
			}
			text += strconv.Itoa(r.Change.Number) + " " + n.one
			left--
		}
	})
	if more := len(s.open) - mostNamed; more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return append(msg.Para{msg.Text(text + ".")}, s.asOf...)
}

// over is for the instant itself: " 9 specs merged this cycle; 2 still open:
// 912401, 912420."
func (s *specs) over(zone string) msg.Para {
	if s.unknown {
		return msg.Para{msg.Text(" … specs merged; … still open.")}
	}
	text := msg.Para{msg.Text(" ")}
	// That nothing merged while the bot has been counting says little.
	if !s.since.IsZero() && (s.merged > 0 || s.whole) {
		merged := "No spec"
		if s.merged > 0 {
			merged = plural(s.merged, "spec")
		}
		text = append(text, msg.Text(merged+" merged "))
		if s.whole {
			text = append(text, msg.Text("this cycle; "))
		} else {
			text = append(text, msg.Text("since "), msg.Day(s.since, zone), msg.Text("; "))
		}
	}
	switch len(s.open) {
	case 0:
		text = append(text, msg.Text("none still open"))
	default:
		text = append(append(text, msg.Text(fmt.Sprintf("%d still open: ", len(s.open)))), numbers(s.open, false)...)
	}
	return append(append(text, msg.Text(".")), s.asOf...)
}

// numbers lists changes: "912401 and 912420", with their subjects if wanted.
func numbers(rows []review.Row, subjects bool) msg.Para {
	var text msg.Para
	shown := rows[:min(len(rows), mostNamed)]
	for i, r := range shown {
		switch {
		case i == 0:
		case subjects && i == len(rows)-1:
			text = append(text, msg.Text(" and "))
		default:
			text = append(text, msg.Text(", "))
		}
		text = append(text, msg.Text(strconv.Itoa(r.Change.Number)))
		if subject := msg.Cut(msg.Clean(r.Change.Subject), subjectRoom); subjects && subject != "" {
			text = append(text, msg.Text(" ("), msg.Text(subject), msg.Text(")"))
		}
	}
	if more := len(rows) - len(shown); more > 0 {
		text = append(text, msg.Text(" and "+strconv.Itoa(more)+" more"))
	}
	return text
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// search finds the open specs.
func (p *plugin) search() string {
	return p.team.Gerrit.Query("is:open " + review.InProjects(p.team.Specs))
}
