package gerrit

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"torchbearer/bot/review"
)

// What is read of Gerrit's entities, by their names in its REST documentation
// (rest-api-changes.html). A pointer is what may be absent and then means
// something else than zero.
type (
	changeInfo struct {
		Number    int                  `json:"_number"`
		Project   string               `json:"project"`
		Branch    string               `json:"branch"`
		Topic     string               `json:"topic"`
		ChangeID  string               `json:"change_id"`
		Subject   string               `json:"subject"`
		Status    string               `json:"status"`
		Created   stamp                `json:"created"`
		Updated   stamp                `json:"updated"`
		Submitted stamp                `json:"submitted"`
		Mergeable *bool                `json:"mergeable"`
		Private   bool                 `json:"is_private"`
		WIP       bool                 `json:"work_in_progress"`
		Owner     accountInfo          `json:"owner"`
		Labels    map[string]labelInfo `json:"labels"`
		Messages  []messageInfo        `json:"messages"`
		Revisions map[string]revision  `json:"revisions"`
		More      bool                 `json:"_more_changes"`
	}
	accountInfo struct {
		ID       int      `json:"_account_id"`
		Name     string   `json:"name"`
		Username string   `json:"username"`
		Tags     []string `json:"tags"`
		Inactive bool     `json:"inactive"`
	}
	labelInfo struct {
		All []approvalInfo `json:"all"`
	}
	approvalInfo struct {
		accountInfo
		Value *int  `json:"value"` // absent: may not vote
		Date  stamp `json:"date"`  // absent: has not voted
	}
	messageInfo struct {
		ID       string       `json:"id"`
		Author   *accountInfo `json:"author"`      // absent: Gerrit itself
		Real     *accountInfo `json:"real_author"` // who wrote in somebody's name
		Date     stamp        `json:"date"`
		Message  string       `json:"message"`
		Tag      string       `json:"tag"`
		Revision int          `json:"_revision_number"`
	}
	revision struct {
		Number   int         `json:"_number"`
		Kind     string      `json:"kind"`
		Created  stamp       `json:"created"`
		Uploader accountInfo `json:"uploader"`
	}
)

// stamp is an instant, UTC. Gerrit writes nine digits of fraction, which are
// zeros; any other number of them is read too.
type stamp struct{ time.Time }

// UnmarshalJSON reads Gerrit's form and RFC 3339.
func (s *stamp) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	at, err := time.Parse("2006-01-02 15:04:05", text)
	if err != nil {
		at, err = time.Parse(time.RFC3339Nano, text)
	}
	if err != nil {
		return fmt.Errorf("read time %q: no time", text)
	}
	s.Time = at.UTC().Truncate(time.Second)
	return nil
}

// row is one change of an answer.
type row struct {
	raw     review.Raw
	content uint64 // changes with anything in the row
	more    bool   // the server says that there are rows after this one
}

// serviceTag marks members of the group Service Users.
const serviceTag = "SERVICE_USER"

// decodeRow reads one change of a server.
func decodeRow(server string, data []byte) (row, error) {
	var c changeInfo
	if err := json.Unmarshal(data, &c); err != nil {
		return row{}, fmt.Errorf("read change: %w", err)
	}
	status, known := map[string]review.Status{"NEW": review.Open, "MERGED": review.Merged, "ABANDONED": review.Abandoned}[c.Status]
	switch {
	case c.Number <= 0 || c.Project == "" || c.Owner.ID == 0 || c.Updated.IsZero():
		return row{}, fmt.Errorf("read change %d: number, project, owner or update is missing", c.Number)
	case !known:
		return row{}, fmt.Errorf("read change %d: status %q is not known", c.Number, c.Status)
	}
	h := fnv.New64a()
	h.Write(data)
	raw := review.Raw{
		Server: server, Number: c.Number, Project: c.Project, Branch: c.Branch, Subject: c.Subject,
		ID: c.ChangeID, Topic: c.Topic, Owner: c.Owner.account(), Status: status, Private: c.Private, WIP: c.WIP,
		Created: c.Created.Time, Updated: c.Updated.Time, Closed: c.Submitted.Time, Mergeable: fact(c.Mergeable),
	}
	for _, r := range c.Revisions {
		raw.PatchSets = append(raw.PatchSets, review.RawPatchSet{
			Number: r.Number, Kind: review.Kind(r.Kind), Uploader: r.Uploader.account(), At: r.Created.Time,
		})
	}
	slices.SortFunc(raw.PatchSets, func(a, b review.RawPatchSet) int { return a.Number - b.Number })
	for _, m := range c.Messages {
		raw.Messages = append(raw.Messages, m.raw())
	}
	for label, l := range c.Labels {
		for _, v := range l.All {
			// 0 without a date is what a reviewer has who never voted.
			if v.Value == nil || *v.Value == 0 && v.Date.IsZero() {
				continue
			}
			raw.Votes = append(raw.Votes, review.RawVote{Label: label, Value: *v.Value, By: v.account(), At: v.Date.Time})
		}
	}
	slices.SortFunc(raw.Votes, func(a, b review.RawVote) int {
		if c := strings.Compare(a.Label, b.Label); c != 0 {
			return c
		}
		return a.By.ID - b.By.ID
	})
	return row{raw: raw, content: h.Sum64(), more: c.More}, nil
}

func (a accountInfo) account() review.Account {
	return review.Account{ID: a.ID, Username: a.Username, Name: a.Name, Service: slices.Contains(a.Tags, serviceTag)}
}

func (m messageInfo) raw() review.RawMessage {
	r := review.RawMessage{ID: m.ID, At: m.Date.Time, PatchSet: m.Revision, Tag: m.Tag, Text: m.Message}
	switch {
	case m.Real != nil:
		r.Author = m.Real.account()
	case m.Author != nil:
		r.Author = m.Author.account()
	}
	return r
}

// fact turns what may be absent into what may be unknown.
func fact(b *bool) review.Fact {
	switch {
	case b == nil:
		return review.Unknown
	case *b:
		return review.Yes
	default:
		return review.No
	}
}
