package e2e_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"torchbearer/e2e/ircd"
)

// room is the team's channel in every story that needs one.
const room = "#glance"

// The people of the stories. Ida runs the bot, Maria is the PTL, Zoe is anybody.
var (
	ida   = ircd.Account{Name: "ida", Password: "pw-of-ida"}
	maria = ircd.Account{Name: "maria", Password: "pw-of-maria"}
)

// setup is a configuration in a folder of its own.
type setup struct {
	dir    string
	server *ircd.Server

	address  string // in place of the server's
	login    string // nickserv where none is given
	cert     bool   // log in with the certificate, not the password
	password string // in place of the account's
	nick     string // in place of the account's
	pace     string // "0s" where none is given
	burst    int
	rooms    []string // the team's, room where none are given
	remind   []string // of events without their own
	events   []event
	limit    string // of commands; "off" where none is given
	opsRoom  string
}

// event is one event of the calendar.
type event struct {
	kind, id, name, url string
	at                  time.Time // whole seconds
	remind              []string
}

// newSetup is the configuration of a bot on that server, with nothing in its
// calendar.
func newSetup(t testing.TB, srv *ircd.Server) *setup {
	t.Helper()
	built(t)
	return &setup{dir: t.TempDir(), server: srv}
}

// path is the configuration file.
func (s *setup) path() string { return filepath.Join(s.dir, "torchbearer.toml") }

// store is the bot's file.
func (s *setup) store() string { return filepath.Join(s.dir, "torchbearer.db") }

// write writes the configuration.
func (s *setup) write(t testing.TB) {
	t.Helper()
	s.writeText(t, s.text())
}

func (s *setup) writeText(t testing.TB, text string) {
	t.Helper()
	password := cmp.Or(s.password, s.server.Bot.Password)
	for path, content := range map[string]string{s.path(): text, filepath.Join(s.dir, "password"): password + "\n"} {
		// In one step, as an editor does it: the bot may be reading.
		if err := os.WriteFile(path+".new", []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *setup) text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	rooms := s.rooms
	if rooms == nil {
		rooms = []string{room}
	}
	names := make([]string, len(rooms))
	for i, r := range rooms {
		names[i] = "net/" + r
	}
	line("[store]\npath = %q", s.store())
	line("[operators]\npeople = [\"ida\"]")
	if s.opsRoom != "" {
		line("room = %q", "net/"+s.opsRoom)
	}
	line("[limits]\ncommands = %q", cmp.Or(s.limit, "off"))
	line("[irc.net]\naddress = %q\nca = %q", cmp.Or(s.address, s.server.Addr), s.server.CA)
	line("nick = %q\naccount = %q\nrealname = \"Glance review bot, contact #glance\"", cmp.Or(s.nick, s.server.Bot.Name), s.server.Bot.Name)
	line("login = %q\npace = %q", cmp.Or(s.login, "nickserv"), cmp.Or(s.pace, "0s"))
	if s.burst > 0 {
		line("burst = %d", s.burst)
	}
	if s.cert {
		line("cert = %q\nkey = %q", s.server.BotCert.Cert, s.server.BotCert.Key)
	} else {
		line("password = { file = \"password\" }")
	}
	line("[people.ida]\nirc = { net = %q }", ida.Name)
	line("[people.maria]\nname = \"Maria M.\"\nirc = { net = %q }", maria.Name)
	line("[team.glance]\nname = \"Glance\"\nrooms = [%s]\nptl = [\"maria\"]", quoted(names))
	line("[team.glance.plugin.freeze]")
	if s.remind != nil {
		line("remind = [%s]", quoted(s.remind))
	}
	for _, e := range s.events {
		line("[[team.glance.calendar.event]]\nkind = %q\nname = %s\nat = %q", e.kind, tomlString(e.name), e.at.UTC().Format(time.RFC3339))
		if e.id != "" {
			line("id = %q", e.id)
		}
		if e.url != "" {
			line("url = %q", e.url)
		}
		if e.remind != nil {
			line("remind = [%s]", quoted(e.remind))
		}
	}
	return b.String()
}

func quoted(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strconv.Quote(s)
	}
	return strings.Join(out, ", ")
}

// tomlString writes any text as a TOML string, whose escapes are fewer than
// Go's.
func tomlString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if r < ' ' || r == '"' || r == '\\' || r == 0x7f {
			fmt.Fprintf(&b, `\u%04X`, r)
		} else {
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// soon is an instant that a calendar can hold, at least so far from now.
func soon(d time.Duration) time.Time {
	return time.Now().Add(d + time.Second).Truncate(time.Second)
}

// notYet ends a test that took too long to get where it is: a step that should
// fall due only now has been said already, and the rest would prove nothing.
func notYet(t testing.TB, due time.Time) {
	t.Helper()
	if late := time.Since(due); late >= 0 {
		t.Fatalf("too slow: the step was due %v ago", late)
	}
}
