package matrix_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"torchbearer/e2e/synapsed"
)

// mostMemory is what the bot may take in fifty rooms, ten of them encrypted, in
// bytes of anonymous memory: what can't be read back from a file.
const mostMemory = 100 << 20

// Fifty rooms, ten of them encrypted, with a talk in each.
func TestMemory(t *testing.T) {
	if raced {
		t.Skip("the race detector keeps books of all memory, which takes some; BenchmarkMemory holds the limit too")
	}
	t.Parallel()
	remembers(t)
}

// BenchmarkMemory holds the limit where tests run with the race detector only, as
// in CI. Its time is the server's.
func BenchmarkMemory(b *testing.B) {
	if raced {
		b.Skip("not with the race detector")
	}
	for b.Loop() {
		b.ReportMetric(float64(remembers(b))/(1<<20), "MiB-peak")
	}
	b.ReportMetric(0, "ns/op")
}

// remembers has a bot say something in each of fifty rooms, and returns the most
// memory that it has taken.
func remembers(t testing.TB) (peak uint64) {
	t.Helper()
	w := newWorld(t, shared(t))
	w.bot = w.srv.User("freebot" + w.n) // fifty joins would take four minutes
	w.burst, w.pace = 50, "0s"
	const sealed = 10
	var rooms []string
	for i := range 50 {
		options := map[string]any{}
		if i < sealed {
			options = encryption()
		}
		rooms = append(rooms, w.room(fmt.Sprint("room", i), options, "zoe", "bob", "nina"))
	}
	maria, zoe := chatter(w.person("maria")), chatter(w.client("zoe"))
	w.client("bob") // is told all keys too
	who := func(room int) chatter {
		if room < sealed {
			return zoe
		}
		return maria
	}
	w.events = []event{{name: "Spec freeze", at: soon(18 * 24 * time.Hour)}}
	w.encrypt()
	b := w.start()
	look := func() {
		peak = max(peak, anonymous(t, b.cmd.Process.Pid))
	}
	b.until("the bot is everywhere", 2*time.Minute, func() bool { look(); return b.status().Healthy })
	ready := peak
	for range 2 {
		var asked []string
		for i, room := range rooms {
			asked = append(asked, who(i).Say(room, "!freeze"))
			look()
		}
		for i, room := range rooms {
			w.expect(who(i), room, "an answer", func(e synapsed.Event) bool { look(); return e.ReplyTo() == asked[i] })
		}
	}
	for i, room := range rooms {
		if all := w.sealed(room); len(all) != 2 || all[0] != (i < sealed) || all[1] != all[0] {
			t.Errorf("room %d: what the server could not read: %v", i, all)
		}
	}
	time.Sleep(time.Second)
	t.Logf("up to %s until it was in fifty rooms, %s with a hundred answers, %s after them", mib(ready), mib(peak), mib(anonymous(t, b.cmd.Process.Pid)))
	if peak > mostMemory {
		t.Errorf("the bot took %s, at most %s are allowed", mib(peak), mib(mostMemory))
	}
	b.terminate()
	return peak
}

func mib(n uint64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// anonymous is a process's anonymous memory in bytes: proc(5), RssAnon.
func anonymous(t testing.TB, pid int) uint64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kib, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatal("no RssAnon in /proc")
	return 0
}
