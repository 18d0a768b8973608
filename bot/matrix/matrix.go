// Package matrix is a bot's place on a Matrix homeserver: a [bot.Transport] that
// logs in once, keeps its device, its rooms and their state, hears what is said
// while it was away too, says what it is told to and knows whether it arrived.
//
//	t := matrix.New(matrix.Options{Config: matrix.Config{
//		Network: "main", Homeserver: "https://matrix.example.org",
//		User: "@glancebot:example.org", Password: password,
//		Rooms: []bot.Room{{Network: "main", Name: "#glance:example.org"}},
//	}, Store: store, Known: func(user string) bool { return known[user] }})
//	err := t.Run(ctx, receiver)
//
// # What mautrix does here, and what not
//
// Its Client makes the requests, its types read the answers, its crypto (only
// in builds with the tag goolm) encrypts. Its syncer is not used, nor anything
// that decides by itself what is sent. What was measured, and what is done about
// it:
//
//   - The library saves the sync token before the events are handled, so that a
//     crash loses commands. Here the token is stored after they were handed on,
//     with the room state it belongs to, in one transaction (commit.go).
//   - SyncWithContext ends on a panic, on a server that is down at the start and
//     on a full store, and waits a flat 10 s otherwise; its handlers run on the
//     sync goroutine. Here a supervisor comes back with jitter, a panic costs
//     the room's share of one answer, and events are handed on at once.
//   - A timeline that is "limited" leaves a gap. It is filled by /messages up to
//     a bound; beyond that the log says that commands were missed (sync.go).
//   - DontProcessOldEvents drops room state with old events, and a room whose
//     state is not known is sent clear text: this is how an encrypted room was
//     told secrets, twice. Here nothing leaves before sync has caught up and the
//     room's encryption is known, from an event or from its state read in whole
//     (state.go, put.go). An algorithm that nobody knows is encryption too.
//   - A 429 without Retry-After is waited for by the library's own figure, not
//     the body's. Here retries are off and both are read (errors.go).
//   - Markdown with a link to a person mentions them. Here HTML is put together
//     by [msg.HTML], and m.mentions by [msg.Mentions].
//   - To fetch power levels alone forgets the creators of a version 12 room,
//     who outrank everybody. Here levels are read with the create event.
//   - One event of no shape makes a whole answer unreadable, and any user of any
//     server can have one in the bot's next sync, for good. Here such an answer is
//     read again, event by event (lenient.go), and so are keys (lenientkeys.go).
//   - A login whose answer names another address (well_known) is not followed.
//
// # Edits, reactions, talks
//
// Which event a message of the outbox has become is kept with the sync token, and
// what a crash loses of it is found by the key that each message carries: so
// Transport.Edit knows what to replace, and a reaction what it is to (sent.go,
// edit.go, reactions.go). Only events that the bot itself has sent count, whatever
// others write into theirs.
//
// No read receipts are sent: clients take what the bot says for one. A room that
// moved is not told so: the bot is there, and what waited is said there.
//
// # Encryption
//
// With the tag goolm, and encryption in the configuration, encrypted rooms are
// heard and spoken in. [Login] makes the bot's device one that others can trust,
// once; Run refuses to make one by itself. What may have been said by somebody else
// than the server says is nobody's word (megolm.proven), what is said in clear in an
// encrypted room is answered and proves nothing about who said it, a message whose
// key comes late waits for it (late.go), and what can't be encrypted for all who may
// read the room is not sent. Reactions and removals clients never encrypt: they are
// taken as the server tells of them.
//
// # Goroutines and locks
//
// One goroutine syncs; one tends rooms (joins, invitations, upgrades, reading of
// state); one picks what is sent next, and each message on its way has one of its
// own. Transport.mu guards what they share, and roomStates a lock of its own,
// taken inside it. Nothing waits for the network or the store with either in hand,
// and the receiver is called without them.
package matrix

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
)

const (
	defaultBurst = 9               // Synapse takes 10 at once (rc_message.burst_count), the tenth not always
	defaultPace  = 5 * time.Second // rc_message.per_second = 0.2
	requestTime  = 30 * time.Second
	wholeTime    = 3 * time.Minute // to read all there is: first sync, state of a large room
	graceful     = time.Second     // for messages under way when the bot leaves
)

