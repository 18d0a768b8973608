package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"torchbearer/bot"
	"torchbearer/bot/review"
)

// setDefaults are the labels that Gerrit and Zuul come with.
func (s *projectSection) setDefaults() {
	s.Labels = labelsSection{CodeReview: "Code-Review", Verified: "Verified", Workflow: "Workflow", Full: 2}
}

// reviews checks where a team's changes are, and who reviews them.
func (b *builder) reviews(t *Team, n *node, path string, raw *teamSection) {
	at := n.get("gerrit")
	switch {
	case at == nil:
		for _, key := range []string{"projects", "specs", "project"} {
			if there := n.get(key); there != nil {
				b.report(there.line, join(path, key), "needs gerrit, the review server that has them; "+b.servers(""))
			}
		}
	case at.kind != textKind: // reported while it was read
	case b.raw.Gerrit[raw.Gerrit] == nil:
		b.reportf(at.line, path+".gerrit", "unknown review server %s; %s", quote(raw.Gerrit), b.servers(raw.Gerrit))
	default:
		i := slices.IndexFunc(b.out.Gerrit, func(g Gerrit) bool { return g.Name == raw.Gerrit })
		t.Gerrit, t.CI = bot.ReviewServer{Name: raw.Gerrit, URL: b.out.Gerrit[i].URL}, b.out.Gerrit[i].CI
		if none(n.get("projects")) && none(n.get("specs")) {
			b.report(at.line, path+".gerrit", `needs projects or specs, the team's projects there, such as ["openstack/glance"]`)
		}
	}
	lines := map[string]int{}
	t.Projects = b.projects(n.get("projects"), path+".projects", raw.Projects, lines)
	t.Specs = b.projects(n.get("specs"), path+".specs", raw.Specs, lines)
	t.PTL = b.ids(path+".ptl", n.get("ptl"), raw.PTL)
	b.voters(t, n.get("ptl"), path+".ptl", t.PTL)
	t.Crew = b.crew(t, n, path, raw.Cores)
	for _, project := range sortedByLine(raw.Project, n.get("project")) {
		b.project(t, project, n.get("project", project), join(path+".project", project), raw.Project[project])
	}
}

// servers says which review servers there are.
func (b *builder) servers(word string) string {
	if len(b.raw.Gerrit) == 0 {
		return "there is no section [gerrit.NAME]"
	}
	return known(word, "known", slices.Collect(maps.Keys(b.raw.Gerrit)))
}

// none reports a list that is not there, or empty.
func none(n *node) bool { return n == nil || n.kind == listKind && len(n.items) == 0 }

// projects checks a list of projects; lines are those of all that came before.
func (b *builder) projects(n *node, path string, list []string, lines map[string]int) []string {
	for i, project := range list {
		at := n.items[i]
		if at.kind != textKind {
			continue
		}
		if why := projectName(project); why != "" {
			b.reportf(at.line, path, "%s is no project: %s", quote(project), why)
		} else if first, taken := lines[project]; taken {
			b.reportf(at.line, path, "%s stands on line %d already; a project is listed once, in projects or in specs", quote(project), first)
		} else {
			lines[project] = at.line
		}
	}
	return list
}

// projectName says what is wrong with a project's name, or "". It refuses what
// Gerrit refuses (LocalDiskRepositoryManager.isUnreasonableName), and what can't
// stand in a search.
func projectName(s string) string {
	switch {
	case printable(s, 200) != "":
		return "it " + printable(s, 200)
	case slices.ContainsFunc(strings.Split(s, "/"), func(part string) bool { return slices.Contains([]string{"", ".", "..", "+"}, part) }),
		strings.ContainsAny(s, `\?%*:<>|$~"{}`), strings.TrimSpace(s) != s:
		return "want its name on the server, such as \"openstack/glance\", not an address or a pattern"
	case strings.HasSuffix(s, ".git"):
		return "leave out .git, as Gerrit does"
	}
	return ""
}

// project checks what differs for one of the team's projects.
func (b *builder) project(t *Team, project string, n *node, path string, raw *projectSection) {
	if all := t.All(); t.Gerrit.Name != "" && len(all) > 0 && !slices.Contains(all, project) {
		b.reportf(n.line, path, "is no project of this team; %s", known(project, "projects and specs", all))
	}
	if n.get("cores") != nil {
		if t.Crews == nil {
			t.Crews = map[string]bot.Crew{}
		}
		t.Crews[project] = b.crew(t, n, path, raw.Cores)
	}
	if n.get("labels") != nil {
		if t.Labels == nil {
			t.Labels = map[string]review.Labels{}
		}
		t.Labels[project] = b.labels(n.get("labels"), path+".labels", raw.Labels)
	}
}

