// Package beside measures the built bot beside the least that can be called one,
// a bare echo client, in the same run on the same server: what the bot costs is
// the difference. Nothing in it passes or fails by time.
//
//	go test ./e2e/beside -run '^$' -bench . -benchtime 9x
//
// It is skipped where a server is missing.
package beside

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"torchbearer/e2e/ircd"
)

// A round is a thousand commands, asked one at a time or so many at once.
const (
	round  = 1000
	atOnce = 50
)

// rival is one of the two programs that are compared.
type rival struct {
	nick, channel string
	command       func() *exec.Cmd
	run           *exec.Cmd
	ended         chan struct{}
	stderr        bytes.Buffer
}

// rivals are the echo client and the bot, with the same settings: no TLS, no
// login, no limits.
func rivals(tb testing.TB, addr string) (echo, bot *rival) {
	tb.Helper()
	echo = &rival{nick: "echo", channel: "#echo"}
	echo.command = func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s", echoEnv, addr, echo.nick, echo.channel))
		return cmd
	}
	dir := tb.TempDir()
	program, conf := filepath.Join(dir, "torchbearer"), filepath.Join(dir, "torchbearer.toml")
	build := exec.Command("go", "build", "-trimpath", "-o", program, "torchbearer")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("build program: %v\n%s", err, out)
	}
	bot = &rival{nick: "glancebot", channel: "#glance"}
	text := fmt.Sprintf(`store.path = "torchbearer.db"
limits.commands = "off"
[irc.test]
address = %q
tls = false
nick = %q
pace = "0s"
[team.glance]
name = "Glance"
zone = "UTC"
rooms = ["test/%s"]
[team.glance.plugin.freeze]
[[team.glance.calendar.event]]
kind = "spec-freeze"
name = "Spec freeze"
at = %q
url = "https://releases.openstack.org/2027.1/schedule.html"
`, addr, bot.nick, bot.channel, time.Now().AddDate(0, 0, 18).UTC().Format(time.RFC3339))
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	bot.command = func() *exec.Cmd { return exec.Command(program, "run", "-config", conf) }
	return echo, bot
}

// start starts the program; it ends with the test.
func (r *rival) start(tb testing.TB) {
	tb.Helper()
	r.run, r.ended = r.command(), make(chan struct{})
	r.stderr.Reset()
	r.run.Stderr = &r.stderr
	r.run.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	run, ended := r.run, r.ended
	go func() {
		runtime.LockOSThread() // the signal above is tied to the thread
		err := run.Start()
		started <- err
		if err == nil {
			_ = run.Wait()
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		tb.Fatalf("start %s: %v", r.nick, err)
	}
	tb.Cleanup(func() {
		r.end(syscall.SIGKILL)
		if tb.Failed() {
			tb.Logf("%s said: %s", r.nick, r.stderr.String())
		}
	})
}

func (r *rival) end(sig syscall.Signal) {
	_ = r.run.Process.Signal(sig) // it may have ended
	<-r.ended
}

// greet waits until the program is in its channel and answers.
func (r *rival) greet(a *asker) {
	a.tb.Helper()
	a.until(":"+r.nick+"!", " JOIN ")
	a.ask(r, 1)
}

// usage is what the kernel says of a process.
type usage struct {
	cpu             time.Duration
	resident, owned float64 // MiB: VmRSS, and RssAnon of it
}

// usage reads proc(5).
func (r *rival) usage(tb testing.TB) usage {
	tb.Helper()
	dir := "/proc/" + strconv.Itoa(r.run.Process.Pid)
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		tb.Fatal(err)
	}
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		tb.Fatal(err)
	}
	var u usage
	// utime and stime are fields 14 and 15; the name before may hold spaces.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	for _, f := range fields[11:13] {
		ticks, err := strconv.Atoi(f)
		if err != nil {
			tb.Fatal(err)
		}
		u.cpu += time.Duration(ticks) * 10 * time.Millisecond // USER_HZ is 100
	}
	for l := range strings.Lines(string(status)) {
		name, rest, _ := strings.Cut(l, ":")
		kib, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
		switch name {
		case "VmRSS":
			u.resident = kib / 1024
		case "RssAnon":
			u.owned = kib / 1024
		}
	}
	return u
}

