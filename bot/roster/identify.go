package roster

import "torchbearer/bot"

// accountKey folds an account's name: services compare them without case, a Matrix
// homeserver does not.
func accountKey(network, account string) string { return network + "/" + bot.FoldAccount(account) }

// proven returns the account that the network proves for a principal.
func proven(p bot.Principal) (account string, ok bool) {
	return p.Account, p.Strength >= bot.Registered && p.Account != ""
}

// Identify returns who a principal is. Only what the network proves counts: a
// nick alone is nobody, whatever it looks like.
func (r *Roster) Identify(p bot.Principal) (bot.Person, bool) {
	account, ok := proven(p)
	if !ok {
		return bot.Person{}, false
	}
	id, ok := r.accounts[accountKey(p.Network, account)]
	if !ok {
		return bot.Person{}, false
	}
	return r.people[id], true
}

// Known reports whether a principal could be somebody, going by the nick alone, or
// by their id: whether asking the network is worth it.
func (r *Roster) Known(p bot.Principal) bool {
	_, ok := r.accounts[accountKey(p.Network, bearer(p))]
	return ok
}

// bearer is what tells a principal from others on their network: their id, where
// they have one.
func bearer(p bot.Principal) string {
	if p.User != "" {
		return p.User
	}
	return p.Nick
}

// Roles returns what a principal may act as in a team; with no team ("" or
// bot.NoTeam), the roles that need none. Who is in a core group of the team's
// review server is a core, by their account there.
func (r *Roster) Roles(team string, p bot.Principal) bot.Role {
	who, ok := r.Identify(p)
	if !ok {
		return bot.Anyone
	}
	roles := r.grants[part{person: who.ID}]
	if team == "" {
		return roles
	}
	roles |= r.grants[part{who.ID, team}]
	if r.facts.Load().cores[part{who.ID, team}] {
		roles |= bot.Core
	}
	return roles
}
