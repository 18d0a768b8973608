package matrix

import (
	"bytes"
	"encoding/json"
	"errors"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
)

// lenient reads an answer again that the library can't, since one of the events in
// it is not what an event should be. Servers pass on much that others have written
// as it is: messages to a device, what stands beside an invitation, keys of an
// event that nobody knows. One of them in a sync would be the end of all syncs: the
// server tells of it again until it was taken.
func lenient[T any](answer T, err error) (T, error) {
	var failed mautrix.HTTPError
	if !errors.As(err, &failed) || failed.RespError != nil || failed.ResponseBody == "" {
		return answer, err
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(failed.ResponseBody)))
	decoder.UseNumber()
	var all any
	if decoder.Decode(&all) != nil {
		return answer, err
	}
	clean, failure := json.Marshal(onlyEvents(all))
	var again T
	if failure != nil || json.Unmarshal(clean, &again) != nil {
		return answer, err
	}
	return again, nil
}

// onlyEvents takes out of an answer, which is changed, what the library can't read
// of its events.
func onlyEvents(answer any) any {
	switch answer := answer.(type) {
	case []any: // a room's state
		return readable(answer)
	case map[string]any:
		for key, value := range answer {
			list, ok := value.([]any)
			switch {
			case !ok:
				answer[key] = onlyEvents(value)
			case key == "events" || key == "chunk" || key == "state":
				answer[key] = readable(list)
			}
		}
	}
	return answer
}

// readable leaves of each event at least what it is and whose: a room whose
// encryption can't be read is encrypted. What is no object at all goes.
func readable(list []any) []any {
	kept := make([]any, 0, len(list))
	for _, e := range list {
		fields, ok := e.(map[string]any)
		if !ok {
			continue
		}
		raw, err := json.Marshal(e)
		if err == nil && json.Unmarshal(raw, new(event.Event)) == nil {
			kept = append(kept, e)
			continue
		}
		clean := map[string]any{"content": map[string]any{}}
		for _, key := range []string{"type", "state_key", "sender", "event_id", "room_id", "redacts"} {
			if text, ok := fields[key].(string); ok {
				clean[key] = text
			}
		}
		if at, ok := fields["origin_server_ts"].(json.Number); ok {
			if ms, err := at.Int64(); err == nil {
				clean["origin_server_ts"] = ms
			}
		}
		if content, ok := fields["content"].(map[string]any); ok {
			clean["content"] = content
		}
		kept = append(kept, clean)
	}
	return kept
}
