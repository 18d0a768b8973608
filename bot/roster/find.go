package roster

import (
	"maps"
	"slices"
	"strings"

	"torchbearer/bot"
	"torchbearer/bot/msg"
	"torchbearer/bot/near"
)

// quoteLimit bounds, in bytes, what an error repeats of what somebody typed.
const quoteLimit = 40

// Find returns whom people in a room mean by a word. The first that fits
// somebody decides: an id; an account on the room's network or a Gerrit username of
// somebody with a section; the nick, or the first part of the Matrix user id, of
// somebody in a room of the team's, if the network proves who that is; the first word of a name; the Gerrit username
// of somebody without a section, who is in a group or took part in a change.
//
// A word that fits several, or nobody, is a bot.UserError.
func (r *Roster) Find(team string, room bot.Room, word string) (bot.Person, error) {
	// A name that is pasted from one of the bot's lines holds the space that
	// kept it from highlighting anybody, see msg.NoHighlight.
	word = strings.ReplaceAll(word, "\u200b", "")
	name := strings.TrimRight(word, ":,")
	if p, ok := r.byUser(name); ok {
		return p, nil
	}
	name = bot.FoldAccount(strings.TrimPrefix(name, "@"))
	if p, ok := r.people[name]; ok {
		return p, nil
	}
	for _, fits := range [](func() []string){
		func() []string { return r.byAccount(room.Network, name) },
		func() []string { return r.byNick(team, room, name) },
		func() []string { return r.byFirstName(name) },
	} {
		ids := fits()
		slices.Sort(ids)
		switch ids = slices.Compact(ids); {
		case len(ids) == 1:
			return r.people[ids[0]], nil
		case len(ids) > 1:
			return bot.Person{}, bot.Userf("%s can be %s: say which.", quote(word), alternatives(ids))
		}
	}
	if p, ok := r.byUsername(r.teams[team].Gerrit.Name, name); ok {
		return p, nil
	}
	return bot.Person{}, r.unknown(room, word, name)
}

// byUser finds who a whole Matrix user id is, whichever network it is said on.
func (r *Roster) byUser(user string) (bot.Person, bool) {
	if !strings.HasPrefix(user, "@") {
		return bot.Person{}, false
	}
	for _, p := range r.people {
		if p.Matrix == user {
			return p, true
		}
	}
	return bot.Person{}, false
}

// byAccount finds people with a section by what the configuration says they are
// called.
func (r *Roster) byAccount(network, name string) (ids []string) {
	if id, ok := r.accounts[accountKey(network, name)]; ok {
		ids = append(ids, id)
	}
	if id, ok := r.gerrit[name]; ok {
		ids = append(ids, id)
	}
	return ids
}

// byNick finds people with a section by what they are called in chat, if that is
// proven to be them.
func (r *Roster) byNick(team string, room bot.Room, name string) (ids []string) {
	rooms := []bot.Room{room}
	for _, other := range r.roomsOf(team) {
		if other.Network == room.Network && other != room {
			rooms = append(rooms, other)
		}
	}
	for _, other := range rooms {
		for _, m := range r.members(other) {
			if who, ok := r.Identify(m); ok && !m.Bot && called(m, name) {
				ids = append(ids, who.ID)
			}
		}
	}
	return ids
}

// called reports whether somebody in chat is called so: by nick, or where the
// network knows people by an id by its first part. The name that it shows with
// that is nobody's own: everybody may choose everybody's.
func called(m bot.Principal, name string) bool {
	if m.User == "" {
		return bot.FoldAccount(m.Nick) == name
	}
	local, _, _ := strings.Cut(strings.TrimPrefix(m.User, "@"), ":")
	return bot.FoldAccount(local) == name
}

// byFirstName finds people with a section by the first word of their name.
func (r *Roster) byFirstName(name string) (ids []string) {
	for id, p := range r.people {
		if words := strings.Fields(p.Name); len(words) > 0 && bot.FoldAccount(words[0]) == name {
			ids = append(ids, id)
		}
	}
	return ids
}

// byUsername finds somebody without a section.
func (r *Roster) byUsername(server, name string) (bot.Person, bool) {
	if server == "" || name == "" {
		return bot.Person{}, false
	}
	a, ok := r.facts.Load().server(server).named[name]
	if !ok && r.mirror != nil {
		a, ok = r.mirror.Named(server, name)
	}
	if !ok {
		return bot.Person{}, false
	}
	return r.of(server, a), true
}

// unknown says that nobody is called so, and who was probably meant.
func (r *Roster) unknown(room bot.Room, word, name string) error {
	names := slices.Sorted(maps.Keys(r.people))
	for _, id := range slices.Clone(names) {
		p := r.people[id]
		names = append(names, p.Accounts[room.Network]...)
		if p.Gerrit != "" {
			names = append(names, p.Gerrit)
		}
	}
	if best, ok := near.Best(name, names); ok {
		return bot.Userf("I know nobody called %s; did you mean %s?", quote(word), quote(best))
	}
	return bot.Userf("I know nobody called %s: say their account on %s or their Gerrit username.", quote(word), room.Network)
}

// alternatives lists names: "a", "b" or "c".
func alternatives(names []string) string {
	var b strings.Builder
	for i, name := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(quote(name))
	}
	return b.String()
}

// quote repeats a word: what stands in double quotes highlights nobody.
func quote(s string) string {
	return `"` + msg.Cut(strings.ReplaceAll(msg.Clean(s), `"`, "'"), quoteLimit) + `"`
}
