package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/review"
)

// freeze is shaped like plugins/freeze, which this package must not import.
type freeze struct {
	Remind []civil.Span `toml:"remind"`
	At     civil.Clock  `toml:"at"`
}

func (f *freeze) Validate(report func(key, problem string)) {
	for _, s := range f.Remind {
		if s.Duration() > 100*24*time.Hour {
			report("remind", s.String()+" is too long; at most 100d are allowed")
		}
	}
	if f.At.Hour < 6 {
		report("at", "is in the night; 06:00 to 23:59 are allowed")
	}
}

// reviewday, ask and backlog are shaped like the plugins of these names.
type (
	reviewday struct {
		Days  []civil.Weekday `toml:"days"`
		Open  civil.Clock     `toml:"open"`
		Close civil.Clock     `toml:"close"`
		Until string          `toml:"until"`
	}
	ask struct {
		Again civil.Span `toml:"again"`
		Daily int        `toml:"daily"`
		Wait  civil.Span `toml:"wait"`
	}
	backlog struct {
		At civil.Clock `toml:"at"`
	}
)

func plugins() []bot.Plugin {
	return []bot.Plugin{
		{Name: "freeze", Config: func() any { return &freeze{At: civil.Clock{Hour: 14}} }},
		{Name: "bare"},
		{Name: "reviewday", Config: func() any { return &reviewday{} }},
		{Name: "ask", Config: func() any { return &ask{} }},
		{Name: "backlog", Config: func() any { return &backlog{} }},
		{Name: "people", Always: true},
	}
}

const examplePath = "../../config.example.toml"

func TestExampleLoadsWithItsSecretsInPlace(t *testing.T) {
	src, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "torchbearer.toml")
	write(t, path, string(src), 0o644)

	_, err = Load(path, Build{Plugins: plugins(), Encryption: true})
	for _, key := range []string{"irc.oftc.password", "gerrit.opendev.password"} {
		if err == nil || !strings.Contains(err.Error(), key+": read secret file") {
			t.Errorf("Load without %s = %v, want a problem with it", key, err)
		}
	}
	write(t, filepath.Join(dir, "secrets", "gerrit"), "hunter3\n", 0o600)
	write(t, filepath.Join(dir, "secrets", "oftc"), "hunter2\n", 0o600)
	cfg, err := Load(path, Build{Plugins: plugins(), Encryption: true})
	if err != nil {
		t.Fatal(err)
	}
	oftc := cfg.IRC[0]
	if got, err := oftc.Password.Value(); got != "hunter2" || err != nil {
		t.Errorf("password = %q, %v", got, err)
	}
	if !oftc.TLS || oftc.Burst != 5 || oftc.Pace != 2*time.Second || oftc.Account != "glancebot" || oftc.Login != LoginNickServ {
		t.Errorf("defaults of [irc.oftc] = %+v", oftc)
	}
	opendev := cfg.Gerrit[0]
	if got, err := opendev.Password.Value(); got != "hunter3" || err != nil {
		t.Errorf("password of Gerrit = %q, %v", got, err)
	}
	if opendev.Every != 5*time.Minute || len(opendev.Automatic) != len(review.DefaultAutomatic()) {
		t.Errorf("defaults of [gerrit.opendev] = %+v", opendev)
	}
	if want := (Rate{N: 12, Per: time.Minute}); cfg.Limits.Commands != want {
		t.Errorf("limit = %v, want %v", cfg.Limits.Commands, want)
	}
}

