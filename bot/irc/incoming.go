package irc

import (
	"strings"
	"time"

	"github.com/lrstanley/girc"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

const (
	replaySlack = 5 * time.Second
	maxBatches  = 100 // open at a time
)

// batch is an open batch (ircv3.net/specs/extensions/batch).
type batch struct {
	replay bool   // of messages said before
	label  string // of the request that it answers
}

// batch handles BATCH. What is inside another batch is of its kind too.
func (s *session) batch(e *girc.Event) {
	ref := param(e, 0)
	if len(ref) < 2 {
		return
	}
	switch ref, kind := ref[1:], strings.ToLower(param(e, 1)); {
	case e.Params[0][0] == '-':
		if b := s.batches[ref]; b.label != "" {
			s.acknowledged(b.label, "")
		}
		delete(s.batches, ref)
	case e.Params[0][0] == '+' && len(s.batches) < maxBatches:
		outer := s.batches[e.Tags["batch"]]
		b := batch{replay: outer.replay || strings.Contains(kind, "chathistory") || strings.Contains(kind, "playback")}
		if kind == "labeled-response" {
			b.label = e.Tags["label"]
		}
		s.batches[ref] = b
	}
}

// liveSince notes, by the server's own clock, when this connection began.
func (s *session) liveSince(e *girc.Event) {
	if at, ok := serverTime(e); ok {
		s.began = at
	}
}

// serverTime reads the time tag (ircv3.net/specs/extensions/server-time).
func serverTime(e *girc.Event) (time.Time, bool) {
	value, ok := e.Tags["time"]
	if !ok {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339Nano, value)
	return at, err == nil
}

// inHistory reports whether a line stands in a batch of history.
func (s *session) inHistory(e *girc.Event) bool {
	ref, ok := e.Tags["batch"]
	return ok && s.batches[ref].replay
}

// replayed reports whether a message was said before the bot came: it stands in
// a batch of history, or its time lies before the connection's beginning, both
// by the server's clock.
func (s *session) replayed(e *girc.Event) bool {
	if s.inHistory(e) {
		return true
	}
	if s.began.IsZero() {
		return false
	}
	at, ok := serverTime(e)
	return ok && at.Before(s.began.Add(-replaySlack))
}

// privmsg hands on what a person said to the bot or in one of its rooms. It
// drops echoes, history, CTCP (a request for an answer that nobody needs), what
// servers and services say, and messages to some of a channel (STATUSMSG,
// "@#channel"): an answer would reach people who did not see the question.
//
// Who speaks in a room is seen there, whatever it is that they say.
func (s *session) privmsg(e *girc.Event) (h heard) {
	if len(e.Params) < 2 || e.Source == nil || e.Source.Host == "" || !s.reg.settled {
		return h
	}
	nick, target, text := e.Source.Name, e.Params[0], e.Params[1]
	if s.me(nick) || s.ignored(nick) || s.replayed(e) {
		return h
	}
	in := &h.in
	direct := s.me(target)
	switch {
	case direct:
		if !validNick(nick) || s.is.channel(nick) || service(nick) {
			return h
		}
		in.Room = bot.Room{Network: s.t.cfg.Network, Name: nick}
	default:
		r := s.t.find(target)
		if r == nil {
			return h
		}
		in.Room = r.cfg
	}
	in.Direct = direct
	in.From = bot.Principal{
		Network: s.t.cfg.Network, Nick: nick, Origin: e.Source.Ident + "@" + e.Source.Host,
	}
	if s.caps["account-tag"] {
		if account := named(e.Tags["account"]); account != "" {
			in.From.Account, in.From.Strength = account, bot.Account
		}
	} else {
		s.query.saw(s.fold(nick), in.From.Origin)
	}
	in.From.Bot = botTag(e)
	in.ID = e.Tags["msgid"]
	in.At = s.t.now().UTC()
	s.spoke(in)
	h.seen = !direct && knowable(nick)
	if strings.HasPrefix(text, "\x01") {
		return h
	}
	in.Text, in.Addressed = s.addressed(msg.Clean(text))
	h.said = in.Text != ""
	return h
}

// botTag reports whether the network marks the sender as a bot
// (ircv3.net/specs/extensions/bot-mode). Servers from before the tag was agreed
// on put their own name before it: InspIRCd 3 sends inspircd.org/bot.
func botTag(e *girc.Event) bool {
	for name := range e.Tags {
		if name == "bot" || strings.HasSuffix(name, "/bot") && !strings.HasPrefix(name, "+") {
			return true
		}
	}
	return false
}

// addressed takes the bot's name off a line: "glancebot: freeze".
func (s *session) addressed(text string) (string, bool) {
	n := len(s.nick)
	if len(text) <= n || !s.me(text[:n]) || text[n] != ':' && text[n] != ',' {
		return text, false
	}
	return strings.TrimLeft(text[n+1:], " "), true
}

// service reports whether a nick is one of services'; to answer it would begin
// a talk between two programs.
func service(nick string) bool {
	nick = strings.ToLower(nick)
	return strings.HasSuffix(nick, "serv") || nick == "global" || nick == "alis"
}
