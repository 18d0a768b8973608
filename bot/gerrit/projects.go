package gerrit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"torchbearer/bot/near"
)

// missing finds the projects that can't be read, and why. A search is no help: in
// a project that is misspelt or hidden it finds nothing, without a word.
func (c *Client) missing(ctx context.Context, projects []string) (map[string]string, error) {
	missing, rest := map[string]string{}, []string{}
	for _, p := range projects {
		if badProject(p) {
			missing[p] = "no name of a project"
		} else {
			rest = append(rest, p)
		}
	}
	slices.Sort(rest)
	rest = slices.Compact(rest)
	for _, pattern := range patterns(rest) {
		var shown map[string]struct{}
		err := c.get(ctx, "projects/?r="+escape(pattern), &shown)
		if e, ok := errors.AsType[*Error](err); err != nil && (!ok || e.Status/100 != 4) {
			return nil, err // refused, they are asked about one by one
		}
		rest = slices.DeleteFunc(rest, func(p string) bool { _, found := shown[p]; return found })
	}
	for _, p := range rest {
		why, readable, err := c.lacks(ctx, p)
		if err != nil {
			return nil, err
		}
		if !readable {
			missing[p] = why
		}
	}
	return missing, nil
}

// patterns are what lists of projects take for r=, which finds all of the projects
// between them. In double quotes nothing is special to Gerrit's kind of regular
// expression (dk.brics.automaton, RegExp).
func patterns(projects []string) []string {
	var all []string
	size := 0
	for i, p := range projects {
		term := `"` + p + `"`
		if size += len(term) + 1; i%maxProjects == 0 || size > maxScope {
			all, size = append(all, term), len(term)
			continue
		}
		all[len(all)-1] += "|" + term
	}
	return all
}

// lacks asks about one project that no list had. Why is in Gerrit's words, or
// which name was perhaps meant; empty: the project is not there, or not shown,
// and Gerrit tells nobody which.
func (c *Client) lacks(ctx context.Context, project string) (why string, readable bool, err error) {
	var info struct {
		Name string `json:"name"`
	}
	// In a path Gerrit takes "+" for a space.
	err = c.get(ctx, "projects/"+strings.ReplaceAll(url.PathEscape(project), "+", "%2B"), &info)
	switch e, ok := errors.AsType[*Error](err); {
	case err == nil && info.Name == project:
		return "", true, nil
	case err == nil: // "glance.git" and "glance/" are taken for it here, and in no search
		return "did you mean " + words("", []byte(info.Name)) + "?", false, nil
	case errors.Is(err, ErrNotFound):
		why, err = c.meant(ctx, project)
		return why, false, err
	case ok && e.Status/100 == 4:
		return e.Words, false, nil
	}
	return "", false, err
}

// meant asks whether another project was, with the same begin.
func (c *Client) meant(ctx context.Context, project string) (string, error) {
	dir, base := path.Split(project)
	letters := []rune(base)
	var begin map[string]struct{}
	err := c.get(ctx, fmt.Sprintf("projects/?p=%s&n=%d", escape(dir+string(letters[:len(letters)/2])), mostMeant), &begin)
	if e, ok := errors.AsType[*Error](err); err != nil && (!ok || e.Status/100 != 4) {
		return "", err
	}
	if best, ok := near.Best(project, slices.Sorted(maps.Keys(begin))); ok {
		return "did you mean " + words("", []byte(best)) + "?", nil
	}
	return "", nil
}

// mostMeant bounds the projects among which the one that was meant is looked for.
const mostMeant = 200

// Lacks lists the projects that could not be read when all was read last.
func (m Mark) Lacks() []string {
	return strings.FieldsFunc(m.Missing, func(r rune) bool { return r == '\n' })
}

// probe asks what the server can do, and what of it can be read.
func (p *Poller) probe(ctx context.Context) error {
	a, err := p.client.Probe(ctx, p.o.Projects, p.o.Groups)
	if err != nil {
		return err
	}
	p.probed, p.missing = true, strings.Join(slices.Sorted(maps.Keys(a.Missing)), "\n")
	p.set(func(s *State) { s.Abilities = a })
	p.log.Info("reading Gerrit", "version", a.Version, "account", a.Self.Called(), "mergeable", a.Mergeable,
		"unreadable", len(a.Unreadable), "missing", len(a.Missing))
	return nil
}
