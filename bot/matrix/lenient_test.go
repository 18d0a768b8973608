package matrix

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Of an event that can't be read it is read what it is and whose; all others are
// read as they are.
func TestLenient(t *testing.T) {
	const good = `{"type":"m.room.message","sender":"@z:b","event_id":"$good","origin_server_ts":7,"content":{"body":"x"},"unsigned":{"age":1}}`
	for _, tc := range []struct {
		name, event string
		want        string // type, sender, state key, content
	}{
		{"not even an object", `5`, ""},
		{"null", `null`, ""},
		{"a list", `[{}]`, ""},
		{"content that is none", `{"type":"m.room.encryption","state_key":"","sender":"@z:b","content":[]}`, `m.room.encryption @z:b "" {}`},
		{"a key of another type", `{"type":"m.room.message","sender":"@z:b","redacts":{},"content":{"body":"y"}}`, `m.room.message @z:b - {"body":"y"}`},
		{"unsigned that is none", `{"type":"m.room.message","sender":"@z:b","unsigned":[1],"content":{"n":12345678901234567890}}`, `m.room.message @z:b - {"n":12345678901234567890}`},
		{"a date that is none", `{"type":"m.room.message","sender":"@z:b","origin_server_ts":1e99,"content":{}}`, `m.room.message @z:b - {}`},
		{"a sender that is none", `{"type":"m.room.message","sender":7,"content":{}}`, `m.room.message  - {}`},
		{"all of it", `{"type":[],"sender":[],"state_key":[],"event_id":[],"room_id":[],"redacts":[],"origin_server_ts":[],"content":7}`, `  - {}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var state []*event.Event
			body := `[` + good + `,` + tc.event + `,` + good + `]`
			state, err := lenient(state, broken(body, &state))
			if err != nil {
				t.Fatal(err)
			}
			var got string
			goods := 0
			for _, e := range state {
				switch {
				case e == nil: // the caller passes it over
				case e.ID == "$good" && e.Timestamp == 7 && string(e.Content.VeryRaw) == `{"body":"x"}`:
					goods++
				default:
					key := "-"
					if e.StateKey != nil {
						key = `"` + *e.StateKey + `"`
					}
					got = e.Type.Type + " " + e.Sender.String() + " " + key + " " + string(e.Content.VeryRaw)
				}
			}
			if goods != 2 || got != tc.want {
				t.Errorf("%d good events, and %q; want %q", goods, got, tc.want)
			}
			sync := new(mautrix.RespSync)
			body = `{"next_batch":"s1","to_device":{"events":[` + tc.event + `,` + good + `]},"rooms":{"join":{"!a:b":{"timeline":{"limited":true,"events":[` + tc.event + `,` + good + `]}}},` +
				`"invite":{"!c:d":{"invite_state":{"events":[` + tc.event + `,` + good + `]}}}},"device_lists":{"changed":["@z:b"]}}`
			sync, err = lenient(sync, broken(body, sync))
			if err != nil {
				t.Fatal(err)
			}
			room := sync.Rooms.Join[id.RoomID("!a:b")]
			if sync.NextBatch != "s1" || !room.Timeline.Limited || len(sync.DeviceLists.Changed) != 1 || len(sync.ToDevice.Events) == 0 || len(sync.Rooms.Invite["!c:d"].State.Events) == 0 {
				t.Errorf("sync is read as %+v", sync)
			}
		})
	}
}

// An answer that is no JSON, or of another kind, or an error of the server's, stays
// the error that it is.
func TestLenientNot(t *testing.T) {
	for _, err := range []error{
		errors.New("no answer"),
		mautrix.HTTPError{ResponseBody: `{"next_batch":`},
		mautrix.HTTPError{ResponseBody: `{"next_batch":7}`},
		mautrix.HTTPError{ResponseBody: `{"rooms":[]}`},
		mautrix.HTTPError{ResponseBody: `{}`, RespError: &mautrix.RespError{ErrCode: "M_UNKNOWN"}},
	} {
		if _, got := lenient(new(mautrix.RespSync), err); got == nil {
			t.Errorf("%v: read all the same", err)
		}
	}
}

// What can't be read is not put down to the server's good answer.
func TestWordsOfAnUnreadableAnswer(t *testing.T) {
	err := mautrix.HTTPError{Response: &http.Response{StatusCode: http.StatusOK}, ResponseBody: `{"a":`}
	if got, want := words(err), "the server's answer can't be read"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// broken is the library's error for an answer that it can't read; nil where it can.
func broken(body string, into any) error {
	if err := json.Unmarshal([]byte(body), into); err != nil {
		return mautrix.HTTPError{ResponseBody: body, WrappedError: err}
	}
	return nil
}
