package people

import (
	"context"
	"fmt"
	"strings"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

func whoami(_ context.Context, v bot.View, c bot.Call) (bot.Effects, error) {
	switch proven := c.From.Strength >= bot.Registered && c.From.Account != ""; {
	case !proven && c.From.User != "":
		return bot.Reply(msg.Para{
			msg.Text(`I can't tell who "`), msg.Name(c.From.Nick), msg.Text(`" is: ` + c.From.Prove() + " and ask again."),
		}), nil
	case !proven:
		return bot.Reply(msg.Para{
			msg.Text(`I can't tell who "`), msg.Name(c.From.Nick),
			msg.Text(`" is: ` + c.From.Network + " does not say whose account it has. Log in to yours there and ask again."),
		}), nil
	case c.By == "":
		key := "irc = { " + c.From.Network + " = … }"
		if c.From.User != "" {
			key = "matrix = …"
		}
		return bot.Reply(msg.Para{
			msg.Text(c.From.Network + ` says that your account is "`), msg.Name(c.From.Account),
			msg.Text(`". Nobody in my configuration has it: an operator can add `), msg.Code(key),
			msg.Text(" to a section of people for you."),
		}), nil
	}
	s, err := sender(v, c)
	if err != nil {
		return bot.Effects{}, err
	}
	text := msg.Para{msg.Text("You are "), msg.Name(s.ID)}
	if s.Name != s.ID {
		text = append(text, msg.Text(" ("), msg.Name(s.Name), msg.Text(")"))
	}
	text = append(
		text, msg.Text(`: `+c.From.Network+" proves your "+c.From.Strength.String()+` "`), msg.Name(c.From.Account),
		msg.Text(`". `+roles(c.Roles)),
	)
	text = append(text, s.gerrit(v)...)
	return bot.Reply(append(text, s.wishes(v)...)), nil
}

// roles says what a person may act as. It is silent about none: a room of several
// teams gives no team's roles.
func roles(r bot.Role) string {
	var names []string
	for _, n := range []struct {
		role bot.Role
		name string
	}{{bot.Operator, "operator"}, {bot.PTL, "PTL"}, {bot.Core, "core"}} {
		if r&n.role != 0 {
			names = append(names, n.name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "Here: " + strings.Join(names, ", ") + ". "
}

// gerrit says what account of a review server a person has.
func (s self) gerrit(v bot.View) msg.Para {
	number, known := v.People().Account(s.ID)
	switch {
	case s.Gerrit == "":
		return msg.Para{msg.Text("No Gerrit username is configured for you. ")}
	case !known:
		return msg.Para{msg.Text("Gerrit: "), msg.Name(s.Gerrit), msg.Text(", whose account I have not found. ")}
	}
	return msg.Para{msg.Text("Gerrit: "), msg.Name(s.Gerrit), msg.Text(fmt.Sprintf(", account %d. ", number))}
}

// wishes says when a person can be asked.
func (s self) wishes(v bot.View) msg.Para {
	text := msg.Para{msg.Text("Zone " + s.zone())}
	if q := s.consent.Hours(s.Quiet); q != nil {
		text = append(text, msg.Text(", quiet hours "+q.String()))
	} else {
		text = append(text, msg.Text(", no quiet hours"))
	}
	if s.consent.Away.After(v.Now()) {
		text = append(text, msg.Text(", away until "), msg.Instant(s.consent.Away, s.zone()))
	}
	if s.consent.OptedOut {
		text = append(text, msg.Text(", opted out"))
	}
	return append(text, msg.Text("."))
}
