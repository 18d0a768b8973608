package roster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

// every is how often groups are read; soon is the first wait after a failure,
// which doubles from one to the next up to late: a bot that has not been able to
// read who the cores are since it started can ask nobody.
const (
	every = time.Hour
	soon  = 2 * time.Minute
	late  = 10 * time.Minute
)

// nameLimit bounds a display name, in bytes.
const nameLimit = 48

// Accounts is a review server as far as the roster asks it.
type Accounts interface {
	// Members returns a group's members, those of groups in it included.
	Members(ctx context.Context, group string) ([]review.Account, error)
	// Account returns the account with a username.
	Account(ctx context.Context, username string) (review.Account, error)
}

// Load reads what was last known of review servers from the store. What the roster
// knows already is newer and stays.
func (r *Roster) Load(tx bot.ReadTx) error {
	stored := map[string]Learnt{}
	for key, value := range tx.Scan(learntSpace) {
		var l Learnt
		if err := json.Unmarshal(value, &l); err != nil {
			return fmt.Errorf("read record %s: %w", key, err)
		}
		stored[strings.TrimPrefix(key, learntSpace)] = l
	}
	r.replace(func(known map[string]Learnt) {
		for name, l := range stored {
			if _, ok := known[name]; !ok {
				known[name] = l
			}
		}
	})
	return nil
}

// replace changes what is known of servers, and all that follows from it.
func (r *Roster) replace(change func(known map[string]Learnt)) {
	r.learning.Lock()
	defer r.learning.Unlock()
	known := r.facts.Load().learnt()
	change(known)
	r.facts.Store(r.derive(known))
}

// Learn takes what a server says in place of what was known of it, and stores it
// if that is different. What can't be stored is known all the same.
func (r *Roster) Learn(ctx context.Context, server string, l Learnt) error {
	r.replace(func(known map[string]Learnt) { known[server] = l })
	if r.store == nil {
		return nil
	}
	value, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("store accounts of %s: %w", server, err)
	}
	var stored []byte
	err = r.store.View(ctx, func(tx bot.ReadTx) (err error) {
		stored, err = tx.Get(learntSpace + server)
		return err
	})
	if err == nil && !bytes.Equal(stored, value) {
		err = r.store.Update(ctx, func(tx bot.Tx) error { return tx.Put(learntSpace+server, value) })
	}
	if err != nil {
		return fmt.Errorf("store accounts of %s: %w", server, err)
	}
	return nil
}

// Run reads the groups that teams name and the accounts of people from the review
// servers, by name, once an hour until ctx ends. What can't be read stays as it
// was, is logged once, and is tried again sooner. A group that was read once and
// is gone now keeps its members until the bot is told otherwise.
func (r *Roster) Run(ctx context.Context, servers map[string]Accounts) {
	var all sync.WaitGroup
	for name, s := range servers {
		all.Go(func() { r.follow(ctx, name, s) })
	}
	all.Wait()
}

func (r *Roster) follow(ctx context.Context, name string, s Accounts) {
	failing := map[string]bool{} // what was logged
	wait := soon
	for {
		l, failed := r.read(ctx, name, s)
		if ctx.Err() != nil {
			return
		}
		if err := r.Learn(ctx, name, l); err != nil {
			r.log.Error("can't store who is who", "server", name, "err", err)
		}
		for what, err := range failed {
			if !failing[what] {
				r.log.Warn("can't read who is who; what is known stays", "server", name, "what", what, "err", err)
			}
			failing[what] = true
		}
		for what := range failing {
			if failed[what] == nil {
				r.log.Info("who is who can be read again", "server", name, "what", what)
				delete(failing, what)
			}
		}
		next := every
		if len(failed) == 0 {
			wait = soon
		} else {
			next, wait = wait, min(2*wait, late)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(next):
		}
	}
}

// read asks a server for all that the configuration names of it. What fails is
// kept as it was known.
func (r *Roster) read(ctx context.Context, name string, s Accounts) (Learnt, map[string]error) {
	known := r.facts.Load().server(name).Learnt
	l := Learnt{Groups: map[string][]review.Account{}, Accounts: map[string]review.Account{}}
	failed := map[string]error{}
	for _, group := range r.groupsOf(name) {
		members, err := s.Members(ctx, group)
		if err != nil {
			failed["group "+group] = err
			if old, ok := known.Groups[group]; ok {
				l.Groups[group] = old
			}
			continue
		}
		l.Groups[group] = []review.Account{}
		for _, a := range members {
			l.Groups[group] = append(l.Groups[group], short(a))
		}
		slices.SortFunc(l.Groups[group], func(a, b review.Account) int { return a.ID - b.ID })
	}
	for _, username := range slices.Sorted(maps.Keys(r.gerrit)) {
		a, err := s.Account(ctx, r.people[r.gerrit[username]].Gerrit)
		if err == nil && a.Username != "" && bot.FoldAccount(a.Username) != username {
			err = fmt.Errorf("the server answered with account %d, which has another username", a.ID)
		}
		if err != nil {
			failed["account "+username] = err
			if old, ok := known.Accounts[username]; ok {
				l.Accounts[username] = old
			}
			continue
		}
		l.Accounts[username] = short(a)
	}
	return l, failed
}

// groupsOf lists the groups of a server that teams name.
func (r *Roster) groupsOf(server string) []string {
	var groups []string
	for _, t := range r.teams {
		if t.Gerrit.Name != server {
			continue
		}
		for _, crew := range crews(t) {
			groups = append(groups, crew.Groups...)
		}
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

// short keeps of an account what is needed.
func short(a review.Account) review.Account {
	return review.Account{ID: a.ID, Username: a.Username, Name: msg.Cut(msg.Clean(a.Name), nameLimit)}
}
