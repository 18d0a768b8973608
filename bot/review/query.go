package review

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"
)

// Query is the search by which a Gerrit server finds the backlog of projects
// (Documentation/user-search.html): the definition of Change.Backlog in the
// server's own terms. Labels are those of projects that differ from the usual;
// there is at least one project.
//
// One difference remains: the server counts an owner's own -2.
func Query(projects, ci []string, labels map[string]Labels) string {
	groups := map[Labels][]string{}
	for _, p := range projects {
		l := labels[p].complete()
		l.Full = 0
		groups[l] = append(groups[l], p)
	}
	order := slices.SortedFunc(maps.Keys(groups), func(a, b Labels) int {
		return cmp.Or(cmp.Compare(a.Workflow, b.Workflow), cmp.Compare(a.Verified, b.Verified), cmp.Compare(a.CodeReview, b.CodeReview))
	})
	var parts []string
	for _, l := range order {
		terms := []string{InProjects(groups[l])}
		if len(ci) > 0 {
			var passed, failed []string
			for _, user := range ci {
				passed = append(passed, term("label", l.Verified+">=1,user="+user))
				failed = append(failed, "-"+term("label", l.Verified+"<=-1,user="+user))
			}
			terms = append(append(terms, anyOf(passed)), failed...)
		}
		terms = append(terms, "-"+term("label", l.Workflow+"<=-1"), "-"+term("label", l.Workflow+">=1"), "-"+term("label", l.CodeReview+"<=-2"))
		parts = append(parts, strings.Join(terms, " "))
	}
	query := "is:open -is:wip -is:private "
	if len(parts) == 1 {
		return query + parts[0]
	}
	return query + "((" + strings.Join(parts, ") OR (") + "))"
}

// InProjects is the search for the changes of one of several projects.
func InProjects(projects []string) string {
	terms := make([]string, len(projects))
	for i, p := range projects {
		terms[i] = term("project", p)
	}
	return anyOf(terms)
}

// anyOf is that one of several terms holds.
func anyOf(terms []string) string {
	if len(terms) == 1 {
		return terms[0]
	}
	return "(" + strings.Join(terms, " OR ") + ")"
}

// term is one condition. A value that is more than a bare word stands in quotes,
// or in braces where it holds a quote itself.
//
// Source: Documentation/user-search.html, "Search Operators"; the server's
// grammar, Query.g, for what a bare word is, of which this is the safe part.
func term(operator, value string) string {
	switch {
	case bare(value):
	case !strings.Contains(value, `"`):
		value = `"` + value + `"`
	default:
		value = "{" + value + "}"
	}
	return operator + ":" + value
}

func bare(value string) bool {
	switch strings.ToUpper(value) {
	case "", "AND", "OR", "NOT":
		return false
	}
	return value[0] != '-' && !strings.ContainsFunc(value, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_./@<>=,+-", r))
	})
}

// Short is what people call a project: the end of its name, without the
// language that it is a client for.
func Short(project string) string {
	return strings.TrimPrefix(path.Base(project), "python-")
}
