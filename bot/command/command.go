// Package command turns what people say into calls of commands: it finds the
// command and the team it is for, resolves its arguments, checks that its
// sender may use it and has not used too many, and answers. At most one answer
// per line. A reaction to one of the bot's messages takes the same way.
//
// What is said in one room of a mirror is heard in the others too, by way of a
// bridge; it is one line, and answered where it was heard first.
//
//	h := command.New(command.Options{Teams: teams, Core: core, Do: loop.Do, Repliers: repliers, ...})
//	h.Incoming(ctx, in) // from a transport
//
// What takes its time, asking a network who somebody is or a review server for a
// change, happens before the loop and beside other commands.
package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

// Team is a team with the commands of its plugins.
type Team struct {
	bot.Team
	Plugins []Plugin
}

// Plugin is the commands of one plugin.
type Plugin struct {
	Name     string
	Commands []bot.Command
}

// Core is a command of the bot itself. It reads no plugin's records and changes
// nothing; the command's Do is not used.
type Core struct {
	bot.Command
	Answer func(context.Context, bot.Call) (msg.Message, error)
	Slow   bool // Answer takes its time, so it runs beside everything else
}

// Do runs do in the loop and hands its reply or error to done; once is stored
// with what do wants. False when the loop has too much to do.
type Do func(team, plugin, once string, do func(context.Context, bot.View) (bot.Effects, error), done func(*msg.Message, error)) bool

// React lets the plugin hear of a reaction to a message of its own, as Do runs a
// command.
type React func(team, plugin, once string, r bot.Reaction, done func(*msg.Message, error)) bool

// Options are what a handler needs.
type Options struct {
	// Teams are all teams. The one with the ID bot.NoTeam has the plugins of the
	// whole bot: their commands work in every room, whatever team is named.
	Teams    []Team
	Core     []Core              // commands of the bot itself, in every room
	Default  map[bot.Room]string // team meant in a room that several use
	Do       Do
	React    React                  // nil, like Said: reactions mean nothing
	Repliers map[string]bot.Replier // by network

	// Said says which message of the bot's a network was given with an id: its
	// whole key, and the room it went to. It does not wait for anybody.
	Said func(ctx context.Context, id string) (key bot.Key, room bot.Room, ok bool)

	// Roles says what a proven principal may act as, in a team: "" for none,
	// bot.NoTeam for a command of the whole bot.
	Roles func(team string, p bot.Principal) bot.Role
	// Known reports whether a principal could be somebody with a role, going
	// by the nick alone: whether asking the network is worth it.
	Known func(p bot.Principal) bool

	// Identify says who a proven principal is; nil: nobody is known.
	Identify func(p bot.Principal) (id string, ok bool)
	// Person finds whom a word means in a room; an error for the person if
	// that is nobody, or several. It runs in the loop. Nil: there is nobody.
	Person func(team string, r bot.Room, word string) (bot.Person, error)
	// Fresh reads the changes that a reference means from their server into the
	// mirror, beside the loop: if the mirror lacks them, and if again is set
	// also if what it has is too old to ask somebody about. A nil error says
	// that the mirror is right now; an *Elsewhere or an error for the person,
	// why the team's part of it can't have the change; any other, that the
	// server was of no help. It gives up when ctx ends, after 3 s, and may be
	// called several times at once. Nil: what the mirror has is all there is.
	Fresh func(ctx context.Context, team string, r Ref, again bool) error

	Limit  Limit
	Before *Handler // the one before a reload: whom it limited stays limited, what it heard it has heard; nil: none
	Now    func() time.Time
	Log    *slog.Logger
}

// Handler answers commands. Its methods may be called from several goroutines.
type Handler struct {
	Options
	core    []Core
	teams   []Team // without the whole bot's plugins
	whole   Team   // those
	here    map[bot.Room][]Team
	sisters map[bot.Room][]bot.Room // the other rooms of its mirror
	echoes  *echoes
	limits  *limits
	busy    atomic.Int64 // goroutines that answer
}

