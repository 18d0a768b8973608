// Package console is the terminal as a network of one room: what is typed is
// said there by one person, and what the bot says is printed. It delivers at
// once and never fails, which makes it the transport of the demo.
//
//	c := console.New(console.Options{Network: "demo", Room: room, In: os.Stdin, Out: os.Stdout, ...})
package console

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

// Options are what a console needs.
type Options struct {
	Room bot.Room // the one room; its network is the console's name
	Nick string   // who types, at first
	In   io.Reader
	Out  io.Writer
	Now  func() time.Time

	// Slash handles a line that begins with "/": the demo's own controls.
	// What it returns is printed.
	Slash func(ctx context.Context, line string) string

	// Settle waits until the bot has answered what was said. It keeps the
	// answer before the next line when input comes from a file.
	Settle func(ctx context.Context)
}

// Console implements bot.Transport.
type Console struct {
	Options
	since time.Time
	mu    sync.Mutex // one line at a time
	nick  string
}

// New makes a console; it reads nothing before Run.
func New(o Options) *Console { return &Console{Options: o, since: o.Now(), nick: o.Nick} }

// As makes nick the one who types from now on.
func (c *Console) As(nick string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nick = nick
}

// Network implements bot.Transport.
func (c *Console) Network() string { return c.Room.Network }

// longest is the longest line that is read whole; the rest of a longer one is
// dropped.
const longest = 4096

// Run reads lines until input or ctx ends.
func (c *Console) Run(ctx context.Context, r bot.Receiver) error {
	lines := make(chan string)
	go func() {
		defer close(lines)
		in := bufio.NewReaderSize(c.In, longest)
		for {
			line, more, err := in.ReadLine()
			text := string(line)
			for more && err == nil {
				_, more, err = in.ReadLine()
			}
			if err != nil {
				return
			}
			select {
			case lines <- text:
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-lines:
			if !ok {
				return nil
			}
			c.line(ctx, r, line)
		}
	}
}

func (c *Console) line(ctx context.Context, r bot.Receiver, line string) {
	text := msg.Clean(line)
	switch {
	case text == "":
		return
	case strings.HasPrefix(text, "/"):
		if answer := c.Slash(ctx, text); answer != "" {
			c.print("*", answer)
		}
	default:
		c.mu.Lock()
		nick := c.nick
		c.mu.Unlock()
		r.Incoming(bot.Incoming{
			Room: c.Room, Text: text, At: c.Now(),
			// Who sits at the terminal may be whom they like.
			From: bot.Principal{Network: c.Room.Network, Nick: nick, Account: nick, Strength: bot.Account},
		})
	}
	c.Settle(ctx)
}

func (c *Console) print(who, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for l := range strings.SplitSeq(text, "\n") {
		fmt.Fprintf(c.Out, "%s %s %s\n", c.Now().UTC().Format("01-02 15:04:05"), who, l)
	}
}

// Ready implements bot.Sender.
func (c *Console) Ready(r bot.Room) bool { return r == c.Room }

// Render implements bot.Sender.
func (c *Console) Render(_ bot.Room, m msg.Message, at time.Time) ([]byte, error) {
	return []byte(msg.Plain(m, at)), nil
}

// Deliver implements bot.Sender.
func (c *Console) Deliver(_ context.Context, _ string, _ bot.Room, payload []byte) error {
	c.print("<torchbearer>", string(payload))
	return nil
}

// Reply implements bot.Replier.
func (c *Console) Reply(_ bot.Incoming, m msg.Message, at time.Time) {
	c.print("<torchbearer>", msg.Plain(m, at))
}

// Identify implements bot.Replier.
func (c *Console) Identify(_ context.Context, p bot.Principal) (bot.Principal, error) { return p, nil }

// Status implements bot.Transport.
func (c *Console) Status() bot.NetworkStatus {
	return bot.NetworkStatus{
		Network: c.Room.Network, Connected: true, Since: c.since,
		Rooms: []bot.RoomStatus{{Room: c.Room, Ready: true}},
	}
}

// Members implements bot.Transport.
func (c *Console) Members(bot.Room) []bot.Principal { return nil }
