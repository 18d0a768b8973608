package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/e2e/gerritd"
	"torchbearer/e2e/ircd"
)

// example is config.example.toml in a folder of its own, with its secrets. With
// servers its network and its Gerrit are those, and the blocks are added to it.
// It returns the path.
func example(t testing.TB, srv *ircd.Server, reviews *gerritd.Server, blocks string) string {
	t.Helper()
	src, err := os.ReadFile("../config.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	text, password := string(src)+blocks, "secret"
	if srv != nil {
		password = srv.Bot.Password
		text = replaced(t, text, `"irc.oftc.net:6697"`, fmt.Sprintf("%q\nca = %q", srv.Addr, srv.CA))
	}
	if reviews != nil {
		text = replaced(t, text, `"https://review.opendev.org"`, fmt.Sprintf("%q\nevery = \"30s\"", reviews.URL))
	}
	if err := os.Mkdir(filepath.Join(dir, "secrets"), 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "torchbearer.toml")
	for p, content := range map[string]string{
		path: text, filepath.Join(dir, "secrets", "oftc"): password + "\n",
		filepath.Join(dir, "secrets", "gerrit"): gerritd.Password("glancebot") + "\n",
	} {
		if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// today matches how the bot names the day of what happened at an instant, when it
// is asked in a moment: midnight may come between.
func today(at time.Time) string {
	if at.UTC().Day() == time.Now().Add(answerWithin).UTC().Day() {
		return "today"
	}
	return `(today|\w{3} ` + at.UTC().Format(time.DateOnly) + `)`
}

// replaced is the text with a part in another's place, once.
func replaced(t testing.TB, text, old, now string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("config.example.toml does not hold %s", old)
	}
	return strings.Replace(text, old, now, 1)
}

// glanceQueue is a small queue of the example's team.
func glanceQueue() *gerritd.Seed {
	const day = 24 * time.Hour
	create := func(name, project, owner, subject string) func(*gerritd.Server) {
		return func(s *gerritd.Server) {
			s.Create(name, gerritd.Change{Project: project, Owner: owner, Subject: subject})
			if name != "driver" {
				s.Report(name, +1)
			}
		}
	}
	return &gerritd.Seed{
		Name: "transcript",
		Setup: func(s *gerritd.Server) {
			s.OpenDev()
			for user, name := range map[string]string{"maria": "Maria M.", "zoe": "Zoe", "bob": "Bob", "nina": "Nina", "kim": "Kim", "tom": "Tom", "glancebot": "Glance bot"} {
				s.Account(user, name)
			}
			s.AddMember(gerritd.ServiceUsers, "glancebot")
			s.Team(gerritd.Team{
				Name: "glance", Cores: []string{"zoe", "bob"}, PTL: "maria",
				Projects: []string{"openstack/glance", "openstack/glance_store", "openstack/python-glanceclient"}, Specs: []string{"openstack/glance-specs"},
			})
			s.Group("glance-specs-core", []string{"bob", "maria"}, nil)
		},
		Steps: []gerritd.Step{
			{At: -38 * day, Do: create("import", "openstack/glance", "kim", "Import: run plugins in a fixed order")},
			{At: -21 * day, Do: create("s3", "openstack/glance_store", "tom", "Retry chunked uploads to S3")},
			{At: -12 * day, Do: create("location", "openstack/glance-specs", "nina", "Location API")},
			{At: -9 * day, Do: create("cache", "openstack/glance", "nina", "Cache policy checks")},
			{At: -8 * day, Do: func(s *gerritd.Server) { s.Vote("bob", "cache", "Code-Review", 2) }},
			{At: -5 * day, Do: func(s *gerritd.Server) { s.Vote("bob", "location", "Code-Review", 2) }},
			{At: -4 * day, Do: create("driver", "openstack/glance_store", "tom", "Drop the sheepdog driver")},
			{At: -4*day + time.Hour, Do: func(s *gerritd.Server) { s.Report("driver", -1) }},
		},
	}
}

// The example's team in its channel, on the network that OpenStack uses, with a
// real Gerrit: a review day, an ask that a vote answers, a rehearsal of a freeze,
// and the night's figures at the next full minute. With -v the test prints what a
// person in the channel sees, for the README.
func TestTranscript(t *testing.T) {
	t.Parallel()
	built(t)
	const channel = "#openstack-glance"
	reviews := gerritd.Start(t, gerritd.Opts{Seed: glanceQueue()})
	zoe := ircd.Account{Name: "zoe", Password: "pw-of-zoe"}
	srv := ircd.StartHybrid(t, ircd.Opts{
		Bot: ircd.Account{Name: "glancebot", Password: "pw-of-glancebot"}, Users: []ircd.Account{maria, zoe},
	})
	people := map[string]*ircd.Client{
		"maria": ircd.Dial(t, srv.PlainAddr, ircd.ClientOpts{Nick: "maria", Account: maria}),
		"zoe":   ircd.Dial(t, srv.PlainAddr, ircd.ClientOpts{Nick: "zoe", Account: zoe}),
		"nina":  srv.Dial(t, "nina"),
	}
	for _, c := range people {
		c.Join(channel)
	}
	sees := people["nina"]
	night := time.Now().UTC().Add(150 * time.Second).Truncate(time.Minute)
	at := night.Add(-20 * time.Second)
	s := &setup{server: srv}
	path := example(t, srv, reviews, fmt.Sprintf("\n[[team.glance.calendar.event]]\nkind = \"rehearsal-freeze\"\nname = \"Rehearsal freeze\"\nat = %q\nremind = [\"10s\", \"0s\"]\n", at.Format(time.RFC3339)))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := replaced(t, string(text), "[team.glance.plugin.backlog]\nat = \"06:00\"", "[team.glance.plugin.backlog]\nat = \""+night.Format("15:04")+"\"")
	// Whatever day it is: the freeze lies ahead, and no review day opens by itself.
	freeze := night.AddDate(0, 0, 17).Format(time.DateOnly)
	changed = replaced(t, changed, "at   = \"2026-12-10T23:59:00Z\"", "at   = \""+freeze+"T23:59:00Z\"")
	changed = replaced(t, changed, "days  = [\"Monday\"]", "days  = [\""+night.AddDate(0, 0, 3).Weekday().String()+"\"]")
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	s.dir = filepath.Dir(path)
	d := s.startAsIs(t)
	d.ready(readyWithin)

	type line struct {
		at   time.Time
		text string
	}
	var seen []line
	note := func(text string) { seen = append(seen, line{time.Now(), text}) }
	step := func(within time.Duration, want string) {
		t.Helper()
		sees.Expect(s.said(channel, want), within)
	}
	say := func(who, text, want string) {
		t.Helper()
		time.Sleep(2 * time.Second) // a person types
		note("<" + who + "> " + text)
		people[who].Say(channel, text)
		step(answerWithin, want)
	}
	cache := reviews.Number("cache")
	say("nina", "!freeze spec", `Spec freeze: \w{3} `+freeze+` 23:59 UTC, .* https://releases\.openstack\.org/2027\.1/schedule\.html`)
	say("maria", "!reviewday start", `Review day until .* wait for reviewers\. First: \d+ \(no review in 38 days\)`)
	say("maria", fmt.Sprintf("!ask zoe %d", cache), fmt.Sprintf(`zoe: m\S*aria asks for your review of %d "Cache policy checks" \(glance\)`, cache))
	time.Sleep(3 * time.Second)
	reviews.Vote("zoe", "cache", "Code-Review", 2)
	voted := time.Now()
	note("* zoe votes Code-Review+2 in Gerrit")
	say("maria", fmt.Sprintf("!ask bob %d", reviews.Number("driver")), `Not asked: CI failed on \d+'s current patch set`)
	say("nina", "!calender", `I don't know "!c.?alender"; did you mean !calendar\?`)
	notYet(t, at.Add(-10*time.Second))
	step(time.Until(at)+answerWithin, `Rehearsal freeze in (10|[6-9]) s: `)
	step(time.Until(at)+answerWithin, `Rehearsal freeze is in effect`)
	step(time.Until(night)+answerWithin, `Review queue: \d+ \(`)
	say("nina", fmt.Sprintf("!turn %d", cache), `\d+ "Cache policy checks" \(glance\) is with a core, since `+today(voted)+`: needs approval \(.*\)`)
	say("maria", "!reviewday stop", `Review day is over: 1 change reviewed`)
	say("nina", "!status", `torchbearer \S+, up .*oftc connected.*; Gerrit read `)

	for _, l := range sees.Lines() {
		if l.Command == "PRIVMSG" && l.Params[0] == channel && l.Nick() == "glancebot" {
			seen = append(seen, line{l.At, "<glancebot> " + l.Text()})
		}
	}
	slices.SortStableFunc(seen, func(a, b line) int { return a.at.Compare(b.at) })
	// What keeps a name from highlighting anybody can't be seen, and where the test
	// has its Gerrit is of no interest.
	shown := strings.NewReplacer("\u200b", "", reviews.URL, "https://review.example.org")
	var b strings.Builder
	for _, l := range seen {
		fmt.Fprintf(&b, "%s %s\n", l.at.UTC().Format("15:04:05"), shown.Replace(l.text))
	}
	t.Logf("%s on %s\n%s", channel, night.Format(time.DateOnly), b.String())
}
