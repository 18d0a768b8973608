package command_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/command"
	"torchbearer/bot/msg"
)

var matrixRoom = bot.Room{Network: "main", Name: "#glance:example.org"}

// mirroring is a desk whose team has a room on IRC, one on Matrix and one more,
// joined by a bridge. What is said shows where.
func mirroring(limit command.Limit) *desk {
	d := newDesk(limit)
	o := d.h.Options
	team := o.Teams[0]
	team.Rooms = []bot.Room{glanceRoom, matrixRoom, novaRoom, sharedRoom}
	team.Mirrors = [][]bot.Room{{glanceRoom, matrixRoom, novaRoom}}
	o.Teams = []command.Team{team}
	o.Identify = identify
	o.Repliers = map[string]bot.Replier{"net": onNetwork{d, "net"}, "main": onNetwork{d, "main"}}
	d.h = command.New(o)
	return d
}

// onNetwork says on which network something is said.
type onNetwork struct {
	*desk
	network string
}

func (n onNetwork) Reply(to bot.Incoming, m msg.Message, at time.Time) {
	m.Blocks[0].Para = append(msg.Para{msg.Text(n.network + " ")}, m.Blocks[0].Para...)
	n.desk.Reply(to, m, at)
}

// maria is the PTL on Matrix, proven with each line; on IRC she has to be asked
// after.
func maria(network string) bot.Principal {
	p := bot.Principal{Network: network, Nick: "maria"}
	if network == "main" {
		p.Account, p.User, p.Strength = "maria", "@maria:example.org", bot.Account
	}
	return p
}

// puppet is what a bridge shows of somebody.
func puppet(network, of string) bot.Principal {
	p := bot.Principal{Network: network, Nick: of}
	if network == "main" {
		id := "@oftc_" + of + ":example.org"
		p.Account, p.User, p.Strength = id, id, bot.Account
	}
	return p
}

// say has somebody say a line.
func (d *desk) say(r bot.Room, p bot.Principal, text string) {
	d.h.Incoming(context.Background(), bot.Incoming{Room: r, From: p, Text: text})
	synctest.Wait()
}

// answers returns what was said since the last time.
func (d *desk) answers() string {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	said := strings.Join(d.said, " | ")
	d.said = nil
	return said
}

// What a bridge carries into the other rooms of a mirror is one line, answered
// where it was heard first.
func TestMirrorIsReadOnce(t *testing.T) {
	type line struct {
		after time.Duration
		room  bot.Room
		from  bot.Principal
		text  string
		want  string
	}
	alice, bob := puppet("net", "alice"), puppet("net", "bob")
	freeze := "net glance/freeze: freeze"
	denied := "net I take !secret only from PTL, cores, and the network does not say that you are: log in to your account there first."
	stranger := "main I take !secret only from PTL, cores."
	allowed := "main glance/freeze: secret as PTL"
	for _, tc := range []struct {
		name  string
		lines []line
	}{
		{"an echo", []line{{0, glanceRoom, alice, "!freeze", freeze}, {time.Second, matrixRoom, puppet("main", "alice"), "!freeze", ""}}},
		{"an echo in each room", []line{{0, glanceRoom, alice, "!freeze", freeze}, {time.Second, matrixRoom, puppet("main", "alice"), "!freeze", ""}, {0, novaRoom, alice, "!freeze", ""}}},
		{"an echo with other spaces", []line{{0, glanceRoom, alice, " !freeze  spec\u200b ", freeze + " event=spec-freeze"}, {0, matrixRoom, alice, "!freeze spec", ""}}},
		{"other words", []line{{0, glanceRoom, alice, "!freeze", freeze}, {0, matrixRoom, puppet("main", "alice"), "!freeze spec", "main glance/freeze: freeze event=spec-freeze"}}},
		{"too late for an echo", []line{{0, glanceRoom, alice, "!freeze", freeze}, {time.Minute, matrixRoom, puppet("main", "alice"), "!freeze", "main glance/freeze: freeze"}}},
		{"twice in the same room", []line{{0, glanceRoom, alice, "!freeze", freeze}, {0, glanceRoom, bob, "!freeze", freeze}, {0, matrixRoom, alice, "!freeze", ""}, {0, matrixRoom, bob, "!freeze", ""}, {0, matrixRoom, bob, "!freeze", "main glance/freeze: freeze"}}},
		{"the copy said by somebody else, later", []line{{0, glanceRoom, alice, "!freeze", freeze}, {0, matrixRoom, alice, "!freeze", ""}, {time.Second, matrixRoom, bob, "!freeze", "main glance/freeze: freeze"}, {0, glanceRoom, bob, "!freeze", ""}}},
		{"a room of no mirror", []line{{0, glanceRoom, alice, "!freeze", freeze}, {0, sharedRoom, alice, "!freeze", freeze}}},
		{"a mistake", []line{{0, glanceRoom, alice, "!freze", `net I don't know "!freze"; did you mean !freeze?`}, {0, matrixRoom, alice, "!freze", ""}}},
		{"the puppet first, who may not", []line{{0, glanceRoom, puppet("net", "mar"), "!secret", denied}, {time.Second, matrixRoom, maria("main"), "!secret", allowed}}},
		{"who may first", []line{{0, matrixRoom, maria("main"), "!secret", allowed}, {time.Second, glanceRoom, puppet("net", "mar"), "!secret", ""}}},
		{"nobody who may", []line{{0, matrixRoom, puppet("main", "alice"), "!secret", stranger}, {time.Second, glanceRoom, alice, "!secret", ""}, {time.Second, novaRoom, alice, "!secret", ""}}},
		{"who may last of three", []line{{0, glanceRoom, alice, "!secret", denied}, {0, novaRoom, alice, "!secret", ""}, {time.Second, matrixRoom, maria("main"), "!secret", allowed}}},
		{"who may, once", []line{{0, glanceRoom, alice, "!secret", denied}, {0, matrixRoom, maria("main"), "!secret", allowed}, {time.Second, novaRoom, alice, "!secret", ""}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := mirroring(command.Limit{})
				for i, l := range tc.lines {
					d.now = d.now.Add(l.after)
					d.say(l.room, l.from, l.text)
					if got := d.answers(); got != l.want {
						t.Errorf("line %d: %q, want %q", i+1, got, l.want)
					}
				}
			})
		})
	}
}

