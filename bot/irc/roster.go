package irc

import (
	"slices"
	"strings"
	"time"

	"github.com/lrstanley/girc"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

const (
	maxMembers = 5000 // known of a room; who comes later is seen, and not kept
	maxNick    = 64   // bytes; networks allow up to 32 or so
	whoEvery   = 10 * time.Second
	whoIdle    = 2 * time.Second // to look again whether nothing else is to be said
	whoToken   = "7"             // by which an answer to WHOX is known for ours
	whoFields  = "%tcuhnfa," + whoToken
)

// roster is who is in the configured rooms, as the network tells: NAMES and one
// WHO after the bot has joined, JOIN, PART, KICK, QUIT, NICK and ACCOUNT from then
// on. It belongs to a session, and nothing of it outlives the connection.
//
// An account is believed only while the network would say that it is no longer
// true: it is void when the nick changes or goes, and without account-notify,
// which tells of logging out, no account is named at all.
type roster struct {
	people map[string]*present // by folded nick
	in     map[*room]map[*present]bool

	asking []*room // whose WHO is still to be sent; while there are any, who runs
	asked  time.Time
	who    timer
}

// present is somebody in at least one room.
type present struct {
	key          string // folded nick
	nick, origin string
	account      string
	bot          bool
	rooms        int
}

func newRoster() roster {
	return roster{people: make(map[string]*present), in: make(map[*room]map[*present]bool)}
}

// add puts somebody into a room; nil where it has no place left.
func (ro *roster) add(r *room, key, nick string) *present {
	in := ro.in[r]
	if in == nil {
		in = make(map[*present]bool)
		ro.in[r] = in
	}
	p := ro.people[key]
	if p != nil && in[p] {
		return p
	}
	if len(in) >= maxMembers {
		return nil
	}
	if p == nil {
		p = &present{key: key, nick: nick}
		ro.people[key] = p
	}
	in[p] = true
	p.rooms++
	return p
}

// remove takes somebody out of a room. Who is in none is forgotten: nobody tells
// us any more what becomes of the nick.
func (ro *roster) remove(r *room, p *present) {
	if !ro.in[r][p] {
		return
	}
	delete(ro.in[r], p)
	if p.rooms--; p.rooms == 0 {
		delete(ro.people, p.key)
	}
}

// drop takes somebody out of all rooms.
func (ro *roster) drop(p *present) {
	if p == nil {
		return
	}
	for r := range ro.in {
		ro.remove(r, p)
	}
}

// leave forgets a room.
func (ro *roster) leave(r *room) {
	for p := range ro.in[r] {
		ro.remove(r, p)
	}
	delete(ro.in, r)
}

// refold sorts people by nick under a network's casemapping.
func (ro *roster) refold(names casemap) {
	before := ro.people
	ro.people = make(map[string]*present, len(before))
	for _, p := range before {
		p.key = names.fold(p.nick)
		if ro.people[p.key] == nil {
			ro.people[p.key] = p
			continue
		}
		for _, in := range ro.in { // two who were one all along
			delete(in, p)
		}
	}
}

// from notes where somebody connects from. Another place under the same nick may
// be another person.
func (p *present) from(origin string) {
	if origin == "" || origin == p.origin {
		return
	}
	if p.origin != "" {
		p.account = ""
	}
	p.origin = origin
}

// named returns an account as lines name it, "" for those that say "none": "*" of
// extended-join and account-notify, "0" of WHOX.
func named(account string) string {
	if account == "*" || account == "0" {
		return ""
	}
	return account
}

// knowable reports whether a nick can be kept and shown as it is.
func knowable(nick string) bool {
	return len(nick) <= maxNick && validNick(nick) && msg.Clean(nick) == nick
}

// origin returns user@host of whoever sent a line, "" where it has none.
func origin(e *girc.Event) string {
	if e.Source == nil || e.Source.Host == "" {
		return ""
	}
	return e.Source.Ident + "@" + e.Source.Host
}

// principal is somebody as the network has shown them unasked.
func (s *session) principal(p *present) bot.Principal {
	who := bot.Principal{Network: s.t.cfg.Network, Nick: p.nick, Origin: p.origin, Bot: p.bot}
	if p.account != "" && s.caps["account-notify"] {
		who.Account, who.Strength = p.account, bot.Account
	}
	return who
}

// Members lists who is in a room, by nick: with an account where the network has
// named one since and tells of every change.
func (t *Transport) Members(r bot.Room) []bot.Principal {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.s == nil || t.s.closed || r.Network != t.cfg.Network {
		return nil
	}
	room := t.find(r.Name)
	if room == nil || !room.joined {
		return nil
	}
	in := t.s.roster.in[room]
	members := make([]bot.Principal, 0, len(in))
	for p := range in {
		if !t.s.me(p.nick) && !t.s.ignored(p.nick) {
			members = append(members, t.s.principal(p))
		}
	}
	slices.SortFunc(members, func(a, b bot.Principal) int { return strings.Compare(a.Nick, b.Nick) })
	return members
}

// here reports whether a word is the nick of somebody whom the bot can see; it
// allocates nothing, as every word that is said is asked about.
func (s *session) here(word string) bool {
	var folded [maxNick]byte
	if len(word) > len(folded) {
		return false
	}
	for i := range len(word) {
		folded[i] = s.is.names.lower(word[i])
	}
	return s.roster.people[string(folded[:len(word)])] != nil && !s.me(word)
}

// came handles the JOIN of somebody else: where, and with extended-join the
// account (ircv3.net/specs/extensions/extended-join).
func (s *session) came(r *room, e *girc.Event) heard {
	nick := who(e)
	if r == nil || !r.joined || !knowable(nick) {
		return heard{}
	}
	p := s.roster.add(r, s.fold(nick), nick)
	if p == nil {
		p = &present{nick: nick}
	}
	p.from(origin(e))
	if s.caps["extended-join"] {
		p.account = named(param(e, 1))
	}
	p.bot = p.bot || botTag(e)
	return heard{seen: !s.ignored(nick), in: bot.Incoming{Room: r.cfg, From: s.principal(p), At: s.t.now().UTC()}}
}

// went handles the PART or KICK of somebody else.
func (s *session) went(channel, nick string) {
	nick = s.fold(nick)
	s.query.void(nick)
	if r := s.t.find(channel); r != nil {
		s.roster.remove(r, s.roster.people[nick])
	}
}

// calls handles the NICK of somebody else. The account stays behind.
func (s *session) calls(from, to string) {
	from, key := s.fold(from), s.fold(to)
	p := s.roster.people[from]
	if other := s.roster.people[key]; other != nil && other != p {
		s.roster.drop(other)
	}
	switch {
	case p == nil:
	case !knowable(to):
		s.roster.drop(p)
	default:
		delete(s.roster.people, from)
		p.key, p.nick, p.account = key, to, ""
		s.roster.people[key] = p
	}
}

// account handles ACCOUNT (ircv3.net/specs/extensions/account-notify).
func (s *session) account(e *girc.Event) {
	nick := s.fold(who(e))
	s.query.void(nick)
	if p := s.roster.people[nick]; p != nil {
		p.account = named(param(e, 0))
	}
}

// spoke notes what a message shows of its sender.
func (s *session) spoke(in *bot.Incoming) {
	p := s.roster.people[s.fold(in.From.Nick)]
	if p == nil {
		return
	}
	p.from(in.From.Origin)
	if s.caps["account-tag"] {
		p.account = in.From.Account
	}
	p.bot = p.bot || in.From.Bot
}

// names handles 353, some of the nicks in a room with what they are there
// (multi-prefix) and where they are from (userhost-in-names).
func (s *session) names(e *girc.Event) {
	r := s.t.find(param(e, 2))
	if len(e.Params) < 4 || r == nil || !r.joined {
		return
	}
	for name := range strings.FieldsSeq(e.Last()) {
		nick, from, _ := strings.Cut(strings.TrimLeft(name, s.is.prefixes), "!")
		if s.me(nick) || !knowable(nick) {
			continue
		}
		if p := s.roster.add(r, s.fold(nick), nick); p != nil {
			p.from(from)
		}
	}
}

// counted handles 366, the end of NAMES: the room's WHO is due, once.
func (s *session) counted(e *girc.Event) {
	r := s.t.find(param(e, 1))
	if r == nil || !r.joined || r.counted {
		return
	}
	r.counted = true
	s.t.changed = true
	s.roster.asking = append(s.roster.asking, r)
	if len(s.roster.asking) == 1 {
		s.askWho()
	}
}

// askWho sends the next WHO: one in ten seconds, and when nothing else waits to be
// said. WHOX names accounts (ircv3.net/specs/extensions/whox); without it the
// answer shows where people are from and which of them are bots.
func (s *session) askWho() {
	ro := &s.roster
	for len(ro.asking) > 0 && !ro.asking[0].joined {
		ro.asking = ro.asking[1:]
	}
	if len(ro.asking) == 0 {
		return
	}
	wait := whoIdle
	switch rest := whoEvery - time.Since(ro.asked); {
	case !ro.asked.IsZero() && rest > 0:
		wait = rest
	case s.q.idle():
		line := "WHO " + ro.asking[0].cfg.Name
		if s.is.whox {
			line += " " + whoFields
		}
		s.q.soon(line)
		ro.asked, ro.asking = time.Now(), ro.asking[1:]
		wait = whoEvery
	}
	if len(ro.asking) > 0 {
		s.after(&ro.who, wait, s.askWho)
	}
}

// whoIs handles a line of an answer to WHO: 354 where it was asked with fields,
// otherwise 352, which knows no accounts.
func (s *session) whoIs(e *girc.Event) {
	channel, user, host, nick, flags := param(e, 1), param(e, 2), param(e, 3), param(e, 5), param(e, 6)
	if e.Command == "354" {
		if len(e.Params) != 8 || param(e, 1) != whoToken {
			return
		}
		channel, user, host = param(e, 2), param(e, 3), param(e, 4)
	}
	p := s.roster.people[s.fold(nick)]
	if s.t.find(channel) == nil || p == nil {
		return
	}
	p.from(user + "@" + host)
	if e.Command == "354" {
		p.account = named(e.Last())
	}
	p.bot = p.bot || s.is.botMode != "" && strings.Contains(flags, s.is.botMode)
}

// known handles 315, the end of WHO: people may be recognised now.
func (s *session) known(e *girc.Event) {
	if r := s.t.find(param(e, 1)); r != nil && r.joined {
		s.t.changed = true
	}
}
