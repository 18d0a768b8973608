package config

import (
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// reviewed is the least that has a team with changes; cases add to its server's
// section, from line 13 on.
const reviewed = small + `gerrit = "g"
projects = ["a/b"]
[gerrit.g]
url = "https://g.example.org"
`

func TestOneMistakeAboutReviewsIsOneProblem(t *testing.T) {
	login := "user = \"bot\"\npassword = { env = \"P\" }\n" // 13, 14
	team := "[team.nova]\nrooms = [\"oftc/#nova\"]\n"       // 13, 14
	maria := "[people.maria]\ngerrit = \"maria\"\n"
	cores := func(list string) string { return login + "[team.glance.project.\"a/b\"]\ncores = " + list + "\n" } // 15, 16
	labels := func(inner string) string { return "[team.glance.project.\"a/b\"]\nlabels = { " + inner + " }\n" } // 13, 14
	const secrets = `{ file = "secrets/…" } or { env = "…" }`
	for _, tt := range []struct{ name, add, want string }{
		{"nothing", "", ""},
		{"a login", login, ""},
		{"the least and most often", "every = \"30s\"\n[gerrit.h]\nurl = \"https://h\"\nevery = \"1h\"", ""},
		{"a server that no team uses", "[gerrit.h]\nurl = \"https://h\"", ""},
		{"a team without Gerrit", team + "cores = [\"zoe\"]\n[people.zoe]", ""},
		{"a person without Gerrit, of a team with it", "[people.zoe]", ""},
		{"people and groups with spaces", cores(`["maria", "group:Glance Core", "group:ldap/cores"]`) + maria, ""},
		{"nobody is core", cores(`[]`), ""},
		{"specs alone", team + "gerrit = \"g\"\nspecs = [\"a/specs\"]", ""},
		{"teams that share a project", team + "gerrit = \"g\"\nprojects = [\"a/b\"]", ""},
		{"teams that share it with the usual labels", labels(`full = 2`) + team + "gerrit = \"g\"\nspecs = [\"a/b\"]", ""},
		{"the same project of two servers", labels(`full = 1`) + team + "gerrit = \"h\"\nprojects = [\"a/b\"]\n[gerrit.h]\nurl = \"https://h\"", ""},

		{"an account without password", "user = \"bot\"", "13: gerrit.g.user: needs password, the account's HTTP password, " + secrets + "; or leave out both, and read as anybody can"},
		{"a password without account", "password = { env = \"P\" }", "13: gerrit.g.password: needs user, the account that it is of; or leave out both, and read as anybody can"},
		{"an empty user", "user = \"\"\npassword = { env = \"P\" }", "13: gerrit.g.user: \"\" is no Gerrit username: it is empty"},
		{"too often", "every = \"29s\"", "13: gerrit.g.every: 29s between two looks; 30s to 1h are allowed"},
		{"too seldom", "every = \"1d\"", "13: gerrit.g.every: 1d between two looks; 30s to 1h are allowed"},
		{"CI twice", "ci = [\"zuul\",\n\"ZUUL\"]", "14: gerrit.g.ci: \"ZUUL\" is listed twice"},
		{"a pattern that takes everybody", "automatic = [\"a|\"]", "13: gerrit.g.automatic: \"a|\" fits an empty text, so probably every name, and nobody would be a person; want a part of a name"},
		{"an endless pattern", "automatic = [\"" + strings.Repeat("a", 201) + "\"]", "13: gerrit.g.automatic: is a pattern longer than 200 bytes"},
		{"one server twice", "[gerrit.b]\nurl = \"https://G.example.org/\"", "14: gerrit.b.url: is g's already, on line 12; one section for each server"},
		{"no address", "[gerrit.b]", "13: gerrit.b.url: is missing; want the server's address, such as \"https://review.opendev.org\""},

		{"no such server", team + "gerrit = \"gg\"\nprojects = [\"a\"]\ncores = [\"group:x\"]", "15: team.nova.gerrit: unknown review server \"gg\"; known: g"},
		{"a server and nothing on it", team + "gerrit = \"g\"\nspecs = []", "15: team.nova.gerrit: needs projects or specs, the team's projects there, such as [\"openstack/glance\"]"},
		{"projects nowhere", team + "projects = [\"a\"]", "15: team.nova.projects: needs gerrit, the review server that has them; known: g"},
		{"project and specs", team + "gerrit = \"g\"\nprojects = [\"a\"]\nspecs = [\"b\",\n\"a\"]", "18: team.nova.specs: \"a\" stands on line 16 already; a project is listed once, in projects or in specs"},
		{"a change's path", team + "gerrit = \"g\"\nprojects = [\"a/b/+/912345\"]", "16: team.nova.projects: \"a/b/+/912345\" is no project: want its name on the server, such as \"openstack/glance\", not an address or a pattern"},
		{"a search", team + "gerrit = \"g\"\nprojects = ['a\" OR \"b']", "16: team.nova.projects: \"a\\\" OR \\\"b\" is no project: want its name on the server, such as \"openstack/glance\", not an address or a pattern"},
		{"another project", "[team.glance.project.\"x/y\"]", "13: team.glance.project.\"x/y\": is no project of this team; projects and specs: a/b"},
		{"nearly the project", team + "gerrit=\"g\"\nprojects=[\"openstack/nova\"]\nproject.\"openstack/novas\".cores = []", "17: team.nova.project.\"openstack/novas\": is no project of this team; did you mean \"openstack/nova\"? projects and specs: openstack/nova"},

		{"a group, anonymously", "[team.glance.project.\"a/b\"]\ncores = [\n\"group:x\"]", "15: team.glance.project.\"a/b\".cores: \"group:x\": an anonymous bot can't read groups; give gerrit.g a user, or name people"},
		{"a group of nowhere", team + "cores = [\"group:x\"]", "15: team.nova.cores: \"group:x\": a group needs the team's gerrit, the review server that has it; or name people"},
		{"a group without name", cores(`["group:"]`), "16: team.glance.project.\"a/b\".cores: \"group:\": the group's name is empty"},
		{"a group twice", cores(`["group:x", "group:x"]`), "16: team.glance.project.\"a/b\".cores: \"group:x\" is listed twice"},
		{"a group's control character", cores(`["group:\u001b[2J"]`), "16: team.glance.project.\"a/b\".cores: \"group:\\x1b[2J\": the group's name holds characters that can't be printed; want one line of plain text"},
		{"a person behind a group", cores(`["group:x",`+"\n"+`"mria"]`) + maria, "17: team.glance.project.\"a/b\".cores: unknown person \"mria\"; did you mean \"maria\"? known: maria"},
		{"a person twice, around a group", cores(`["maria", "group:x",`+"\n"+`"maria"]`) + maria, "17: team.glance.project.\"a/b\".cores: \"maria\" is listed twice"},
		{"a core whom Gerrit can't know", cores(`["zoe"]`) + "[people.zoe]", "16: team.glance.project.\"a/b\".cores: \"zoe\" has no Gerrit username; add gerrit = \"…\" to people.zoe"},
		{"a PTL whom Gerrit can't know", team + "gerrit = \"g\"\nspecs = [\"a\"]\nptl = [\"zoe\"]\n[people.zoe]", "17: team.nova.ptl: \"zoe\" has no Gerrit username; add gerrit = \"…\" to people.zoe"},
		{"a group as PTL", team + "ptl = [\"group:x\"]", "15: team.nova.ptl: \"group:x\": only cores can be a group; name people"},

		{"a label's name", labels(`workflow = "-W"`), "14: team.glance.project.\"a/b\".labels.workflow: \"-W\" is no label; want letters, digits and hyphens, such as \"Code-Review\""},
		{"a usual label taken", labels(`code-review = "Verified"`), "14: team.glance.project.\"a/b\".labels.verified: \"Verified\" is code-review's already; want three different labels"},
		{"no vote approves", labels(`full = -1`), "14: team.glance.project.\"a/b\".labels.full: -1 is no vote that approves; 1 to 10 are allowed"},
		{"labels as text", "[team.glance.project.\"a/b\"]\nlabels = \"x\"", "14: team.glance.project.\"a/b\".labels: is text; want labels, such as { code-review = \"Code-Review\" }"},
		{"teams that differ about labels", labels(`full = 1`) + team + "gerrit = \"g\"\nprojects = [\"a/b\"]", "15: team.nova.project.\"a/b\".labels: are others than in team glance, which has this project too; say the same in both"},
		{"teams that differ in what they say", labels(`full = 1`) + team + "gerrit = \"g\"\nspecs = [\"a/b\"]\n[team.nova.project.\"a/b\"]\nlabels.verified = \"CI\"", "20: team.nova.project.\"a/b\".labels: are others than in team glance, which has this project too; say the same in both"},
		{"a plugin that is always on", "[team.glance.plugin.people]\ndaily = 3", "13: team.glance.plugin.people: is always on, for every team; leave this section out"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("f", []byte(reviewed+tt.add), ".", plugins())
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

func TestAServersAddressIsOneThatCanBeAddedTo(t *testing.T) {
	for _, tt := range []struct{ url, want, wrong string }{
		{"https://review.opendev.org", "https://review.opendev.org", ""},
		{"https://review.opendev.org/", "https://review.opendev.org", ""},
		{"https://review.opendev.org:", "https://review.opendev.org", ""},
		{"https://Example.org/Gerrit//", "https://example.org/Gerrit", ""},
		{"https://example.org:8443/a%20b", "https://example.org:8443/a%20b", ""},
		{"http://localhost:8080", "http://localhost:8080", ""},
		{"http://127.8.8.8/", "http://127.8.8.8", ""},
		{"http://[::1]:8080/r/", "http://[::1]:8080/r", ""},
		{"http://192.168.0.1", "", "is not encrypted"},
		{"http://localhost.example.org", "", "is not encrypted"},
		{"http://[::2]", "", "is not encrypted"},
		{"https://bot:hunter2@review.opendev.org", "", "holds a user"},
		{"https://review.opendev.org/%zz:hunter2@", "", "holds a user"},
		{"https://review.opendev.org?", "", "goes on behind"},
		{"https://review.opendev.org/#/c/1", "", "goes on behind"},
		{"https://review.opendev.org#", "", "goes on behind"},
		{"https://review.opendev.org:0", "", `"0" is no port`},
		{"https://review.opendev.org:65536", "", `"65536" is no port`},
		{"https://review.opendev.org:ssh", "", "is no address"},
		{"https://höst/", "", "is no address"},
		{"https://host/ä", "", "holds spaces or characters beyond ASCII"},
		{"https://host/a b", "", "holds spaces or characters beyond ASCII"},
		{"https://host/" + strings.Repeat("a", 200), "", "is longer than 200 bytes"},
		{"https:///r", "", "is no address"},
		{"https:review.opendev.org", "", "is no address"},
		{"review.opendev.org", "", "is no address"},
		{"ssh://review.opendev.org:29418", "", "is no address"},
		{"", "", "is no address"},
	} {
		got, why := serverURL(tt.url, "https://review.opendev.org")
		if got != tt.want || (why == "") != (tt.wrong == "") || !strings.Contains(why, tt.wrong) {
			t.Errorf("%q = %q, %q; want %q, %q", tt.url, got, why, tt.want, tt.wrong)
		}
		if strings.Contains(why, "hunter2") {
			t.Errorf("%q: a password is told: %s", tt.url, why)
		}
	}
}

// A reload asks whether a server is still the same: read from the same text it
// is, and whatever of it changes, it is not.
func TestAServerEqualsOnlyItself(t *testing.T) {
	read := func() Gerrit {
		cfg, err := Parse("f", []byte(reviewed+"user = \"bot\"\npassword = { env = \"P\" }\nci = [\"zuul\"]\nautomatic = [\"Bot$\"]"), ".", plugins())
		if err != nil {
			t.Fatal(err)
		}
		return cfg.Gerrit[0]
	}
	first := read()
	if !first.Equal(read()) {
		t.Error("the same text is another server")
	}
	changes := map[string]func(*Gerrit){
		"Name": func(g *Gerrit) { g.Name += "x" }, "URL": func(g *Gerrit) { g.URL += "x" },
		"User": func(g *Gerrit) { g.User += "x" }, "Password": func(g *Gerrit) { g.Password = Secret{env: "Q"} },
		"Every": func(g *Gerrit) { g.Every++ }, "CI": func(g *Gerrit) { g.CI = nil },
		"Stream":    func(g *Gerrit) { g.Stream.Address += "0" },
		"Automatic": func(g *Gerrit) { g.Automatic[0] = regexp.MustCompile("x") },
	}
	for f := range reflect.TypeFor[Gerrit]().Fields() {
		changed := read()
		changes[f.Name](&changed)
		if first.Equal(changed) {
			t.Errorf("with another %s it is the same server", f.Name)
		}
	}
}

func TestGerritsSecretIsTried(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f.toml")
	write(t, path, reviewed+"user = \"bot\"\npassword = { file = \"gerrit\" }", 0o600)
	_, err := Load(path, Build{Plugins: plugins(), Encryption: true})
	want := fmt.Sprintf("%s:14: gerrit.g.password: read secret file %q: no such file or directory", path, filepath.Join(dir, "gerrit"))
	if fmt.Sprint(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	write(t, filepath.Join(dir, "gerrit"), "hunter2\n", 0o600)
	cfg, err := Load(path, Build{Plugins: plugins(), Encryption: true})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := cfg.Gerrit[0].Password.Value(); got != "hunter2" || err != nil {
		t.Errorf("password = %q, %v", got, err)
	}
	if g := cfg.Gerrit[0]; g.Every != 5*time.Minute {
		t.Errorf("every %s, want 5m", g.Every)
	}
}
