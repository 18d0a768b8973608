// Package gerritd starts a real Gerrit 3.10.2 for end-to-end tests, with people,
// groups, labels and copy rules as at OpenDev, and with changes that are as old
// as a test needs them: the server is seeded under a clock of its own, and then
// runs on the real one.
//
//	srv := gerritd.Start(t, gerritd.Opts{Seed: &gerritd.Seed{
//		Name: "queue",
//		Setup: func(s *gerritd.Server) {
//			s.OpenDev()
//			s.Team(gerritd.Team{Cores: []string{"zoe", "bob"}, PTL: "maria", Projects: []string{"openstack/glance"}})
//		},
//		Steps: []gerritd.Step{
//			{At: -100 * 24 * time.Hour, Do: func(s *gerritd.Server) {
//				s.Create("cache", gerritd.Change{Project: "openstack/glance", Owner: "nina", Subject: "Cache policy checks"})
//			}},
//			{At: -90 * 24 * time.Hour, Do: func(s *gerritd.Server) { s.Report("cache", +1) }},
//		},
//	}})
//	srv.Review("zoe", "cache", gerritd.Review{Labels: map[string]int{"Code-Review": 2}})
//
// The server's war is put together once, from jars that Maven copies, and kept
// in the user's cache folder; so are the empty site and seeded ones. Everything
// listens on loopback, every process ends with its test, and the server's last
// words are printed when that test fails.
package gerritd

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"torchbearer/e2e/local"
)

// Admin is the first account; AdminPassword is what Gerrit gives it.
const (
	Admin         = "admin"
	AdminPassword = "secret"
)

// readyWithin bounds every wait for the server, which needs about ten seconds on
// an idle machine.
const readyWithin = 3 * time.Minute

// freshFor is how long a seeded site is used again. Its changes grow older in
// that time, so tests keep that far away from the limits that they test.
const freshFor = 6 * time.Hour

// Opts says what a server is to be.
type Opts struct {
	// NoMergeability makes the server keep mergeability to itself, which is
	// Gerrit's default: answers lack "mergeable" and is:mergeable is an error.
	NoMergeability bool
	// Seed is what the server holds from the start; nil: Gerrit's own two
	// projects and one account.
	Seed *Seed
}

// Server is a running Gerrit.
type Server struct {
	// URL is where it is, without a slash at the end.
	URL string
	// SSHAddr is host:port of its ssh.
	SSHAddr string
	// SeededAt is the instant that the ages of the seed count from.
	SeededAt time.Time

	t       testing.TB
	war     string
	site    string
	clock   *clock // of a server that is being seeded
	process *process
	client  *http.Client
	state   state
}

// state is what the tests know of the site, kept beside it.
type state struct {
	SeededAt time.Time
	Changes  map[string]int // by the name that a test gave
	Files    map[string]string
}

// Start starts a server that ends with the test.
func Start(t testing.TB, opts Opts) *Server {
	t.Helper()
	Require(t)
	path, err := war()
	if err != nil {
		t.Fatal(err)
	}
	packed, err := sitePack(t, path, opts.Seed)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, war: path, site: t.TempDir()}
	if err := unpack(packed, s.site); err != nil {
		t.Fatal(err)
	}
	s.bringUp(opts.NoMergeability)
	if opts.Seed != nil && !opts.NoMergeability {
		s.reindex()
	}
	return s
}

// reindex has the server look again at what merges: seeds are made without, as
// every move of a branch would have it try all changes there.
func (s *Server) reindex() {
	s.t.Helper()
	for _, n := range s.Search(Admin, "is:open OR is:closed") {
		s.Must(Admin, "POST", fmt.Sprintf("/changes/%d/index", n), map[string]any{}, nil)
	}
}

// bringUp starts the server of a site and waits for it.
func (s *Server) bringUp(noMergeability bool) {
	s.t.Helper()
	// A connection that is kept would look idle for weeks when the clock jumps.
	s.client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: s.clock != nil}}
	s.t.Cleanup(s.client.CloseIdleConnections)
	if err := s.load(); err != nil {
		s.t.Fatal(err)
	}
	// Registered first, so that it runs last, when the log is complete.
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Log(tail(s.site, 30))
		}
	})
	s.t.Cleanup(s.Stop)
	for range 5 {
		s.URL, s.SSHAddr = "http://127.0.0.1:"+local.Port(s.t), "127.0.0.1:"+local.Port(s.t)
		if err := s.configure(noMergeability); err != nil {
			s.t.Fatal(err)
		}
		if s.run() {
			return
		}
		s.t.Logf("%s or %s was taken meanwhile; trying others", s.URL, s.SSHAddr)
	}
	s.t.Fatal("start Gerrit: no free ports in 5 tries")
}

// Start starts a stopped server again, at the same address.
func (s *Server) Start() {
	s.t.Helper()
	for range 5 {
		if s.run() {
			return
		}
		time.Sleep(time.Second)
	}
	s.t.Fatalf("start Gerrit again: its port is taken\n%s", tail(s.site, 40))
}

// run starts the server and waits for it. False: one of its ports was taken. A
// port that was free a moment ago need not be free when Java has started, some
// seconds later.
func (s *Server) run() bool {
	s.t.Helper()
	from := outputSize(s.site)
	var env []string
	if s.clock != nil {
		env = s.clock.env()
	}
	var err error
	if s.process, err = startJava(s.war, s.site, env, "daemon", "-d", s.site, "--console-log"); err != nil {
		s.t.Fatal(err)
	}
	for deadline := time.Now().Add(readyWithin); ; time.Sleep(50 * time.Millisecond) {
		got, err := s.get("/config/server/version")
		if err == nil && strings.Contains(got, Version) {
			return true
		}
		if !s.process.running() && portTaken(s.site, from) {
			return false
		}
		if !s.process.running() || time.Now().After(deadline) {
			s.t.Fatalf("wait for Gerrit: %v, %s\n%s", err, got, tail(s.site, 40))
		}
	}
}

