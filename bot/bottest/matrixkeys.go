package bottest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// matrixKeys is what a homeserver does for encryption: it keeps the public keys of
// devices and identities, and passes messages between devices, each until it is
// acknowledged by the next sync (spec: client-server API, end-to-end encryption).
type matrixKeys struct {
	devices  map[string]map[string]map[string]any // by user and device
	oneTime  map[matrixDevice]map[string]json.RawMessage
	identity map[string]map[string]map[string]any // by user: master_key, self_signing_key, user_signing_key
	inbox    map[matrixDevice][]matrixToDevice
	changed  map[string]int // by user: when their devices or identity last did
	held     bool
	silent   map[string]bool // users whose server does not answer
}

type matrixToDevice struct {
	Type    string          `json:"type"`
	Sender  string          `json:"sender"`
	Content json.RawMessage `json:"content"`
	pos     int
}

func newMatrixKeys() matrixKeys {
	return matrixKeys{
		devices: map[string]map[string]map[string]any{}, oneTime: map[matrixDevice]map[string]json.RawMessage{},
		identity: map[string]map[string]map[string]any{}, inbox: map[matrixDevice][]matrixToDevice{},
		changed: map[string]int{}, silent: map[string]bool{},
	}
}

// HoldKeys keeps messages between devices back, as a slow server does, until it
// is called again with false.
func (s *MatrixServer) HoldKeys(held bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys.held = held
	for _, list := range s.keys.inbox {
		for i := range list {
			s.pos++
			list[i].pos = s.pos // after what was answered meanwhile
		}
	}
	s.wake()
}

// Silence makes a user's server one that does not tell of their devices, or one
// that does again.
func (s *MatrixServer) Silence(user string, silent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys.silent[user] = silent
}

// Devices lists a user's devices that have keys.
func (s *MatrixServer) Devices(user string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.keys.devices[user]))
}

// RemoveDevice logs a device out and forgets its keys.
func (s *MatrixServer) RemoveDevice(user, device string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeDevice(matrixDevice{user, device})
}

func (s *MatrixServer) removeDevice(d matrixDevice) {
	maps.DeleteFunc(s.tokens, func(_ string, of matrixDevice) bool { return of == d })
	delete(s.keys.devices[d.user], d.device)
	delete(s.keys.oneTime, d)
	delete(s.keys.inbox, d)
	s.devicesChanged(d.user)
}

// ReplaceIdentity gives a user another cross-signing identity, as they do who
// reset it in another client; the keys are nobody's.
func (s *MatrixServer) ReplaceIdentity(user, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, usage := range []string{"master", "self_signing", "user_signing"} {
		s.keys.identity[user][usage+"_key"] = map[string]any{
			"user_id": user, "usage": []string{usage}, "keys": map[string]any{"ed25519:" + key: key},
		}
	}
	s.devicesChanged(user)
}

func (s *MatrixServer) devicesChanged(user string) {
	s.pos++
	s.keys.changed[user] = s.pos
	s.wake()
}

// forKeys answers what is asked about keys; false: something else was asked.
func (s *MatrixServer) forKeys(who matrixDevice, parts []string, body []byte) (answer any, fault *matrixError, ok bool) {
	switch {
	case len(parts) == 3 && parts[0] == "sendToDevice":
		s.sendToDevice(who, parts[1], body)
		return map[string]any{}, nil, true
	case len(parts) == 1 && parts[0] == "logout":
		s.removeDevice(who)
		return map[string]any{}, nil, true
	case parts[0] != "keys" || len(parts) < 2:
		return nil, nil, false
	}
	switch parts[1] {
	case "upload":
		answer = s.uploadKeys(who, body)
	case "query":
		answer = s.queryKeys(body)
	case "claim":
		answer = s.claimKeys(body)
	case "device_signing":
		answer, fault = s.uploadIdentity(who.user, body)
	case "signatures":
		answer = s.uploadSignatures(body)
	default:
		return nil, nil, false
	}
	return answer, fault, true
}

