//go:build goolm

package matrix

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Encryption reports whether this build can encrypt: true with the tag goolm.
func Encryption() bool { return true }

const (
	queryAtOnce = 100             // users whose devices are asked for in one request
	queryAgain  = 5 * time.Minute // a user whose server did not answer
	unknownWait = time.Minute     // a user with a device that the server does not know
)

// megolm is the encrypter: the library's OlmMachine over a cryptoStore, told what
// it may do.
//
//   - It encrypts for every device of who may read the room, but for those that
//     changed their keys. Devices that their owners have not cross-signed are
//     among them, against the advice of spec 1.18 (MSC4153): what is said in the
//     rooms of a community is for the people in it, and a bot whose reminders half
//     of them can't read is of no use.
//   - It believes less than it can decrypt: see proven.
//   - A room's session is begun anew when who may read it has changed, or how the
//     room is encrypted: see audience.
//   - Changed lists of devices are asked for outside the handling of a sync, again
//     if the request failed, where the library gives up; see refresh.
type megolm struct {
	cryptoOptions
	next http.RoundTripper
	keys atomic.Pointer[cryptoStore] // nil before the first Start
	work chan struct{}               // wakes Run

	starting sync.Mutex                        // held by Start and setUp
	mach     atomic.Pointer[crypto.OlmMachine] // nil before the first Start
	asking   sync.Mutex                        // held by who asks for devices
	turn     sync.Map                          // room id to *sync.Mutex: one Encrypt a room
	own      sync.RWMutex                      // the account's identity, as the library remembers it: see fetch

	mu      sync.Mutex
	serial  int
	stale   map[id.UserID]staleDevices // whose devices are not known as they are now
	unknown map[id.UserID]time.Time    // who was asked for because of a device nobody knew, and when
}

// staleDevices is a user whose devices want asking for.
type staleDevices struct {
	serial int       // another after a new change
	next   time.Time // not before
}

// newEncrypter makes the encrypter. It opens the store when it is started.
func newEncrypter(o cryptoOptions) (encrypter, error) {
	m := &megolm{
		cryptoOptions: o, next: o.client.Client.Transport, work: make(chan struct{}, 1),
		stale: map[id.UserID]staleDevices{}, unknown: map[id.UserID]time.Time{},
	}
	o.client.Client = &http.Client{Transport: m}
	return m, nil
}

// RoundTrip lets a request pass when what it depends on is stored.
func (m *megolm) RoundTrip(r *http.Request) (*http.Response, error) {
	if keys := m.keys.Load(); keys != nil {
		return keys.guard(m.next).RoundTrip(r)
	}
	return m.next.RoundTrip(r)
}

// open opens the store, once.
func (m *megolm) open(ctx context.Context) (*cryptoStore, error) {
	if keys := m.keys.Load(); keys != nil {
		return keys, nil
	}
	keys, err := openCryptoStore(ctx, m.store, m.network, m.key, m.now, m.log)
	if err != nil {
		return nil, err
	}
	m.keys.Store(keys)
	return keys, nil
}

// machine is the library's machine of the device that is logged in. There is one
// for as long as the device stays: two would not wait for each other at an Olm
// session.
func (m *megolm) machine(ctx context.Context, keys *cryptoStore, anew bool) (*crypto.OlmMachine, error) {
	if mach := m.mach.Load(); mach != nil && !anew {
		return mach, nil
	}
	mach := crypto.NewOlmMachine(m.client, nil, keys, m.states)
	mach.DisableRatchetTracking = true          // for those who delete keys after use; one write a message less
	mach.DisableDecryptKeyFetching = true       // not while a sync is handled
	mach.IgnorePostDecryptionParseErrors = true // hearOne reads for itself
	if err := mach.Load(ctx); err != nil {
		return nil, fmt.Errorf("load device's keys: %w", err)
	}
	m.mach.Store(mach)
	return mach, nil
}

// Sync takes what a sync's answer says of devices and keys, and runs take, as one
// transaction.
func (m *megolm) Sync(ctx context.Context, resp *mautrix.RespSync, since string, take func(context.Context)) error {
	keys, mach := m.keys.Load(), m.mach.Load()
	resp.ToDevice.Events = slices.DeleteFunc(resp.ToDevice.Events, func(e *event.Event) bool { return e == nil })
	return keys.together(ctx, func(ctx context.Context) error {
		changed, err := resp.DeviceLists.Changed, error(nil)
		if since == "" { // nobody knows what changed meanwhile
			changed, err = keys.trackedUsers(ctx)
		} else {
			changed, err = m.followed(ctx, keys, changed)
		}
		if err != nil {
			return err
		}
		if err := keys.MarkTrackedUsersOutdated(ctx, changed); err != nil {
			return err
		}
		m.outdated(changed)
		// The library answers key requests in goroutines that keep the
		// context, so it is left to end by itself.
		limited, cancel := context.WithTimeout(ctx, requestTime)
		context.AfterFunc(limited, cancel)
		m.arrivals(limited, mach, resp)
		take(ctx)
		if len(resp.ToDevice.Events) > 0 {
			m.arrived()
		}
		return nil
	})
}

// followed are those users whose devices matter: those who have been sent keys,
// and those who are in an encrypted room with the bot.
func (m *megolm) followed(ctx context.Context, keys *cryptoStore, users []id.UserID) ([]id.UserID, error) {
	found, err := keys.FilterTrackedUsers(ctx, users)
	if err != nil {
		return nil, err
	}
	for _, user := range users {
		rooms, err := m.states.FindSharedRooms(ctx, user)
		if err != nil {
			return nil, err
		}
		if len(rooms) > 0 && !slices.Contains(found, user) {
			found = append(found, user)
		}
	}
	return found, nil
}

