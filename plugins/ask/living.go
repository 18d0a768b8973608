package ask

import (
	"maps"
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

// show has the ping say how its ask stands, where it has been said and can be
// changed: who reads it later need not look for the end. It calls nobody, and
// tells nobody anything that no other message does.
func (b *book) show(a ask) {
	b.eff.Say = append(b.eff.Say, bot.Say{
		Key: a.living(), To: b.p.target(a), Message: b.p.shown(b, a),
		Edit: true, Expires: b.v.Now().Add(patience),
	})
}

// shown is the living message of an ask: the ping while it waits for an answer,
// and then what became of it.
func (p *plugin) shown(b *book, a ask) msg.Message {
	c, known := b.change(a)
	state := p.stands(b.v, a)
	if state == nil && known {
		return p.ping(b.v, a, c)
	}
	line := fill("% was asked about %", name(a.Name), number(a.Number))
	if known {
		line = append(line, fill(" % (%)", quoted(c.Subject, mostSubject), text(project(c)))...)
	}
	line = append(line, fill(" by %", name(a.ByName))...)
	if a.From != "" {
		line = append(line, fill(", handed on by %", name(a.From))...)
	}
	if state != nil {
		line = append(line, fill(": %", state)...)
	}
	m := msg.New(msg.Ask, append(line, msg.Text(".")))
	m.Link = p.team.Gerrit.Change(a.Number)
	return m
}

// stands says how an ask ended, or stands, with the instant; nil while it waits
// for an answer. The words stay true: nobody may look at them again.
func (p *plugin) stands(v bot.View, a ask) msg.Para {
	at := func(t time.Time) msg.Para {
		return msg.Para{msg.Instant(t.Truncate(time.Minute), p.team.Zone.String())}
	}
	switch a.How {
	case voted:
		return fill("reviewed, %, %", text(a.What), at(a.Acted))
	case commented:
		return fill("answered with a comment, %", at(a.Acted))
	case merged:
		return text("then it merged")
	case abandoned:
		return text("then it was abandoned")
	case moved:
		return text("then it was not with reviewers any more")
	case passed:
		if a.What == "" {
			return fill("passed, %", at(a.Ended))
		}
		return fill("handed on to %, %", name(a.What), at(a.Ended))
	case calledOff:
		return fill("called off by %, %", name(a.What), at(a.Ended))
	case undelivered:
		return text("put off, and could not be asked again")
	case unanswered:
		return text("no answer came")
	}
	switch {
	case !a.Taken.IsZero():
		return fill("% has it, since %", name(a.Name), at(a.Taken))
	case a.waits() && !a.Until.IsZero():
		return fill("put off to %", msg.Para{msg.Instant(a.Until, zoneOf(v, a.Of).String())})
	case !a.Told.IsZero():
		return text("no answer in " + workingDays(p.wait))
	default:
		return nil
	}
}

// under returns the ask that a message is about, and whether it is open; nil
// where it is about none that is remembered.
func (b *book) under(key bot.Key) (a *ask, open bool, err error) {
	of := func(a ask) bool { return key == a.key() || strings.HasPrefix(string(key), string(a.key())+"/") }
	if i := slices.IndexFunc(b.Open, of); i >= 0 {
		return &b.Open[i], true, nil
	}
	for _, change := range slices.Sorted(maps.Keys(b.Past)) {
		if !strings.HasPrefix(string(key), change+"/") {
			continue
		}
		past, err := b.ended(change)
		if err != nil {
			return nil, false, err
		}
		if i := slices.IndexFunc(past, of); i >= 0 {
			ended := past[i]
			return &ended, false, nil
		}
	}
	return nil, false, nil
}
