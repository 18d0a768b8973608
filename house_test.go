package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/config"
	"torchbearer/plugins/all"
)

// Time is an argument: domain and plugin code gets it from its view.
func TestDomainAndPluginsReadNoClock(t *testing.T) {
	clocks := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"}
	files := 0
	for _, dir := range []string{"plugins", "bot/msg", "bot/civil", "bot/cycle", "bot/near"} {
		for name, file := range sources(t, dir) {
			files++
			ast.Inspect(file, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clocks, s.Sel.Name) {
						t.Errorf("%s uses time.%s", name, s.Sel.Name)
					}
				}
				return true
			})
		}
	}
	if files < 10 {
		t.Errorf("looked at %d files, want the domain and all plugins", files)
	}
}

// No package does anything before it is asked to.
func TestNoInit(t *testing.T) {
	for name, file := range sources(t, ".") {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init function", name)
			}
		}
	}
}

// sources parses the Go files below a folder, tests apart.
func sources(t *testing.T, dir string) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		files[name] = file
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Whoever adds a plugin also says what it does and how it is used.
func TestPluginsAreComplete(t *testing.T) {
	cfg, err := config.Read("config.example.toml", all.Plugins())
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, p := range all.Plugins() {
		t.Run(p.Name, func(t *testing.T) {
			if p.Summary == "" || strings.HasSuffix(p.Summary, ".") {
				t.Errorf("summary %q, want a line without a full stop", p.Summary)
			}
			if readme != nil && !strings.Contains(string(readme), "| `"+p.Name+"` |") {
				t.Errorf("README.md has no row \"| `%s` |\" in its table of plugins", p.Name)
			}
			settings, ok := example(cfg, p.Name)
			if ok == p.Always {
				t.Fatalf("config.example.toml has a block [team.….plugin.%s]: %v; want one unless the plugin is always on", p.Name, ok)
			}
			inst, err := p.New(bot.Team{ID: "glance", Name: "Glance", Zone: time.UTC}, settings)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range inst.Commands {
				checkCommand(t, c)
			}
		})
	}
}

func example(cfg *config.Config, plugin string) (settings any, ok bool) {
	for _, team := range cfg.Teams {
		for _, p := range team.Plugins {
			if p.Name == plugin {
				return p.Settings, true
			}
		}
	}
	return nil, false
}

func checkCommand(t *testing.T, c bot.Command) {
	t.Helper()
	if c.Name == "" || c.Name != strings.ToLower(c.Name) || c.Do == nil {
		t.Errorf("command %q has no lower-case name, or does nothing", c.Name)
	}
	if c.Help == "" || strings.HasSuffix(c.Help, ".") || strings.Contains(c.Help, "|") {
		t.Errorf("!%s: help %q, want a line without a full stop", c.Name, c.Help)
	}
	if len(c.Examples) == 0 {
		t.Errorf("!%s has no example", c.Name)
	}
	for _, e := range c.Examples {
		word, _, _ := strings.Cut(e, " ")
		if word != "!"+c.Name && !slices.Contains(c.Aliases, strings.TrimPrefix(word, "!")) {
			t.Errorf("!%s: example %q is of another command", c.Name, e)
		}
	}
	if c.Who.String() == "" || c.More.String() == "" {
		t.Errorf("!%s is for role %d, told more to %d: no such role", c.Name, c.Who, c.More)
	}
}
