package bottest

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
	"torchbearer/bot/people"
	"torchbearer/bot/review"
)

// View is a moment that a test makes up, for a plugin's own tests. The zero View
// has nothing in it:
//
//	v := &bottest.View{At: now, Queue: changes, Read: bot.ReviewState{Known: true, ReadAt: now}}
//	eff, err := command.Do(ctx, v, call)
//	v.Apply(t, eff)
type View struct {
	At      time.Time
	Cal     cycle.Calendar
	Records map[string]json.RawMessage

	Queue []review.Change
	Casts map[string]review.Cast // by project
	Marks []review.Mark
	Read  bot.ReviewState

	Persons  []bot.Person
	Accounts map[string]int            // by person
	Consents map[string]people.Consent // by person
	Reaches  map[string]bot.Reach      // by person
}

var _ bot.View = (*View)(nil)

// Now implements bot.View.
func (v *View) Now() time.Time { return v.At }

// Calendar implements bot.View.
func (v *View) Calendar() cycle.Calendar { return v.Cal }

// Reviews implements bot.View.
func (v *View) Reviews() bot.Reviews { return reviews{v} }

// People implements bot.View.
func (v *View) People() bot.People { return persons{v} }

// Get implements bot.View.
func (v *View) Get(key string, into any) (bool, error) {
	value, ok := v.Records[key]
	if !ok {
		return false, nil
	}
	return true, json.Unmarshal(value, into)
}

// Apply stores what effects put and mark, as the loop would.
func (v *View) Apply(eff bot.Effects) error {
	if v.Records == nil {
		v.Records = map[string]json.RawMessage{}
	}
	for key, value := range eff.Put {
		if value == nil {
			delete(v.Records, key)
			continue
		}
		b, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("put %s: %w", key, err)
		}
		v.Records[key] = b
	}
	for _, m := range eff.Mark {
		v.Marks = slices.DeleteFunc(v.Marks, func(old review.Mark) bool {
			return old.Change == m.Change && old.Kind == m.Kind
		})
		v.Marks = append(v.Marks, m)
	}
	return nil
}

type reviews struct{ v *View }

func (r reviews) Changes(f review.Filter) iter.Seq[review.Change] {
	sorted := slices.SortedFunc(slices.Values(r.v.Queue), func(a, b review.Change) int { return a.Number - b.Number })
	return func(yield func(review.Change) bool) {
		for _, c := range sorted {
			if f.Match(c) && !yield(c) {
				return
			}
		}
	}
}

func (r reviews) Change(number int) (review.Change, bool) {
	i := slices.IndexFunc(r.v.Queue, func(c review.Change) bool { return c.Number == number })
	if i < 0 {
		return review.Change{}, false
	}
	return r.v.Queue[i], true
}

func (r reviews) Row(c review.Change) review.Row {
	return review.NewRow(c, r.Cast(c.Project), r.v.Marks, r.v.At)
}

func (r reviews) Cast(project string) review.Cast { return r.v.Casts[project] }

func (r reviews) State() bot.ReviewState { return r.v.Read }

type persons struct{ v *View }

func (p persons) Person(id string) (bot.Person, bool) {
	i := slices.IndexFunc(p.v.Persons, func(q bot.Person) bool { return q.ID == id })
	if i < 0 {
		return bot.Person{}, false
	}
	return p.v.Persons[i], true
}

func (p persons) Of(a review.Account) bot.Person {
	for _, id := range slices.Sorted(maps.Keys(p.v.Accounts)) {
		if p.v.Accounts[id] == a.ID {
			if q, ok := p.Person(id); ok {
				return q
			}
		}
	}
	return bot.Person{ID: fmt.Sprintf("gerrit:%d", a.ID), Name: a.Called(), Gerrit: a.Username, Zone: time.UTC}
}

func (p persons) Account(id string) (int, bool) {
	n, ok := p.v.Accounts[id]
	return n, ok
}

func (p persons) Consent(id string) people.Consent { return p.v.Consents[id] }

func (p persons) Reach(to bot.Target, _ int) bot.Reach {
	if r, ok := p.v.Reaches[to.Person]; ok {
		return r
	}
	return bot.Reach{Wait: people.Gone}
}
