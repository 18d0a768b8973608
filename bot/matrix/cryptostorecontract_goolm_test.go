//go:build goolm

package matrix

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot/bottest"
)

// cryptoSubject is a crypto.Store under test. again is a restart: what was written is
// read from the store from here on. memory is the library's own: where it does
// not do what its interface says, a case looks away.
type cryptoSubject struct {
	crypto.Store
	ctx    context.Context
	again  func()
	memory bool
}

// TestCryptoStoreContract holds our store and the library's to one contract.
func TestCryptoStoreContract(t *testing.T) {
	cases := []struct {
		name string
		run  func(*testing.T, *cryptoSubject)
	}{
		{"account", accountContract},
		{"Olm sessions", olmContract},
		{"Olm sessions go on", olmGoesOnContract},
		{"Olm hashes", hashContract},
		{"inbound sessions", inboundContract},
		{"withheld sessions", withheldContract},
		{"redaction", redactContract},
		{"expiry", expiryContract},
		{"iterators", iteratorContract},
		{"outbound sessions", outboundContract},
		{"shared sessions", sharedContract},
		{"message index", indexContract},
		{"devices", devicesContract},
		{"tracked users", trackedContract},
		{"cross-signing keys", crossContract},
		{"signatures", signatureContract},
		{"secrets", secretContract},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Run("library", func(t *testing.T) {
				tc.run(t, &cryptoSubject{Store: crypto.NewMemoryStore(nil), ctx: t.Context(), again: func() {}, memory: true})
			})
			t.Run("restarted", func(t *testing.T) {
				store := bottest.NewStore()
				s := &cryptoSubject{Store: openTestStore(t, store), ctx: t.Context()}
				s.again = func() {
					store = store.Reopen()
					s.Store = openTestStore(t, store)
				}
				tc.run(t, s)
			})
			t.Run("in a batch", func(t *testing.T) {
				store := openTestStore(t, bottest.NewStore())
				cryptoOK(t, store.together(t.Context(), func(ctx context.Context) error {
					tc.run(t, &cryptoSubject{Store: store, ctx: ctx, again: func() { store.account = nil }})
					return nil
				}))
			})
		})
	}
}

func newAccount(t testing.TB) *crypto.OlmAccount {
	t.Helper()
	a := crypto.NewOlmAccount()
	cryptoOK(t, a.Internal.GenOneTimeKeys(1))
	return a
}

// newOlmSession is a session of ours with a peer, which has not heard of it yet.
func newOlmSession(t testing.TB) (*crypto.OlmSession, *crypto.OlmAccount) {
	t.Helper()
	ours, theirs := newAccount(t), newAccount(t)
	return olmSessionWith(t, ours, theirs), theirs
}

func olmSessionWith(t testing.TB, ours, theirs *crypto.OlmAccount) *crypto.OlmSession {
	t.Helper()
	for _, key := range cryptoMust(theirs.Internal.OneTimeKeys())(t) {
		internal := cryptoMust(ours.Internal.NewOutboundSession(theirs.IdentityKey(), key))(t)
		return &crypto.OlmSession{Internal: internal}
	}
	t.Fatal("no one-time key")
	return nil
}

func newInbound(t testing.TB, room id.RoomID, sender id.SenderKey) *crypto.InboundGroupSession {
	t.Helper()
	out := cryptoMust(crypto.NewOutboundGroupSession(room, nil, nil))(t)
	in := cryptoMust(crypto.NewInboundGroupSession(sender, "signing", room, out.Internal.Key(), time.Hour, 100, nil, false))(t)
	return in
}

func accountContract(t *testing.T, s *cryptoSubject) {
	if got := cryptoMust(s.GetAccount(s.ctx))(t); got != nil {
		t.Fatalf("a new store has the account %v", got)
	}
	account := newAccount(t)
	account.Shared, account.KeyBackupVersion = true, "7"
	for range 2 {
		cryptoOK(t, s.PutAccount(s.ctx, account))
		s.again()
		got := cryptoMust(s.GetAccount(s.ctx))(t)
		if got.IdentityKey() != account.IdentityKey() || got.SigningKey() != account.SigningKey() || !got.Shared || got.KeyBackupVersion != "7" {
			t.Errorf("got %+v, want %+v", got, account)
		}
		if diff := cmp.Diff(cryptoMust(account.Internal.OneTimeKeys())(t), cryptoMust(got.Internal.OneTimeKeys())(t)); diff != "" {
			t.Errorf("one-time keys (-want +got):\n%s", diff)
		}
		if twice := cryptoMust(s.GetAccount(s.ctx))(t); twice != got {
			t.Error("the account exists twice")
		}
		account = got
		account.Internal.MarkKeysAsPublished()
	}
	cryptoOK(t, s.Flush(s.ctx))
}