func (s *MatrixServer) sendToDevice(who matrixDevice, kind string, body []byte) {
	var req struct {
		Messages map[string]map[string]json.RawMessage `json:"messages"`
	}
	_ = json.Unmarshal(body, &req)
	for user, devices := range req.Messages {
		for device, content := range devices {
			s.pos++
			to := matrixDevice{user, device}
			s.keys.inbox[to] = append(s.keys.inbox[to], matrixToDevice{Type: kind, Sender: who.user, Content: content, pos: s.pos})
		}
	}
	s.wake()
}

func (s *MatrixServer) uploadKeys(who matrixDevice, body []byte) any {
	var req struct {
		Device  map[string]any             `json:"device_keys"`
		OneTime map[string]json.RawMessage `json:"one_time_keys"`
	}
	_ = json.Unmarshal(body, &req)
	if req.Device != nil {
		if s.keys.devices[who.user] == nil {
			s.keys.devices[who.user] = map[string]map[string]any{}
		}
		s.keys.devices[who.user][who.device] = req.Device
		s.devicesChanged(who.user)
	}
	if s.keys.oneTime[who] == nil {
		s.keys.oneTime[who] = map[string]json.RawMessage{}
	}
	maps.Copy(s.keys.oneTime[who], req.OneTime)
	return map[string]any{"one_time_key_counts": s.keys.counts(who)}
}

func (k *matrixKeys) counts(who matrixDevice) map[string]int {
	return map[string]int{"signed_curve25519": len(k.oneTime[who])}
}

func (s *MatrixServer) queryKeys(body []byte) any {
	var req struct {
		Devices map[string]json.RawMessage `json:"device_keys"`
	}
	_ = json.Unmarshal(body, &req)
	devices, answer := map[string]any{}, map[string]any{}
	identities := map[string]map[string]any{"master_key": {}, "self_signing_key": {}, "user_signing_key": {}}
	for user := range req.Devices {
		if s.keys.silent[user] {
			answer["failures"] = map[string]any{"test.example": map[string]any{}}
			continue
		}
		found := s.keys.devices[user]
		if found == nil {
			found = map[string]map[string]any{}
		}
		devices[user] = found
		for usage, key := range s.keys.identity[user] {
			identities[usage][user] = key
		}
	}
	answer["device_keys"] = devices
	for usage, keys := range identities {
		answer[usage+"s"] = keys
	}
	// What the answer holds is written to under the lock, and encoded without.
	raw, err := json.Marshal(answer)
	if err != nil {
		panic(err) // it was JSON
	}
	return json.RawMessage(raw)
}

func (s *MatrixServer) claimKeys(body []byte) any {
	var req struct {
		OneTime map[string]map[string]string `json:"one_time_keys"`
	}
	_ = json.Unmarshal(body, &req)
	found := map[string]map[string]any{}
	for user, devices := range req.OneTime {
		found[user] = map[string]any{}
		for device := range devices {
			keys := s.keys.oneTime[matrixDevice{user, device}]
			for _, name := range slices.Sorted(maps.Keys(keys)) {
				found[user][device] = map[string]any{name: keys[name]}
				delete(keys, name)
				break
			}
		}
	}
	return map[string]any{"one_time_keys": found}
}

// uploadIdentity takes a cross-signing identity: the first one as it is, another
// with the password.
func (s *MatrixServer) uploadIdentity(user string, body []byte) (any, *matrixError) {
	var req map[string]map[string]any
	_ = json.Unmarshal(body, &req)
	if s.keys.identity[user] != nil {
		ask := map[string]any{"session": "ui", "flows": []any{map[string]any{"stages": []string{"m.login.password"}}}, "params": map[string]any{}}
		if req["auth"] == nil {
			return nil, &matrixError{http.StatusUnauthorized, "", "", ask}
		}
		if req["auth"]["password"] != MatrixPassword(user) {
			return nil, &matrixError{http.StatusUnauthorized, "M_FORBIDDEN", "Invalid password", ask}
		}
	}
	delete(req, "auth")
	s.keys.identity[user] = req
	s.devicesChanged(user)
	return map[string]any{}, nil
}

// uploadSignatures puts signatures to the keys that they are of.
func (s *MatrixServer) uploadSignatures(body []byte) any {
	var req map[string]map[string]map[string]any
	_ = json.Unmarshal(body, &req)
	for user, objects := range req {
		for name, signed := range objects {
			target := s.keys.devices[user][name]
			for _, key := range s.keys.identity[user] {
				if keys, _ := key["keys"].(map[string]any); keys["ed25519:"+name] != nil {
					target = key
				}
			}
			if target == nil {
				continue
			}
			mergeSignatures(target, signed)
		}
		s.devicesChanged(user)
	}
	return map[string]any{}
}

