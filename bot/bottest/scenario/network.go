package scenario

import (
	"fmt"
	"log/slog"
	"slices"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/config"
)

// Rig is what stories are played on besides the two kinds of network in memory:
// real transports, before a server of a test's. A package that knows them hands
// it in, see On.
type Rig struct {
	Name string       // a line that begins with it, [matrix], is played there alone
	Kind bottest.Kind // whose lines are played there too

	// Takes is how long at most its transports take over what costs networks in
	// memory no time.
	Takes time.Duration

	// Longest is how long a story may be for this rig: what a transport does every
	// few seconds takes its time, over weeks.
	Longest time.Duration

	// Network makes a network that outlives the bot, and End ends them all.
	Network func(name, nick string) Network
	End     func()
}

// Network is one network of a story.
type Network interface {
	Crowd
	Wall
	// Connect makes the transport of a bot's next life. The function it returns
	// is called when that life is ended as kill -9 does.
	Connect(Life) (t bot.Transport, kill func())
}

// Life is what a transport is made for.
type Life struct {
	Config *config.Config
	Store  bot.Store
	Now    func() time.Time
	Log    *slog.Logger
}

// Crowd is what people do on a network; bottest.Network says what that is.
type Crowd interface {
	Say(r bot.Room, who bottest.Speaker, text string)
	Join(r bot.Room, who bottest.Speaker)
	Part(r bot.Room, nick string)
	Quit(nick string)
	Rename(from, to string)
}

// Wall is what people see of the bot, and what they put to it.
type Wall interface {
	Take(bot.Room) (bottest.Seen, bool)
	Left() []bottest.Seen
	Reads(r bot.Room, edited bool) []bottest.Seen
	React(r bot.Room, who bottest.Speaker, s bot.Sign, fits func(bottest.Seen) bool) error
	Unreact(r bot.Room, who bottest.Speaker, s bot.Sign, fits func(bottest.Seen) bool) error
}

// fakes is the rig of a kind of network in memory.
func fakes(kind bottest.Kind, w *world) Rig {
	return Rig{
		Name: string(kind), Kind: kind, End: func() {},
		Network: func(name, nick string) Network {
			n := bottest.NewNetwork(kind, name, nick, w.now)
			n.OnArrival = func(bottest.Seen) { w.killOn("arrival") }
			return &fake{n, w}
		},
	}
}

// fake is a network in memory.
type fake struct {
	*bottest.Network
	w *world
}

// Connect implements Network.
func (n *fake) Connect(l Life) (bot.Transport, func()) {
	n.Ran = func(once string) (ran bool) {
		_ = l.Store.View(n.w.ctx(), func(tx bot.ReadTx) error {
			value, err := tx.Get(once)
			ran = value != nil
			return err
		})
		return ran
	}
	s := n.Network.Connect()
	return s.Transport(), s.Kill
}

// wired is a network with its name, of which a rig's kind may be another than that
// of the story: a section [matrix.main] is of the Rich kind always.
type wired struct {
	Network
	name string
	kind bottest.Kind
}

// settle waits until everything has happened that is due now.
func (w *world) settle() {
	synctest.Wait()
	if w.rig.Takes > 0 && w.life != nil && !w.life.killed.Load() {
		time.Sleep(w.rig.Takes)
		synctest.Wait()
	}
}

// network finds a network by the name of its section.
func (w *world) network(name string) (wired, error) {
	i := slices.IndexFunc(w.networks, func(n wired) bool { return n.name == name })
	if i < 0 {
		return wired{}, fmt.Errorf("the configuration has no network %q", name)
	}
	return w.networks[i], nil
}

// faulty finds a network in memory, whose faults a script can make.
func (w *world) faulty(name string) (*bottest.Network, error) {
	n, err := w.network(name)
	if err != nil {
		return nil, err
	}
	if f, ok := n.Network.(*fake); ok {
		return f.Network, nil
	}
	return nil, fmt.Errorf("network %q has no such faults", name)
}

// room finds a room's network.
func (w *world) room(name string) (wired, bot.Room, error) {
	r, err := bot.ParseRoom(name)
	if err != nil {
		return wired{}, r, err
	}
	n, err := w.network(r.Network)
	return n, r, err
}

// dwell makes a configuration one for the networks that the story is played on:
// where these are of the Rich kind, those of [irc.…] sections are homeservers
// like those of [matrix.…] sections, and who has the account zoe there is
// @zoe:example.org.
func (w *world) dwell(cfg *config.Config) {
	if w.rig.Kind != bottest.Rich {
		return
	}
	for _, n := range cfg.IRC {
		cfg.Matrix = append(cfg.Matrix, config.Matrix{Name: n.Name, User: bottest.Rich.User(bottest.Speaker{Account: n.Nick})})
	}
	for id, p := range cfg.People {
		for _, n := range cfg.IRC {
			for i, account := range p.Accounts[n.Name] {
				user := bottest.Rich.User(bottest.Speaker{Account: account})
				p.Accounts[n.Name][i] = user
				if p.Matrix == "" {
					p.Matrix = user
				}
			}
		}
		cfg.People[id] = p
	}
	cfg.IRC = nil
}