func olmContract(t *testing.T, s *cryptoSubject) {
	const nobody = id.SenderKey("nobody/+")
	if s.HasSession(s.ctx, nobody) {
		t.Error("HasSession without one")
	}
	if got := cryptoMust(s.GetSessions(s.ctx, nobody))(t); len(got) != 0 {
		t.Errorf("GetSessions without one: %v", got)
	}
	if got := cryptoMust(s.GetLatestSession(s.ctx, nobody))(t); got != nil {
		t.Errorf("GetLatestSession without one: %v", got)
	}
	if got := cryptoMust(s.GetNewestSessionCreationTS(s.ctx, nobody))(t); !got.IsZero() {
		t.Errorf("GetNewestSessionCreationTS without one: %v", got)
	}
	unknown, peer := newOlmSession(t)
	key := peer.IdentityKey()
	cryptoOK(t, s.DeleteSession(s.ctx, key, unknown))
	cryptoOK(t, s.UpdateSession(s.ctx, key, unknown))
	if s.HasSession(s.ctx, key) {
		t.Error("UpdateSession added one")
	}

	day := time.Date(2026, 11, 22, 12, 0, 0, 1, time.UTC)
	old, _ := newOlmSession(t)
	old.CreationTime, old.LastEncryptedTime, old.LastDecryptedTime = day.Add(time.Hour), day, day
	latest, _ := newOlmSession(t)
	latest.CreationTime, latest.LastEncryptedTime, latest.LastDecryptedTime = day, day, day.Add(time.Minute)
	for _, session := range []*crypto.OlmSession{latest, old} {
		cryptoOK(t, s.AddSession(s.ctx, key, session))
	}
	s.again()
	if !s.HasSession(s.ctx, key) || s.HasSession(s.ctx, nobody) {
		t.Error("HasSession is wrong")
	}
	list := cryptoMust(s.GetSessions(s.ctx, key))(t)
	if len(list) != 2 || list[0].ID() != latest.ID() || list[1].ID() != old.ID() {
		t.Fatalf("GetSessions: %v, want the one that decrypted last, then the other", list)
	}
	if diff := cmp.Diff(latest.ExpirationMixin, list[0].ExpirationMixin); diff != "" {
		t.Errorf("times (-want +got):\n%s", diff)
	}
	if !s.memory { // the library's gives the other one
		if got := cryptoMust(s.GetLatestSession(s.ctx, key))(t); got != list[0] {
			t.Errorf("GetLatestSession: %v, want the same as GetSessions' first", got)
		}
		if got := cryptoMust(s.GetNewestSessionCreationTS(s.ctx, key))(t); !got.Equal(day.Add(time.Hour)) {
			t.Errorf("GetNewestSessionCreationTS: %v", got)
		}
	}
	cryptoOK(t, s.DeleteSession(s.ctx, key, list[0]))
	cryptoOK(t, s.UpdateSession(s.ctx, key, list[0])) // by who still holds it
	s.again()
	if left := cryptoMust(s.GetSessions(s.ctx, key))(t); len(left) != 1 || left[0].ID() != old.ID() {
		t.Errorf("after a deletion: %v", left)
	}
	if got := cryptoMust(s.GetLatestSession(s.ctx, key))(t); got == nil || got.ID() != old.ID() {
		t.Errorf("GetLatestSession after a deletion: %v", got)
	}
}

// Messages go both ways over a session that is read from the store each time.
func olmGoesOnContract(t *testing.T, s *cryptoSubject) {
	ours, theirs := newAccount(t), newAccount(t)
	key := theirs.IdentityKey()
	cryptoOK(t, s.AddSession(s.ctx, key, olmSessionWith(t, ours, theirs)))
	var peer *crypto.OlmSession
	for i := range 6 {
		s.again()
		session := cryptoMust(s.GetLatestSession(s.ctx, key))(t)
		kind, text, err := session.Encrypt([]byte("ping"))
		cryptoOK(t, err)
		cryptoOK(t, s.UpdateSession(s.ctx, key, session))
		if peer == nil {
			peer = cryptoMust(theirs.NewInboundSessionFrom(ours.IdentityKey(), string(text)))(t)
		}
		if got := cryptoMust(peer.Decrypt(string(text), kind))(t); string(got) != "ping" {
			t.Errorf("message %d: %q", i, got)
		}
		if i%2 == 0 {
			continue
		}
		kind, text, err = peer.Encrypt([]byte("pong"))
		cryptoOK(t, err)
		s.again()
		session = cryptoMust(s.GetSessions(s.ctx, key))(t)[0]
		if got := cryptoMust(session.Decrypt(string(text), kind))(t); string(got) != "pong" {
			t.Errorf("answer %d: %q", i, got)
		}
		cryptoOK(t, s.UpdateSession(s.ctx, key, session))
	}
}

