// Package schedule says what is due. It asks each job of each team, and of what
// came due since it last looked it keeps what is still worth doing: of a series
// the newest, and nothing whose time has passed. It is pure: the loop, status
// and preview ask it about any span.
//
//	s := schedule.New(jobs)
//	due, err := s.Due(view, last, now)
//	d := s.Decide(due, now)
package schedule

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"torchbearer/bot"
)

// Job is one job of one team's plugin.
type Job struct {
	Team, Plugin string
	bot.Job
}

// Schedule is the jobs of all teams.
type Schedule struct{ jobs []Job }

// New makes a schedule.
func New(jobs []Job) *Schedule { return &Schedule{jobs: jobs} }

// Due lists what is due after from and up to to, in order of instant, team
// and plugin. A job that fails or panics costs the others nothing: its
// error is returned beside what they said.
func (s *Schedule) Due(view func(team, plugin string) bot.View, from, to time.Time) ([]bot.Planned, error) {
	var due []bot.Planned
	var errs []error
	for _, j := range s.jobs {
		occs, err := ask(j, view(j.Team, j.Plugin), from, to)
		if err != nil {
			errs = append(errs, err)
		}
		for _, o := range occs {
			due = append(due, bot.Planned{Team: j.Team, Plugin: j.Plugin, Job: j.Job, Occurrence: o})
		}
	}
	slices.SortStableFunc(due, order)
	return due, errors.Join(errs...)
}

// order is by instant, then by whose they are; within one job's answer as given.
func order(a, b bot.Planned) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Team, b.Team), cmp.Compare(a.Plugin, b.Plugin))
}

// ask asks one job, and keeps what it may answer: keys that can be stored, and
// instants in the span.
func ask(j Job, v bot.View, from, to time.Time) (occs []bot.Occurrence, err error) {
	where := fmt.Sprintf("job %s of %s/%s", j.Name, j.Team, j.Plugin)
	defer func() {
		if p := recover(); p != nil {
			occs, err = nil, fmt.Errorf("%s: panic: %v", where, p)
		}
	}()
	var errs []error
	for _, o := range j.Due(v, from, to) {
		if err := o.Key.Check(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", where, err))
			continue
		}
		if !o.At.After(from) || o.At.After(to) {
			continue
		}
		occs = append(occs, o)
	}
	return occs, errors.Join(errs...)
}

// Decide sorts what came due by now.
func (*Schedule) Decide(due []bot.Planned, now time.Time) bot.Decision {
	var d bot.Decision
	type series struct{ team, plugin, name string }
	newest := map[series]int{}
	live := due[:0:0]
	slices.SortStableFunc(due, order)
	for _, p := range due {
		if now.After(p.Until) {
			d.Late = append(d.Late, p)
			continue
		}
		if p.Series != "" {
			newest[series{p.Team, p.Plugin, p.Series}] = len(live)
		}
		live = append(live, p)
	}
	for i, p := range live {
		if p.Series != "" && newest[series{p.Team, p.Plugin, p.Series}] != i {
			d.Superseded = append(d.Superseded, p)
			continue
		}
		d.Run = append(d.Run, p)
	}
	return d
}
