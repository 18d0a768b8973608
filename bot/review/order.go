package review

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"
)

// Mark is what one feature lets every list know about a change.
type Mark struct {
	Server string    `json:"server,omitempty"`
	Change int       `json:"change"`
	Kind   string    `json:"kind"`             // "priority"
	Weight int       `json:"weight,omitempty"` // how far up in a list; 0: it is only shown
	Until  time.Time `json:"until,omitzero"`   // zero: until it is taken off
	Why    string    `json:"why,omitempty"`    // "import refactor"
}

// Row is a change in a list, with what its place and its words depend on.
type Row struct {
	Change    Change
	Turn      Turn
	Neglected bool // starved or spared: first in every list
	Weight    int  // the greatest of its marks in force
	Marks     []Mark
	Why       string // the reason for its place: "no review in 38 days", "priority: import refactor", "needs one more +2"
}

// NewRow makes the row of a change; of the marks, those of other changes and
// those whose time is over are left out. Why may hold a mark's text.
func NewRow(c Change, cast Cast, marks []Mark, now time.Time) Row {
	row := Row{Change: c, Turn: c.Turn(cast, now), Neglected: c.Spared(now)}
	for _, m := range marks {
		if m.Change != c.Number || m.Server != c.Server || !m.Until.IsZero() && !now.Before(m.Until) {
			continue
		}
		row.Marks = append(row.Marks, m)
		row.Weight = max(row.Weight, m.Weight)
	}
	row.Why = row.Turn.Why
	switch i := slices.IndexFunc(row.Marks, func(m Mark) bool { return m.Weight > 0 && m.Weight == row.Weight }); {
	case row.Neglected:
		row.Why = c.NoReview(now)
	case i >= 0 && row.Marks[i].Why != "":
		row.Why = row.Marks[i].Kind + ": " + row.Marks[i].Why
	case i >= 0:
		row.Why = row.Marks[i].Kind
	}
	return row
}

// Compare is the order of every list:
//
//	Order: without review for longest first, then priorities, then needs one
//	act to land, then by waiting since.
//
// "Without review for longest" are the changes that reviewers have neglected
// (Row.Neglected): were it every change without review, an hour-old one would
// come before all priorities. Ties go by number.
func (row Row) Compare(other Row) int { return row.key().compare(other.key()) }

// Sorted collects rows in the order of every list.
func Sorted(rows iter.Seq[Row]) []Row {
	// A row is large and its key is small: keys are sorted, and each row is
	// moved once to where it is kept, and once to its place. A growing slice
	// would leave four times its rows behind.
	const page = 128
	var pages [][]Row
	var keys []key
	for row := range rows {
		if len(keys)%page == 0 {
			pages = append(pages, make([]Row, 0, page))
		}
		last := &pages[len(pages)-1]
		*last = append(*last, row)
		k := row.key()
		k.at = len(keys)
		keys = append(keys, k)
	}
	slices.SortFunc(keys, key.compare)
	sorted := make([]Row, len(keys))
	for i, k := range keys {
		sorted[i] = pages[k.at/page][k.at%page]
	}
	return sorted
}

// key is what a row's place depends on; less comes first.
type key struct {
	fed    int // 0: neglected
	weight int
	acts   int // 0: one act would land it
	since  int64
	number int
	server string
	at     int
}

func (row *Row) key() key {
	k := key{fed: 1, weight: -row.Weight, acts: 1, since: row.Change.AuthorUpdate.Unix(), number: row.Change.Number, server: row.Change.Server}
	if row.Turn.OneAct {
		k.acts = 0
	}
	if row.Neglected {
		// Only how long counts, whatever else is said of it.
		k.fed, k.weight, k.acts = 0, 0, 0
	}
	return k
}

func (k key) compare(o key) int {
	// Step by step: most pairs are told apart early, and lists are long.
	if c := cmp.Compare(k.fed, o.fed); c != 0 {
		return c
	}
	if c := cmp.Compare(k.weight, o.weight); c != 0 {
		return c
	}
	if c := cmp.Compare(k.acts, o.acts); c != 0 {
		return c
	}
	if c := cmp.Compare(k.since, o.since); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(k.number, o.number), strings.Compare(k.server, o.server))
}

// Filter chooses changes of the mirror.
type Filter struct {
	Server   string   // empty: any
	Projects []string // nil: any
	Closed   bool     // merged and abandoned ones too
}

// Match reports whether the change is chosen.
func (f Filter) Match(c Change) bool {
	return (f.Closed || c.Status == Open) &&
		(f.Server == "" || f.Server == c.Server) &&
		(f.Projects == nil || slices.Contains(f.Projects, c.Project))
}