// The schedule says: deadlines are the Thursday of their week unless the text
// says otherwise, and the release is on Wednesday, 24 March 2027.
func TestExampleHasTheDatesOfThe20271Cycle(t *testing.T) {
	cfg, err := Read(examplePath, plugins())
	if err != nil {
		t.Fatal(err)
	}
	glance := cfg.Teams[0]
	got := map[string]string{}
	for _, e := range glance.Calendar.Events {
		got[e.ID] = e.Day.String()
		if want := time.Thursday; e.Kind != "release" && e.Day.Weekday() != want {
			t.Errorf("%s is on a %s, want %s", e.ID, e.Day.Weekday(), want)
		}
		if h, m := e.At.Hour(), e.At.Minute(); h != 23 || m != 59 || e.At.Location() != time.UTC {
			t.Errorf("%s is at %s, want 23:59 UTC", e.ID, e.At)
		}
		if !strings.HasPrefix(e.URL, "https://releases.openstack.org/2027.1/schedule.html") {
			t.Errorf("%s has the link %s", e.ID, e.URL)
		}
	}
	want := map[string]string{
		"milestone-1": "2026-11-19", "cycle-trailing": "2026-12-03", "spec-freeze": "2026-12-10",
		"milestone-2": "2027-01-14", "membership-freeze": "2027-01-14", "extra-ac-freeze": "2027-02-04",
		"library-freeze": "2027-02-11", "milestone-3": "2027-02-18", "feature-freeze": "2027-02-18",
		"client-library-freeze": "2027-02-18", "soft-string-freeze": "2027-02-18", "requirements-freeze": "2027-02-18",
		"cycle-highlights": "2027-02-25", "rc1": "2027-03-04", "hard-string-freeze": "2027-03-04",
		"final-rc": "2027-03-18", "release": "2027-03-24",
	}
	if diff := diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	spec, _ := glance.Calendar.Next(time.Date(2026, 12, 4, 0, 0, 0, 0, time.UTC), nil)
	if week, _ := glance.Calendar.Week(spec.At); week != "R-15" || spec.Remind != nil {
		t.Errorf("spec freeze in week %s with its own ladder %v, want R-15 and the team's", week, spec.Remind)
	}
}

// A key that may be left out stands in the example as "#key =", a section as
// "#[section]". With all of them taken in, the example must still be right, and
// hold every key there is.
func TestExampleShowsEveryKey(t *testing.T) {
	src, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	full := withAll(src)
	if _, err := Parse("config.example.toml", full, ".", plugins()); err != nil {
		t.Errorf("with all keys that may be left out: %v", err)
	}
	root, _ := readTree(full, func(line int, key, text string) { t.Errorf("%d: %s: %s", line, key, text) })
	shown := map[string]bool{}
	everyKey(root, "", shown)
	for _, key := range schemaKeys(reflect.TypeFor[schema](), "") {
		if said, either := words[key]; either {
			shown[key] = strings.Contains(string(src), said)
		}
		if !shown[key] {
			t.Errorf("config.example.toml does not show %s", key)
		}
	}
	for _, p := range plugins() {
		section := "team.*.plugin." + p.Name
		if p.Config == nil || !shown[section] { // that a plugin has a block is tested where the real ones are known
			continue
		}
		for _, key := range schemaKeys(reflect.TypeOf(p.Config()).Elem(), section) {
			if !shown[key] {
				t.Errorf("config.example.toml does not show %s", key)
			}
		}
	}
}

// withAll takes in what may be left out of the example.
func withAll(src []byte) []byte {
	return regexp.MustCompile(`(?m)^#([a-z_]+ *= |\[|  ")`).ReplaceAll(src, []byte("$1"))
}

// words are how the example tells of a key that can't stand beside another.
var words = map[string]string{"matrix.*.token": "\n#   token ", "team.*.calendar.release": "\n#   release = "}

// free are the tables whose keys are names that people choose.
var free = map[string]bool{"irc": true, "matrix": true, "people": true, "team": true, "room": true, "gerrit": true, "team.*.project": true, "team.*.calendar.kinds": true}

func everyKey(n *node, path string, into map[string]bool) {
	for _, name := range n.names {
		at := join(path, name)
		if free[path] {
			at = path + ".*"
		}
		into[at] = true
		everyKey(n.field[name], at, into)
		for _, item := range n.field[name].items {
			everyKey(item, at, into)
		}
	}
}

func schemaKeys(t reflect.Type, path string) (keys []string) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
		if name == "" {
			continue
		}
		at := join(path, name)
		keys = append(keys, at)
		inner := f.Type
		if inner.Kind() == reflect.Map && free[at] {
			at, inner = at+".*", inner.Elem()
		}
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if isSection(inner) && inner != reflect.TypeFor[node]() {
			keys = append(keys, schemaKeys(inner, at)...)
		}
	}
	return keys
}
