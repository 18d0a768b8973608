package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/people"
	"torchbearer/bot/review"
)

// small is the least that is a configuration; cases add to it.
const small = `
[store]
path = "bot.db"
[irc.oftc]
address = "irc.oftc.net:6697"
nick = "bot"
[team.glance]
rooms = ["oftc/#glance"]
`

func TestParseReadsEverythingThatIsSaid(t *testing.T) {
	const src = "\ufeff" + `
store.path = "/var/lib/bot.db"
store.key = { env = "K" }
limits.commands = "off"
[operators]
people = ["zoe"]
room = "oftc/#bot"
[irc]
oftc = { address = "[::1]:6667", tls = false, nick = "[bot]", realname = "B", login = "sasl-plain", account = "acc", password = { env = "P" }, burst = 1, pace = "0s", ignore = ["*[m]"] }
[irc.libera]
address = "irc.libera.chat:6697"
ca = "ca.pem"
cert = "/etc/c.pem"
key = "k.pem"
nick = "bot"
login = "sasl-external"
[matrix.main]
homeserver = "HTTPS://Matrix.Example.org:8448/sub/"
user = "@Glance=Bot/2:[2001:db8::1]:8448"
password = { env = "M" }
encryption = true
burst = 1
pace = "0s"
ignore = ["@oftc_*:example.org", "*:bridge.example.org"]
[matrix.other]
homeserver = "http://127.0.0.1:8008"
user = "@bot:other.example"
token = { file = "secrets/token" }
[gerrit.opendev]
url = "HTTPS://Review.OpenDev.org:8443/r//"
user = "glancebot"
password = { env = "G" }
every = "1h"
ci = ["zuul", "Third Party"]
automatic = ["(?i)bot$"]
[gerrit.here]
url = "http://[::1]:8080/"
[people.zoe]
irc.oftc = ["zoe", "zoë"]
gerrit = "zoe"
matrix = "@zoe:example.org"
quiet = "22:00-08:00"
zone = "Australia/Brisbane"
[team.glance]
rooms = [
  "libera/#glance",
  "oftc/#glance", "main/#GlanceÜberall:example.org", "main/!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM", "other/!aB:other.example"]
mirrors = [["oftc/#glance", "main/!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"], ["libera/#glance",
  "other/!aB:other.example"]]
zone = "Pacific/Kiritimati"
ptl = ["zoe"]
gerrit = "opendev"
projects = ["openstack/glance", "glance store"]
specs = ["openstack/glance-specs"]
cores = ["zoe", "group:glance-core", "group:Glance Friends"]
project."openstack/glance-specs" = { cores = ["group:glance-specs-core"] }
[team.glance.project."glance store"]
cores = []
labels = { verified = "CI-Verified", full = 1 }
[team.nova]
gerrit = "here"
specs = ["glance store"]
name = "Nova 👩‍🚀"
rooms = ["oftc/#glance"]
plugin.freeze.remind = []
plugin.bare = {}
[team.nova.calendar]
event = [
  { kind = "release", name = "A", at = 2026-12-10 },
  { kind = "freeze", name = "B", at = "2026-12-10T01:30:00+02:00", remind = ["2w", "0s"], url = "http://x/" },
  { kind = "freeze", id = "f2", name = "C", at = 2026-12-10 23:59:00z, remind = [] },
]
[room."oftc/#glance"]
default_team = "nova"
`
	got, err := Parse("f.toml", []byte(strings.ReplaceAll(src, "\n", "\r\n")), "/etc/bot", plugins())
	if err != nil {
		t.Fatal(err)
	}
	brisbane, kiritimati := zone(t, "Australia/Brisbane"), zone(t, "Pacific/Kiritimati")
	day := civil.Date{Year: 2026, Month: 12, Day: 10}
	late := time.Date(2026, 12, 10, 23, 59, 0, 0, time.UTC)
	want := &Config{
		File: "f.toml", Dir: "/etc/bot",
		Store:     Store{Path: "/var/lib/bot.db", Key: Secret{env: "K"}},
		Operators: Operators{People: []string{"zoe"}, Room: bot.Room{Network: "oftc", Name: "#bot"}},
		IRC: []IRC{{
			Name: "libera", Address: "irc.libera.chat:6697", TLS: true, CA: "/etc/bot/ca.pem", Cert: "/etc/c.pem", Key: "/etc/bot/k.pem",
			Nick: "bot", Realname: "Torchbearer, a bot for code review", Login: LoginSASLExternal, Account: "bot", Burst: 5, Pace: 2 * time.Second,
		}, {
			Name: "oftc", Address: "[::1]:6667", Nick: "[bot]", Realname: "B", Login: LoginSASLPlain, Account: "acc",
			Password: Secret{env: "P"}, Burst: 1, Ignore: []string{"*[m]"},
		}},
		Matrix: []Matrix{
			{
				Name: "main", Homeserver: "https://matrix.example.org:8448/sub", User: "@Glance=Bot/2:[2001:db8::1]:8448", Password: Secret{env: "M"},
				Encryption: true, Burst: 1, Ignore: []string{"@oftc_*:example.org", "*:bridge.example.org"},
			},
			{
				Name: "other", Homeserver: "http://127.0.0.1:8008", User: "@bot:other.example", Token: Secret{file: "/etc/bot/secrets/token"},
				Burst: 9, Pace: 5 * time.Second,
			},
		},
		Gerrit: []Gerrit{
			{Name: "here", URL: "http://[::1]:8080", Every: 5 * time.Minute, Automatic: review.DefaultAutomatic()},
			{
				Name: "opendev", URL: "https://review.opendev.org:8443/r", User: "glancebot", Password: Secret{env: "G"}, Every: time.Hour,
				CI: []string{"zuul", "Third Party"}, Automatic: append(review.DefaultAutomatic(), regexp.MustCompile("(?i)bot$")),
			},
		},
		People: map[string]bot.Person{"zoe": {
			ID: "zoe", Name: "zoe", Accounts: map[string][]string{"oftc": {"zoe", "zoë"}, "main": {"@zoe:example.org"}, "other": {"@zoe:example.org"}}, Zone: brisbane,
			Gerrit: "zoe", Matrix: "@zoe:example.org", Quiet: &people.Quiet{From: civil.Clock{Hour: 22}, To: civil.Clock{Hour: 8}},
		}},
		Teams: []Team{{
			Team: bot.Team{
				ID: "glance", Name: "glance", Zone: kiritimati, PTL: []string{"zoe"},
				Rooms: []bot.Room{
					{Network: "libera", Name: "#glance"},
					{Network: "oftc", Name: "#glance"},
					{Network: "main", Name: "#GlanceÜberall:example.org"},
					{Network: "main", Name: "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"},
					{Network: "other", Name: "!aB:other.example"},
				},
				Mirrors: [][]bot.Room{
					{{Network: "oftc", Name: "#glance"}, {Network: "main", Name: "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"}},
					{{Network: "libera", Name: "#glance"}, {Network: "other", Name: "!aB:other.example"}},
				},
				Gerrit:   bot.ReviewServer{Name: "opendev", URL: "https://review.opendev.org:8443/r"},
				Projects: []string{"openstack/glance", "glance store"},
				Specs:    []string{"openstack/glance-specs"},
				Crew:     bot.Crew{People: []string{"zoe"}, Groups: []string{"glance-core", "Glance Friends"}},
				Crews: map[string]bot.Crew{
					"openstack/glance-specs": {Groups: []string{"glance-specs-core"}},
					"glance store":           {},
				},
				CI: []string{"zuul", "Third Party"},
				Labels: map[string]review.Labels{
					"glance store": {CodeReview: "Code-Review", Verified: "CI-Verified", Workflow: "Workflow", Full: 1},
				},
			},
			Calendar: cycle.Calendar{Zone: kiritimati},
			Sources:  Sources{As: "glance", Page: defaultPage, Every: time.Hour},
		}, {
			Team: bot.Team{
				ID: "nova", Name: "Nova 👩‍🚀", Zone: time.UTC, Rooms: []bot.Room{{Network: "oftc", Name: "#glance"}},
				Gerrit: bot.ReviewServer{Name: "here", URL: "http://[::1]:8080"}, Specs: []string{"glance store"},
			},
			Calendar: cycle.Calendar{Zone: time.UTC, Events: []cycle.Event{
				{
					ID: "freeze", Kind: "freeze", Name: "B", URL: "http://x/", Day: day.AddDays(-1),
					At: time.Date(2026, 12, 9, 23, 30, 0, 0, time.UTC), Remind: []civil.Span{civil.DaySpan(14), {}},
				},
				{ID: "f2", Kind: "freeze", Name: "C", Day: day, At: late, Remind: []civil.Span{}},
				{ID: "release", Kind: "release", Name: "A", Day: day, At: late},
			}},
			Sources: Sources{As: "nova", Page: defaultPage, Every: time.Hour},
			Plugins: []Plugin{
				{Name: "freeze", Settings: &freeze{Remind: []civil.Span{}, At: civil.Clock{Hour: 14}}},
				{Name: "bare"},
			},
		}},
		Rooms: map[bot.Room]Room{{Network: "oftc", Name: "#glance"}: {DefaultTeam: "nova"}},
	}
	zones := cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })
	if d := cmp.Diff(want, got, zones, cmp.AllowUnexported(Secret{}, civil.Span{})); d != "" {
		t.Errorf("configuration (-want +got):\n%s", d)
	}
}

