package app

import (
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/bottest"
	"torchbearer/bot/config"
	"torchbearer/plugins/all"
)

var update = flag.Bool("update", false, "write docs/commands.md")

// The page of commands is made from the table that !help reads, for a team with
// every plugin:
//
//	go test ./bot/app -run TestCommandsPage -update
func TestCommandsPage(t *testing.T) {
	const example, page = "../../config.example.toml", "../../docs/commands.md"
	cfg, err := config.Read(example, all.Plugins())
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), Options{
		Config: cfg, Plugins: all.Plugins(), Store: bottest.NewStore(),
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Dial: func(config.Gerrit) (ReviewServer, error) { return newSample(time.Now), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	want := a.core.Load().handler.Markdown()
	if *update {
		if err := os.MkdirAll(filepath.Dir(page), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is not current, write it with -update (-want +got):\n%s", page, diff)
	}
}