// New makes a handler.
func New(o Options) *Handler {
	h := &Handler{
		Options: o, here: map[bot.Room][]Team{}, sisters: map[bot.Room][]bot.Room{},
		echoes: &echoes{}, limits: newLimits(o.Limit),
	}
	if o.Before != nil {
		h.echoes = o.Before.echoes
		if o.Before.Limit == o.Limit {
			h.limits = o.Before.limits
		}
	}
	h.Before = nil // it may be forgotten
	h.core = append([]Core{h.helpCommand()}, o.Core...)
	for _, t := range o.Teams {
		if t.ID == bot.NoTeam {
			h.whole = t
			continue
		}
		h.teams = append(h.teams, t)
		for _, r := range t.Rooms {
			h.here[r] = append(h.here[r], t)
		}
		for _, mirror := range t.Mirrors {
			for _, r := range mirror {
				h.sisters[r] = append(h.sisters[r], mirror...) // itself too, which is not asked for
			}
		}
	}
	return h
}

// Incoming looks at one line, or one reaction, and answers it if it is for the
// bot. It does not block: it runs on the goroutine that reads from the network.
func (h *Handler) Incoming(ctx context.Context, in bot.Incoming) {
	if in.From.Bot {
		return
	}
	if in.React != nil {
		h.react(ctx, in)
		return
	}
	l, ok := parse(in)
	if !ok {
		return
	}
	f, err := h.find(l, in)
	if f == nil && err == nil {
		return // none of the bot's business
	}
	if sisters := h.sisters[in.Room]; sisters != nil {
		h.mirrored(ctx, in, f, err, sisters)
		return
	}
	h.heed(ctx, in, f, err, nil)
}

// heed answers a line that is for the bot: f is the command, or err says why it
// is none. In a mirror first is what is remembered of the line.
func (h *Handler) heed(ctx context.Context, in bot.Incoming, f *found, err error, first *heard) {
	if !h.allowed(in) {
		h.echoes.heeded(first, "", false)
		return
	}
	if err != nil {
		h.echoes.heeded(first, "", true)
		h.fail(in, err)
		return
	}
	f.heard = first
	f.given = read(f.command, f.rest, h.team(f.team))
	if !h.worthAsking(f, in.From) {
		h.call(ctx, in, f, in.From)
		return
	}
	h.aside(func() { h.call(ctx, in, f, h.ask(ctx, in)) })
}

// ask asks the network who the sender of a line is.
func (h *Handler) ask(ctx context.Context, in bot.Incoming) bot.Principal {
	p, err := h.Repliers[in.Room.Network].Identify(ctx, in.From)
	if err != nil {
		h.Log.Warn("can't ask the network who somebody is", "room", in.Room.String(), "err", err)
	}
	return p
}

// allowed counts a line, and tells who has said too much, once.
func (h *Handler) allowed(in bot.Incoming) bool {
	switch h.limits.take(in.From, h.Now()) {
	case over:
		return false
	case justOver:
		h.reply(in, msg.New(msg.Answer, h.limits.text(in.From)))
		return false
	}
	return true
}

// aside runs what takes its time, counted for Settle.
func (h *Handler) aside(f func()) {
	h.busy.Add(1)
	go func() {
		defer h.busy.Add(-1)
		f()
	}()
}