func hashContract(t *testing.T, s *cryptoSubject) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	if got := cryptoMust(s.GetOlmHash(s.ctx, [32]byte{1}))(t); !got.IsZero() {
		t.Errorf("an unknown hash was handled at %v", got)
	}
	cryptoOK(t, s.PutOlmHash(s.ctx, [32]byte{1}, at))
	cryptoOK(t, s.PutOlmHash(s.ctx, [32]byte{1}, at.Add(time.Hour)))
	cryptoOK(t, s.PutOlmHash(s.ctx, [32]byte{2}, at.Add(time.Hour)))
	s.again()
	if got := cryptoMust(s.GetOlmHash(s.ctx, [32]byte{1}))(t); got.IsZero() || (!s.memory && !got.Equal(at)) {
		t.Errorf("handled at %v, want %v", got, at)
	}
	cryptoOK(t, s.DeleteOldOlmHashes(s.ctx, at.Add(time.Minute)))
	s.again()
	if got := cryptoMust(s.GetOlmHash(s.ctx, [32]byte{1}))(t); !got.IsZero() && !s.memory {
		t.Error("an old hash stayed")
	}
	if got := cryptoMust(s.GetOlmHash(s.ctx, [32]byte{2}))(t); got.IsZero() {
		t.Error("a new hash went with the old")
	}
}