// A date alone ends with that day where the team is, even beyond the date line.
func TestADateIsTheEndOfThatDayInTheTeamsZone(t *testing.T) {
	for zone, want := range map[string]time.Time{
		"UTC":                 time.Date(2026, 12, 10, 23, 59, 0, 0, time.UTC),
		"Pacific/Kiritimati":  time.Date(2026, 12, 10, 9, 59, 0, 0, time.UTC),
		"Pacific/Pago_Pago":   time.Date(2026, 12, 11, 10, 59, 0, 0, time.UTC),
		"America/Los_Angeles": time.Date(2026, 12, 11, 7, 59, 0, 0, time.UTC),
	} {
		for _, at := range []string{`"2026-12-10"`, `2026-12-10`} {
			cfg, err := Parse("f", []byte(small+"zone = \""+zone+"\"\n[[team.glance.calendar.event]]\nkind = \"x\"\nname = \"X\"\nat = "+at), ".", plugins())
			if err != nil {
				t.Fatal(err)
			}
			e := cfg.Teams[0].Calendar.Events[0]
			if !e.At.Equal(want) || e.Day.String() != "2026-12-10" {
				t.Errorf("%s in %s is %s on %s, want %s", at, zone, e.At, e.Day, want)
			}
		}
	}
}

func TestSectionsThatAreMissingAreOnNoLine(t *testing.T) {
	_, err := Parse("f", nil, ".", plugins())
	want := `f: irc: no network; want at least one section [irc.NAME] or [matrix.NAME]
f: store.path: is missing; want the file to keep everything in, such as "torchbearer.db"
f: team: no team; want at least one section [team.NAME]`
	if fmt.Sprint(err) != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestWhatIsNoConfigurationIsSaidAtOnce(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct{ name, content, want string }{
		{"utf16", "\xff\xfe[\x00a\x00]\x00", ": is UTF-16 text; save it as UTF-8"},
		{"binary", "\x7fELF\x02\x00\x00", ": is no text file; want TOML"},
		{"latin1", "# ok\n# caf\xe9\n", ":2: is not UTF-8 here; save the file as UTF-8"},
		{"large", strings.Repeat("# 10 MB\n", 10<<17), ": is larger than 1024 KiB; that is no configuration"},
	} {
		path := filepath.Join(dir, tt.name)
		write(t, path, tt.content, 0o600)
		if _, err := Load(path, Build{Plugins: plugins(), Encryption: true}); fmt.Sprint(err) != path+tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, err, path+tt.want)
		}
	}
	if _, err := Load(dir, Build{Plugins: plugins(), Encryption: true}); fmt.Sprint(err) != dir+": is a folder; want the configuration file in it" {
		t.Errorf("a folder: %v", err)
	}
	none := filepath.Join(dir, "none.toml")
	if _, err := Load(none, Build{Plugins: plugins(), Encryption: true}); fmt.Sprint(err) != none+": can't be opened: no such file or directory" {
		t.Errorf("no file: %v", err)
	}
	if os.Getuid() != 0 { // root reads everything
		write(t, none, small, 0o000)
		if _, err := Load(none, Build{Plugins: plugins(), Encryption: true}); fmt.Sprint(err) != none+": can't be opened: permission denied" {
			t.Errorf("unreadable: %v", err)
		}
	}
}

