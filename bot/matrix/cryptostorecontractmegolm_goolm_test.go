//go:build goolm

package matrix

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

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
