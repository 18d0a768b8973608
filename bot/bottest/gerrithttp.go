package bottest

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// serve answers one request.
func (g *Gerrit) serve(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	w.Header().Set("Date", g.now().Format(http.TimeFormat)) // its own clock's
	g.mu.Lock()
	g.requests = append(g.requests, GerritRequest{At: g.now(), Path: r.URL.EscapedPath(), Query: query.Get("q")})
	g.mu.Unlock()
	if g.opts.Hook != nil && g.opts.Hook(w, r) {
		return
	}
	who, path, ok := g.login(r)
	if !ok {
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
		return
	}
	g.mu.Lock()
	answer, status, text := g.answer(who, path, query)
	g.mu.Unlock()
	if status != 0 {
		http.Error(w, text, status)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	out, done := g.packed(w, r)
	defer done()
	_, _ = io.WriteString(out, ")]}'\n")
	_ = json.NewEncoder(out).Encode(answer)
}

// packed counts what is sent, and packs it for clients that take that.
func (g *Gerrit) packed(w http.ResponseWriter, r *http.Request) (out io.Writer, done func()) {
	counted := &counter{w: w, g: g}
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		return counted, func() {}
	}
	w.Header().Set("Content-Encoding", "gzip")
	zw := gzip.NewWriter(counted)
	return zw, func() { _ = zw.Close() }
}

type counter struct {
	w io.Writer
	g *Gerrit
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.g.mu.Lock()
	c.g.sent += int64(n)
	c.g.mu.Unlock()
	return n, err
}

// login tells who asks and for what; "/a/" demands a name and password.
func (g *Gerrit) login(r *http.Request) (who, path string, ok bool) {
	path, asked := strings.CutPrefix(r.URL.EscapedPath(), "/a/")
	if !asked {
		return "", strings.TrimPrefix(path, "/"), true
	}
	user, password, _ := r.BasicAuth()
	g.mu.Lock()
	defer g.mu.Unlock()
	return user, path, g.accounts[user] != nil && password == GerritPassword(user)
}

// answer is the data at a path, or a status with Gerrit's words.
func (g *Gerrit) answer(who, path string, query url.Values) (data any, status int, text string) {
	parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
	for i, p := range parts {
		if plain, err := url.PathUnescape(p); err == nil {
			parts[i] = plain
		}
	}
	switch {
	case path == "config/server/version":
		return "3.10.2", 0, ""
	case path == "accounts/self" && who != "":
		return infoOf(g.accounts[who]), 0, ""
	case path == "accounts/":
		return g.findAccounts(query.Get("q")), 0, ""
	case parts[0] == "changes" && len(parts) == 1:
		return g.search(who, query)
	case parts[0] == "changes":
		return g.one(who, parts[1], parts[2:])
	case path == "projects/":
		return g.listProjects(query)
	case parts[0] == "projects" && len(parts) == 2:
		// Only in the address of one project this is no part of its name.
		name := strings.TrimSuffix(strings.TrimSuffix(parts[1], "/"), ".git")
		if !g.projects[name] {
			return nil, http.StatusNotFound, "Not found: " + parts[1]
		}
		return map[string]any{"id": url.QueryEscape(name), "name": name, "state": "ACTIVE"}, 0, ""
	case parts[0] == "groups" && len(parts) == 3 && parts[2] == "members":
		if who == "" {
			return nil, http.StatusForbidden, "Authentication required"
		}
		if !g.sees(who, parts[1]) {
			return nil, http.StatusNotFound, parts[1]
		}
		return g.members(who, parts[1]), 0, ""
	}
	return nil, http.StatusNotFound, "Not Found"
}