// Settle waits until every command heard so far has been answered or handed to
// the loop. It looks again and again, which only somebody at a terminal needs.
func (h *Handler) Settle(ctx context.Context) error {
	for h.busy.Load() > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

// worthAsking reports whether the answer depends on who asks and the line
// itself did not prove it. Where it does for some people only, going by the nick
// saves the network a question, except for what somebody wants done.
func (h *Handler) worthAsking(f *found, p bot.Principal) bool {
	if p.Strength == bot.Account {
		return false
	}
	return f.command.Prove || f.command.Who != bot.Anyone ||
		f.command.More != bot.Anyone && (f.given.does(f.command) || h.Known(p)) || f.given.me(f.command)
}

// call runs a command whose sender is known as well as can be.
func (h *Handler) call(ctx context.Context, in bot.Incoming, f *found, p bot.Principal) {
	roles := h.roles(f.team, in.Room, p)
	if !roles.Has(f.command.Who) {
		if h.echoes.refused(f.heard) {
			h.fail(in, denied(f.command, p))
		}
		return
	}
	c := bot.Call{Room: in.Room, Direct: in.Direct, From: p, Roles: roles, By: h.by(p)}
	h.echoes.heeded(f.heard, c.By, true)
	switch {
	case f.answer != nil && f.slow:
		h.answerAside(ctx, in, f, c)
	case f.answer != nil:
		h.answer(ctx, in, f, c)
	case h.Fresh != nil && f.given.reference(f.command):
		h.doFresh(ctx, in, f, c)
	default:
		h.do(in, f, c)
	}
}

// The two ways to take one's time; they are functions of their own so that the
// others don't move a call to the heap for them.

func (h *Handler) answerAside(ctx context.Context, in bot.Incoming, f *found, c bot.Call) {
	h.aside(func() { h.answer(ctx, in, f, c) })
}

func (h *Handler) doFresh(ctx context.Context, in bot.Incoming, f *found, c bot.Call) {
	h.aside(func() {
		h.refresh(ctx, f)
		h.do(in, f, c)
	})
}

// roles returns what a principal may act as. A command of the whole bot is used in
// the room's team, if it has one and no other.
func (h *Handler) roles(team string, r bot.Room, p bot.Principal) bot.Role {
	if team == bot.NoTeam {
		if here := h.here[r]; len(here) == 1 {
			team = here[0].ID
		}
	}
	return h.Roles(team, p)
}

// by returns who a principal is, as far as that is proven.
func (h *Handler) by(p bot.Principal) string {
	if h.Identify == nil || p.Strength < bot.Registered {
		return ""
	}
	id, ok := h.Identify(p)
	if !ok {
		return ""
	}
	return id
}

// do runs a plugin's command in the loop.
func (h *Handler) do(in bot.Incoming, f *found, c bot.Call) {
	do := func(ctx context.Context, v bot.View) (bot.Effects, error) {
		c, err := h.resolve(c, f, v)
		if err != nil {
			return bot.Effects{}, err
		}
		return f.command.Do(ctx, v, c)
	}
	if !h.Do(f.team, f.plugin, in.Once, do, h.done(in)) {
		h.Log.Warn("too many commands wait, one was dropped", "room", in.Room.String())
	}
}

// done answers a line with what came of it.
func (h *Handler) done(in bot.Incoming) func(*msg.Message, error) {
	return func(m *msg.Message, err error) {
		switch {
		case err != nil:
			h.fail(in, err)
		case m != nil:
			h.reply(in, *m)
		}
	}
}

// answer answers a command of the bot itself.
func (h *Handler) answer(ctx context.Context, in bot.Incoming, f *found, c bot.Call) {
	m, err := h.guarded(ctx, f, c)
	var user *bot.UserError
	switch {
	case errors.As(err, &user):
		h.fail(in, err)
	case err != nil:
		h.Log.Error("internal error", "command", f.command.Name, "err", err)
		h.fail(in, bot.Userf("internal error, see the log for !%s", f.command.Name))
	default:
		h.reply(in, m)
	}
}

// guarded resolves the arguments of an answer, without a view, and runs it; a
// panic in it costs nobody else anything.
func (h *Handler) guarded(ctx context.Context, f *found, c bot.Call) (m msg.Message, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if c, err = h.resolve(c, f, nil); err != nil {
		return msg.Message{}, err
	}
	return f.answer(ctx, c)
}

// denied says who may, and what the network could prove.
func denied(c *bot.Command, p bot.Principal) error {
	if c.Who&bot.Known != 0 {
		if p.Strength == bot.Unproven {
			return bot.Userf("I take !%s only from people I know, and the network does not say who you are: %s.", c.Name, p.Prove())
		}
		return bot.Userf("I take !%s only from people I know, and your account is not among them yet: whoever runs this bot can add it.", c.Name)
	}
	if p.Strength == bot.Unproven {
		return bot.Userf("I take !%s only from %s, and the network does not say that you are: %s.", c.Name, c.Who, p.Prove())
	}
	return bot.Userf("I take !%s only from %s.", c.Name, c.Who)
}

func (h *Handler) fail(in bot.Incoming, err error) {
	h.reply(in, msg.New(msg.Answer, quiet(err.Error())))
}

func (h *Handler) reply(in bot.Incoming, m msg.Message) {
	if r := h.Repliers[in.Room.Network]; r != nil {
		r.Reply(in, m, h.Now())
	}
}

// teamsIn returns the teams of a room; of a direct message, and of a room that
// is no team's, all teams.
func (h *Handler) teamsIn(r bot.Room) []Team {
	if here := h.here[r]; here != nil {
		return here
	}
	return h.teams
}

// team returns a team by its id, the zero Team where there is none such.
func (h *Handler) team(id string) bot.Team {
	for i := range h.Teams {
		if h.Teams[i].ID == id {
			return h.Teams[i].Team
		}
	}
	return bot.Team{}
}
