package outbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
	"torchbearer/bot/people"
)

const (
	// reportSpace begins the keys of what the operators are told.
	reportSpace = "operators/undelivered/"

	// reportFor is how long that is worth delivering.
	reportFor = 7 * 24 * time.Hour

	// textLimit bounds, in bytes, what is shown of a message that did not arrive.
	textLimit = 80
)

// report tells the operators' room, in one message, what was given up. What was
// meant for that room itself is only logged, and shown by status; that somebody
// never came, or does not want to be asked, is no fault of the bot's.
func (o *Outbox) report(tx bot.Tx, now time.Time, lost []*record) error {
	lost = slices.DeleteFunc(slices.Clone(lost), func(r *record) bool { return r.Room == o.reports || r.private() })
	if o.reports == (bot.Room{}) || len(lost) == 0 {
		return nil
	}
	slices.SortFunc(lost, byOrder)
	list := make([]msg.Para, len(lost))
	for i, r := range lost {
		list[i] = slices.Concat(r.place(), msg.Para{msg.Text(`: "`)}, r.quoted(), msg.Para{msg.Text(`" (` + r.Why + ")")})
	}
	m := msg.New(msg.Announce, msg.Para{msg.Text("Not delivered:")})
	m.Blocks = append(m.Blocks, msg.Block{List: list})
	return o.Add(tx, now, bot.Key(reportSpace+lost[0].ID), bot.Target{Room: o.reports}, bot.Say{Message: m, Expires: now.Add(reportFor)})
}

// Tell says something about the bot itself in the operators' room, if there is
// one.
func (o *Outbox) Tell(ctx context.Context, text string) error {
	if o.reports == (bot.Room{}) {
		return nil
	}
	now := o.now()
	m := msg.New(msg.Announce, msg.Para{msg.Text(text)})
	key := bot.Key(fmt.Sprintf("operators/said/%016x", uint64(now.UnixNano())))
	err := o.store.Update(ctx, func(tx bot.Tx) error {
		return o.Add(tx, now, key, bot.Target{Room: o.reports}, bot.Say{Message: m, Expires: now.Add(reportFor)})
	})
	o.Wake()
	return err
}

// private reports whether it is between a plugin and a person that a message was
// not delivered.
func (r *record) private() bool {
	return r.To.Person != "" && (r.Tell && r.State == expired || r.reach.Wait == people.OptedOut)
}

// place is where a message was to go.
func (r *record) place() msg.Para {
	switch {
	case r.To.Person == "":
		return msg.Para{msg.Text(r.Room.String())}
	case r.Room == (bot.Room{}):
		return msg.Para{msg.Name(r.To.Person)}
	}
	return msg.Para{msg.Text(r.Room.String() + ", "), msg.Name(r.To.Person)}
}

func byOrder(a, b *record) int { return strings.Compare(a.order, b.order) }

// quoted is text for another room than the message's own: whom it names is not
// highlighted there either.
func (r *record) quoted() msg.Para {
	p := msg.Para{msg.Text(r.text())}
	for _, b := range r.Message.Blocks {
		for _, in := range slices.Concat(append(slices.Clone(b.List), b.Para)...) {
			if in.Name != "" {
				p = breakUp(p, in.Name)
			}
			if in.Mention != nil && in.Mention.Called != "" {
				p = breakUp(p, in.Mention.Called)
			}
		}
	}
	return p
}

// breakUp makes a name of each place where a paragraph's texts hold it.
func breakUp(p msg.Para, name string) msg.Para {
	var out msg.Para
	for _, in := range p {
		if in.Text == "" {
			out = append(out, in)
			continue
		}
		for i, part := range strings.Split(in.Text, name) {
			if i > 0 {
				out = append(out, msg.Name(name))
			}
			if part != "" {
				out = append(out, msg.Text(part))
			}
		}
	}
	return out
}

// text is how the message would have begun when it was decided.
func (r *record) text() string {
	return msg.Cut(strings.ReplaceAll(msg.Plain(r.Message, r.Created), "\n", " "), textLimit)
}