// Stop ends the server as its operators would.
func (s *Server) Stop() { s.process.stop() }

// Freeze suspends the server: connections are taken and nothing is answered, as
// with a host that hangs. Thaw ends it.
func (s *Server) Freeze() {
	s.t.Helper()
	if err := s.process.signal(syscall.SIGSTOP); err != nil {
		s.t.Fatalf("freeze Gerrit: %v", err)
	}
}

// Thaw lets a frozen server run on.
func (s *Server) Thaw() {
	s.t.Helper()
	if err := s.process.signal(syscall.SIGCONT); err != nil {
		s.t.Fatalf("thaw Gerrit: %v", err)
	}
}

// get reads a page as nobody.
func (s *Server) get(path string) (string, error) {
	resp, err := s.client.Get(s.URL + path)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// serverID is what init wrote and a site keeps for ever.
var serverID = regexp.MustCompile(`serverId *= *(\S+)`)

// configure writes the site's configuration, whatever it was before.
func (s *Server) configure(noMergeability bool) error {
	path := filepath.Join(s.site, "etc", "gerrit.config")
	old, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("configure Gerrit: %w", err)
	}
	id := serverID.FindSubmatch(old)
	if id == nil {
		return fmt.Errorf("configure Gerrit: no serverId in %q", old)
	}
	mergeability, ssh := "API_REF_UPDATED_AND_CHANGE_REINDEX", s.SSHAddr
	if noMergeability {
		mergeability = "NEVER"
	}
	if s.clock != nil {
		// After every jump of the clock, ssh would make up for each second.
		ssh = "off"
	}
	text := fmt.Sprintf(`[gerrit]
	basePath = git
	canonicalWebUrl = %[1]s/
	serverId = %[2]s
[auth]
	type = DEVELOPMENT_BECOME_ANY_ACCOUNT
	gitBasicAuthPolicy = HTTP
	userNameCaseInsensitive = true
[cache]
	directory = cache
[change]
	mergeabilityComputationBehavior = %[3]s
[container]
	heapLimit = 512m
[httpd]
	listenUrl = %[1]s/
[index]
	type = lucene
[plugins]
	checkFrequency = 0
[sendemail]
	enable = false
[sshd]
	listenAddress = %[4]s
	advertisedAddress = %[5]s
`, s.URL, id[1], mergeability, ssh, s.SSHAddr)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("configure Gerrit: %w", err)
	}
	return nil
}

// statePath lies in the site, so that it is packed with it.
func (s *Server) statePath() string { return filepath.Join(s.site, "torchbearer.json") }

func (s *Server) load() error {
	s.state = state{Changes: map[string]int{}, Files: map[string]string{}}
	text, err := os.ReadFile(s.statePath())
	if os.IsNotExist(err) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(text, &s.state)
	}
	if err != nil {
		return fmt.Errorf("read what was seeded: %w", err)
	}
	s.SeededAt = s.state.SeededAt
	return nil
}

func (s *Server) save() error {
	text, err := json.Marshal(s.state)
	if err == nil {
		err = os.WriteFile(s.statePath(), text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep what was seeded: %w", err)
	}
	return nil
}

// sitePack returns the path of the packed site, and makes it if there is none.
func sitePack(t testing.TB, war string, seed *Seed) (string, error) {
	t.Helper()
	dir, err := cacheDir()
	if err != nil {
		return "", err
	}
	name, locked := "empty.tar.gz", "empty.lock"
	if seed != nil {
		program, err := seed.hash()
		if err != nil {
			return "", err
		}
		name, locked = "seed-"+seed.Name+"-"+program+".tar.gz", "seed.lock"
	}
	path := filepath.Join(dir, name)
	unlock, err := lock(filepath.Join(dir, locked))
	if err != nil {
		return "", err
	}
	defer unlock()
	info, err := os.Stat(path)
	if err == nil && (seed == nil || time.Since(info.ModTime()) < freshFor) {
		return path, nil
	}
	if seed == nil {
		return path, makeEmpty(war, path)
	}
	if err := prune(dir); err != nil {
		return "", err
	}
	return path, makeSeeded(t, war, path, seed)
}

// makeEmpty lets Gerrit write a site, and packs it.
func makeEmpty(war, path string) error {
	work, err := os.MkdirTemp(filepath.Dir(path), "site-")
	if err != nil {
		return fmt.Errorf("make site: %w", err)
	}
	defer os.RemoveAll(work)
	// Only in a folder that it makes itself does init also make an account.
	site := filepath.Join(work, "site")
	p, err := startJava(war, work, nil, "init", "--batch", "--dev", "--no-auto-start", "--skip-all-downloads", "-d", site)
	if err != nil {
		return err
	}
	<-p.ended
	if !p.cmd.ProcessState.Success() {
		return fmt.Errorf("make site: %s\n%s", p.cmd.ProcessState, tail(work, 40))
	}
	return pack(site, path)
}

// prune removes seeded sites that are no longer fresh.
func prune(dir string) error {
	old, err := filepath.Glob(filepath.Join(dir, "seed-*.tar.gz"))
	if err != nil {
		return fmt.Errorf("prune cache: %w", err)
	}
	old = slices.DeleteFunc(old, func(path string) bool {
		info, err := os.Stat(path)
		return err != nil || time.Since(info.ModTime()) < freshFor
	})
	for _, path := range old {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("prune cache: %w", err)
		}
	}
	return nil
}
