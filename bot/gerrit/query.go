package gerrit

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options are what a row has to hold, cheapest first in Gerrit's terms.
// Diffstats are left out: they cost the server a diff of every change.
const options = "&o=DETAILED_ACCOUNTS&o=DETAILED_LABELS&o=MESSAGES&o=CURRENT_REVISION&o=SKIP_DIFFSTAT"

// Bounds of the projects that one query names: a server refuses long addresses
// and many terms.
const (
	maxScope    = 2000 // bytes
	maxProjects = 50
)

// scopes are queries that find the changes of all projects between them, in an
// order that does not depend on the configuration's.
func scopes(projects []string) ([]string, error) {
	projects = slices.Clone(projects)
	slices.Sort(projects)
	var all, terms []string
	size := 0
	flush := func() {
		if len(terms) > 0 {
			all = append(all, "("+strings.Join(terms, " OR ")+")")
		}
		terms, size = nil, 0
	}
	for _, p := range slices.Compact(projects) {
		if badProject(p) {
			return nil, fmt.Errorf("search in project %q: no name of a project", p)
		}
		term := `project:"` + p + `"`
		if len(terms) >= maxProjects || size+len(term) > maxScope {
			flush()
		}
		terms, size = append(terms, term), size+len(term)+len(" OR ")
	}
	flush()
	return all, nil
}

// badProject reports whether no search can name a project.
func badProject(name string) bool {
	return name == "" || strings.ContainsAny(name, "\"\\{}\x00\r\n")
}

// escape makes text part of a query string. A space is %20 and not +, which is a
// plus to some.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// instant writes a time for before: and after:, which include it.
func instant(at time.Time) string {
	return `"` + at.UTC().Format("2006-01-02 15:04:05") + ` +0000"`
}

// searchPath is the path of one page of a query.
func searchPath(query string, skip, size int) string {
	path := "changes/?q=" + escape(query) + "&n=" + strconv.Itoa(size)
	if skip > 0 {
		path += "&S=" + strconv.Itoa(skip)
	}
	return path + options
}
