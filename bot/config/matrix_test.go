package config

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// matrixed is the least that has a homeserver; cases add to its section, from
// line 12 on.
const matrixed = small + `[matrix.main]
homeserver = "https://m.example.org"
user = "@bot:example.org"
`

func TestOneMistakeAboutMatrixIsOneProblem(t *testing.T) {
	const (
		login   = "password = { env = \"P\" }\n" // 12
		secrets = `{ file = "secrets/…" } or { env = "…" }`
		random  = "head -c 32 /dev/urandom | base64 makes one"
	)
	section := func(homeserver, user string) string {
		return login + "[matrix.b]\nhomeserver = \"" + homeserver + "\"\nuser = \"" + user + "\"\n" + login
	}
	team := func(rooms, more string) string {
		return login + "[team.nova]\nrooms = [" + rooms + "]\n" + more // 13, 14, 15
	}
	noUser := func(user string) string {
		return fmt.Sprintf("%q is no Matrix user; want \"@name:server\", as the profile shows it", user)
	}
	noPattern := func(pattern string) string {
		return fmt.Sprintf("13: matrix.main.ignore: %q is no pattern of users; want a user id in which a star stands for any text, such as \"@oftc_*:example.org\"", pattern)
	}
	for _, tt := range []struct{ name, add, want string }{
		{"a password", login, ""},
		{"a token", "token = { env = \"T\" }", ""},
		{"the slowest and the fastest", login + "burst = 50\npace = \"60s\"\n[matrix.b]\nhomeserver = \"https://b\"\nuser = \"@b:b\"\nburst = 1\npace = \"0s\"\n" + login, ""},
		{"the same address for two users", section("https://m.example.org", "@other:example.org"), ""},
		{"encryption with a key", login + "encryption = true\n[irc.b]\naddress=\"b:1\"\nnick=\"b\"", "13: matrix.main.encryption: needs key in [store], the secret that protects the keys of the encryption there, " + secrets + "; " + random},
		{"neither password nor token", "", "9: matrix.main.password: is missing; want password or token, " + secrets},
		{"password and token", login + "token = { env = \"T\" }", "13: matrix.main.token: stands beside password; want one of them: with a password the bot logs in once and keeps the token itself"},
		{"a password as text", "password = \"hunter2\"", "12: matrix.main.password: a secret is not written into the configuration; want " + secrets},
		{"nothing", login + "[matrix.b]\n" + login, "13: matrix.b.homeserver: is missing; want the server's address, such as \"https://matrix.example.org\"\nf:13: matrix.b.user: is missing; want the bot's user id, such as \"@glancebot:example.org\""},
		{"a slip", login + "homserver = \"x\"", "13: matrix.main.homserver: unknown key; did you mean \"homeserver\"? allowed: burst, encryption, homeserver, ignore, pace, password, token, user"},

		{"no encryption to the server", section("http://matrix.example.org", "@b:b"), "14: matrix.b.homeserver: \"http://matrix.example.org\" is not encrypted; want https://…, or http://… for a server on this machine (localhost, 127.0.0.1)"},
		{"a server name", section("example.org", "@b:b"), "14: matrix.b.homeserver: \"example.org\" is no address; want the server's address, such as \"https://matrix.example.org\""},
		{"the network's name twice", login + "[matrix.oftc]\nhomeserver = \"https://b\"\nuser = \"@b:b\"\n" + login, "13: matrix.oftc: is the IRC network's name already, on line 4; rooms could not be told apart, so choose another"},
		{"the section's name", login + "[matrix.\"Main\"]\nhomeserver = \"https://b\"\nuser = \"@b:b\"\n" + login, "13: matrix.Main: is no name for a section; want 1 to 32 lower-case letters, digits, hyphens and underscores, a letter or digit first"},
		{"the user twice", section("https://b", "@bot:example.org"), "15: matrix.b.user: is main's already, on line 11; one section for each user"},
		{"a user without @", section("https://b", "bot:example.org"), "15: matrix.b.user: " + noUser("bot:example.org")},
		{"a user without server", section("https://b", "@bot"), "15: matrix.b.user: " + noUser("@bot")},
		{"a user with a space", section("https://b", "@b t:example.org"), "15: matrix.b.user: " + noUser("@b t:example.org")},
		{"a user of no host", section("https://b", "@bot:exa/mple.org"), "15: matrix.b.user: " + noUser("@bot:exa/mple.org")},
		{"a user at no port", section("https://b", "@bot:example.org:0"), "15: matrix.b.user: " + noUser("@bot:example.org:0")},
		{"a link to a user", section("https://b", "https://matrix.to/#/@bot:b"), "15: matrix.b.user: " + noUser("https://matrix.to/#/@bot:b")},
		{"no messages at once", login + "burst = 0", "13: matrix.main.burst: 0 messages at once; 1 to 50 are allowed"},
		{"too slow", login + "pace = \"61s\"", "13: matrix.main.pace: 61s for each message; 0s to 60s are allowed"},

		{"ignore everybody", login + "ignore = [\"@*:*\"]", "13: matrix.main.ignore: \"@*:*\" fits everybody, and nobody would be heard; want a part of a name"},
		{"ignore everybody on IRC", login + "[irc.b]\naddress=\"b:1\"\nnick=\"b\"\nignore=[\"**\"]", "16: irc.b.ignore: \"**\" fits everybody, and nobody would be heard; want a part of a name"},
		{"ignore no nick", login + "[irc.b]\naddress=\"b:1\"\nnick=\"b\"\nignore=[\"zoe[m]\", \"@a:b\"]", "16: irc.b.ignore: \"@a:b\" is no pattern of nicks; want a nick in which a star stands for any text, such as \"*[m]\""},
		{"ignore by nick", login + "ignore = [\"zoe\"]", noPattern("zoe")},
		{"ignore nobody", login + "ignore = [\"\"]", noPattern("")},
		{"ignore by another grammar", login + "ignore = [\"@[a-z]*:b\"]", noPattern("@[a-z]*:b")},
		{"ignore twice", login + "ignore = [\"@a:b\",\n\"@a:b\"]", "14: matrix.main.ignore: \"@a:b\" is listed twice"},
		{"ignore a person", login + "ignore = [\"@m*:b\"]\n[people.maria]\nmatrix = \"@maria/x:b\"", "13: matrix.main.ignore: \"@m*:b\" fits maria's \"@maria/x:b\"; whoever is ignored can't be a person here"},

		{"a user of one server for two", login + "[people.a]\nmatrix = \"@x:b\"\n[people.b]\nmatrix = \"@x:b\"", "16: people.b.matrix: \"@x:b\" is already a's, on line 14; two people can't share one"},
		{"users that differ by case", login + "[people.a]\nmatrix = \"@x:b\"\n[people.b]\nmatrix = \"@X:b\"", ""},
		{"the bot as a person", login + "[people.a]\nmatrix = \"@bot:example.org\"", "14: people.a.matrix: is the bot's own user, in matrix.main"},
		{"a Matrix account among those of IRC", login + "[people.a]\nirc = { main = \"a\" }", "14: people.a.irc.main: is a Matrix network, where people are known by matrix = \"@name:server\"; leave it out here"},

		{"a room by alias", team(`"main/#x:b"`, ""), ""},
		{"a room by alias with a slash", team(`"main/#x/y:b"`, ""), ""},
		{"a room by id", team(`"main/!x:b"`, ""), ""},
		{"a room of version 12", team(`"main/!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"`, ""), ""},
		{"rooms that differ by case", team(`"main/#x:b", "main/#X:b"`, ""), ""},
		{"a room twice", team("\"main/#x:b\",\n\"main/#x:b\"", ""), "15: team.nova.rooms: \"main/#x:b\" is listed twice"},
		{"an alias without server", team(`"main/#x"`, ""), "14: team.nova.rooms: \"#x\" is no Matrix room: its server is missing; want an alias such as \"#glance:example.org\", or a room's id such as \"!abc:example.org\""},
		{"a room of no server", team(`"main/#x:b c"`, ""), "14: team.nova.rooms: \"#x:b c\" is no Matrix room: no spaces or control characters are allowed"},
		{"a room of an odd server", team(`"main/#x:b/c"`, ""), "14: team.nova.rooms: \"#x:b/c\" is no Matrix room: \"b/c\" is no server; want an alias such as \"#glance:example.org\", or a room's id such as \"!abc:example.org\""},
		{"a person as a room", team(`"main/@x:b"`, ""), "14: team.nova.rooms: \"@x:b\" is no Matrix room: want an alias such as \"#glance:example.org\", or a room's id such as \"!abc:example.org\""},
		{"an endless room", team(`"main/!`+strings.Repeat("x", 255)+`"`, ""), "14: team.nova.rooms: \"!" + strings.Repeat("x", 59) + "\"… is no Matrix room: at most 255 bytes are allowed"},
		{"a channel with a colon", team(`"oftc/#x:b"`, ""), "14: team.nova.rooms: \"#x:b\" is no channel's name: no spaces, commas, colons or control characters are allowed"},
		{"nearly the network", team(`"mian/#x:b"`, ""), "14: team.nova.rooms: unknown network \"mian\"; did you mean \"main\"? known: main, oftc"},
		{"the operators' room", login + "[operators]\nroom = \"main/#ops:b\"", ""},
		{"a section for a room", team(`"main/#x:b"`, "[room.\"main/#x:b\"]\ndefault_team = \"nova\""), ""},

		{"a mirror", team(`"main/#x:b", "oftc/#x"`, "mirrors = [[\"oftc/#x\", \"main/#x:b\"]]"), ""},
		{"no mirror", team(`"main/#x:b"`, "mirrors = []"), ""},
		{"a mirror of one", team(`"main/#x:b"`, "mirrors = [[\"main/#x:b\"]]"), "15: team.nova.mirrors: a mirror of 1 room; want at least two, the one to post to first"},
		{"a mirror with another's room", team(`"main/#x:b", "oftc/#nova"`, "mirrors = [[\"main/#x:b\",\n\"oftc/#glance\"]]"), "16: team.nova.mirrors: \"oftc/#glance\" is none of the team's rooms; rooms: main/#x:b, oftc/#nova"},
		{"a room in two mirrors", team(`"main/#x:b", "oftc/#x", "oftc/#y"`, "mirrors = [[\"main/#x:b\", \"oftc/#x\"],\n[\"oftc/#y\", \"main/#x:b\"]]"), "16: team.nova.mirrors: \"main/#x:b\" stands on line 15 already; a room is in one mirror, once"},
		{"mirrors without brackets", team(`"main/#x:b", "oftc/#x"`, "mirrors = [\"main/#x:b\", \"oftc/#x\"]"), "15: team.nova.mirrors: is text; want a list"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("f", []byte(matrixed+tt.add), ".", plugins())
			got := ""
			if err != nil {
				got = strings.TrimPrefix(err.Error(), "f:")
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// A bot may be on Matrix alone.
func TestMatrixAlone(t *testing.T) {
	cfg, err := Parse("f", []byte(`
store.path = "bot.db"
matrix.main = { homeserver = "https://m.example.org", user = "@bot:example.org", token = { env = "T" } }
team.glance.rooms = ["main/#glance:example.org"]
`), ".", plugins())
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.IRC) != 0 || len(cfg.Matrix) != 1 || cfg.Teams[0].Rooms[0].Name != "#glance:example.org" {
		t.Errorf("read %+v", cfg)
	}
}

// What encryption needs is looked at where the bot is to run: that the build has
// it, and that the key of the store is none that can be guessed.
func TestEncryptionNeedsABuildAndAKey(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f.toml")
	src := strings.Replace(matrixed, "[store]\n", "[store]\nkey = { file = \"key\" }\n", 1) + "encryption = true\npassword = { file = \"password\" }\n"
	write(t, path, src, 0o600)
	write(t, filepath.Join(dir, "password"), "hunter2\n", 0o600)
	build := func(encryption bool) Build { return Build{Plugins: plugins(), Encryption: encryption} }
	const noBuild = ":13: matrix.main.encryption: is not in this build of torchbearer; build it with go build -tags goolm, or set encryption = false and stay out of encrypted rooms"
	for _, tt := range []struct {
		name, key string
		build     Build
		want      string
	}{
		{"all there", strings.Repeat("k", 32), build(true), ""},
		{"a short key", strings.Repeat("k", 31), build(true), ":3: store.key: has 31 bytes; want at least 32, drawn at random: head -c 32 /dev/urandom | base64 makes one"},
		{"a build without", strings.Repeat("k", 32), build(false), noBuild},
		{"both", "hunter2", build(false), ":3: store.key: has 7 bytes; want at least 32, drawn at random: head -c 32 /dev/urandom | base64 makes one\n" + path + noBuild},
		{"an empty key", "", build(true), fmt.Sprintf(":3: store.key: secret file %q is empty", filepath.Join(dir, "key"))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			write(t, filepath.Join(dir, "key"), tt.key+"\n", 0o600)
			_, err := Load(path, tt.build)
			got := ""
			if err != nil {
				got = strings.TrimPrefix(err.Error(), path)
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if _, err := Read(path, plugins()); err != nil {
				t.Errorf("Read looks at the machine: %v", err)
			}
		})
	}
}

// A user id that is taken for one names a server and holds nothing that another
// part of the bot, a header or a terminal could take for something else.
func TestUserIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`@[a-zA-Z0-9=._/+ -]{0,9}:[a-z0-9.:\[\]-]{0,12}`)).Draw(t, "user")
		if userID(s) != "" {
			return
		}
		local, server, _ := strings.Cut(s, ":")
		if local[0] != '@' || len(local) < 2 || server == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f }) || strings.Contains(server, "/") {
			t.Fatalf("%q is taken for a user", s)
		}
	})
}