func mergeSignatures(target, from map[string]any) {
	have, _ := target["signatures"].(map[string]any)
	if have == nil {
		have = map[string]any{}
		target["signatures"] = have
	}
	news, _ := from["signatures"].(map[string]any)
	for signer, list := range news {
		old, _ := have[signer].(map[string]any)
		if old == nil {
			old = map[string]any{}
			have[signer] = old
		}
		if add, ok := list.(map[string]any); ok {
			maps.Copy(old, add)
		}
	}
}

// syncKeys puts what is new about keys into a sync's answer.
func (s *MatrixServer) syncKeys(who matrixDevice, since int, initial bool, answer map[string]any) (news bool) {
	k := &s.keys
	events := []matrixToDevice{}
	if !k.held {
		k.inbox[who] = slices.DeleteFunc(k.inbox[who], func(m matrixToDevice) bool { return !initial && m.pos <= since })
		events = append(events, k.inbox[who]...)
	}
	changed := []string{}
	if !initial && s.devicesSince(since) {
		for user := range s.shared(who.user) {
			if k.changed[user] > since || s.sharedSince(who.user, user, since) {
				changed = append(changed, user)
			}
		}
		slices.Sort(changed)
	}
	answer["to_device"] = map[string]any{"events": events}
	answer["device_lists"] = map[string]any{"changed": changed}
	answer["device_one_time_keys_count"] = k.counts(who)
	return len(events)+len(changed) > 0
}

// devicesSince reports whether devices, or who shares rooms with whom, may have
// changed since. A benchmark asks for nothing else.
func (s *MatrixServer) devicesSince(since int) bool {
	for _, pos := range s.keys.changed {
		if pos > since {
			return true
		}
	}
	for _, room := range s.rooms {
		for _, e := range slices.Backward(room.events) {
			if e.pos <= since {
				break
			}
			if e.StateKey != nil {
				return true
			}
		}
	}
	return false
}

// shared are the users of a user's encrypted rooms, that user too.
func (s *MatrixServer) shared(user string) map[string]bool {
	users := map[string]bool{user: true}
	for _, room := range s.rooms {
		if room.now("m.room.encryption", "").ID == "" || room.membership(user) != "join" {
			continue
		}
		for _, e := range room.stateAt(s.pos) {
			if e.Type == "m.room.member" && membership(e) == "join" {
				users[*e.StateKey] = true
			}
		}
	}
	return users
}

// sharedSince reports whether two users have come into an encrypted room since.
func (s *MatrixServer) sharedSince(user, other string, since int) bool {
	for _, room := range s.rooms {
		encrypted, a, b := room.now("m.room.encryption", ""), room.now("m.room.member", user), room.now("m.room.member", other)
		if encrypted.ID != "" && membership(a) == "join" && membership(b) == "join" && max(encrypted.pos, a.pos, b.pos) > since {
			return user != other
		}
	}
	return false
}

// ToDevice sends something to a device, as any user of any server can.
func (s *MatrixServer) ToDevice(from, user, device, kind string, content json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pos++
	to := matrixDevice{user, device}
	s.keys.inbox[to] = append(s.keys.inbox[to], matrixToDevice{Type: kind, Sender: from, Content: content, pos: s.pos})
	s.wake()
}

// Unsign takes the identity's signatures off a user's devices.
func (s *MatrixServer) Unsign(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, device := range s.keys.devices[user] {
		signatures, _ := device["signatures"].(map[string]any)
		own, _ := signatures[user].(map[string]any)
		maps.DeleteFunc(own, func(key string, _ any) bool { return key != "ed25519:"+name })
	}
	s.devicesChanged(user)
}

// OneTimeKeys are the one-time keys that the server has of a user's devices.
func (s *MatrixServer) OneTimeKeys(user string) map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[string]bool{}
	for d, keys := range s.keys.oneTime {
		for name, raw := range keys {
			if d.user == user {
				found[name+" "+string(raw)] = true
			}
		}
	}
	return found
}
