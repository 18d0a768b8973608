package command

import (
	"context"
	"strings"

	"torchbearer/bot"
)

// react lets the plugin that said something hear of a reaction to it. Whoever
// reacts is limited, and known, as whoever uses a command. A bridge carries
// reactions too, as somebody else's: one in another room than the message's means
// nothing.
func (h *Handler) react(ctx context.Context, in bot.Incoming) {
	switch in.React.Sign {
	case bot.SignTake, bot.SignTomorrow, bot.SignCancel:
	default:
		return
	}
	if h.Said == nil || h.React == nil {
		return
	}
	whole, room, ok := h.Said(ctx, in.React.Of)
	if !ok || room != in.Room {
		h.Log.Debug("reaction to no message said there", "room", in.Room.String(), "id", in.React.Of)
		return
	}
	if !h.allowed(in) {
		return
	}
	team, rest, _ := strings.Cut(string(whole), "/")
	plugin, own, _ := strings.Cut(rest, "/")
	r := bot.Reaction{Key: bot.Key(own), Sign: in.React.Sign, Undone: in.React.Undone}
	if in.From.Strength == bot.Account {
		h.reactAs(in, team, plugin, r, in.From)
		return
	}
	h.aside(func() { h.reactAs(in, team, plugin, r, h.ask(ctx, in)) })
}

// reactAs hands a reaction on, whose sender is known as well as can be.
func (h *Handler) reactAs(in bot.Incoming, team, plugin string, r bot.Reaction, p bot.Principal) {
	r.Call = bot.Call{Room: in.Room, Direct: in.Direct, From: p, Roles: h.roles(team, in.Room, p), By: h.by(p)}
	if !h.React(team, plugin, in.Once, r, h.done(in)) {
		h.Log.Warn("too many commands wait, a reaction was dropped", "room", in.Room.String())
	}
}
