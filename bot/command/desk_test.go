package command_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/command"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

// desk is a handler with a loop that runs at once and a network that writes
// down what it is told.
type desk struct {
	h     *command.Handler
	now   time.Time
	known map[string]bot.Principal // what the network knows, by nick

	mu    sync.Mutex
	said  []string
	asked int  // questions to the network
	full  bool // the loop takes no more

	changes  []review.Change // the mirror
	official []cycle.Event
	others   []cycle.Event // of other teams
	unread   bool          // the calendar lacks dates
}

var (
	glanceRoom = bot.Room{Network: "net", Name: "#glance"}
	novaRoom   = bot.Room{Network: "net", Name: "#nova"}
	sharedRoom = bot.Room{Network: "net", Name: "#shared"}
	otherRoom  = bot.Room{Network: "net", Name: "#elsewhere"}
)

// says is a command that shows what it was given.
func says(name string, who bot.Role, args ...bot.Arg) bot.Command {
	return bot.Command{
		Name: name, Help: "says " + name, Examples: []string{"!" + name, "!" + name + " twice"}, Who: who, Args: args,
		Do: func(_ context.Context, _ bot.View, c bot.Call) (bot.Effects, error) {
			text := name
			for _, a := range args {
				text += shown(a, c)
			}
			if c.Zone != nil {
				text += " zone=" + c.Zone.String()
			}
			if c.Roles != bot.Anyone {
				text += " as " + c.Roles.String()
			}
			return bot.Reply(msg.Para{msg.Text(text)}), nil
		},
	}
}

func newDesk(limit command.Limit) *desk {
	d := &desk{now: time.Date(2026, 12, 3, 14, 0, 0, 0, time.UTC), known: map[string]bot.Principal{}}
	freeze := says("freeze", bot.Anyone, bot.Arg{Name: "kind", Kind: bot.ArgEvent, Optional: true})
	freeze.Aliases = []string{"ff"}
	more := says("more", bot.Anyone)
	more.More = bot.Operator
	plugin := []command.Plugin{{Name: "freeze", Commands: []bot.Command{
		freeze, more,
		says("when", bot.Anyone, bot.Arg{Name: "event", Kind: bot.ArgEvent}),
		says("take", bot.Anyone, bot.Arg{Name: "change"}, bot.Arg{Name: "note", Optional: true}),
		says("secret", bot.PTL|bot.Core),
		{Name: "broken", Do: func(context.Context, bot.View, bot.Call) (bot.Effects, error) {
			return bot.Effects{}, bot.Userf("can't")
		}},
		{Name: "quiet", Do: func(context.Context, bot.View, bot.Call) (bot.Effects, error) { return bot.Effects{}, nil }},
	}}}
	d.h = command.New(command.Options{
		Teams: []command.Team{
			{Team: bot.Team{ID: "glance", Rooms: []bot.Room{glanceRoom, sharedRoom}}, Plugins: plugin},
			{Team: bot.Team{ID: "nova", Rooms: []bot.Room{novaRoom, sharedRoom}}, Plugins: plugin[:1:1]},
		},
		Core: []command.Core{
			{Command: bot.Command{Name: "status", Help: "state", Examples: []string{"!status"}}, Answer: func(_ context.Context, c bot.Call) (msg.Message, error) {
				return msg.New(msg.Answer, msg.Para{msg.Text("fine")}), nil
			}},
			{Command: bot.Command{Name: "crash", Help: "panics", Examples: []string{"!crash"}}, Answer: func(context.Context, bot.Call) (msg.Message, error) {
				panic("core")
			}},
			{Command: bot.Command{Name: "event", Help: "asks too much", Args: []bot.Arg{{Name: "event", Kind: bot.ArgEvent}}}, Answer: func(context.Context, bot.Call) (msg.Message, error) {
				return msg.Message{}, nil
			}},
			{Command: bot.Command{Name: "slow", Help: "takes its time"}, Slow: true, Answer: func(context.Context, bot.Call) (msg.Message, error) {
				time.Sleep(time.Second)
				return msg.New(msg.Answer, msg.Para{msg.Text("done")}), nil
			}},
		},
		Do: func(team, plugin, _ string, do func(context.Context, bot.View) (bot.Effects, error), done func(*msg.Message, error)) bool {
			if d.full {
				return false
			}
			eff, err := do(context.Background(), view{d})
			if eff.Reply != nil {
				eff.Reply.Blocks[0].Para = append(msg.Para{msg.Text(team + "/" + plugin + ": ")}, eff.Reply.Blocks[0].Para...)
			}
			done(eff.Reply, err)
			return true
		},
		Repliers: map[string]bot.Replier{"net": d},
		Roles: func(team string, p bot.Principal) bot.Role {
			if p.Strength < bot.Registered {
				return bot.Anyone
			}
			return map[string]bot.Role{"maria@glance": bot.PTL, "root@glance": bot.Operator, "root@nova": bot.Operator}[p.Account+"@"+team]
		},
		Known: func(p bot.Principal) bool { return p.Nick == "maria" || p.Nick == "root" },
		Limit: limit, Now: func() time.Time { return d.now }, Log: slog.New(slog.DiscardHandler),
	})
	return d
}

// Reply implements bot.Replier.
func (d *desk) Reply(_ bot.Incoming, m msg.Message, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said = append(d.said, msg.Plain(m, at))
}

// Identify implements bot.Replier.
func (d *desk) Identify(_ context.Context, p bot.Principal) (bot.Principal, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	if known, ok := d.known[p.Nick]; ok {
		return known, nil
	}
	return p, errors.New("no answer")
}

// hear has somebody say a line and returns the answers.
func (d *desk) hear(in bot.Incoming) string {
	in.From.Network = "net"
	if in.From.Nick == "" {
		in.From.Nick = "alice"
	}
	d.h.Incoming(context.Background(), in)
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	said := strings.Join(d.said, " | ")
	d.said = nil
	return said
}