// figures are what a rival showed, one of each for a round.
type figures struct {
	p50, p99, cpu    []float64 // one at a time
	p50Many, cpuMany []float64 // many at once
	memory           usage     // after the first round
}

// play asks a thousand times.
func (r *rival) play(a *asker, times int) (took []float64, cpu float64) {
	a.tb.Helper()
	before := r.usage(a.tb)
	for range round / times {
		took = append(took, ms(a.ask(r, times)))
	}
	slices.Sort(took)
	return took, (r.usage(a.tb).cpu - before.cpu).Seconds()
}

func (f *figures) add(r *rival, a *asker) {
	a.tb.Helper()
	took, cpu := r.play(a, 1)
	f.p50 = append(f.p50, took[len(took)/2])
	f.p99 = append(f.p99, took[len(took)*99/100])
	f.cpu = append(f.cpu, cpu)
	if f.memory == (usage{}) {
		f.memory = r.usage(a.tb)
	}
	took, cpu = r.play(a, atOnce)
	f.p50Many = append(f.p50Many, took[len(took)/2])
	f.cpuMany = append(f.cpuMany, cpu)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

func mean(list []float64) float64 {
	var sum float64
	for _, f := range list {
		sum += f
	}
	return sum / float64(len(list))
}

func BenchmarkBesideEcho(b *testing.B) {
	b.Run("commands", commands)
	b.Run("start", start)
}

// On InspIRCd with echo-message on, rounds of a thousand commands in turns. The
// bot's p50 is to be at most the echo's and 0.1 ms, p99 and 1 ms;
// CPU under 0.1 s for a thousand, memory after a thousand under 25 MiB.
func commands(b *testing.B) {
	srv := ircd.StartInspIRCd(b, ircd.Opts{NoLimits: true})
	echo, bot := rivals(b, srv.PlainAddr)
	a := newAsker(b, srv.PlainAddr, "alice", echo.channel, bot.channel)
	all := []*rival{echo, bot}
	for _, r := range all {
		r.start(b)
		r.greet(a)
	}
	seen := map[*rival]*figures{echo: {}, bot: {}}
	for b.Loop() {
		for _, r := range all {
			seen[r].add(r, a)
		}
		slices.Reverse(all)
	}
	b.ReportMetric(0, "ns/op")
	for name, f := range map[string]*figures{"echo": seen[echo], "bot": seen[bot]} {
		b.ReportMetric(median(f.p50), name+"-p50-ms")
		b.ReportMetric(median(f.p99), name+"-p99-ms")
		b.ReportMetric(mean(f.cpu), name+"-cpu-s")
		b.ReportMetric(median(f.p50Many), name+"-50-at-once-ms")
		b.ReportMetric(mean(f.cpuMany), name+"-50-at-once-cpu-s")
		b.ReportMetric(f.memory.resident, name+"-MiB")
		b.ReportMetric(f.memory.owned, name+"-anon-MiB")
	}
}

// From the start of the program to its first answer, to somebody who asks as
// soon as they see it join: the bot is to take at most 0.1 s longer than the
// echo. On ircd-hybrid, because InspIRCd takes a second to let anybody in.
func start(b *testing.B) {
	srv := ircd.StartHybrid(b, ircd.Opts{NoLimits: true})
	echo, bot := rivals(b, srv.PlainAddr)
	a := newAsker(b, srv.PlainAddr, "alice", echo.channel, bot.channel)
	bot.start(b) // makes the store
	bot.greet(a)
	bot.end(syscall.SIGTERM)
	took := map[*rival][]float64{}
	for b.Loop() {
		for _, r := range []*rival{echo, bot} {
			began := time.Now()
			r.start(b)
			r.greet(a)
			took[r] = append(took[r], ms(time.Since(began)))
			r.end(syscall.SIGTERM)
			a.until(":"+r.nick+"!", " QUIT ")
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(took[echo]), "echo-start-ms")
	b.ReportMetric(median(took[bot]), "bot-start-ms")
}
