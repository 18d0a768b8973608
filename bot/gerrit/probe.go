package gerrit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"torchbearer/bot/review"
)

// Abilities is what a server is found able to do for the bot.
type Abilities struct {
	Version string // "3.10.2"

	// Self is the bot's account; the zero Account: anonymous.
	Self review.Account

	// Mergeable: rows say whether a change merges. A server that computes it
	// never, which is the default, leaves it out.
	Mergeable review.Fact

	// Unreadable are the groups, of those that were asked about, whose members
	// the bot can't read, and why.
	Unreadable map[string]string

	// Missing are the projects, of those that were asked about, that are not
	// there or not shown to the bot, which are the same to Gerrit; and why, if it
	// is known. Nothing of them is in any search.
	Missing map[string]string
}

// Probe finds out what the server can do for the bot, and which of the projects
// and groups it can read. The client remembers the answer.
func (c *Client) Probe(ctx context.Context, projects, groups []string) (Abilities, error) {
	a := Abilities{Unreadable: map[string]string{}}
	if err := c.get(ctx, "config/server/version", &a.Version); err != nil {
		return Abilities{}, fmt.Errorf("probe Gerrit: %w", err)
	}
	if c.user != "" {
		var self accountInfo
		if err := c.get(ctx, "accounts/self", &self); err != nil {
			return Abilities{}, fmt.Errorf("probe Gerrit as %s: %w", c.user, err)
		}
		a.Self = self.account()
	}
	var rows []struct{}
	err := c.get(ctx, "changes/?q=is:mergeable&n=1", &rows)
	switch e, refused := errors.AsType[*Error](err); {
	case err == nil:
		a.Mergeable = review.Yes
	case refused && e.Status == http.StatusBadRequest:
		a.Mergeable = review.No
	default:
		return Abilities{}, fmt.Errorf("probe Gerrit: %w", err)
	}
	for _, group := range groups {
		_, err := c.Members(ctx, group)
		if e, ok := errors.AsType[*Error](err); ok && e.Status/100 == 4 {
			a.Unreadable[group] = e.Words
		} else if err != nil {
			return Abilities{}, fmt.Errorf("probe Gerrit: %w", err)
		}
	}
	if a.Missing, err = c.missing(ctx, projects); err != nil {
		return Abilities{}, fmt.Errorf("probe Gerrit: %w", err)
	}
	c.abilities.Store(&a)
	return a, nil
}

// Members returns the members of a group, those of groups in it included,
// without accounts that are switched off. It needs a login. A group that the bot
// may not see is ErrNotFound; one inside another is left out by Gerrit without a
// word.
func (c *Client) Members(ctx context.Context, group string) ([]review.Account, error) {
	var infos []accountInfo
	if err := c.get(ctx, "groups/"+url.PathEscape(group)+"/members/?recursive", &infos); err != nil {
		return nil, fmt.Errorf("read members of %s: %w", group, err)
	}
	members := []review.Account{}
	for _, i := range infos {
		if !i.Inactive && i.ID != 0 {
			members = append(members, i.account())
		}
	}
	return members, nil
}

// Account returns the account with a username. ErrNotFound: there is none, it is
// switched off, or the bot may not see it.
func (c *Client) Account(ctx context.Context, username string) (review.Account, error) {
	// A search and not accounts/NAME, which would take "maria" for anybody
	// whose display name that is (rest-api-accounts.html, account-id).
	if username == "" || strings.ContainsAny(username, "\"\\{}\x00\r\n") {
		return review.Account{}, fmt.Errorf("read account %q: no username: %w", username, ErrNotFound)
	}
	var infos []accountInfo
	query := escape(`username:"` + username + `" is:active`)
	if err := c.get(ctx, "accounts/?q="+query+"&o=DETAILS&n=2", &infos); err != nil {
		return review.Account{}, fmt.Errorf("read account %s: %w", username, err)
	}
	for _, i := range infos {
		if i.Username == username && !i.Inactive && i.ID != 0 {
			return i.account(), nil
		}
	}
	return review.Account{}, fmt.Errorf("read account %s: %w", username, ErrNotFound)
}
