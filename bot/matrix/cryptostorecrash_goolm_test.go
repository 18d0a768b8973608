//go:build goolm

package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
	"pgregory.net/rapid"

	"torchbearer/bot/bottest"
)

// cryptoParty is one bot and its store, over all processes that it ran as.
type cryptoParty struct {
	t       testing.TB
	user    id.UserID
	server  *keyServer
	store   *bottest.Store
	process *cryptoProcess
	next    int            // of the timeline
	read    map[int]string // of the timeline
	wrong   error          // what the server noticed
	drafts  int
}

// cryptoProcess is one run of a bot. It may be killed.
type cryptoProcess struct {
	*cryptoParty
	keys    *cryptoStore
	machine *crypto.OlmMachine
	commits int // since it was told when to die
	killAt  int // 0: never
	after   bool
	down    bool
}

func newParty(t testing.TB, server *keyServer, user id.UserID) *cryptoParty {
	return partyOn(t, server, user, bottest.NewStore())
}

func partyOn(t testing.TB, server *keyServer, user id.UserID, store *bottest.Store) *cryptoParty {
	p := &cryptoParty{t: t, user: user, server: server, store: store, read: map[int]string{}}
	p.start()
	return p
}

// start begins a process on what the one before left.
func (p *cryptoParty) start() {
	p.store = p.store.Reopen()
	run := &cryptoProcess{cryptoParty: p}
	p.process = run
	store := p.store
	store.BeforeCommit = func(int) { run.commits++; run.maybeDie(store, false) }
	store.AfterCommit = func(int) { run.maybeDie(store, true) }
	run.keys = openTestStore(p.t, store)
	client := &mautrix.Client{
		UserID: p.user, DeviceID: id.DeviceID(deviceOf(p.user)), AccessToken: "token",
		HomeserverURL: cryptoMust(mautrix.ParseAndNormalizeBaseURL("http://server.invalid"))(p.t),
		Client:        &http.Client{Transport: run.keys.guard(run)},
	}
	run.machine = crypto.NewOlmMachine(client, nil, run.keys, oneRoom{})
	cryptoOK(p.t, run.machine.Load(context.Background()))
	p.sync() // uploads keys
}

func (run *cryptoProcess) maybeDie(store *bottest.Store, after bool) {
	if run.killAt > 0 && run.commits == run.killAt && run.after == after {
		run.down = true
		store.Crash()
	}
}

func (run *cryptoProcess) dieAt(commit int, after bool) {
	run.commits, run.killAt, run.after = 0, commit, after
}

// RoundTrip implements http.RoundTripper: what a dead process sends does not
// arrive.
func (run *cryptoProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if run.down {
		return nil, errors.New("killed")
	}
	answer, err := run.server.handle(run.user, r)
	if err != nil {
		run.wrong = errors.Join(run.wrong, err)
		return nil, err
	}
	body, err := json.Marshal(answer)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(body))), Request: r}, err
}

// say sends a message to the room, sharing a session if that is wanted.
func (p *cryptoParty) say() {
	p.drafts++
	ctx, run, text := context.Background(), p.process, fmt.Sprintf("%s says %d", p.user, p.drafts)
	for range 2 {
		content, err := run.machine.EncryptMegolmEvent(ctx, "!room:x", event.EventMessage, map[string]string{"body": text})
		switch {
		case run.down:
			return
		case err == nil:
			p.wrong = errors.Join(p.wrong, p.server.say(p.user, content, text))
			return
		case !crypto.IsShareError(err):
			p.wrong = errors.Join(p.wrong, err)
			return
		}
		err = run.keys.together(ctx, func(ctx context.Context) error {
			return run.machine.ShareGroupSession(ctx, "!room:x", []id.UserID{"@alice:x", "@bob:x"})
		})
		if run.down {
			return
		}
		p.wrong = errors.Join(p.wrong, err)
	}
}

// sync takes what waits at the server, which acknowledges it if it was stored.
func (p *cryptoParty) sync() {
	run, waiting, until := p.process, len(p.server.inbox[p.user]), len(p.server.timeline)
	read := map[int]string{}
	resp := &mautrix.RespSync{DeviceOTKCount: mautrix.OTKCount{SignedCurve25519: len(p.server.oneTime[p.user])}}
	for _, e := range p.server.inbox[p.user] {
		again := *e // the library parses in place
		resp.ToDevice.Events = append(resp.ToDevice.Events, &again)
	}
	err := run.keys.together(context.Background(), func(ctx context.Context) error {
		run.machine.ProcessSyncResponse(ctx, resp, "")
		for i := p.next; i < until; i++ {
			e, err := run.machine.DecryptMegolmEvent(ctx, p.server.timeline[i])
			if err != nil {
				return fmt.Errorf("%s can't read %q: %w", p.user, p.server.said[i], err)
			}
			read[i], _ = e.Content.Raw["body"].(string)
		}
		return nil
	})
	if run.down {
		return
	}
	if err != nil {
		p.wrong = errors.Join(p.wrong, err)
		return
	}
	p.server.inbox[p.user] = p.server.inbox[p.user][waiting:]
	p.next = until
	for i, text := range read {
		p.read[i] = text
	}
}

// Two bots talk, and are killed before and after any commit. No key encrypts
// twice, and in the end each has read everything.
func TestCryptoStoreCrashes(t *testing.T) {
	first := newKeyServer() // the devices' keys take their time: made once
	alice, bob := newParty(t, first, "@alice:x").store, newParty(t, first, "@bob:x").store
	rapid.Check(t, func(r *rapid.T) {
		server := first.copy()
		parties := []*cryptoParty{partyOn(t, server, "@alice:x", copyOfStore(t, alice)), partyOn(t, server, "@bob:x", copyOfStore(t, bob))}
		check := func() {
			for _, p := range parties {
				if p.wrong != nil {
					r.Fatalf("%v", p.wrong)
				}
			}
		}
		step := func(do func(*cryptoParty)) func(*rapid.T) {
			return func(r *rapid.T) {
				p := parties[rapid.IntRange(0, 1).Draw(r, "party")]
				if do(p); p.process.down {
					p.start()
				}
				check()
			}
		}
		r.Repeat(map[string]func(*rapid.T){
			"say":     step((*cryptoParty).say),
			"sync":    step((*cryptoParty).sync),
			"restart": step((*cryptoParty).start),
			"rotate": step(func(p *cryptoParty) {
				_ = p.process.machine.CryptoStore.RemoveOutboundGroupSession(context.Background(), "!room:x")
			}),
			"killed soon": func(r *rapid.T) {
				parties[rapid.IntRange(0, 1).Draw(r, "party")].process.dieAt(rapid.IntRange(1, 4).Draw(r, "commit"), rapid.Bool().Draw(r, "after"))
			},
		})
		for range 2 {
			for _, p := range parties {
				p.start()
				p.say()
			}
			for _, p := range parties {
				p.sync()
			}
		}
		check()
		for _, p := range parties {
			for i, want := range server.said {
				if p.read[i] != want {
					r.Fatalf("%s read %q as %q", p.user, want, p.read[i])
				}
			}
		}
	})
}
