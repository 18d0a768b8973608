package app

import (
	"iter"
	"log/slog"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/config"
	"torchbearer/bot/cycle"
	"torchbearer/bot/loop"
	"torchbearer/bot/mirror"
	"torchbearer/bot/review"
	"torchbearer/bot/roster"
)

// future knows of moments that have not come what a configuration says of them:
// the calendar and the people. No record is written, no change is read.
type future struct {
	mirror *mirror.Mirror
	roster *roster.Roster
}

func newFuture(cfg *config.Config, teams []loop.Team) future {
	o := roster.Options{People: cfg.People, Operators: cfg.Operators.People, Log: slog.New(slog.DiscardHandler)}
	for _, t := range teams {
		o.Teams = append(o.Teams, t.Team)
	}
	return future{mirror: mirror.New(nil, o.Log), roster: roster.New(o)}
}

func (f future) view(team loop.Team, now time.Time) bot.View { return ahead{f, team, now} }

// ahead is one moment for one team.
type ahead struct {
	future
	team loop.Team
	now  time.Time
}

// Now implements bot.View.
func (a ahead) Now() time.Time { return a.now }

// Get implements bot.View: the future holds no records.
func (a ahead) Get(string, any) (bool, error) { return false, nil }

// Calendar implements bot.View.
func (a ahead) Calendar() cycle.Calendar { return a.team.Calendar }

// Reviews implements bot.View: nobody knows the queue of a day to come.
func (a ahead) Reviews() bot.Reviews {
	cast := func(project string) review.Cast { return a.roster.Cast(a.team.ID, project) }
	return a.mirror.Reviews(a.team.Team, a.now, nil, cast, bot.ReviewState{})
}

// People implements bot.View.
func (a ahead) People() bot.People { return a.roster.View(blank{}, a.now, a.team.ID) }

// blank is a store with nothing in it.
type blank struct{}

// Get implements bot.ReadTx.
func (blank) Get(string) ([]byte, error) { return nil, nil }

// Scan implements bot.ReadTx.
func (blank) Scan(string) iter.Seq2[string, []byte] {
	return func(func(string, []byte) bool) {}
}
