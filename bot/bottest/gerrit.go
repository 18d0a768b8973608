package bottest

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Gerrit is a Gerrit server in memory that behaves as 3.10.2 was seen to (the
// end-to-end tests hold it to that): searches, pages, limits, visibility, copied
// votes, messages. Its faults are fields of GerritOptions and Hook. It works
// inside a synctest bubble, over connections in memory:
//
//	srv := bottest.NewGerrit(bottest.GerritOptions{})
//	defer srv.Close()
//	srv.Account("nina", "Nina N.")
//	srv.Create("cache", bottest.GerritChange{Project: "openstack/glance", Owner: "nina", Subject: "Cache policy checks"})
//	client, err := gerrit.New(gerrit.Options{Config: gerrit.Config{URL: srv.URL}, Transport: srv.Transport()})
//
// People's passwords are GerritPassword; nobody's permissions are checked.
type Gerrit struct {
	// URL is where the server is for its own Transport.
	URL string

	opts   GerritOptions
	server *http.Server
	pipes  *pipeListener

	mu       sync.Mutex
	accounts map[string]*gerritAccount
	groups   map[string]*gerritGroup
	projects map[string]bool // by name: whether everybody is shown it
	changes  []*gerritChange // by number, from 1
	names    map[string]*gerritChange
	requests []GerritRequest
	sent     int64
	written  int // ids of messages
}

// GerritOptions is what a server is like. The zero value is one that tells the
// truth and computes mergeability never, which is Gerrit's default.
type GerritOptions struct {
	Mergeability bool // rows say "mergeable", and is:mergeable is no error
	Limit        int  // rows of one answer; 0: 500
	First        int  // number of the first change; 0: 1

	// More makes _more_changes lie: it gets the truth and how many rows the
	// page has.
	More func(truth bool, rows int) bool
	// Hook sees every request first; true: it is done with.
	Hook func(w http.ResponseWriter, r *http.Request) bool
	// Now is the server's clock; nil: time.Now.
	Now func() time.Time
}

// GerritRequest is one request as the server saw it.
type GerritRequest struct {
	At    time.Time
	Path  string // below the server's URL, with "/a/" of those who logged in
	Query string // of a search, readable
}

// GerritChange is a change to be made.
type GerritChange struct {
	Project, Owner, Subject string
	WIP, Private            bool

	Branch string // empty: master
	Of     string // name of the change that this is a pick of: they share a Change-Id
}

// GerritReview is one reply on a change.
type GerritReview struct {
	Message string
	Tag     string
	Labels  map[string]int
}

type gerritAccount struct {
	id                int
	user, name        string
	service, inactive bool
}

type gerritGroup struct {
	members, groups []string
	hidden          bool
}

type gerritVote struct {
	value int
	tag   string
	at    time.Time
}

type gerritMessage struct {
	id, tag, text string
	author        *gerritAccount
	at            time.Time
	patchSet      int
}

type gerritChange struct {
	number                      int
	project, subject, id        string
	branch                      string
	owner, uploader             *gerritAccount
	status                      string
	wip, private, conflict      bool
	created, updated, submitted time.Time
	patchSet                    int
	kind                        string
	uploaded                    time.Time
	votes                       map[string]map[*gerritAccount]gerritVote // by label
	messages                    []gerritMessage
}

// GerritPassword is the HTTP password of an account.
func GerritPassword(user string) string { return user + "-of-the-tests" }

// NewGerrit starts a server. Close it before its bubble ends.
func NewGerrit(o GerritOptions) *Gerrit {
	if o.Limit == 0 {
		o.Limit = 500
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	g := &Gerrit{
		URL: "http://gerrit.test.example", opts: o, pipes: newPipeListener(),
		accounts: map[string]*gerritAccount{}, groups: map[string]*gerritGroup{}, projects: map[string]bool{}, names: map[string]*gerritChange{},
	}
	g.server = &http.Server{Handler: http.HandlerFunc(g.serve)}
	go func() { _ = g.server.Serve(g.pipes) }()
	return g
}

// Close ends the server and its connections.
func (g *Gerrit) Close() { g.server.Close() }

// Transport connects to the server, whatever the address.
func (g *Gerrit) Transport() *http.Transport {
	return &http.Transport{DialContext: g.pipes.dial}
}

// Requests returns what the server was asked so far.
func (g *Gerrit) Requests() []GerritRequest {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.requests)
}

// Sent returns how many bytes the server has sent in bodies, packed.
func (g *Gerrit) Sent() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.sent
}

// Account makes an account.
func (g *Gerrit) Account(user, fullName string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.accounts[user] = &gerritAccount{id: 1000000 + len(g.accounts), user: user, name: fullName}
}

