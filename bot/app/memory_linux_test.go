package app_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"torchbearer/bot/bottest"
	"torchbearer/bot/irc"
)

// mostMemory is what the bot may take with 10,000 open changes, in bytes of
// anonymous memory: what can't be read back from a file.
const mostMemory = 100 << 20

// childURL tells a process that it is the bot under measure, and where the
// review server is.
const childURL = "TORCHBEARER_TEST_REVIEW_SERVER"

// measured is what the child says of itself.
type measured struct {
	Open     int
	Requests int64
	Wall     time.Duration // of the full read
	CPU      time.Duration // of it
	Reading  uint64        // bytes of anonymous memory, at worst during the full read
	Synced   uint64        // after it
	Peak     uint64        // at worst at any time
	Then     uint64        // after the polls and commands
	Live     uint64        // of the heap then, in use
	Answer   string
}

// TestQueueMemory runs the whole bot as a process of its own against a server
// with 10,000 open changes: a full read, fifty polls with some news, a few
// commands.
func TestQueueMemory(t *testing.T) {
	if url := os.Getenv(childURL); url != "" {
		beChild(t, url)
		return
	}
	if testing.Short() || raced {
		t.Skip("takes some seconds, and memory that only the bot's may be")
	}
	got := child(t, 10_000)
	t.Logf("full read: up to %s, %s after it, %v, %v of CPU, %d requests; polls and commands: up to %s, %s after them, %s of it in use; %s",
		mib(got.Reading), mib(got.Synced), got.Wall, got.CPU, got.Requests, mib(got.Peak), mib(got.Then), mib(got.Live), got.Answer)
	if got.Open != 10_000 || !strings.Contains(got.Answer, "Review queue: ") {
		t.Errorf("got %d open changes and the answer %q", got.Open, got.Answer)
	}
	if got.Peak > mostMemory {
		t.Errorf("the bot took %s, at most %s are allowed", mib(got.Peak), mib(mostMemory))
	}
}

func mib(n uint64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// BenchmarkQueueChild is what a full read costs the bot, without its server.
func BenchmarkQueueChild(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var got measured
			for b.Loop() {
				got = child(b, n)
			}
			// Here too: CI runs the test with the race detector only.
			if got.Peak > mostMemory {
				b.Errorf("the bot took %s, at most %s are allowed", mib(got.Peak), mib(mostMemory))
			}
			b.ReportMetric(0, "ns/op") // the server's and the child's together
			b.ReportMetric(got.CPU.Seconds(), "CPU-s")
			b.ReportMetric(got.Wall.Seconds(), "wall-s")
			b.ReportMetric(float64(got.CPU.Microseconds())/float64(n), "CPU-µs/change")
			b.ReportMetric(float64(got.Peak)/(1<<20), "MiB-peak")
			b.ReportMetric(float64(got.Then)/(1<<20), "MiB")
		})
	}
}

// child measures a bot with so many open changes.
func child(tb testing.TB, changes int) (got measured) {
	tb.Helper()
	srv := longQueue(tb, changes)
	target, err := url.Parse(srv.URL)
	if err != nil {
		tb.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Transport: srv.Transport(), Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // the child ends in the middle of a poll
	})
	defer proxy.Close()

	exe, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	out := filepath.Join(tb.TempDir(), "measured.json")
	cmd := exec.CommandContext(tb.Context(), exe, "-test.run", "^TestQueueMemory$")
	cmd.Env = append(os.Environ(), childURL+"="+proxy.URL, "TORCHBEARER_TEST_OUT="+out)
	ended := make(chan struct{})
	go func() {
		// Something happens all the time, to the same changes.
		for i := 0; ; i++ {
			select {
			case <-ended:
				return
			case <-time.After(100 * time.Millisecond):
				srv.Review(reviewer(20), named(i*7%50), bottest.GerritReview{Message: "and another thought"})
			}
		}
	}()
	said, err := cmd.CombinedOutput()
	close(ended)
	if err != nil {
		tb.Fatalf("the bot as a child: %v\n%s", err, said)
	}
	data, err := os.ReadFile(out)
	if err == nil {
		err = json.Unmarshal(data, &got)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return got
}

// beChild is the bot under measure.
func beChild(t *testing.T, url string) {
	var got measured
	peak, stopWatch := watch(t)
	cfg, w := glance(t), newWire()
	store := opened(t, filepath.Join(t.TempDir(), "torchbearer.db"))
	defer closed(t, store)
	q := queued{url: url, every: 50 * time.Millisecond}
	began, used := time.Now(), cpu(t)
	a, stop := running(t, q.options(cfg, store, time.Now, irc.New(irc.Options{
		Config: irc.Config{Network: "test", Address: "irc.test:6667", Nick: "glancebot", Rooms: cfg.Teams[0].Rooms},
		Dial:   w.dial, Now: time.Now, Log: quiet,
	})))
	<-w.home
	q.known(t)
	got.Reading = peak.Load()
	got.Wall, got.CPU, got.Synced, got.Requests = time.Since(began), cpu(t)-used, anonymous(t), q.client.Cost().Requests

	for before := q.client.Cost().Requests; q.client.Cost().Requests < before+50; {
		time.Sleep(10 * time.Millisecond)
	}
	for range 2 {
		got.Answer = string(w.whole(t, line("!backlog")))
		for _, say := range []string{"!next", "!starved", "!turn 900002", "!freeze"} {
			w.whole(t, line(say))
		}
	}
	got.Then = anonymous(t)
	stopWatch()
	got.Peak = peak.Load()
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	got.Live = stats.HeapAlloc
	if s, err := a.Status(t.Context()); err == nil {
		got.Open = s.Reviews[0].Open
	}
	stop()
	data, err := json.Marshal(got)
	if err == nil {
		err = os.WriteFile(os.Getenv("TORCHBEARER_TEST_OUT"), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// watch notes the most anonymous memory that this process has had.
func watch(t *testing.T) (peak *atomic.Uint64, stop func()) {
	peak = &atomic.Uint64{}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			peak.Store(max(peak.Load(), anonymous(t)))
			select {
			case <-end:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return peak, func() { close(end); <-ended }
}

// anonymous is this process's anonymous memory in bytes: proc(5), RssAnon.
func anonymous(t *testing.T) uint64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Error(err)
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kib, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			if err != nil {
				t.Error(err)
			}
			return kib << 10
		}
	}
	t.Error("no RssAnon in /proc/self/status")
	return 0
}
