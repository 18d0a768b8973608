// Package queue holds the bot to a real review server: a Gerrit 3.10.2 filled
// with a change for every line of the definitions, each as old as its story
// says. One half reads the server with the bot's client and compares what the
// definitions make of it with the table; the other runs the built program
// between that server and a real chat network, and asserts what the channel
// sees.
//
//	go test ./e2e/queue                             skipped where a server is missing
//	TORCHBEARER_E2E=required go test ./e2e/queue    fails instead
package queue

import (
	"fmt"
	"slices"
	"time"

	"torchbearer/bot/review"
	"torchbearer/e2e/gerritd"
)

const day = 24 * time.Hour

// The projects. Cores are not the same in all of them; the last has as odd a name
// as Gerrit takes.
const (
	glance = "openstack/glance"
	specs  = "openstack/glance-specs"
	store  = "openstack/glance_store"
	odd    = "openstack/it's odd (new), #1 & OR"
)

var projects = []string{glance, store, odd, specs}

// coreGroup has the cores of a project.
func coreGroup(project string) string {
	if project == store {
		return "store-core"
	}
	return "glance-core"
}

// hostileName is what somebody calls themselves; Gerrit keeps all of it.
const hostileName = "Mal\r\nPRIVMSG #secret :pwned\x02\x03" + "04 zoe \u202eeoz"

// people are everybody with an account, and some who are nobody. Mallory comes
// last: a server that is asked for zoe also looks into full names.
var people = []struct{ user, name string }{
	{"nina", "Nina N."},
	{"zoe", "Zoe Z."},
	{"bob", "Bob B."},
	{"erin", "Erin E."},
	{"maria", "Maria M."},
	{"carl", "Carl C."},
	{"eva", "Eva E."},
	{"tony", "Tony Marucci"},
	{"acme", "Acme Storage CI"},  // posts without a tag, like most
	{"relbot", "Release helper"}, // in Service Users
	{bot, "Glance bot"},
	{"mallory", hostileName},
}

// bot is the account of the program under test.
const bot = "glancebot"

// story is a change with all that happened to it, and what the definitions make
// of it an hour after the seed's zero.
type story struct {
	name    string
	project string // empty: glance
	owner   string // empty: nina
	subject string // empty: made of the name
	file    string // that it touches; empty: one of its own
	life    []deed
	want    want
	blind   *want // where the server keeps mergeability to itself; nil: the same
}

// want is what is expected of a change.
type want struct {
	Turn    review.Party
	Reason  review.Reason
	Days    int           // waiting
	Is      string        // backlog, starved, spared, in this order
	Abandon review.Reason // why it is a candidate; empty: it is none
}

// deed is one thing that happened, so many days before the seed's zero.
type deed struct {
	days float64
	do   func(*gerritd.Server, story)
}

func created(days float64) deed { return createdAs(days, false, false) }

func createdAs(days float64, wip, private bool) deed {
	return deed{days, func(s *gerritd.Server, c story) {
		s.Create(c.name, gerritd.Change{
			Project: c.project, Owner: c.owner, Subject: c.subject, File: c.file, WIP: wip, Private: private,
		})
	}}
}

// review is a reply of somebody's.
func reply(days float64, who string, r gerritd.Review) deed {
	return deed{days, func(s *gerritd.Server, c story) { s.Review(who, c.name, r) }}
}

func says(days float64, who, text string) deed {
	return reply(days, who, gerritd.Review{Message: text})
}

// votes is a Code-Review, without a word.
func votes(days float64, who string, value int) deed {
	return label(days, who, "Code-Review", value)
}

func label(days float64, who, name string, value int) deed {
	return reply(days, who, gerritd.Review{Labels: map[string]int{name: value}})
}

// reports is the CI's.
func reports(days float64, verified int) deed {
	return deed{days, func(s *gerritd.Server, c story) { s.Report(c.name, verified) }}
}

func passes(days float64) deed { return reports(days, 1) }
func fails(days float64) deed  { return reports(days, -1) }

func failsToMerge(days float64) deed {
	return deed{days, func(s *gerritd.Server, c story) { s.ReportConflict(c.name) }}
}

// uploads is a rework by the owner.
func uploads(days float64) deed {
	return deed{days, func(s *gerritd.Server, c story) { s.Upload(c.owner, c.name, fmt.Sprintf("%v days ago\n", days)) }}
}

func rewords(days float64) deed {
	return deed{days, func(s *gerritd.Server, c story) { s.Reword(c.owner, c.name) }}
}

// rebases presses the button, after the branch has moved.
func rebases(days float64, who string) deed {
	return deed{days, func(s *gerritd.Server, c story) {
		s.Move(c.project, c.name+rival, c.name+"-elsewhere.txt", "moved\n")
		s.Rebase(who, c.name)
	}}
}

// clashes lets the branch move on in the change's own file.
func clashes(days float64) deed {
	return deed{days, func(s *gerritd.Server, c story) {
		s.Move(c.project, c.name+rival, c.name+".txt", "something else\n")
	}}
}

// rival ends the names of changes that are only there for a branch to move.
const rival = "-rival"

func pauses(days float64) deed {
	return deed{days, func(s *gerritd.Server, c story) { s.SetWIP(c.owner, c.name) }}
}

func readies(days float64) deed {
	return deed{days, func(s *gerritd.Server, c story) { s.SetReady(c.owner, c.name) }}
}

func hides(days float64) deed {
	return deed{days, func(s *gerritd.Server, c story) { s.SetPrivate(c.owner, c.name) }}
}

func lands(days float64) deed {
	return deed{days, func(s *gerritd.Server, c story) { s.Submit(c.name) }}
}

func dropped(days float64, who string) deed {
	return deed{days, func(s *gerritd.Server, c story) { s.Abandon(who, c.name, "No longer wanted.") }}
}

// leaves is that somebody is no core any more.
func leaves(days float64, who string) deed {
	return deed{days, func(s *gerritd.Server, c story) { s.RemoveMember(coreGroup(c.project), who) }}
}

// seed makes a server of all stories.
func seed() *gerritd.Seed {
	files := []string{"seed_test.go", "table_test.go", "hostile_test.go", "../gerritd/*.go"}
	made := &gerritd.Seed{Name: "queue", Files: files, Setup: func(s *gerritd.Server) {
		s.OpenDev()
		for _, a := range people {
			s.Account(a.user, a.name)
		}
		s.AddMember(gerritd.ServiceUsers, "relbot")
		s.Team(gerritd.Team{
			Name: "glance", Cores: []string{"zoe", "bob", "maria", "eva"}, Nested: []string{"erin"}, PTL: "maria",
			Projects: []string{glance, odd}, Specs: []string{specs},
		})
		s.Team(gerritd.Team{Name: "store", Cores: []string{"carl"}, PTL: "maria", Projects: []string{store}})
	}}
	for _, c := range stories() {
		for _, d := range c.life {
			at := -time.Duration(d.days * float64(day))
			made.Steps = append(made.Steps, gerritd.Step{At: at, Do: func(s *gerritd.Server) { d.do(s, c) }})
		}
	}
	return made
}

// lived is a story's beginning that most share: created, and passed by the CI an
// hour later.
func lived(days float64, more ...deed) []deed {
	return slices.Concat([]deed{created(days), passes(days - 1.0/24)}, more)
}
