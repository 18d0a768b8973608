package freeze

import (
	"slices"
	"strings"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

// thePTL is who grants exceptions where the table of kinds names no other team.
const thePTL = "the PTL"

// grants says who grants exceptions to a freeze or deadline, by the calendar's table
// of kinds: people by name where it is the team's PTL. Nil: nobody does, or nobody
// knows.
func (p *plugin) grants(cal cycle.Calendar, e cycle.Event, suffix string) msg.Para {
	kind := cal.Kind(e)
	switch {
	case kind.Grants == "" || !e.Freeze() && !strings.HasSuffix(e.Kind, "-deadline"):
		return nil
	case kind.Grants != thePTL:
		return msg.Para{msg.Text(kind.Grants + suffix)}
	case foreign(cal, e):
		return msg.Para{msg.Text(e.Team + "'s PTL" + suffix)}
	default:
		return p.ptl(suffix)
	}
}

// foreign reports whether an event is another team's, or was asked for as that: of
// everybody's feature freeze each team's PTL grants its own exceptions.
func foreign(cal cycle.Calendar, e cycle.Event) bool {
	same := func(o cycle.Event) bool { return o.ID == e.ID }
	if i := slices.IndexFunc(cal.Events, same); i >= 0 {
		return cal.Events[i].Team != e.Team
	}
	return slices.ContainsFunc(cal.Others, same)
}

// before says whom to talk to while a freeze can still be met.
func (p *plugin) before(cal cycle.Calendar, e cycle.Event) msg.Para {
	who := p.grants(cal, e, "")
	if who == nil {
		return nil
	}
	return append(append(msg.Para{msg.Text(" Missing it? Talk to ")}, who...), msg.Text(" today."))
}

// from says who decides once a freeze is in effect.
func (p *plugin) from(cal cycle.Calendar, e cycle.Event) msg.Para {
	whose := p.grants(cal, e, "'s")
	if whose == nil || e.Estimated() {
		return nil
	}
	return append(append(msg.Para{msg.Text(" From here an exception is ")}, whose...), msg.Text(" decision."))
}

// exceptions says in an answer who grants them: of a freeze that is in effect, and
// ahead where it is not the team's own PTL, as everybody expects.
func (p *plugin) exceptions(v bot.View, e cycle.Event) msg.Para {
	cal := v.Calendar()
	expected := cal.Kind(e).Grants == thePTL && !foreign(cal, e)
	if expected && e.At.After(v.Now()) {
		return nil
	}
	who := p.grants(cal, e, "")
	if who == nil {
		return nil
	}
	return append(append(msg.Para{msg.Text(" Exceptions: ")}, who...), msg.Text("."))
}

// ptl names the PTL without highlighting anybody: "maria or nina".
func (p *plugin) ptl(suffix string) msg.Para {
	var names msg.Para
	for i, id := range p.team.PTL {
		if i > 0 {
			names = append(names, msg.Text(" or "))
		}
		names = append(names, msg.Name(id))
		if suffix != "" {
			names = append(names, msg.Text(suffix))
		}
	}
	return names
}