func inboundContract(t *testing.T, s *cryptoSubject) {
	if got := cryptoMust(s.GetGroupSession(s.ctx, "!none:x", "none"))(t); got != nil {
		t.Errorf("an unknown session: %v", got)
	}
	session := newInbound(t, "!a/b:x", "sender")
	yes := true
	session.ForwardingChains, session.RatchetSafety = []string{"one", "two"}, crypto.RatchetSafety{NextIndex: 4, MissedIndices: []uint{2}, LostIndices: []uint{1}}
	session.SharedHistory, session.IsScheduled, session.KeyBackupVersion = &yes, true, "3"
	session.KeySource, session.SourceUser = id.KeySourceForward, "@zoe:x"
	cryptoOK(t, s.PutGroupSession(s.ctx, session))
	s.again()
	if got := cryptoMust(s.GetGroupSession(s.ctx, "!a/b:x", "other"))(t); got != nil {
		t.Errorf("another session of the room: %v", got)
	}
	if got := cryptoMust(s.GetGroupSession(s.ctx, "!a:x", session.ID()))(t); got != nil {
		t.Errorf("the session in another room: %v", got)
	}
	got := cryptoMust(s.GetGroupSession(s.ctx, "!a/b:x", session.ID()))(t)
	if diff := cmp.Diff(*session, *got, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Internal" || p.Last().String() == ".id" }, cmp.Ignore())); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
	if got.ID() != session.ID() || string(cryptoMust(got.Internal.Export(0))(t)) != string(cryptoMust(session.Internal.Export(0))(t)) {
		t.Error("the ratchet is another")
	}
	cryptoOK(t, got.RatchetTo(5))
	got.KeyBackupVersion = "4"
	cryptoOK(t, s.PutGroupSession(s.ctx, got))
	s.again()
	got = cryptoMust(s.GetGroupSession(s.ctx, "!a/b:x", session.ID()))(t)
	if got.KeyBackupVersion != "4" || got.Internal.FirstKnownIndex() != 5 {
		t.Errorf("replaced: version %s, from index %d", got.KeyBackupVersion, got.Internal.FirstKnownIndex())
	}
}

func withheldContract(t *testing.T, s *cryptoSubject) {
	session := newInbound(t, "!a:x", "sender")
	content := event.RoomKeyWithheldEventContent{
		RoomID: "!a:x", Algorithm: id.AlgorithmMegolmV1, SessionID: session.ID(), SenderKey: "sender",
		Code: event.RoomKeyWithheldUnverified, Reason: "no",
	}
	if got := cryptoMust(s.GetWithheldGroupSession(s.ctx, "!a:x", session.ID()))(t); got != nil {
		t.Errorf("withheld before it was: %v", got)
	}
	cryptoOK(t, s.PutWithheldGroupSession(s.ctx, content))
	s.again()
	if diff := cmp.Diff(&content, cryptoMust(s.GetWithheldGroupSession(s.ctx, "!a:x", session.ID()))(t)); diff != "" {
		t.Errorf("withheld (-want +got):\n%s", diff)
	}
	if got, err := s.GetGroupSession(s.ctx, "!a:x", session.ID()); got != nil || !errors.Is(err, crypto.ErrGroupSessionWithheld) {
		t.Errorf("a withheld session: %v, error %v", got, err)
	}
	cryptoOK(t, s.PutGroupSession(s.ctx, session))
	for range 2 {
		s.again()
		if got := cryptoMust(s.GetGroupSession(s.ctx, "!a:x", session.ID()))(t); got == nil {
			t.Error("a session that came is withheld")
		}
		if got := cryptoMust(s.GetWithheldGroupSession(s.ctx, "!a:x", session.ID()))(t); got != nil && !s.memory {
			t.Errorf("withheld after it came: %v", got)
		}
		cryptoOK(t, s.PutWithheldGroupSession(s.ctx, content))
	}
	if s.memory {
		return
	}
	content.SessionID, content.Reason = "hostile", strings.Repeat("r", 60000)
	cryptoOK(t, s.PutWithheldGroupSession(s.ctx, content))
	if got := cryptoMust(s.GetWithheldGroupSession(s.ctx, "!a:x", "hostile"))(t); len(got.Reason) != maxWithheldReason {
		t.Errorf("%d bytes of a reason were kept", len(got.Reason))
	}
}

func redactContract(t *testing.T, s *cryptoSubject) {
	var all []*crypto.InboundGroupSession
	add := func(room id.RoomID, sender id.SenderKey) id.SessionID {
		session := newInbound(t, room, sender)
		cryptoOK(t, s.PutGroupSession(s.ctx, session))
		all = append(all, session)
		return session.ID()
	}
	alone, a1, a2 := add("!a:x", "one"), add("!a:x", "one"), add("!a:x", "two")
	b1, b2, c1 := add("!b:x", "one"), add("!b:x", "two"), add("!c:x", "one")
	left := func() (ids []id.SessionID) {
		s.again()
		for _, session := range all {
			if got := cryptoMust(s.GetGroupSession(s.ctx, session.RoomID, session.ID()))(t); got != nil {
				ids = append(ids, got.ID())
			}
		}
		return ids
	}
	sorted := func(ids ...id.SessionID) []id.SessionID { return slices.Sorted(slices.Values(ids)) }

	cryptoOK(t, s.RedactGroupSession(s.ctx, "!a:x", alone, "why"))
	cryptoOK(t, s.RedactGroupSession(s.ctx, "!a:x", "unknown", "why"))
	if diff := cmp.Diff([]id.SessionID{a1, a2, b1, b2, c1}, left()); diff != "" {
		t.Errorf("after one (-want +got):\n%s", diff)
	}
	for _, tc := range []struct {
		room       id.RoomID
		sender     id.SenderKey
		gone, left []id.SessionID
	}{
		{"!none:x", "", nil, []id.SessionID{a1, a2, b1, b2, c1}},
		{"!a:x", "one", []id.SessionID{a1}, []id.SessionID{a2, b1, b2, c1}},
		{"", "one", []id.SessionID{b1, c1}, []id.SessionID{a2, b2}},
		{"!b:x", "", []id.SessionID{b2}, []id.SessionID{a2}},
	} {
		got := cryptoMust(s.RedactGroupSessions(s.ctx, tc.room, tc.sender, "why"))(t)
		if diff := cmp.Diff(sorted(tc.gone...), sorted(got...)); diff != "" {
			t.Errorf("room %q, sender %q: gone (-want +got):\n%s", tc.room, tc.sender, diff)
		}
		if diff := cmp.Diff(tc.left, left()); diff != "" {
			t.Errorf("room %q, sender %q: left (-want +got):\n%s", tc.room, tc.sender, diff)
		}
	}
	if _, err := s.RedactGroupSessions(s.ctx, "", "", "why"); err == nil {
		t.Error("all sessions of everybody were redacted")
	}
}

func expiryContract(t *testing.T, s *cryptoSubject) {
	if s.memory {
		t.Skip("the library's store in memory expires nothing")
	}
	now := time.Now()
	want := map[string]bool{}
	var sessions []*crypto.InboundGroupSession
	for _, tc := range []struct {
		name    string
		age     time.Duration
		maxAge  time.Duration
		change  func(*crypto.InboundGroupSession)
		expired bool
	}{
		{"fresh", time.Hour, time.Hour, nil, false},
		{"once its age", 119 * time.Minute, time.Hour, nil, false},
		{"twice its age", 121 * time.Minute, time.Hour, nil, true},
		{"a week by default", 13 * 24 * time.Hour, 0, nil, false},
		{"two weeks by default", 15 * 24 * time.Hour, 0, nil, true},
		{"for later", 1000 * time.Hour, time.Hour, func(i *crypto.InboundGroupSession) { i.IsScheduled = true }, false},
		{"hostile age", time.Hour, 0, func(i *crypto.InboundGroupSession) { i.MaxAge = 1 << 62 }, false},
		{"undated", 0, time.Hour, func(i *crypto.InboundGroupSession) { i.ReceivedAt = time.Time{} }, false},
	} {
		session := newInbound(t, "!a:x", "sender")
		session.ReceivedAt, session.MaxAge = now.Add(-tc.age), tc.maxAge.Milliseconds()
		if tc.change != nil {
			tc.change(session)
		}
		cryptoOK(t, s.PutGroupSession(s.ctx, session))
		session.SourceUser = id.UserID(tc.name)
		sessions = append(sessions, session)
		want[tc.name] = !tc.expired
	}
	gone := cryptoMust(s.RedactExpiredGroupSessions(s.ctx))(t)
	s.again()
	got := map[string]bool{}
	for _, session := range sessions {
		got[session.SourceUser.String()] = cryptoMust(s.GetGroupSession(s.ctx, "!a:x", session.ID()))(t) != nil
	}
	if diff := cmp.Diff(want, got); diff != "" || len(gone) != 2 {
		t.Errorf("%d gone; kept (-want +got):\n%s", len(gone), diff)
	}
	if gone := cryptoMust(s.RedactOutdatedGroupSessions(s.ctx))(t); len(gone) != 1 || gone[0] != sessions[7].ID() {
		t.Errorf("outdated: %v", gone)
	}
}

func iteratorContract(t *testing.T, s *cryptoSubject) {
	list := func(it dbutil.RowIter[*crypto.InboundGroupSession]) map[id.SessionID]bool {
		ids := map[id.SessionID]bool{}
		if it != nil { // the library's, of an unknown room
			for _, session := range cryptoMust(it.AsList())(t) {
				ids[session.ID()] = true
			}
		}
		return ids
	}
	set := func(sessions ...*crypto.InboundGroupSession) map[id.SessionID]bool {
		ids := map[id.SessionID]bool{}
		for _, session := range sessions {
			ids[session.ID()] = true
		}
		return ids
	}
	a, b, c := newInbound(t, "!a:x", "one"), newInbound(t, "!a:x", "two"), newInbound(t, "!ab:x", "one")
	a.KeyBackupVersion = "2"
	for _, session := range []*crypto.InboundGroupSession{a, b, c} {
		cryptoOK(t, s.PutGroupSession(s.ctx, session))
	}
	cryptoOK(t, s.PutWithheldGroupSession(s.ctx, event.RoomKeyWithheldEventContent{RoomID: "!a:x", SessionID: "withheld", Code: event.RoomKeyWithheldUnverified}))
	s.again()
	for _, tc := range []struct {
		name string
		it   dbutil.RowIter[*crypto.InboundGroupSession]
		want map[id.SessionID]bool
	}{
		{"unknown room", s.GetGroupSessionsForRoom(s.ctx, "!none:x"), set()},
		{"room", s.GetGroupSessionsForRoom(s.ctx, "!a:x"), set(a, b)},
		{"all", s.GetAllGroupSessions(s.ctx), set(a, b, c)},
		{"not backed up", s.GetGroupSessionsWithoutKeyBackupVersion(s.ctx, "2"), set(b, c)},
	} {
		if diff := cmp.Diff(tc.want, list(tc.it)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
	it, seen := s.GetAllGroupSessions(s.ctx), 0
	cryptoOK(t, it.Iter(func(session *crypto.InboundGroupSession) (bool, error) {
		seen++
		session.KeyBackupVersion = "3"
		return seen < 2, s.PutGroupSession(s.ctx, session) // as a backup does
	}))
	if seen != 2 {
		t.Errorf("an iteration left after 2 saw %d", seen)
	}
	if _, err := it.AsList(); !errors.Is(err, dbutil.ErrAlreadyIterated) {
		t.Errorf("the second time: %v", err)
	}
	broken := errors.New("broken")
	if err := s.GetAllGroupSessions(s.ctx).Iter(func(*crypto.InboundGroupSession) (bool, error) { return true, broken }); !errors.Is(err, broken) {
		t.Errorf("an error in between: %v", err)
	}
}

func outboundContract(t *testing.T, s *cryptoSubject) {
	get := func() *crypto.OutboundGroupSession {
		t.Helper()
		s.again()
		return cryptoMust(s.GetOutboundGroupSession(s.ctx, "!a:x"))(t)
	}
	cryptoOK(t, s.RemoveOutboundGroupSession(s.ctx, "!a:x"))
	if got := get(); got != nil {
		t.Fatalf("a new store has the outbound session %v", got)
	}
	config := &event.EncryptionEventContent{RotationPeriodMillis: 7200000, RotationPeriodMessages: 9}
	session := cryptoMust(crypto.NewOutboundGroupSession("!a:x", config, &event.HistoryVisibilityEventContent{HistoryVisibility: event.HistoryVisibilityShared}))(t)
	cryptoOK(t, s.UpdateOutboundGroupSession(s.ctx, session))
	if got := get(); got != nil {
		t.Error("an update added a session")
	}
	session.Shared = true
	cryptoOK(t, s.AddOutboundGroupSession(s.ctx, session))
	for i := range 3 {
		got := get()
		if got.ID() != session.ID() || got.RoomID != "!a:x" || !got.Shared || got.MaxMessages != 9 || got.MaxAge != 2*time.Hour ||
			got.MessageCount != i || got.Internal.MessageIndex() != uint(i) || got.SharedHistory == nil || !*got.SharedHistory ||
			!got.CreationTime.Equal(session.CreationTime) || !got.LastEncryptedTime.Equal(session.LastEncryptedTime) {
			t.Fatalf("message %d: got %+v", i, got)
		}
		session = got
		cryptoMust(session.Encrypt([]byte("x")))(t)
		cryptoOK(t, s.UpdateOutboundGroupSession(s.ctx, session))
	}
	other := cryptoMust(crypto.NewOutboundGroupSession("!a:x", nil, nil))(t)
	cryptoOK(t, s.AddOutboundGroupSession(s.ctx, other))
	cryptoOK(t, s.UpdateOutboundGroupSession(s.ctx, session)) // by who still holds the old one
	if got := get(); got.ID() != other.ID() {
		t.Error("a replaced session came back")
	}
	if got := cryptoMust(s.GetOutboundGroupSession(s.ctx, "!b:x"))(t); got != nil {
		t.Errorf("another room: %v", got)
	}
	cryptoOK(t, s.RemoveOutboundGroupSession(s.ctx, "!a:x"))
	cryptoOK(t, s.UpdateOutboundGroupSession(s.ctx, other)) // somebody left while a message was encrypted
	if got := get(); got != nil {
		t.Error("a removed session came back")
	}
}

func sharedContract(t *testing.T, s *cryptoSubject) {
	type triple struct {
		user    id.UserID
		device  id.IdentityKey
		session id.SessionID
	}
	shared := triple{"@zoe:x", "key/1", "session"}
	for range 2 {
		cryptoOK(t, s.MarkOutboundGroupSessionShared(s.ctx, shared.user, shared.device, shared.session))
	}
	s.again()
	for of, want := range map[triple]bool{
		shared:                           true,
		{"@bob:x", "key/1", "session"}:   false,
		{"@zoe:x", "key/2", "session"}:   false,
		{"@zoe:x", "key/1", "another"}:   false,
		{"@zoe:x/key", "1", "session"}:   false,
		{"@zoe:x", "key/1", "session/@"}: false,
	} {
		if got := cryptoMust(s.IsOutboundGroupSessionShared(s.ctx, of.user, of.device, of.session))(t); got != want {
			t.Errorf("%v: shared %v, want %v", of, got, want)
		}
	}
}

func indexContract(t *testing.T, s *cryptoSubject) {
	for i, tc := range []struct {
		session id.SessionID
		event   id.EventID
		index   uint
		at      int64
		want    bool
	}{
		{"a", "", 0, 0, true}, // not stored
		{"a", "$1", 0, 1000, true},
		{"a", "$1", 0, 1001, false},
		{"a", "$2", 0, 1000, false},
		{"a", "$1", 0, 1000, true},
		{"a", "", 0, 0, false},
		{"a", "$5", 5, 1000, true},
		{"a", "$3", 3, 1000, true},
		{"a", "$4", 4, 1000, true},
		{"a", "$replay", 3, 1000, false},
		{"a", "$replay", 5, 1000, false},
		{"b", "$6", 3, 1000, true},
	} {
		s.again()
		if got := cryptoMust(s.ValidateMessageIndex(s.ctx, tc.session, tc.event, tc.index, tc.at))(t); got != tc.want {
			t.Errorf("%d: %+v is valid: %v", i, tc, got)
		}
	}
}

func devicesContract(t *testing.T, s *cryptoSubject) {
	if got := cryptoMust(s.GetDevices(s.ctx, "@zoe:x"))(t); got != nil {
		t.Errorf("an unknown user has %v", got)
	}
	if got := cryptoMust(s.GetDevice(s.ctx, "@zoe:x", "D"))(t); got != nil {
		t.Errorf("an unknown device is %v", got)
	}
	if got := cryptoMust(s.FindDeviceByKey(s.ctx, "@zoe:x", "K"))(t); got != nil {
		t.Errorf("an unknown key is of %v", got)
	}
	device := func(name id.DeviceID) *id.Device {
		return &id.Device{UserID: "@zoe:x", DeviceID: name, IdentityKey: id.IdentityKey("I" + name), SigningKey: id.SigningKey("S" + name), Trust: id.TrustStateVerified, Name: "a telephone"}
	}
	cryptoOK(t, s.PutDevices(s.ctx, "@zoe:x", map[id.DeviceID]*id.Device{"A": device("A"), "B": device("B")}))
	cryptoOK(t, s.PutDevice(s.ctx, "@zoe:x", device("C")))
	s.again()
	want := map[id.DeviceID]*id.Device{"A": device("A"), "B": device("B"), "C": device("C")}
	if diff := cmp.Diff(want, cryptoMust(s.GetDevices(s.ctx, "@zoe:x"))(t)); diff != "" {
		t.Errorf("devices (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(device("C"), cryptoMust(s.GetDevice(s.ctx, "@zoe:x", "C"))(t)); diff != "" {
		t.Errorf("device (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(device("B"), cryptoMust(s.FindDeviceByKey(s.ctx, "@zoe:x", "IB"))(t)); diff != "" {
		t.Errorf("device by key (-want +got):\n%s", diff)
	}
	if got := cryptoMust(s.FindDeviceByKey(s.ctx, "@bob:x", "IB"))(t); got != nil {
		t.Errorf("the key at another user: %v", got)
	}
	changed := device("B")
	changed.Trust = id.TrustStateBlacklisted
	cryptoOK(t, s.PutDevice(s.ctx, "@zoe:x", changed))
	cryptoOK(t, s.PutDevices(s.ctx, "@bob:x", map[id.DeviceID]*id.Device{}))
	s.again()
	if got := cryptoMust(s.GetDevice(s.ctx, "@zoe:x", "B"))(t); got.Trust != id.TrustStateBlacklisted {
		t.Errorf("trust %v, want blacklisted", got.Trust)
	}
	if got := cryptoMust(s.GetDevices(s.ctx, "@bob:x"))(t); got == nil || len(got) != 0 {
		t.Errorf("a user without devices has %v, want an empty list", got)
	}
	cryptoOK(t, s.PutDevices(s.ctx, "@zoe:x", map[id.DeviceID]*id.Device{"B": changed}))
	s.again()
	if got := cryptoMust(s.GetDevices(s.ctx, "@zoe:x"))(t); len(got) != 1 {
		t.Errorf("a new list left %v", got)
	}
}

func trackedContract(t *testing.T, s *cryptoSubject) {
	outdated := func() []id.UserID {
		t.Helper()
		s.again()
		return slices.Sorted(slices.Values(cryptoMust(s.GetOutdatedTrackedUsers(s.ctx))(t)))
	}
	none := map[id.DeviceID]*id.Device{}
	for _, user := range []id.UserID{"@a:x", "@b:x"} {
		cryptoOK(t, s.PutDevices(s.ctx, user, maps.Clone(none)))
	}
	if got := cryptoMust(s.FilterTrackedUsers(s.ctx, []id.UserID{"@b:x", "@stranger:x", "@a:x"}))(t); !slices.Equal(got, []id.UserID{"@b:x", "@a:x"}) {
		t.Errorf("tracked: %v", got)
	}
	if got := cryptoMust(s.FilterTrackedUsers(s.ctx, nil))(t); len(got) != 0 {
		t.Errorf("tracked of nobody: %v", got)
	}
	if got := outdated(); len(got) != 0 {
		t.Errorf("outdated at first: %v", got)
	}
	cryptoOK(t, s.MarkTrackedUsersOutdated(s.ctx, []id.UserID{"@a:x", "@b:x", "@stranger:x"}))
	if got := outdated(); !slices.Equal(got, []id.UserID{"@a:x", "@b:x"}) {
		t.Errorf("outdated: %v", got)
	}
	cryptoOK(t, s.PutDevices(s.ctx, "@a:x", maps.Clone(none)))
	if got := outdated(); !slices.Equal(got, []id.UserID{"@b:x"}) {
		t.Errorf("outdated after one was read: %v", got)
	}
	if s.memory {
		return // takes a single device for a whole list
	}
	cryptoOK(t, s.PutDevice(s.ctx, "@c:x", &id.Device{DeviceID: "C"}))
	if got := cryptoMust(s.FilterTrackedUsers(s.ctx, []id.UserID{"@c:x"}))(t); len(got) != 0 {
		t.Errorf("tracked by one device: %v", got)
	}
	if got := cryptoMust(s.GetDevices(s.ctx, "@c:x"))(t); got != nil {
		t.Errorf("one device was taken for the list: %v", got)
	}
}

func crossContract(t *testing.T, s *cryptoSubject) {
	if got := cryptoMust(s.GetCrossSigningKeys(s.ctx, "@zoe:x"))(t); got == nil || len(got) != 0 {
		t.Errorf("an unknown user: %v, want an empty map", got)
	}
	if s.ResetMasterKeyTOFU(s.ctx, "@zoe:x", "one") == nil {
		t.Error("an unknown user's master key was reset")
	}
	cryptoOK(t, s.PutCrossSigningKey(s.ctx, "@zoe:x", id.XSUsageSelfSigning, "self"))
	if s.ResetMasterKeyTOFU(s.ctx, "@zoe:x", "self") == nil {
		t.Error("a master key that is not there was reset")
	}
	cryptoOK(t, s.PutCrossSigningKey(s.ctx, "@zoe:x", id.XSUsageMaster, "one"))
	cryptoOK(t, s.PutCrossSigningKey(s.ctx, "@zoe:x", id.XSUsageMaster, "two"))
	check := func(first id.Ed25519) {
		t.Helper()
		s.again()
		want := map[id.CrossSigningUsage]id.CrossSigningKey{
			id.XSUsageMaster:      {Key: "two", First: first},
			id.XSUsageSelfSigning: {Key: "self", First: "self"},
		}
		if diff := cmp.Diff(want, cryptoMust(s.GetCrossSigningKeys(s.ctx, "@zoe:x"))(t)); diff != "" {
			t.Errorf("keys (-want +got):\n%s", diff)
		}
	}
	check("one")
	if s.ResetMasterKeyTOFU(s.ctx, "@zoe:x", "one") == nil {
		t.Error("reset to a key that is not the master key any more")
	}
	check("one")
	cryptoOK(t, s.ResetMasterKeyTOFU(s.ctx, "@zoe:x", "two"))
	check("two")
}

func signatureContract(t *testing.T, s *cryptoSubject) {
	put := func(user id.UserID, key id.Ed25519, signer id.UserID, signerKey id.Ed25519, signature string) {
		t.Helper()
		cryptoOK(t, s.PutSignature(s.ctx, user, key, signer, signerKey, signature))
	}
	if got := cryptoMust(s.GetSignaturesForKeyBy(s.ctx, "@a:x", "A", "@b:x"))(t); got == nil || len(got) != 0 {
		t.Errorf("no signatures: %v, want an empty map", got)
	}
	put("@a:x", "A", "@b:x", "B/1", "old")
	put("@a:x", "A", "@b:x", "B/1", "one")
	put("@a:x", "A", "@b:x", "B/2", "two")
	put("@a:x", "A", "@c:x", "B/1", "three")
	put("@d:x", "D", "@b:x", "B/1", "four")
	s.again()
	if diff := cmp.Diff(map[id.Ed25519]string{"B/1": "one", "B/2": "two"}, cryptoMust(s.GetSignaturesForKeyBy(s.ctx, "@a:x", "A", "@b:x"))(t)); diff != "" {
		t.Errorf("signatures (-want +got):\n%s", diff)
	}
	signed := func(user id.UserID, key id.Ed25519, signer id.UserID, signerKey id.Ed25519) bool {
		t.Helper()
		return cryptoMust(s.IsKeySignedBy(s.ctx, user, key, signer, signerKey))(t)
	}
	if !signed("@a:x", "A", "@c:x", "B/1") || signed("@a:x", "A", "@c:x", "B/2") || signed("@a:x", "D", "@b:x", "B/1") {
		t.Error("IsKeySignedBy is wrong")
	}
	if got := cryptoMust(s.DropSignaturesByKey(s.ctx, "@b:x", "B/1"))(t); got != 2 {
		t.Errorf("%d signatures dropped, want 2", got)
	}
	if got := cryptoMust(s.DropSignaturesByKey(s.ctx, "@b:x", "B/1"))(t); got != 0 {
		t.Errorf("%d signatures dropped the second time", got)
	}
	s.again()
	if signed("@a:x", "A", "@b:x", "B/1") || signed("@d:x", "D", "@b:x", "B/1") || !signed("@a:x", "A", "@b:x", "B/2") || !signed("@a:x", "A", "@c:x", "B/1") {
		t.Error("the wrong signatures were dropped")
	}
}

func secretContract(t *testing.T, s *cryptoSubject) {
	cryptoOK(t, s.DeleteSecret(s.ctx, "none"))
	cryptoOK(t, s.PutSecret(s.ctx, id.SecretXSMaster, "old"))
	cryptoOK(t, s.PutSecret(s.ctx, id.SecretXSMaster, "seed"))
	cryptoOK(t, s.PutSecret(s.ctx, id.SecretMegolmBackupV1, "key"))
	cryptoOK(t, s.DeleteSecret(s.ctx, id.SecretMegolmBackupV1))
	s.again()
	for name, want := range map[id.Secret]string{id.SecretXSMaster: "seed", id.SecretMegolmBackupV1: "", "none": ""} {
		if got := cryptoMust(s.GetSecret(s.ctx, name))(t); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}