// labels checks a project's labels.
func (b *builder) labels(n *node, path string, raw labelsSection) review.Labels {
	taken := map[string]string{}
	for _, l := range []struct{ key, name string }{
		{"code-review", raw.CodeReview}, {"verified", raw.Verified}, {"workflow", raw.Workflow},
	} {
		at := n.get(l.key)
		if at != nil && at.kind == textKind {
			if why := labelName(l.name); why != "" {
				b.report(at.line, join(path, l.key), why)
				continue
			}
		}
		if other := taken[l.name]; other != "" {
			b.reportf(n.near(l.key), join(path, l.key), "%s is %s's already; want three different labels", quote(l.name), other)
		}
		taken[l.name] = l.key
	}
	if at := n.get("full"); at != nil && at.kind == intKind && (raw.Full < 1 || raw.Full > 10) {
		b.reportf(at.line, path+".full", "%s is no vote that approves; 1 to 10 are allowed", at.text)
	}
	return review.Labels(raw)
}

// labelName says what is wrong with a label's name, or "" (Gerrit's
// LabelType.checkName).
func labelName(s string) string {
	ok := s != "" && len(s) <= 60 && s[0] != '-'
	for _, c := range []byte(s) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-')
	}
	if ok {
		return ""
	}
	return fmt.Sprintf("%s is no label; want letters, digits and hyphens, such as \"Code-Review\"", quote(s))
}

// sameLabels checks that teams who share a project agree on its labels: a change
// is read once, for all of them.
func (b *builder) sameLabels() {
	type reading struct {
		team   string
		labels review.Labels
	}
	var usual projectSection
	usual.setDefaults()
	first := map[string]reading{} // by server and project
	for _, tid := range sortedByLine(b.raw.Team, b.root.get("team")) {
		i := slices.IndexFunc(b.out.Teams, func(t Team) bool { return t.ID == tid })
		t, n := b.out.Teams[i], b.root.get("team", tid)
		for _, project := range t.All() {
			labels, said := t.Labels[project]
			if !said {
				labels = review.Labels(usual.Labels)
			}
			key := t.Gerrit.Name + "/" + project
			before, shared := first[key]
			if !shared {
				first[key] = reading{tid, labels}
			} else if before.labels != labels {
				b.reportf(n.near("project", project, "labels"), join(join("team", tid)+".project", project)+".labels",
					"are others than in team %s, which has this project too; say the same in both", before.team)
			}
		}
	}
}

// crew checks who the cores are: people, and groups of the review server.
func (b *builder) crew(t *Team, n *node, path string, list []string) bot.Crew {
	at, path := n.get("cores"), path+".cores"
	var crew bot.Crew
	people := newList(at)
	for i, core := range list {
		group, isGroup := strings.CutPrefix(core, "group:")
		if !isGroup {
			crew.People = append(crew.People, core)
			people.items = append(people.items, at.items[i])
			continue
		}
		line := at.items[i].line
		why := printable(group, 255)
		switch {
		case why != "":
			b.reportf(line, path, "%s: the group's name %s", quote(core), why)
		case strings.TrimSpace(group) != group:
			b.reportf(line, path, "%s: no space is allowed around the group's name", quote(core))
		case slices.Contains(crew.Groups, group):
			b.reportf(line, path, "%s is listed twice", quote(core))
		default:
			b.readable(t, line, path, core)
			crew.Groups = append(crew.Groups, group)
		}
	}
	crew.People = b.ids(path, people, crew.People)
	b.voters(t, people, path, crew.People)
	return crew
}

// newList returns an empty list in the place of another node.
func newList(n *node) *node {
	list := &node{kind: listKind}
	if n != nil {
		list.line = n.line
	}
	return list
}

// readable checks that the bot can ask for the members of a group.
func (b *builder) readable(t *Team, line int, path, core string) {
	switch name := t.Gerrit.Name; {
	case b.root.get("team", t.ID, "gerrit") == nil:
		b.reportf(line, path, "%s: a group needs the team's gerrit, the review server that has it; or name people", quote(core))
	case name != "" && b.root.get("gerrit", name, "user") == nil:
		b.reportf(line, path, "%s: an anonymous bot can't read groups; give %s a user, or name people", quote(core), join("gerrit", name))
	}
}

// voters checks that the review server can tell whose votes are whose. Without
// that, a core's vote would count as anybody's, and nobody would notice.
func (b *builder) voters(t *Team, n *node, path string, people []string) {
	if t.Gerrit.Name == "" {
		return
	}
	for i, person := range people {
		if b.raw.People[person] != nil && b.root.get("people", person, "gerrit") == nil {
			b.reportf(n.items[i].line, path, "%s has no Gerrit username; add gerrit = \"…\" to %s", quote(person), join("people", person))
		}
	}
}
