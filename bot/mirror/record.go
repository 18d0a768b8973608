package mirror

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unique"

	"torchbearer/bot/review"
)

// The mirror's key space:
//
//	mirror/<server>/change/<number>  a change, as review.Change
//	mirror/<server>/mark             up to where the server has been read, and by which rules
const (
	space     = "mirror/"
	changes   = "/change/"
	markThere = "/mark"
)

// form is part of what a change was read by. Raise it when review.Digest finds
// other facts than before: then everything is read again.
const form = 1

// largest is the most that a change may take in the store. No history gets there
// (a crowd of 300 takes 5 KiB), only a server that sends nonsense.
const largest = 8 << 10

func changeKey(server string, number int) string {
	return space + server + changes + strconv.Itoa(number)
}

func markKey(server string) string { return space + server + markThere }

// marked is the record of a mark.
type marked struct {
	Rules string `json:"rules"`
	Mark  []byte `json:"mark"`
}

// encode returns a change's stored form, and the change as it is read from that.
// What it held of a server's answer, such as a label that is part of a long
// message, is copied on the way and keeps nothing else in memory.
func encode(c review.Change) ([]byte, review.Change, error) {
	value, err := json.Marshal(c)
	if err != nil {
		return nil, c, fmt.Errorf("encode change %d: %w", c.Number, err)
	}
	if len(value) > largest {
		return nil, c, fmt.Errorf("encode change %d: it takes %d bytes, more than %d", c.Number, len(value), largest)
	}
	back, err := decode(c.Server, changeKey(c.Server, c.Number), value)
	return value, back, err
}

// decode reads the record of a change.
func decode(server, key string, value []byte) (review.Change, error) {
	var c review.Change
	if err := json.Unmarshal(value, &c); err != nil {
		return c, fmt.Errorf("decode %s: %w", key, err)
	}
	switch number := strings.TrimPrefix(key, space+server+changes); {
	case c.Server != server || number != strconv.Itoa(c.Number):
		return c, fmt.Errorf("decode %s: it is change %d of %q", key, c.Number, c.Server)
	case c.Number <= 0 || c.Project == "":
		return c, fmt.Errorf("decode %s: %w", key, errors.New("no number or no project"))
	case c.Private:
		return c, fmt.Errorf("decode %s: %w", key, errors.New("it is private"))
	}
	share(&c)
	return c, nil
}

// share gives changes the same copy of what thousands of them have in common.
// It is not only for the room: whoever looks at all votes of a long queue finds
// their labels in one place.
func share(c *review.Change) {
	shared := func(s *string) { *s = unique.Make(*s).Value() }
	account := func(a *review.Account) { shared(&a.Username); shared(&a.Name) }
	shared(&c.Server)
	shared(&c.Project)
	shared(&c.Branch)
	account(&c.Owner)
	account(&c.Uploader)
	for i := range c.People {
		account(&c.People[i])
	}
	for i := range c.Votes {
		shared(&c.Votes[i].Label)
	}
	for _, a := range c.Acts {
		for i := range a.Votes {
			shared(&a.Votes[i].Label)
		}
	}
}

// fingerprint tells rules apart.
func fingerprint(r review.Rules, labels map[string]review.Labels) string {
	// Rules that say nothing of automatic accounts mean the usual ones, which a
	// version may change.
	if r.Automatic == nil {
		r.Automatic = review.DefaultAutomatic()
	}
	h := sha256.New()
	fmt.Fprintf(h, "%d %q %q %d %q %+v", form, r.CI, r.Automatic, r.Own, r.User, r.Labels)
	for _, project := range slices.Sorted(maps.Keys(labels)) {
		fmt.Fprintf(h, " %q %+v", project, labels[project])
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
