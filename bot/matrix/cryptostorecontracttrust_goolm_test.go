//go:build goolm

package matrix

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"maunium.net/go/mautrix/id"
)

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