// Config is one homeserver of the configuration.
type Config struct {
	Network    string
	Homeserver string // https://matrix.example.org
	User       string // @glancebot:example.org
	Password   string // logs in once; or
	Token      string // of a device that somebody else has logged in
	DeviceID   string // asked for when logging in by password; empty: the server chooses
	Encryption bool
	Key        []byte     // protects the keys of encryption in the store
	Rooms      []bot.Room // to join, by id or alias; those of other networks are passed over

	// Ignore are users whose words are nobody's: bridge puppets, other bots.
	// A star stands for any text, "@oftc_*:example.org".
	Ignore []string

	// Burst messages leave at once, then one each Pace. Zero: as Synapse's
	// default limit allows, 9 and 5 s. A negative Pace: no pacing.
	Burst int
	Pace  time.Duration
}

// Options is a Config with what it needs, and what tests replace.
type Options struct {
	Config
	Store  bot.Store
	Client http.RoundTripper // nil: http.DefaultTransport
	// Known reports whether an invitation by this user is accepted; nil: none is.
	Known func(user string) bool
	// Now dates what is handed on; nil: time.Now. All waiting is by package time.
	Now func() time.Time
	Log *slog.Logger // nil: slog.Default
}

// Transport is one homeserver. Make it with New.
type Transport struct {
	cfg        Config
	store      bot.Store
	http       http.RoundTripper
	welcome    func(user string) bool
	encryption func(cryptoOptions) (encrypter, error) // newEncrypter, but in tests
	now        func() time.Time
	log        *slog.Logger
	in         bot.Receiver // set by Run, before anything else
	space      space
	states     *roomStates
	q          *sender
	tries      *tries
	sent       *sent
	looks      *lookups      // of events that reactions are to
	tend       chan struct{} // wakes the goroutine that tends rooms
	retryLate  chan struct{} // wakes the goroutine that tries events again
	write      sync.Mutex    // held by who stores where sync is
	use        sync.RWMutex  // of the client by who is not of the session; login writes
	opening    sync.Mutex    // held by who opens a talk of two

	mu       sync.Mutex
	client   *mautrix.Client // of the present login; nil before
	crypt    encrypter       // nil: no encryption
	me       id.UserID
	device   id.DeviceID
	names    []string // what the bot is called, for "glancebot: freeze"
	rooms    []*room
	invites  map[id.RoomID]invite
	other    map[id.RoomID]time.Time // rooms outside the configuration: next attempt to read them
	talks    map[id.UserID]talkRecord
	asked    questions
	seen     ring
	next     string // sync token up to which everything was handed on
	news     int    // answers that held any
	staged   mark   // of the last look, which is stored at the next
	stored   mark
	storedAt time.Time
	live     bool // sync has caught up
	changed  bool // the receiver has to be told
	since    time.Time
	lag      time.Duration
	detail   string // why not connected
	trust    string // how far others can trust the bot's device, in words
	late     []*lateEvent
	held     time.Time // since when the token waits for late; zero: it does not
	retry    time.Time // next attempt
}

// New makes the transport of a homeserver. It connects when Run is called.
func New(o Options) *Transport {
	t := &Transport{
		cfg: o.Config, store: o.Store, http: o.Client, welcome: o.Known, encryption: newEncrypter, now: o.Now, log: o.Log,
		tend: make(chan struct{}, 1), retryLate: make(chan struct{}, 1), invites: map[id.RoomID]invite{}, other: map[id.RoomID]time.Time{},
		since: time.Now(), detail: "not connected yet", me: id.UserID(o.User),
	}
	if t.http == nil {
		t.http = http.DefaultTransport
	}
	t.http = readableKeys{t.http}
	if t.welcome == nil {
		t.welcome = func(string) bool { return false }
	}
	if t.now == nil {
		t.now = time.Now
	}
	if t.log == nil {
		t.log = slog.Default()
	}
	t.log = t.log.With("network", t.cfg.Network)
	t.cfg.Burst = cmp.Or(t.cfg.Burst, defaultBurst)
	t.cfg.Pace = cmp.Or(t.cfg.Pace, defaultPace)
	t.space = space("matrix/" + t.cfg.Network + "/")
	t.states = newRoomStates()
	t.tries = newTries(t.store, t.space)
	t.sent = newSent(t.store, t.space)
	t.looks = newLookups(time.Now())
	t.q = newSender(t)
	for _, r := range t.cfg.Rooms {
		if r.Network == t.cfg.Network {
			t.rooms = append(t.rooms, &room{cfg: r, why: unconnected})
		}
	}
	return t
}

