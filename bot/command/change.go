package command

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/review"
)

// patience is how long a command waits for a review server; then the mirror
// answers.
const patience = 3 * time.Second

// most is how many changes or projects an answer lists.
const most = 5

// changeHint says how a change is named.
const changeHint = "Give its number, its address or its Change-Id."

// Elsewhere is the error of a change that exists and is in none of the team's
// projects.
type Elsewhere struct {
	Number  int
	Project string
}

// Error says where the change is.
func (e *Elsewhere) Error() string { return fmt.Sprintf("change %d is in %s", e.Number, e.Project) }

// refresh reads the changes that the words refer to again, as far as that is
// worth it. That it did not work stops no command: what is in the mirror answers.
func (h *Handler) refresh(ctx context.Context, f *found) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for i, a := range f.command.Args {
		w := &f.given.words[i]
		if w.ref == (Ref{}) {
			continue
		}
		if w.stale = h.fresh(ctx, f.team, w.ref, a.Fresh); w.stale != nil {
			h.Log.Warn("can't read a change again", "team", f.team, "change", w.ref.String(), "err", w.stale)
		}
	}
}

// fresh is Fresh; a reader whom a server's answer surprises is of no help, and
// the mirror answers.
func (h *Handler) fresh(ctx context.Context, team string, r Ref, again bool) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return h.Fresh(ctx, team, r, again)
}

// change finds the change of the team's that a word means.
func (h *Handler) change(v bot.View, f *found, w word) (review.Change, error) {
	t := h.team(f.team)
	switch {
	case t.Gerrit.URL == "":
		return review.Change{}, bot.Userf("There is no review server for this team in my configuration.")
	case w.wrong != nil:
		return review.Change{}, w.wrong
	case w.ref == (Ref{}):
		return review.Change{}, bot.Userf("%s is no change. %s %s", quote(w.text), changeHint, usage(f.command))
	}
	hits := meant(v.Reviews(), w.ref)
	switch len(hits) {
	case 0:
		return review.Change{}, missing(t, w)
	case 1:
		return hits[0], nil
	}
	return review.Change{}, bot.Userf("Which one? %s", either(hits))
}

// meant returns the changes that a reference means: of a Change-Id every branch
// that the change was picked to, by number.
func meant(r bot.Reviews, ref Ref) []review.Change {
	if ref.ID == "" {
		if ch, ok := r.Change(ref.Number); ok {
			return []review.Change{ch}
		}
		return nil
	}
	var hits []review.Change
	for ch := range r.Changes(review.Filter{Closed: true}) {
		if strings.EqualFold(ch.ID, ref.ID) {
			hits = append(hits, ch)
		}
	}
	return hits
}

// missing says why there is no such change.
func missing(t bot.Team, w word) error {
	var elsewhere *Elsewhere
	var user *bot.UserError
	switch {
	case errors.As(w.stale, &elsewhere):
		// In which one is not said: who asks may not be allowed to see it.
		return bot.Userf("%d is in none of %s's projects: %s.", elsewhere.Number, t.Name, some(t.All()))
	case errors.As(w.stale, &user):
		return user
	case errors.Is(w.stale, context.DeadlineExceeded):
		return bot.Userf("Gerrit does not answer, and I don't know %s yet.", w.ref)
	case w.stale != nil:
		return bot.Userf("Gerrit can't be read now, and I don't know %s yet.", w.ref)
	}
	return bot.Userf("I know no change %s.", w.ref)
}

// either lists changes that one Change-Id stands for, with what they differ in.
func either(hits []review.Change) string {
	alone := !slices.ContainsFunc(hits, func(ch review.Change) bool { return ch.Project != hits[0].Project })
	var list []string
	for _, ch := range hits[:min(most, len(hits))] {
		about := quote(ch.Branch)
		if !alone {
			about = quote(ch.Project) + ", " + about
		}
		if ch.Status != review.Open {
			about += ", " + string(ch.Status)
		}
		list = append(list, fmt.Sprintf("%d (%s)", ch.Number, about))
	}
	text := strings.Join(list, " or ")
	if n := len(hits) - most; n > 0 {
		text += fmt.Sprintf(" or %d more", n)
	}
	return text
}

// some lists the first of several names.
func some(names []string) string {
	text := strings.Join(names[:min(most, len(names))], ", ")
	if n := len(names) - most; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}