// A reload reads the same file again: nothing may be left from the first time,
// and no plugin's settings shared.
func TestParseIsPure(t *testing.T) {
	src, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	first, err := Parse("f", src, "/d", plugins())
	if err != nil {
		t.Fatal(err)
	}
	second, err := Parse("f", src, "/d", plugins())
	if err != nil {
		t.Fatal(err)
	}
	zones := cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })
	if d := cmp.Diff(first, second, zones, cmp.AllowUnexported(Secret{}, civil.Span{})); d != "" {
		t.Errorf("the same file differs (-first +second):\n%s", d)
	}
	if first.Teams[0].Plugins[0].Settings == second.Teams[0].Plugins[0].Settings {
		t.Error("both share their settings")
	}
}

// An event with an instant is on the day that the team's calendar shows then.
func TestAnInstantsDayIsTheTeams(t *testing.T) {
	cfg, err := Parse("f", []byte(small+`zone = "Pacific/Kiritimati"
[[team.glance.calendar.event]]
kind = "x"
name = "X"
at = "2026-12-10T23:59:00Z"
`), ".", plugins())
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.Teams[0].Calendar.Events[0].Day.String(); got != "2026-12-11" {
		t.Errorf("day %s, want 2026-12-11", got)
	}
}

// Whatever is wrong, each problem can be found: a line of the file or none, one
// printable line of text; and a configuration is returned only without problems.
func checkParse(t interface{ Fatalf(string, ...any) }, src []byte) {
	cfg, err := Parse("f", src, "/d", plugins())
	if (cfg == nil) == (err == nil) {
		t.Fatalf("configuration %v with error %v", cfg, err)
	}
	if err == nil {
		return
	}
	lines := strings.Count(string(src), "\n") + 1
	problems := err.(Problems)
	if len(problems) == 0 {
		t.Fatalf("an error without problems")
	}
	for _, p := range problems {
		if p.Line < 0 || p.Line > lines || p.Text == "" || strings.ContainsFunc(p.String(), func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("problem %q of %d lines", p.String(), lines)
		}
		if len(p.String()) > 4000 {
			t.Fatalf("a problem of %d bytes: %.200q…", len(p.String()), p.String())
		}
	}
}

