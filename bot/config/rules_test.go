package config

import (
	"strings"
	"testing"
)

// Each case adds one thing to a configuration that is right.
func TestOneMistakeIsOneProblem(t *testing.T) {
	event := "[[team.glance.calendar.event]]\nkind = \"x\"\nname = \"X\"\n"
	for _, tt := range []struct{ name, add, want string }{
		{"nothing", "", ""},
		{"two teams in a room without default", "[team.nova]\nrooms = [\"oftc/#glance\"]", ""},
		{"two people may have one name", "[people.a]\nname = \"Jo\"\n[people.b]\nname = \"Jo\"", ""},
		{"a section without keys", "[room.\"oftc/#glance\"]", ""},
		{"login with a certificate instead of a password", "[irc.b]\naddress=\"b:1\"\nnick=\"b\"\nlogin=\"nickserv\"\ncert=\"c\"\nkey=\"c\"", ""},

		{"ids of people", "[operators]\npeople = [\"maria\"]", "10: operators.people: unknown person \"maria\"; known: none"},
		{"shared account", "[people.a]\nirc.oftc = \"x[\"\n[people.b]\nirc.oftc = \"X[\"", "12: people.b.irc.oftc: \"X[\" is already a's, on line 10; two people can't share one"},
		{"accounts that only RFC 1459 takes for one", "[people.a]\nirc.oftc = 'x[]\\~'\n[people.b]\nirc.oftc = 'x{}|^'", ""},
		{"accounts that only Unicode takes for one", "[people.a]\nirc.oftc = 'kim'\n[people.b]\nirc.oftc = '\u212aim'", ""},
		{"account listed twice", "[people.a]\nirc.oftc = [\"x\",\n\"X\"]", "11: people.a.irc.oftc: \"X\" is listed twice"},
		{"shared Gerrit name", "[people.a]\ngerrit = \"x\"\n[people.b]\ngerrit = \"x\"", "12: people.b.gerrit: \"x\" is already a's, on line 10; two people can't share one"},
		{"the later of two that share", "[people.b]\ngerrit = \"x\"\n[people.a]\ngerrit = \"x\"", "12: people.a.gerrit: \"x\" is already b's, on line 10; two people can't share one"},
		{"nickserv without proof", "[irc.b]\naddress=\"b:1\"\nnick=\"b\"\nlogin=\"nickserv\"", "12: irc.b.login: nickserv needs a password, { file = \"secrets/…\" } or { env = \"…\" }, or cert and key that NickServ knows"},
		{"sasl-external without certificate", "[irc.b]\naddress=\"b:1\"\nnick=\"b\"\nlogin=\"sasl-external\"", "12: irc.b.login: sasl-external needs cert and key, the client certificate that the account knows"},
		{"sasl-plain without password", "[irc.b]\naddress=\"b:1\"\nnick=\"b\"\nlogin=\"sasl-plain\"\naccount=\"b\"", "12: irc.b.login: sasl-plain needs a password, { file = \"secrets/…\" } or { env = \"…\" }"},
		{"account for nothing", "[irc.b]\naddress=\"b:1\"\nnick=\"b\"\naccount=\"b\"", "12: irc.b.account: is not used with login = \"none\"; leave it out, or log in with sasl-plain or nickserv"},
		{"empty secret", "[irc.b]\naddress=\"b:1\"\nnick=\"b\"\nlogin=\"nickserv\"\npassword={}", "13: irc.b.password: is empty; want { file = \"secrets/…\" } or { env = \"…\" }"},
		{"port 0", "[irc.b]\naddress=\"b:0\"\nnick=\"b\"", "10: irc.b.address: \"0\" is no port; 1 to 65535 are allowed, 6697 is usual with TLS"},
		{"host", "[irc.b]\naddress=\"b c:1\"\nnick=\"b\"", "10: irc.b.address: \"b c\" is no host; want a name such as \"irc.oftc.net\" or an IP address"},
		{"long nick", "[irc.b]\naddress=\"b:1\"\nnick=\"" + strings.Repeat("b", 31) + "\"", "11: irc.b.nick: \"" + strings.Repeat("b", 31) + "\" is no nick; want 1 to 30 letters, digits, hyphens and any of []\\`_^{|}, a digit or hyphen not first"},
		{"one spelling", "ptl = []\n[operators]\nroom = \"oftc/#GLANCE\"", "11: operators.room: \"oftc/#GLANCE\" is \"oftc/#glance\" on line 8; spell it the same everywhere"},
		{"huge number", "[irc.b]\naddress=\"b:1\"\nnick=\"b\"\nburst=99999999999999999999", "12: irc.b.burst: \"99999999999999999999\" is too large a number"},
		{"rate", "[limits]\ncommands = \"0/1m\"", "10: limits.commands: \"0/1m\" is no rate; want 1 to 1000 commands in 1s to 1d, such as \"12/1m\", or \"off\""},
		{"rate without span", "[limits]\ncommands = \"5/0s\"", "10: limits.commands: \"5/0s\" is no rate; want 1 to 1000 commands in 1s to 1d, such as \"12/1m\", or \"off\""},
		{"person named twice", "ptl = [\n\"a\",\n\"a\"]\n[people.a]", "11: team.glance.ptl: \"a\" is listed twice"},
		{"a fraction of a second", event + "at = 2026-12-10T23:59:00.5Z", "12: team.glance.calendar.event.at: \"2026-12-10T23:59:00.5Z\" is no time; want a time with its zone, such as \"2026-12-10T23:59:00Z\", or a date, such as \"2026-12-10\""},
		{"an hour of one digit", event + "at = \"2026-12-10T3:59:00Z\"", "12: team.glance.calendar.event.at: \"2026-12-10T3:59:00Z\" is no time; want a time with its zone, such as \"2026-12-10T23:59:00Z\", or a date, such as \"2026-12-10\""},
		{"a time of day", event + "at = 23:59:00", "12: team.glance.calendar.event.at: is a time of day; want a time with its zone, such as \"2026-12-10T23:59:00Z\", or a date, such as \"2026-12-10\""},
		{"the link's password", event + "at = 2026-12-10\nurl = \"https://a:b@c/\"", "13: team.glance.calendar.event.url: \"https://a:b@c/\" is no link; want https://… or http://…"},
		{"script", event + "at = 2026-12-10\nurl = \"javascript:alert(1)\"", "13: team.glance.calendar.event.url: \"javascript:alert(1)\" is no link; want https://… or http://…"},
		{"0s beside a bad step", event + "at = 2026-12-10\nremind = [\"7\", \"0s\"]", "13: team.glance.calendar.event.remind: *"},
		{"events no table", "[team.glance.calendar]\nevent = [1]", "10: team.glance.calendar.event: is a whole number; want a table"},
		{"plugin no table", "[team.glance.plugin]\nfreeze = true", "10: team.glance.plugin.freeze: is true or false; want a section"},
		{"plugins no table", "plugin = 1", "9: team.glance.plugin: is a whole number; want sections [team.NAME.plugin.PLUGIN]"},
		{"networks no table", "[irc]\nb = 1", "10: irc.b: is a whole number; want a table"},
		{"long link", event + "at = 2026-12-10\nurl = \"https://a/" + strings.Repeat("b", 300) + "\"", "13: team.glance.calendar.event.url: is longer than 300 bytes"},
		{"link with a space", event + "at = 2026-12-10\nurl = \"https://a/b c\"", "13: team.glance.calendar.event.url: holds spaces or characters beyond ASCII; write them as %20 and the like"},
		{"long name", "name = \"" + strings.Repeat("b", 61) + "\"", "9: team.glance.name: is longer than 60 bytes"},
		{"quiet without minutes", "[people.a]\nquiet = \"22-08:00\"", "10: people.a.quiet: \"22-08:00\" is no span of hours; want from-to, such as \"22:00-08:00\""},
		{"quiet until nonsense", "[people.a]\nquiet = \"22:00-08\"", "10: people.a.quiet: \"22:00-08\" is no span of hours; want from-to, such as \"22:00-08:00\""},
		{"no account", "[people.a]\nirc.oftc = \"\"", "10: people.a.irc.oftc: \"\" is no account: it is empty"},
		{"long account", "[people.a]\ngerrit = \"" + strings.Repeat("a", 65) + "\"", "10: people.a.gerrit: \"" + strings.Repeat("a", 60) + "\"… is no Gerrit username: at most 64 bytes are allowed"},
		{"channel without name", "[operators]\nroom = \"oftc/#\"", "10: operators.room: \"#\" is no channel's name: want more than \"#\""},
		{"long channel", "[operators]\nroom = \"oftc/#" + strings.Repeat("a", 64) + "\"", "10: operators.room: \"#" + strings.Repeat("a", 59) + "\"… is no channel's name: at most 64 bytes are allowed"},
		{"room of an unknown network", "[room.\"x/#a\"]", "9: room.\"x/#a\": unknown network \"x\"; known: oftc"},
		{"team's id", "[team.Nova]\nrooms = [\"oftc/#glance\"]", "9: team.Nova: is no name for a section; want 1 to 32 lower-case letters, digits, hyphens and underscores, a letter or digit first"},
		{"secret's path", "[irc.b]\naddress=\"b:1\"\nnick=\"b\"\nlogin=\"nickserv\"\npassword={ file = \"\" }", "13: irc.b.password.file: is no file's path; want one line, not empty"},
		{"secret's kind", "[irc.b]\naddress=\"b:1\"\nnick=\"b\"\nlogin=\"nickserv\"\npassword={ env = 5 }", "13: irc.b.password.env: is a whole number; want text, in quotes"},
		{"a secret as a number", "[irc.b]\naddress=\"b:1\"\nnick=\"b\"\nlogin=\"nickserv\"\npassword=123", "13: irc.b.password: a secret is not written into the configuration; want { file = \"secrets/…\" } or { env = \"…\" }"},
		{"endless room", "[operators]\nroom = \"" + strings.Repeat("a", 5000) + "\"", "10: operators.room: room \"" + strings.Repeat("a", 294) + "…"},
		{"hostile key", "\"\\u001b[2J\" = 1", "9: team.glance.\"\\x1b[2J\": unknown key; allowed: calendar, cores, gerrit, mirrors, name, plugin, project, projects, ptl, rooms, specs, zone"},
		{"endless key", strings.Repeat("k", 5000) + " = 1", "9: team.glance.\"" + strings.Repeat("k", 60) + "\"…: unknown key; allowed: calendar, cores, gerrit, mirrors, name, plugin, project, projects, ptl, rooms, specs, zone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("f", []byte(small+tt.add), ".", plugins())
			got := ""
			if err != nil {
				got = strings.TrimPrefix(err.Error(), "f:")
			}
			if prefix, some := strings.CutSuffix(tt.want, "*"); some && strings.HasPrefix(got, prefix) && !strings.Contains(got, "\n") {
				return
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
