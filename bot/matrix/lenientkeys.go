package matrix

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// mostKeys bounds an answer with keys, in bytes: a hundred users with a hundred
// devices each, of 4 KiB.
const mostKeys = 40 << 20

// readableKeys takes out of what a server says of people's devices those that the
// library can't read: they are as the devices' owners, or their servers, have
// uploaded them. One such member of an encrypted room would silence the bot there.
// The device that goes is one that nobody could encrypt for.
type readableKeys struct{ next http.RoundTripper }

// RoundTrip is of http.RoundTripper.
func (r readableKeys) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := r.next.RoundTrip(req)
	keys := strings.HasSuffix(req.URL.Path, "/keys/query") || strings.HasSuffix(req.URL.Path, "/keys/claim")
	if err != nil || !keys || resp.StatusCode != http.StatusOK {
		return resp, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostKeys+1))
	_ = resp.Body.Close() // all was read, or an error is returned
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	if len(body) > mostKeys {
		return nil, fmt.Errorf("read keys: more than %d bytes", mostKeys)
	}
	body = onlyKeys(body)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Del("Content-Length")
	return resp, nil
}

// onlyKeys is an answer with keys, without those that can't be read.
func onlyKeys(body []byte) []byte {
	var answer map[string]json.RawMessage
	if json.Unmarshal(body, &answer) != nil {
		return body
	}
	for kind, raw := range answer {
		switch kind {
		case "device_keys":
			answer[kind] = perUser[mautrix.DeviceKeys](raw)
		case "one_time_keys":
			answer[kind] = perUser[map[id.KeyID]mautrix.OneTimeKey](raw)
		case "master_keys", "self_signing_keys", "user_signing_keys":
			answer[kind] = those[mautrix.CrossSigningKeys](raw)
		}
	}
	return encode(answer)
}

// perUser leaves of each user's devices those that can be read.
func perUser[T any](raw json.RawMessage) json.RawMessage {
	users := map[string]json.RawMessage{}
	_ = json.Unmarshal(raw, &users) // there is none in what is none
	for user, devices := range users {
		users[user] = those[T](devices)
	}
	return encode(users)
}

// those leaves what can be read.
func those[T any](raw json.RawMessage) json.RawMessage {
	list := map[string]json.RawMessage{}
	_ = json.Unmarshal(raw, &list) // there is none in what is none
	maps.DeleteFunc(list, func(_ string, one json.RawMessage) bool { return json.Unmarshal(one, new(T)) != nil })
	return encode(list)
}

func encode(list map[string]json.RawMessage) json.RawMessage {
	if list == nil {
		list = map[string]json.RawMessage{}
	}
	raw, err := json.Marshal(list)
	if err != nil {
		panic(err) // it was JSON
	}
	return raw
}
