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
	"slices"
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

	// People are in the room besides, by nick.
	People []string

	In  io.Reader
	Out io.Writer
	Now func() time.Time

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
	there []string     // who has come and not left, which nobody does
	in    bot.Receiver // nil before Run
}

// New makes a console; it reads nothing before Run.
func New(o Options) *Console {
	return &Console{Options: o, since: o.Now(), nick: o.Nick, there: slices.Clone(o.People)}
}

// As makes nick the one who types from now on.
func (c *Console) As(nick string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nick = nick
}

// Chat lets somebody else say something: it is shown as "nina> hello", and heard
// as if they had typed it. It doesn't wait for an answer. Before Run nobody hears
// it.
func (c *Console) Chat(nick, text string) {
	if text = msg.Clean(text); text != "" {
		c.print(nick+">", text)
		c.hear(nick, text)
	}
}

// hear hands on what somebody says, who is in the room from now on.
func (c *Console) hear(nick, text string) {
	c.mu.Lock()
	in := c.in
	if !slices.Contains(c.there, nick) {
		c.there = append(c.there, nick)
	}
	c.mu.Unlock()
	if in == nil {
		return
	}
	who, now := c.principal(nick), c.Now()
	in.Seen(c.Room, who, now)
	in.Incoming(bot.Incoming{Room: c.Room, Text: text, At: now, From: who})
}

// principal is somebody in the room: at a terminal one may be whom one likes.
func (c *Console) principal(nick string) bot.Principal {
	return bot.Principal{Network: c.Room.Network, Nick: nick, Account: nick, Strength: bot.Account}
}

// Network implements bot.Transport.
func (c *Console) Network() string { return c.Room.Network }

// longest is the longest line that is read whole; the rest of a longer one is
// dropped.
const longest = 4096

// Run reads lines until input or ctx ends.
func (c *Console) Run(ctx context.Context, r bot.Receiver) error {
	c.mu.Lock()
	c.in = r
	c.mu.Unlock()
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
			c.line(ctx, line)
		}
	}
}

func (c *Console) line(ctx context.Context, line string) {
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
		c.hear(nick, text)
	}
	c.Settle(ctx)
}

// Note prints something that nobody says.
func (c *Console) Note(text string) { c.print("*", text) }

func (c *Console) print(who, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for l := range strings.SplitSeq(text, "\n") {
		fmt.Fprintf(c.Out, "%s %s %s\n", c.Now().UTC().Format("01-02 15:04:05"), who, l)
	}
}

// Ready implements bot.Sender. Whoever is in the room can also be told something
// alone.
func (c *Console) Ready(r bot.Room) bool {
	return r == c.Room || r.Network == c.Room.Network && slices.Contains(c.present(), r.Name)
}

// Render implements bot.Sender.
func (c *Console) Render(_ bot.Room, m msg.Message, at time.Time) ([]byte, error) {
	return []byte(msg.Plain(m, at)), nil
}

// Deliver implements bot.Sender. What is said to one person says so.
func (c *Console) Deliver(_ context.Context, _ string, r bot.Room, payload []byte) error {
	who := "<torchbearer>"
	if r != c.Room {
		who = "<torchbearer to " + r.Name + ">"
	}
	c.print(who, string(payload))
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

// Members implements bot.Transport: the people of the options, who types, and
// whoever has spoken.
func (c *Console) Members(r bot.Room) (members []bot.Principal) {
	if r != c.Room {
		return nil
	}
	for _, nick := range c.present() {
		members = append(members, c.principal(nick))
	}
	return members
}

// present lists who is in the room.
func (c *Console) present() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.nick == "" || slices.Contains(c.there, c.nick) {
		return slices.Clone(c.there)
	}
	return append(slices.Clone(c.there), c.nick)
}