// Every way of spoiling a value, a key or a line of the example is survived.
func TestSpoiltExample(t *testing.T) {
	src, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(withAll(src)), "\n")
	rapid.Check(t, func(t *rapid.T) {
		spoilt := append([]string(nil), lines...)
		for range rapid.IntRange(1, 4).Draw(t, "times") {
			i := rapid.IntRange(0, len(spoilt)-1).Draw(t, "line")
			key, _, isKey := strings.Cut(spoilt[i], "=")
			switch rapid.IntRange(0, 4).Draw(t, "how") {
			case 0:
				spoilt[i] = ""
			case 1:
				spoilt[i] = spoilt[rapid.IntRange(0, len(spoilt)-1).Draw(t, "other")]
			case 2:
				spoilt[i] = rapid.String().Draw(t, "anything")
			default:
				if isKey {
					spoilt[i] = key + "= " + rapid.SampledFrom([]string{
						"1", "-1", "true", "1.5", `""`, `"\u0000"`, "[]", "{}", "[[]]", "[{}]", "[1, \"a\"]", "{ a = 1 }",
						"2026-12-10", "9999-99-99", "14:00:00", "2026-12-10T00:00:00", "inf", `"group:x"`, `"/"`, "0x7fffffffffffffff",
					}).Draw(t, "value")
				}
			}
		}
		checkParse(t, []byte(strings.Join(spoilt, "\n")))
	})
}

func FuzzParse(f *testing.F) {
	for _, path := range []string{examplePath, "testdata/broken.toml"} {
		src, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(withAll(src))
	}
	f.Add([]byte(small))
	f.Add([]byte("a.b.c = [[{x=1}], 2026-01-01, \"\"\"\n\\u0000\"\"\"]\n[[x.\"y\\tz\"]]\n"))
	f.Fuzz(func(t *testing.T, src []byte) { checkParse(t, src) })
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := civil.LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}
