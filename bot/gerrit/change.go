package gerrit

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	"torchbearer/bot/review"
)

// changeID is a number, or a Change-Id; nothing else goes into a path.
var changeID = regexp.MustCompile(`^(?:[1-9][0-9]{0,9}|I[0-9a-f]{40})$`)

// Change reads one change as it is now, by number or Change-Id, within 3 s. It
// comes from the change itself and not from the index. Where the server's rows
// don't say whether a change merges, it is asked for: that costs the server a
// merge, and stays unknown where the time does not suffice. A change that is
// not there or is private is ErrNotFound.
func (c *Client) Change(ctx context.Context, id string) (review.Raw, error) {
	if !changeID.MatchString(id) {
		return review.Raw{}, fmt.Errorf("read change %q: neither a number nor a Change-Id: %w", id, ErrNotFound)
	}
	ctx, cancel := context.WithTimeout(ctx, rereadWithin)
	defer cancel()
	raw, err := c.change(ctx, id)
	if err != nil {
		return review.Raw{}, err
	}
	a := c.abilities.Load()
	if raw.Mergeable == review.Unknown && raw.Status == review.Open && a != nil && a.Mergeable == review.No {
		var answer struct {
			Mergeable *bool `json:"mergeable"`
		}
		if err := c.get(ctx, "changes/"+strconv.Itoa(raw.Number)+"/revisions/current/mergeable", &answer); err == nil {
			raw.Mergeable = fact(answer.Mergeable)
		}
	}
	return raw, nil
}

// change reads what a row of a page holds.
func (c *Client) change(ctx context.Context, id string) (review.Raw, error) {
	var data json.RawMessage
	if err := c.get(ctx, "changes/"+id+"?"+options[1:], &data); err != nil {
		return review.Raw{}, fmt.Errorf("read change %s: %w", id, err)
	}
	r, err := decodeRow(c.name, data)
	if err != nil {
		return review.Raw{}, err
	}
	if r.raw.Private {
		return review.Raw{}, fmt.Errorf("read change %s: %w", id, ErrNotFound)
	}
	return r.raw, nil
}