// listProjects is the projects that everybody is shown: those in a list like
// "a"|"b" for r=, which is all of regular expressions that is known here, or
// those that begin with p=.
func (g *Gerrit) listProjects(query url.Values) (data any, status int, text string) {
	list := map[string]any{}
	named := strings.Split(query.Get("r"), "|")
	for i, n := range named {
		bare := strings.Trim(n, `"`)
		if query.Has("r") && n != `"`+bare+`"` {
			return nil, http.StatusBadRequest, "unexpected end-of-string"
		}
		named[i] = bare
	}
	limit, err := strconv.Atoi(query.Get("n"))
	for _, name := range slices.Sorted(maps.Keys(g.projects)) {
		if !g.projects[name] || query.Has("r") && !slices.Contains(named, name) ||
			!strings.HasPrefix(name, query.Get("p")) || err == nil && len(list) >= limit {
			continue
		}
		list[name] = map[string]any{"id": url.QueryEscape(name), "state": "ACTIVE"}
	}
	return list, 0, ""
}

// findAccounts is a search for an account that is switched on, by username.
func (g *Gerrit) findAccounts(query string) []map[string]any {
	user := strings.TrimSuffix(strings.TrimPrefix(query, `username:"`), `" is:active`)
	if a := g.accounts[user]; a != nil && !a.inactive {
		return []map[string]any{infoOf(a)}
	}
	return []map[string]any{}
}

// one is a change by number or Change-Id, or whether it merges.
func (g *Gerrit) one(who, id string, rest []string) (data any, status int, text string) {
	var found []*gerritChange
	for _, c := range g.changes {
		if (strconv.Itoa(c.number) == id || c.id == id) && g.visible(c, who) {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 0:
		return nil, http.StatusNotFound, "Not found: " + id
	case 1:
	default:
		return nil, http.StatusNotFound, "Multiple changes found for " + id
	}
	c := found[0]
	switch {
	case len(rest) == 0:
		return g.info(c), 0, ""
	case slices.Equal(rest, []string{"revisions", "current", "mergeable"}) && c.status == "NEW":
		return map[string]any{"submit_type": "MERGE_IF_NECESSARY", "mergeable": !c.conflict}, 0, ""
	}
	return nil, http.StatusNotFound, "Not Found"
}

// search is one page, newest first.
func (g *Gerrit) search(who string, query url.Values) (data any, status int, text string) {
	match, err := g.parse(query.Get("q"))
	if err != nil {
		return nil, http.StatusBadRequest, err.Error()
	}
	var found []*gerritChange
	for _, c := range g.changes {
		if g.visible(c, who) && match(c) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b *gerritChange) int {
		if c := b.updated.Compare(a.updated); c != 0 {
			return c
		}
		return b.number - a.number
	})
	skip, _ := strconv.Atoi(query.Get("S"))
	limit, err := strconv.Atoi(query.Get("n"))
	if err != nil || limit > g.opts.Limit {
		limit = g.opts.Limit
	}
	found = found[min(skip, len(found)):]
	more := len(found) > limit
	found = found[:min(limit, len(found))]
	if g.opts.More != nil {
		more = g.opts.More(more, len(found))
	}
	rows := []map[string]any{}
	for _, c := range found {
		rows = append(rows, g.info(c))
	}
	if more && len(rows) > 0 {
		rows[len(rows)-1]["_more_changes"] = true
	}
	return rows, 0, ""
}

// sees tells whether somebody may see a group.
func (g *Gerrit) sees(who, group string) bool {
	gr := g.groups[group]
	return gr != nil && (!gr.hidden || slices.Contains(gr.members, who))
}

// members are those of a group and of the groups in it, as somebody sees them.
func (g *Gerrit) members(who, group string) []map[string]any {
	found := map[string]bool{}
	done := map[string]bool{}
	var add func(string)
	add = func(name string) {
		if done[name] || !g.sees(who, name) {
			return
		}
		done[name] = true
		for _, m := range g.groups[name].members {
			found[m] = true
		}
		for _, nested := range g.groups[name].groups {
			add(nested)
		}
	}
	add(group)
	list := []map[string]any{}
	for _, user := range slices.Sorted(maps.Keys(found)) {
		list = append(list, infoOf(g.accounts[user]))
	}
	return list
}