// Network returns the name of the network's section in the configuration.
func (t *Transport) Network() string { return t.cfg.Network }

// Run connects and stays connected until ctx ends; then it stores where it was
// and returns nil, still logged in. It returns an error only for what a retry
// can't mend: an address that is none, encryption in a build without it, a store
// that fails.
func (t *Transport) Run(ctx context.Context, in bot.Receiver) error {
	client, err := mautrix.NewClient(t.cfg.Homeserver, "", "")
	if err != nil {
		return fmt.Errorf("read address of homeserver: %w", err)
	}
	client.Client = &http.Client{Transport: t.http}
	client.StateStore = t.states
	var crypt encrypter
	if t.cfg.Encryption {
		if crypt, err = t.encryption(t.cryptoOptions(client)); err != nil {
			return fmt.Errorf("set up encryption: %w", err)
		}
	}
	if err := t.load(ctx); err != nil {
		return fmt.Errorf("load state: %w", err)
	}
	t.mu.Lock()
	t.in, t.crypt, t.client = in, crypt, client
	t.mu.Unlock()
	for failures := 0; ; failures++ {
		began := time.Now()
		f := t.session(ctx, client)
		if f.fatal != nil {
			return f.fatal
		}
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(began) >= stable {
			failures = 0
		}
		wait := backoff(failures)
		if f.wait > 0 {
			wait = max(wait, f.wait+backoff(0))
		}
		t.log.Warn("not connected", "why", f.why, "again", wait.Round(time.Second).String())
		t.mu.Lock()
		t.live, t.since, t.changed = false, time.Now(), true
		t.detail, t.retry = f.why, time.Now().Add(wait)
		t.unlock()
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// session is one stay on the server, from login to loss.
func (t *Transport) session(ctx context.Context, client *mautrix.Client) (f fault) {
	t.mu.Lock()
	t.detail, t.retry = "logging in", time.Time{}
	t.mu.Unlock()
	for _, step := range []func() fault{
		func() fault { return t.loggedInOnce(ctx) },
		func() fault { return t.login(ctx, client) },
		func() fault { return t.startCrypto(ctx) },
	} {
		if f = step(); f.why != "" || f.fatal != nil {
			return f
		}
	}
	t.mu.Lock()
	t.detail = "reading what happened meanwhile"
	t.mu.Unlock()

	ctx, cancel := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Go(func() { t.tendRooms(ctx) })
	ended.Go(func() { t.q.run(ctx) })
	if t.crypt != nil {
		ended.Go(func() { t.crypt.Run(ctx) })
		ended.Go(func() { t.tendLate(ctx) })
	}
	ended.Go(func() { f.fatal = t.commits(ctx, cancel) })
	lost := t.syncs(ctx)
	cancel()
	ended.Wait()
	f.why, f.wait = lost.why, lost.wait
	if f.fatal == nil {
		f.fatal = lost.fatal
	}
	t.mu.Lock()
	t.live, t.changed = false, true
	t.unlock()
	if err := t.commit(context.WithoutCancel(ctx), false); err != nil && f.fatal == nil {
		f.fatal = err
	}
	return f
}

// unlock ends a turn under the lock, and tells sender and receiver if Ready may
// answer otherwise now.
func (t *Transport) unlock() {
	changed := t.changed && t.in != nil
	t.changed = false
	t.mu.Unlock()
	if changed {
		t.q.signal()
		t.in.Changed(t.cfg.Network)
	}
}

// look wakes the goroutine that tends rooms.
func (t *Transport) look() {
	select {
	case t.tend <- struct{}{}:
	default:
	}
}

// fault is why a session ended.
type fault struct {
	why   string        // for people; no secret, no control characters
	wait  time.Duration // stay away at least so long; 0: as the backoff says
	fatal error         // no retry will mend it
}
