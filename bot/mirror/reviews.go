package mirror

import (
	"iter"
	"slices"
	"sync"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/review"
)

// Reviews returns a team's part of the mirror at this moment, for one goroutine.
// What the mirror does not know is asked for when it is needed: the marks of all
// features, once, and who plays which part in a project, once for each. State is
// shown as it is given. A team without a review server has no changes, and no
// state.
func (m *Mirror) Reviews(team bot.Team, now time.Time, marks func() []review.Mark, cast func(project string) review.Cast, state bot.ReviewState) bot.Reviews {
	r := &reviews{server: team.Gerrit.Name, held: &held{}, now: now, cast: cast, casts: map[string]review.Cast{}}
	r.marks = sync.OnceValue(func() map[int][]review.Mark {
		of := map[int][]review.Mark{}
		if marks == nil {
			return of
		}
		for _, mark := range marks() {
			of[mark.Change] = append(of[mark.Change], mark)
		}
		return of
	})
	if team.Gerrit.Name != "" {
		r.held, r.projects, r.state = m.of(team.Gerrit.Name), team.All(), state
	}
	return r
}

// reviews implements bot.Reviews.
type reviews struct {
	server   string
	held     *held
	projects []string
	now      time.Time
	marks    func() map[int][]review.Mark // by change
	cast     func(project string) review.Cast
	casts    map[string]review.Cast // those that were asked for
	state    bot.ReviewState
}

func (r *reviews) Changes(f review.Filter) iter.Seq[review.Change] {
	return func(yield func(review.Change) bool) {
		if f.Server != "" && f.Server != r.server {
			return
		}
		// As Filter.Match, in one look-up for each change and without copying
		// those that are not chosen.
		wanted := map[string]bool{}
		for _, p := range r.projects {
			wanted[p] = f.Projects == nil || slices.Contains(f.Projects, p)
		}
		for _, e := range r.held.entries {
			if (f.Closed || e.change.Status == review.Open) && wanted[e.change.Project] && !yield(e.change) {
				return
			}
		}
	}
}

func (r *reviews) Change(number int) (review.Change, bool) {
	e := r.held.find(number)
	if e == nil || !slices.Contains(r.projects, e.change.Project) {
		return review.Change{}, false
	}
	return e.change, true
}

func (r *reviews) Row(c review.Change) review.Row {
	return review.NewRow(c, r.Cast(c.Project), r.marks()[c.Number], r.now)
}

func (r *reviews) Cast(project string) review.Cast {
	cast, ok := r.casts[project]
	// Of other projects nothing is known.
	if !ok && r.cast != nil && slices.Contains(r.projects, project) {
		cast = r.cast(project)
		r.casts[project] = cast
	}
	return cast
}

func (r *reviews) State() bot.ReviewState { return r.state }
