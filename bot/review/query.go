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
// server's own terms. Labels are those of projects that differ from the usual.
//
// One difference remains: the server counts an owner's own -2.
func Query(projects, ci []string, labels map[string]Labels) string {
	groups := map[Labels][]string{}
	for _, p := range projects {
		l := Rules{Labels: labels[p]}.complete().Labels
		l.Full = 0
		groups[l] = append(groups[l], p)
	}
	order := slices.SortedFunc(maps.Keys(groups), func(a, b Labels) int {
		return cmp.Or(cmp.Compare(a.Workflow, b.Workflow), cmp.Compare(a.Verified, b.Verified), cmp.Compare(a.CodeReview, b.CodeReview))
	})
	var parts []string
	for _, l := range order {
		terms := []string{anyOf("project:", groups[l])}
		if len(ci) > 0 {
			terms = append(terms, voted(l.Verified, ">=1", ci))
			for _, user := range ci {
				terms = append(terms, "-label:"+l.Verified+"<=-1,user="+user)
			}
		}
		terms = append(terms, "-label:"+l.Workflow+"<=-1", "-label:"+l.Workflow+">=1", "-label:"+l.CodeReview+"<=-2")
		parts = append(parts, strings.Join(terms, " "))
	}
	query := "is:open -is:wip -is:private "
	if len(parts) == 1 {
		return query + parts[0]
	}
	return query + "((" + strings.Join(parts, ") OR (") + "))"
}

// voted is that one of the accounts has voted so.
func voted(label, value string, users []string) string {
	terms := make([]string, len(users))
	for i, u := range users {
		terms[i] = "label:" + label + value + ",user=" + u
	}
	if len(terms) == 1 {
		return terms[0]
	}
	return "(" + strings.Join(terms, " OR ") + ")"
}

func anyOf(operator string, values []string) string {
	terms := make([]string, len(values))
	for i, v := range values {
		terms[i] = operator + v
	}
	if len(terms) == 1 {
		return terms[0]
	}
	return "(" + strings.Join(terms, " OR ") + ")"
}

// Short is what people call a project: the end of its name, without the
// language that it is a client for.
func Short(project string) string {
	return strings.TrimPrefix(path.Base(project), "python-")
}