// Nobody can keep a known person from being heard by saying the same first, in
// another room of the mirror: not strangers, nor those who have said too much, nor
// who is known too. What everybody is answered alike is answered once.
func TestMirrorKeepsNobodyFromBeingHeard(t *testing.T) {
	bob := bot.Principal{Network: "main", Nick: "bob", Account: "bob", User: "@bob:example.org", Strength: bot.Account}
	alice := puppet("net", "alice")
	for _, tc := range []struct {
		name  string
		limit command.Limit
		known bool // maria on IRC
		first []string
		by    bot.Principal
		room  bot.Room
		then  bot.Principal
		where bot.Room
		line  string
		want  string
	}{
		{name: "a stranger, of what anybody may use and the PTL further", first: []string{"!more"}, by: alice, room: glanceRoom, then: maria("main"), where: matrixRoom, line: "!more", want: "main glance/freeze: more as PTL"},
		{name: "who has said too much", limit: command.Limit{Number: 1, Per: time.Hour}, first: []string{"!freeze", "!freeze", "!secret"}, by: alice, room: glanceRoom, then: maria("main"), where: matrixRoom, line: "!secret", want: "main glance/freeze: secret as PTL"},
		{name: "who has said too much, for everybody", limit: command.Limit{Number: 1, Per: time.Hour}, first: []string{"!more", "!more", "!freeze"}, by: alice, room: glanceRoom, then: maria("main"), where: matrixRoom, line: "!freeze", want: "main glance/freeze: freeze as PTL"},
		{name: "who has said too much, and a puppet", limit: command.Limit{Number: 1, Per: time.Hour}, first: []string{"!more", "!more", "!freeze"}, by: alice, room: glanceRoom, then: puppet("main", "alice"), where: matrixRoom, line: "!freeze"},
		{name: "two who are known", first: []string{"!more"}, by: bob, room: matrixRoom, then: maria("net"), known: true, where: glanceRoom, line: "!more", want: "net glance/freeze: more as PTL"},
		{name: "two of one name", first: []string{"!more"}, by: bob, room: matrixRoom, then: maria("net"), where: glanceRoom, line: "!more"},
		{name: "the same person twice", first: []string{"!more"}, by: maria("main"), room: matrixRoom, then: maria("net"), known: true, where: glanceRoom, line: "!more"},
		{name: "what everybody is told", first: []string{"!freeze"}, by: bob, room: matrixRoom, then: maria("net"), known: true, where: glanceRoom, line: "!freeze"},
		{name: "a mistake", first: []string{"!mor"}, by: alice, room: glanceRoom, then: maria("main"), where: matrixRoom, line: "!mor"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := mirroring(tc.limit)
				if tc.known {
					d.known["maria"] = bot.Principal{Network: "net", Nick: "maria", Account: "maria", Strength: bot.Account}
				}
				for _, line := range tc.first {
					d.say(tc.room, tc.by, line)
				}
				d.answers()
				d.say(tc.where, tc.then, tc.line)
				if got := d.answers(); got != tc.want {
					t.Errorf("got %q, want %q", got, tc.want)
				}
				d.say(tc.room, puppet(tc.room.Network, "mar"), tc.line)
				if got := d.answers(); tc.want != "" && got != "" {
					t.Errorf("its copy: %q", got)
				}
			})
		})
	}
}