// Service makes an account one of Service Users.
func (g *Gerrit) Service(user string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.accounts[user].service = true
}

// Deactivate switches an account off; groups keep it.
func (g *Gerrit) Deactivate(user string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.accounts[user].inactive = true
}

// Group makes a group of accounts and groups. A hidden one is for its members
// only, and left out of groups that hold it for everybody else.
func (g *Gerrit) Group(name string, hidden bool, members, groups []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.groups[name] = &gerritGroup{members: members, groups: groups, hidden: hidden}
}

// Project makes a project without changes, or shows one again that was hidden. One
// that has changes is there by itself.
func (g *Gerrit) Project(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.projects[name] = true
}

// HideProject makes a project that nobody is shown, with all its changes.
func (g *Gerrit) HideProject(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.projects[name] = false
}

// Create makes a change that the test calls name, and returns its number.
func (g *Gerrit) Create(name string, c GerritChange) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	sum := sha1.Sum([]byte(fmt.Sprint(len(g.changes), name)))
	ch := &gerritChange{
		number: max(g.opts.First, 1) + len(g.changes), project: c.Project, subject: c.Subject, id: "I" + hex.EncodeToString(sum[:]),
		owner: g.account(c.Owner), uploader: g.account(c.Owner), status: "NEW", wip: c.WIP, private: c.Private,
		created: now, uploaded: now, patchSet: 1, kind: "REWORK", votes: map[string]map[*gerritAccount]gerritVote{},
	}
	if ch.branch = c.Branch; ch.branch == "" {
		ch.branch = "master"
	}
	if c.Of != "" {
		ch.id = g.change(c.Of).id
	}
	if _, known := g.projects[c.Project]; !known {
		g.projects[c.Project] = true
	}
	g.changes = append(g.changes, ch)
	g.names[name] = ch
	tag := "autogenerated:gerrit:newPatchSet"
	if c.WIP {
		tag = "autogenerated:gerrit:newWipPatchSet"
	}
	g.write(ch, c.Owner, tag, "Uploaded patch set 1.")
	return ch.number
}

// Number is the number of a change that the test named.
func (g *Gerrit) Number(name string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.change(name).number
}

// ChangeID is the Change-Id of a change that the test named.
func (g *Gerrit) ChangeID(name string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.change(name).id
}

// Submit merges a change.
func (g *Gerrit) Submit(user, name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.change(name)
	c.status, c.submitted = "MERGED", g.now()
	g.write(c, user, "autogenerated:gerrit:merged", "Change has been successfully merged")
}

// Abandon sets a change aside.
func (g *Gerrit) Abandon(user, name, message string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.change(name)
	c.status = "ABANDONED"
	g.write(c, user, "autogenerated:gerrit:abandon", "Abandoned\n\n"+message)
}

// SetWIP marks a change as work in progress.
func (g *Gerrit) SetWIP(user, name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.change(name)
	c.wip = true
	g.write(c, user, "autogenerated:gerrit:setWorkInProgress", "Set Work In Progress")
}

// SetPrivate hides a change from all but its owner and those who voted on it.
func (g *Gerrit) SetPrivate(user, name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.change(name)
	c.private = true
	g.write(c, user, "autogenerated:gerrit:setPrivate", "Set private")
}

// Conflict says whether a change can't be merged. Nothing is written to the
// change: it is another one's merge that does this.
func (g *Gerrit) Conflict(name string, conflict bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.change(name).conflict = conflict
}

func (g *Gerrit) now() time.Time { return g.opts.Now().UTC().Truncate(time.Second) }

func (g *Gerrit) account(user string) *gerritAccount {
	a, ok := g.accounts[user]
	if !ok {
		panic(fmt.Sprintf("no account %q", user))
	}
	return a
}

func (g *Gerrit) change(name string) *gerritChange {
	c, ok := g.names[name]
	if !ok {
		panic(fmt.Sprintf("no change %q", name))
	}
	return c
}

// write adds a message to a change; everything that happens to one does.
func (g *Gerrit) write(c *gerritChange, user, tag, text string) {
	g.written++
	c.updated = g.now()
	c.messages = append(c.messages, gerritMessage{
		id: fmt.Sprintf("%040x", g.written), tag: tag, text: text, author: g.account(user), at: c.updated, patchSet: c.patchSet,
	})
}

// visible tells whether somebody ("": anybody) may see a change.
func (g *Gerrit) visible(c *gerritChange, who string) bool {
	if !g.projects[c.project] {
		return false
	}
	if !c.private || c.owner.user == who {
		return true
	}
	for _, votes := range c.votes {
		for by := range votes {
			if by.user == who {
				return true
			}
		}
	}
	return false
}
