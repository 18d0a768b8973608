package loop

import (
	"fmt"
	"iter"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/people"
	"torchbearer/bot/review"
)

// noReviews is the mirror of a bot without a review server: nothing was ever
// read.
type noReviews struct {
	now   time.Time
	marks func() []review.Mark
}

// Changes implements bot.Reviews.
func (noReviews) Changes(review.Filter) iter.Seq[review.Change] {
	return func(func(review.Change) bool) {}
}

// Change implements bot.Reviews.
func (noReviews) Change(int) (review.Change, bool) { return review.Change{}, false }

// Row implements bot.Reviews.
func (r noReviews) Row(c review.Change) review.Row {
	return review.NewRow(c, review.Cast{}, r.marks(), r.now)
}

// Cast implements bot.Reviews.
func (noReviews) Cast(string) review.Cast { return review.Cast{} }

// State implements bot.Reviews.
func (noReviews) State() bot.ReviewState { return bot.ReviewState{} }

// nobody is the people of a bot that knows none.
type nobody struct{ server string }

// Person implements bot.People.
func (nobody) Person(string) (bot.Person, bool) { return bot.Person{}, false }

// Of implements bot.People.
func (n nobody) Of(a review.Account) bot.Person {
	return bot.Person{ID: fmt.Sprintf("%s:%d", n.server, a.ID), Name: a.Called(), Gerrit: a.Username, Zone: time.UTC}
}

// Account implements bot.People.
func (nobody) Account(string) (int, bool) { return 0, false }

// Consent implements bot.People.
func (nobody) Consent(string) people.Consent { return people.Consent{} }

// Reach implements bot.People.
func (nobody) Reach(bot.Target, int) bot.Reach { return bot.Reach{Wait: people.Gone} }