// arrivals takes what came to the device.
func (m *megolm) arrivals(ctx context.Context, mach *crypto.OlmMachine, resp *mautrix.RespSync) {
	m.own.RLock()
	defer m.own.RUnlock()
	for _, e := range resp.ToDevice.Events {
		m.toDevice(ctx, mach, e)
	}
	mach.HandleOTKCounts(ctx, &resp.DeviceOTKCount)
	mach.MarkOlmHashSavePoint(ctx)
}

// toDevice takes one message to the device. Whatever a stranger puts into it costs
// that message alone: the server would send it again to a bot that it ended.
func (m *megolm) toDevice(ctx context.Context, mach *crypto.OlmMachine, e *event.Event) {
	defer func() {
		if p := recover(); p != nil {
			m.log.Error("message to the device not understood", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	e.Type.Class = event.ToDeviceEventType
	if err := e.Content.ParseRaw(e.Type); err == nil {
		mach.HandleToDeviceEvent(ctx, e)
	}
}

// Run does what comes up beside until ctx ends.
func (m *megolm) Run(ctx context.Context) {
	keys, mach := m.keys.Load(), m.mach.Load()
	mach.SetBackgroundCtx(ctx)
	var ended sync.WaitGroup
	defer ended.Wait()
	ended.Go(func() { mach.ExpiredKeyDeleteLoop(ctx) })
	for {
		m.tend(ctx, keys, mach)
		timer := time.NewTimer(queryAgain)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-m.work:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// tend does what is due.
func (m *megolm) tend(ctx context.Context, keys *cryptoStore, mach *crypto.OlmMachine) {
	m.mu.Lock()
	users := make([]id.UserID, 0, len(m.stale))
	for user := range m.stale {
		users = append(users, user)
	}
	_, own := m.stale[m.client.UserID]
	m.mu.Unlock()
	reqCtx, cancel := context.WithTimeout(ctx, wholeTime)
	defer cancel()
	if err := m.refresh(reqCtx, users); err != nil && ctx.Err() == nil {
		m.log.Warn("devices can't be read", "why", words(err))
	}
	if len(users) > 0 {
		m.arrived()
	}
	if own {
		if trust, err := m.verify(reqCtx, keys, mach); err == nil {
			m.trust(trust)
		}
	}
	if keys.restored.Load() && ctx.Err() == nil {
		if err := mach.RepairOneTimeKeys(reqCtx); err != nil {
			m.log.Warn("one-time keys are not repaired", "why", words(err))
			return
		}
		keys.restored.Store(false)
	}
}

func (m *megolm) wake() {
	select {
	case m.work <- struct{}{}:
	default:
	}
}

// outdated notes that users' devices want asking for.
func (m *megolm) outdated(users []id.UserID) {
	if len(users) == 0 {
		return
	}
	m.mu.Lock()
	for _, user := range users {
		m.serial++
		m.stale[user] = staleDevices{serial: m.serial}
	}
	m.mu.Unlock()
	m.wake()
}

// refresh asks for the devices of those users of whom they are not known as they
// are. A user whose server does not answer is left as known, and asked for again
// later.
func (m *megolm) refresh(ctx context.Context, users []id.UserID) error {
	if len(m.due(users)) == 0 {
		return nil
	}
	m.asking.Lock()
	defer m.asking.Unlock()
	due := m.due(users) // what another has not asked for meanwhile
	list := make([]id.UserID, 0, len(due))
	for user := range due {
		list = append(list, user)
	}
	slices.Sort(list)
	for part := range slices.Chunk(list, queryAtOnce) {
		answered, err := m.fetch(ctx, m.mach.Load(), part)
		if err != nil {
			return fmt.Errorf("ask for devices: %w", err)
		}
		var again []id.UserID
		m.mu.Lock()
		for _, user := range part {
			if _, ok := answered[user]; !ok {
				m.stale[user] = staleDevices{m.stale[user].serial, time.Now().Add(queryAgain)}
				again = append(again, user)
			} else if m.stale[user].serial == due[user] {
				delete(m.stale, user)
			} else {
				again = append(again, user)
			}
		}
		m.mu.Unlock()
		if err := m.keys.Load().MarkTrackedUsersOutdated(ctx, again); err != nil {
			return err
		}
	}
	return nil
}

// fetch asks for users' devices; the caller holds asking. The library remembers
// the keys of the account's identity outside all locks: it forgets them when it is
// told of them again, and remembers them when it next needs them. So the account
// is asked for alone, nothing else is done meanwhile that needs its keys, and they
// are remembered before that.
func (m *megolm) fetch(ctx context.Context, mach *crypto.OlmMachine, users []id.UserID) (answered map[id.UserID]map[id.DeviceID]*id.Device, err error) {
	me := m.client.UserID
	if others := slices.DeleteFunc(slices.Clone(users), func(u id.UserID) bool { return u == me }); len(others) > 0 {
		if answered, err = mach.FetchKeys(ctx, others, true); err != nil {
			return nil, err
		}
	}
	if !slices.Contains(users, me) {
		return answered, nil
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	m.own.Lock()
	defer m.own.Unlock()
	own, err := mach.FetchKeys(ctx, []id.UserID{me}, true)
	if err != nil {
		return nil, err
	}
	if answered == nil {
		answered = own
	}
	maps.Copy(answered, own)
	_, err = mach.GetOwnCrossSigningPublicKeys(ctx)
	return answered, err
}

// due are those users who are to be asked for now, each with the serial of the
// change.
func (m *megolm) due(users []id.UserID) map[id.UserID]int {
	due, now := map[id.UserID]int{}, time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, user := range users {
		if s, ok := m.stale[user]; ok && !now.Before(s.next) {
			due[user] = s.serial
		}
	}
	return due
}