// info is a ChangeInfo with the options that the bot asks for.
func (g *Gerrit) info(c *gerritChange) map[string]any {
	labels := map[string]any{}
	for _, label := range []string{"Code-Review", "Verified", "Workflow"} {
		labels[label] = labelOf(label, c)
	}
	messages := []map[string]any{}
	for _, m := range c.messages {
		info := map[string]any{
			"id": m.id, "author": infoOf(m.author), "date": stampOf(m.at), "message": m.text,
			"accounts_in_message": []any{}, "_revision_number": m.patchSet,
		}
		if m.tag != "" {
			info["tag"] = m.tag
		}
		messages = append(messages, info)
	}
	commit := fmt.Sprintf("%040x", c.number<<16+c.patchSet)
	info := map[string]any{
		"id": fmt.Sprintf("%s~%d", url.PathEscape(c.project), c.number), "project": c.project, "branch": c.branch,
		"hashtags": []any{}, "change_id": c.id, "subject": c.subject, "status": c.status,
		"created": stampOf(c.created), "updated": stampOf(c.updated), "submit_type": "MERGE_IF_NECESSARY",
		"total_comment_count": 0, "unresolved_comment_count": 0, "has_review_started": !c.wip,
		"meta_rev_id": c.messages[len(c.messages)-1].id, "_number": c.number, "virtual_id_number": c.number,
		"owner": infoOf(c.owner), "labels": labels, "removable_reviewers": []any{}, "reviewers": map[string]any{},
		"pending_reviewers": map[string]any{}, "messages": messages, "current_revision_number": c.patchSet,
		"current_revision": commit, "requirements": []any{}, "submit_records": []any{},
		"revisions": map[string]any{commit: map[string]any{
			"kind": c.kind, "_number": c.patchSet, "created": stampOf(c.uploaded), "uploader": infoOf(c.uploader),
			"ref": fmt.Sprintf("refs/changes/%02d/%d/%d", c.number%100, c.number, c.patchSet), "fetch": map[string]any{},
			"branch": "refs/heads/" + c.branch,
		}},
	}
	if c.wip {
		info["work_in_progress"] = true
	}
	if c.private {
		info["is_private"] = true
	}
	if !c.submitted.IsZero() {
		info["submitted"] = stampOf(c.submitted)
	}
	if g.opts.Mergeability && c.status == "NEW" {
		info["mergeable"] = !c.conflict
	}
	return info
}

// labelOf is a LabelInfo. Everybody who voted on anything is a reviewer, and a
// reviewer has an entry in each label: 0 without a date for want of a vote, and
// no value where none may be given, as most can't approve.
func labelOf(label string, c *gerritChange) map[string]any {
	all := []map[string]any{}
	reviewers := map[*gerritAccount]bool{}
	for _, votes := range c.votes {
		for by := range votes {
			reviewers[by] = true
		}
	}
	for by := range reviewers {
		entry := infoOf(by)
		v, voted := c.votes[label][by]
		if voted || label != "Workflow" {
			entry["value"] = v.value
		}
		if voted {
			entry["date"] = stampOf(v.at)
		}
		if v.tag != "" {
			entry["tag"] = v.tag
		}
		all = append(all, entry)
	}
	slices.SortFunc(all, func(a, b map[string]any) int { return a["_account_id"].(int) - b["_account_id"].(int) })
	values := map[string]string{"-2": "No, never", "-1": "Not like this", " 0": "Nothing said", "+1": "Yes, but ask another", "+2": "Yes"}
	info := map[string]any{"values": values, "description": "", "default_value": 0, "optional": true}
	if len(all) > 0 {
		info["all"] = all
	}
	return info
}

func infoOf(a *gerritAccount) map[string]any {
	info := map[string]any{"_account_id": a.id, "name": a.name, "email": a.user + "@example.com", "username": a.user}
	if a.service {
		info["tags"] = []string{"SERVICE_USER"}
	}
	if a.inactive {
		info["inactive"] = true
	}
	return info
}

func stampOf(at time.Time) string { return at.Format("2006-01-02 15:04:05.000000000") }
