package config

import (
	"maps"
	"slices"
	"strings"

	"torchbearer/bot"
)

// spelling is a room as it was first written.
type spelling struct {
	room bot.Room
	line int
}

// room checks a room somebody named at a line, and reports whether it can be
// used.
func (b *builder) room(path string, line int, r bot.Room) bool {
	if r == (bot.Room{}) {
		return false // reported while it was read
	}
	switch {
	case b.raw.IRC[r.Network] != nil:
		return b.channel(path, line, r)
	case b.raw.Matrix[r.Network] != nil:
		// Compared as it is spelled, by the network too.
		if why := matrixRoom(r.Name); why != "" {
			b.reportf(line, path, "%s is no Matrix room: %s", quote(r.Name), why)
			return false
		}
		return true
	}
	b.reportf(line, path, "unknown network %s; %s", quote(r.Network), known(r.Network, "known", b.networks()))
	return false
}

// networks lists the networks there are sections for.
func (b *builder) networks() []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(b.raw.IRC)), maps.Keys(b.raw.Matrix))
	slices.Sort(names)
	return slices.Compact(names)
}

// channel checks a room on IRC.
func (b *builder) channel(path string, line int, r bot.Room) bool {
	if why := channel(r.Name); why != "" {
		b.reportf(line, path, "%s is no channel's name: %s", quote(r.Name), why)
		return false
	}
	// A room is compared as it is spelled, but the network would take both
	// spellings for one channel.
	folded := r.Network + "/" + fold(r.Name)
	first, seen := b.spelled[folded]
	if !seen {
		b.spelled[folded] = spelling{room: r, line: line}
		return true
	}
	if first.room != r {
		b.reportf(line, path, "%s is %s on line %d; spell it the same everywhere", quote(r.String()), quote(first.room.String()), first.line)
		return false
	}
	return true
}

// channel says what is wrong with an IRC channel's name, or "" (RFC 2812,
// section 1.3; modern servers allow 64 bytes where it allows 50).
func channel(name string) string {
	switch {
	case !strings.HasPrefix(name, "#") && !strings.HasPrefix(name, "&"):
		return `want "#" first`
	case len(name) < 2:
		return `want more than "#"`
	case len(name) > 64:
		return "at most 64 bytes are allowed"
	case strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == ',' || r == ':' || r == 0x7f }):
		return "no spaces, commas, colons or control characters are allowed"
	}
	return ""
}

// fold is the lower case of RFC 1459, the coarsest of IRC's: what it keeps
// apart, every network keeps apart.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r == '[', r == ']', r == '\\':
			return r + '{' - '['
		case r == '~':
			return '^'
		}
		return r
	}, s)
}

// rooms checks what [room."…"] sections say, after the teams are known.
func (b *builder) rooms() {
	for _, key := range slices.Sorted(maps.Keys(b.raw.Room)) {
		path, n := join("room", key), b.root.get("room", key)
		r, err := bot.ParseRoom(key)
		if err != nil {
			b.report(n.line, path, brief(err.Error()))
			continue
		}
		if !b.room(path, n.line, r) {
			continue
		}
		var teams []string
		for _, t := range b.out.Teams {
			if slices.Contains(t.Rooms, r) {
				teams = append(teams, t.ID)
			}
		}
		if len(teams) == 0 && r != b.out.Operators.Room {
			b.report(n.line, path, "no team has this room in its rooms, so nothing would use this section")
		}
		team := b.raw.Room[key].DefaultTeam
		at := n.get("default_team")
		switch {
		case at == nil || at.kind != textKind:
		case b.raw.Team[team] == nil:
			b.reportf(at.line, path+".default_team", "unknown team %s; %s", quote(team),
				known(team, "known", slices.Collect(maps.Keys(b.raw.Team))))
		case !slices.Contains(teams, team):
			b.reportf(at.line, path+".default_team", "team %s does not have this room in its rooms; %s", quote(team),
				known(team, "teams that have it", teams))
		}
		b.out.Rooms[r] = Room{DefaultTeam: team}
	}
}
