package gerrit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

const (
	pageSize = 250 // rows asked for at once; a server may give fewer, and never more than 500
	minPage  = 5   // where asking for less ends

	// believable is how short a page has to be for its word that there are no
	// more rows to be taken.
	believable = 50

	// idlePages bounds how often a server may say that there is more and bring
	// nothing new.
	idlePages = 3
)

// page reads rows of a query, newest first, and tells whether the server says
// that there are more. A row that can't be read is left out and logged.
func (c *Client) page(ctx context.Context, query string, skip, size int) (rows []row, more bool, err error) {
	var answer []json.RawMessage
	if err := c.get(ctx, searchPath(query, skip, size), &answer); err != nil {
		return nil, false, err
	}
	var first error
	for _, data := range answer {
		r, err := decodeRow(c.name, data)
		if err != nil {
			c.log.Warn("left out a change that can't be read", "server", c.name, "error", err)
			first = errors.Join(first, err)
			continue
		}
		rows, more = append(rows, r), more || r.more
	}
	if len(rows) == 0 && first != nil {
		return nil, false, fmt.Errorf("read page of changes: %w", first)
	}
	return rows, more, nil
}

// walk reads all that a query finds, each change once, page by page. It goes by
// time window: the next page is what is no newer than the oldest row of this
// one, that row included, so that a change that moves up meanwhile pushes none
// out of sight; it moves to where the next poll finds it. Among more rows of one
// second than a page holds it goes by offset.
//
// A server that hides rows may say "no more" too early. Thorough, the end is an
// empty page; otherwise a short page's word is taken, of a server that has not
// been found wrong.
func (c *Client) walk(ctx context.Context, query string, thorough bool, take func([]row) error) error {
	seen := map[int]bool{}
	size, skip, idle, end := pageSize, 0, 0, false
	var before time.Time
	for {
		q := query
		if !before.IsZero() {
			q += " before:" + instant(before)
		}
		rows, more, err := c.page(ctx, q, skip, size)
		if e, ok := errors.AsType[*Error](err); ok && e.tooMuch && size > minPage && ctx.Err() == nil {
			size = max(size/2, minPage)
			continue
		}
		if err != nil {
			return err
		}
		var fresh []row
		var oldest time.Time
		for _, r := range rows {
			if !seen[r.raw.Number] {
				seen[r.raw.Number] = true
				fresh = append(fresh, r)
			}
			if oldest.IsZero() || r.raw.Updated.Before(oldest) {
				oldest = r.raw.Updated
			}
		}
		if len(fresh) > 0 {
			if end {
				c.lied.Store(true)
			}
			if err := take(fresh); err != nil {
				return err
			}
		}
		end = !more
		idle++
		if len(fresh) > 0 {
			idle = 0
		}
		switch {
		case len(rows) == 0, !more && !thorough && len(rows) < believable && !c.lied.Load():
			return nil
		case idle > idlePages:
			return fmt.Errorf("read all of %s: the server says that there is more, and brings nothing new", query)
		}
		if before.IsZero() || oldest.Before(before) {
			before, skip = oldest, 0
		} else {
			skip += len(rows)
		}
	}
}