// While the network is asked who a puppet is, the line that the person said comes:
// it is answered, and the puppet hears nothing.
func TestMirrorWhileAsking(t *testing.T) {
	for _, tc := range []struct {
		name  string
		first bot.Principal
		known bool // the network knows the first one
		then  bot.Principal
		want  string
	}{
		{"a puppet, then the PTL", puppet("net", "mar"), false, maria("main"), "main glance/freeze: secret as PTL"},
		{"a puppet, then another", puppet("net", "mar"), false, puppet("main", "mar"), "main I take !secret only from PTL, cores."},
		{"the PTL, then a puppet", maria("net"), true, puppet("main", "maria"), "net glance/freeze: secret as PTL"},
		{"the PTL, twice", maria("net"), true, maria("main"), "net glance/freeze: secret as PTL"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := mirroring(command.Limit{})
				slow := make(chan struct{})
				o := d.h.Options
				o.Repliers["net"] = slowly{onNetwork{d, "net"}, slow}
				d.h = command.New(o)
				if tc.known {
					d.known["maria"] = bot.Principal{Network: "net", Nick: "maria", Account: "maria", Strength: bot.Account}
				}
				d.say(glanceRoom, tc.first, "!secret")
				d.say(matrixRoom, tc.then, "!secret")
				if got := d.answers(); got != "" {
					t.Errorf("while the network is asked: %q", got)
				}
				close(slow)
				if got := d.answers(); got != tc.want {
					t.Errorf("got %q, want %q", got, tc.want)
				}
			})
		})
	}
}

// slowly answers who somebody is when it is allowed to.
type slowly struct {
	onNetwork
	when chan struct{}
}

func (s slowly) Identify(ctx context.Context, p bot.Principal) (bot.Principal, error) {
	<-s.when
	return s.onNetwork.Identify(ctx, p)
}

// An echo costs its puppet nothing; who says too much gets nothing more by way of
// the bridge; a reload forgets no line; and a flood of lines takes no memory.
func TestMirrorLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := mirroring(command.Limit{Number: 1, Per: time.Minute})
		d.say(glanceRoom, puppet("net", "alice"), "!freeze")
		d.say(matrixRoom, puppet("main", "alice"), "!freeze")
		d.say(matrixRoom, puppet("main", "alice"), "!more")
		if got, want := d.answers(), "net glance/freeze: freeze | main glance/freeze: more"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		d.say(glanceRoom, puppet("net", "alice"), "!freeze spec")
		d.say(matrixRoom, puppet("main", "bob"), "!freeze spec")
		if got := d.answers(); !strings.HasPrefix(got, "net alice: that was more than 1 commands") || strings.Contains(got, "|") {
			t.Errorf("got %q, want the limit alone", got)
		}
		d.now = d.now.Add(2 * time.Minute)
		d.say(glanceRoom, puppet("net", "alice"), "!freeze")
		o := d.h.Options
		o.Before = d.h
		d.h = command.New(o)
		d.say(matrixRoom, puppet("main", "bob"), "!freeze")
		if got, want := d.answers(), "net glance/freeze: freeze"; got != want {
			t.Errorf("over a reload %q, want %q", got, want)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		d := mirroring(command.Limit{})
		for i := range 2000 {
			d.say(glanceRoom, puppet("net", "alice"), fmt.Sprintf("!take %d", i))
		}
		if got := d.h.Heard(); got > 512 {
			t.Errorf("%d lines are remembered", got)
		}
	})
}
