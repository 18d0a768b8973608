package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// layer is one part of the house, and what it may import.
type layer struct {
	packages []string // path.Match patterns, below the module
	imports  []string // packages of the house
	modules  []string // of others
}

// The arrows of the design: each layer knows only what lies below it. A package
// that no layer names is an error: say where it belongs.
var layers = []layer{
	{[]string{"."}, []string{"bot/app", "plugins/all"}, nil},
	{[]string{"bot/app"}, []string{"bot", "bot/*", "bot/calendar/*"}, nil},

	// The vocabulary and the domain, from above.
	{[]string{"bot"}, []string{"bot/cycle", "bot/msg", "bot/people", "bot/review"}, nil},
	{[]string{"bot/msg"}, []string{"bot/civil"}, []string{"github.com/rivo/uniseg"}},
	{[]string{"bot/cycle", "bot/people"}, []string{"bot/civil"}, nil},
	{[]string{"bot/civil", "bot/near", "bot/review"}, nil, nil},

	// Machinery: no part of it knows another.
	{[]string{"bot/loop", "bot/mirror", "bot/outbox", "bot/roster", "bot/schedule"}, domain, nil},
	{[]string{"bot/command"}, domain, []string{"golang.org/x/time"}},
	{[]string{"bot/config"}, domain, []string{"github.com/pelletier/go-toml/v2", "golang.org/x/crypto"}}, // it checks keys

	// Technology: one package for each.
	{[]string{"bot/bolt"}, domain, []string{"go.etcd.io/bbolt"}},
	{[]string{"bot/irc"}, domain, []string{"github.com/lrstanley/girc"}},
	{[]string{"bot/matrix"}, domain, []string{"maunium.net/go/mautrix", "go.mau.fi/util"}},
	{[]string{"bot/console"}, domain, nil},
	{[]string{"bot/calendar"}, domain, []string{"github.com/goccy/go-yaml", "github.com/arran4/golang-ical"}},
	{[]string{"bot/calendar/follow", "bot/calendar/lint"}, append([]string{"bot/calendar"}, domain...), nil},
	{[]string{"bot/gerrit"}, domain, []string{"github.com/andygrunwald/go-gerrit", "golang.org/x/crypto", "golang.org/x/time"}},

	{[]string{"plugins/all"}, []string{"bot", "plugins/*"}, nil},
	{[]string{"plugins/*"}, domain, nil},

	{[]string{"bot/bottest"}, domain, []string{"github.com/google/go-cmp", "pgregory.net/rapid"}},
	{[]string{"bot/bottest/scenario"}, append([]string{"bot/app", "bot/bottest", "bot/config"}, domain...), nil},
	// The end-to-end tests drive the built program, or one technology, against
	// real servers.
	{[]string{"e2e", "e2e/*"}, []string{"e2e", "e2e/*", "bot", "bot/*"}, nil},
}

// domain is what machinery, technology and plugins build on.
var domain = []string{"bot", "bot/civil", "bot/cycle", "bot/msg", "bot/near", "bot/people", "bot/review"}

// forTestsOf is what tests may import beyond the layer of what they test.
func forTestsOf(name string) layer {
	l := layer{
		imports: []string{"bot/bottest", "bot/bottest/scenario"},
		modules: []string{"github.com/google/go-cmp", "pgregory.net/rapid"},
	}
	switch name {
	case ".", "bot/app", "bot/bottest/scenario": // they test the program as it is
		l.imports = append(l.imports, "bot", "bot/*", "plugins/all")
	}
	return l
}

// module is the name before every path of the house.
const module = "torchbearer"

type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func TestArrows(t *testing.T) {
	for _, tags := range []string{"", "goolm"} {
		t.Run("tags "+tags, func(t *testing.T) { checkArrows(t, list(t, tags)) })
	}
}

func checkArrows(t *testing.T, all []listed) {
	for _, p := range all {
		name := inHouse(p.ImportPath)
		i := slices.IndexFunc(layers, func(l layer) bool { return matches(l.packages, name) })
		if i < 0 {
			t.Errorf("%s is in no layer: put it into one in arrows_test.go", name)
			continue
		}
		l := layers[i]
		for _, imported := range p.Imports {
			if !l.allows(imported) {
				t.Errorf("%s imports %s", name, imported)
			}
		}
		for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
			if imported != p.ImportPath && !l.allows(imported) && !forTestsOf(name).allows(imported) {
				t.Errorf("the tests of %s import %s", name, imported)
			}
		}
	}
}

// The rule has to notice what it forbids.
func TestArrowsNotice(t *testing.T) {
	for _, tc := range []struct {
		from, to string
		want     bool
	}{
		{"plugins/freeze", "torchbearer/bot", true},
		{"plugins/freeze", "torchbearer/bot/msg", true},
		{"plugins/freeze", "torchbearer/bot/loop", false},
		{"plugins/freeze", "torchbearer/plugins/ask", false},
		{"plugins/freeze", "torchbearer/bot/bottest", false},
		{"plugins/freeze", "github.com/lrstanley/girc", false},
		{"bot/loop", "torchbearer/bot/outbox", false},
		{"bot/irc", "torchbearer/bot/bolt", false},
		{"bot/irc", "github.com/lrstanley/girc", true},
		{"bot", "torchbearer/bot/loop", false},
		{"bot/civil", "torchbearer/bot/msg", false},
		{"bot/civil", "strings", true},
		{".", "torchbearer/bot/loop", false},
	} {
		i := slices.IndexFunc(layers, func(l layer) bool { return matches(l.packages, tc.from) })
		if got := layers[i].allows(tc.to); got != tc.want {
			t.Errorf("%s may import %s: got %v, want %v", tc.from, tc.to, got, tc.want)
		}
	}
}

// allows reports whether a package of the layer may import another.
func (l layer) allows(imported string) bool {
	switch first, _, _ := strings.Cut(imported, "/"); {
	case imported == module || first == module:
		return matches(l.imports, inHouse(imported))
	case !strings.Contains(first, "."):
		return true // the standard library
	}
	return slices.ContainsFunc(l.modules, func(m string) bool {
		return m == "*" || imported == m || strings.HasPrefix(imported, m+"/")
	})
}

// inHouse is a path below the module; "." is the module itself.
func inHouse(importPath string) string {
	if importPath == module {
		return "."
	}
	return strings.TrimPrefix(importPath, module+"/")
}

func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, name)
		return ok && err == nil
	})
}

// list asks go list for every package of the house, as those tags make it.
func list(t *testing.T, tags string) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-tags", tags, "-json=ImportPath,Imports,TestImports,XTestImports", "./...").Output()
	if err != nil {
		t.Fatalf("list packages: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 15 {
		t.Fatalf("listed %d packages, want the whole house", len(all))
	}
	return all
}
