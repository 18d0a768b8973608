package roster

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/people"
)

// Key spaces of the roster, and the one it reads:
//
//	roster/<server>             what a review server has said about accounts
//	asked/<person>/<date>       ids of what the person was asked on that day of theirs
//	plugin/-/people/consent/…   what people have said about being asked (plugin people)
const (
	learntSpace = "roster/"
	askedSpace  = "asked/"
)

// kept is for how many days before today the ids are kept: what was asked before
// midnight and is delivered again after it is one ask.
const kept = 2

// Count remembers that a person has been asked something, once for each id, on
// their day at now. A day's ids go when they are two days old, at the next
// ask.
func (r *Roster) Count(tx bot.Tx, now time.Time, person, id string) error {
	zone := time.UTC
	if p, ok := r.person(person); ok && p.Zone != nil {
		zone = p.Zone
	}
	today := people.Day(now, zone)
	prefix := askedSpace + person + "/"
	var old []string
	var ids []string
	for key, value := range tx.Scan(prefix) {
		var of []string
		if err := json.Unmarshal(value, &of); err != nil {
			return fmt.Errorf("read record %s: %w", key, err)
		}
		day := strings.TrimPrefix(key, prefix)
		switch {
		case day < today.AddDays(-kept).String():
			old = append(old, key)
		case slices.Contains(of, id):
			return nil
		case day == today.String():
			ids = of
		}
	}
	for _, key := range old {
		if err := tx.Delete(key); err != nil {
			return fmt.Errorf("count an ask: %w", err)
		}
	}
	value, err := json.Marshal(append(ids, id))
	if err != nil {
		return fmt.Errorf("count an ask: %w", err)
	}
	if err := tx.Put(prefix+today.String(), value); err != nil {
		return fmt.Errorf("count an ask: %w", err)
	}
	return nil
}

// asked returns how often a person has been asked on one of their days.
func asked(tx bot.ReadTx, person string, day civil.Date) (int, error) {
	key := askedSpace + person + "/" + day.String()
	value, err := tx.Get(key)
	if err != nil || value == nil {
		return 0, err
	}
	var ids []string
	if err := json.Unmarshal(value, &ids); err != nil {
		return 0, fmt.Errorf("read record %s: %w", key, err)
	}
	return len(ids), nil
}

// consent returns what a person has said about being asked.
func consent(tx bot.ReadTx, person string) (people.Consent, error) {
	key := bot.RecordPrefix(bot.NoTeam, "people") + "consent/" + person
	value, err := tx.Get(key)
	if err != nil || value == nil {
		return people.Consent{}, err
	}
	var c people.Consent
	if err := json.Unmarshal(value, &c); err != nil {
		return people.Consent{}, fmt.Errorf("read record %s: %w", key, err)
	}
	return c, nil
}
