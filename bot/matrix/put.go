package matrix

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
)

// noCrypto is why nothing is said in an encrypted room by a bot that can't.
const noCrypto = "the room is encrypted and this bot is not: set encryption = true, in a build with -tags goolm"

// put sends a message. It is the one way out: nothing leaves while sync is
// behind, or into a room of which it is not known whether it is encrypted, or that
// has moved: what was queued for it goes to the new one.
//
// Errors are bot.ErrNotReady and *tooMuch (nothing was sent), a *bot.Refusal,
// or anything else for "nobody knows".
func (t *Transport) put(ctx context.Context, at id.RoomID, txn string, content json.RawMessage) (id.EventID, error) {
	t.mu.Lock()
	live, crypt, client := t.live, t.crypt, t.client
	t.mu.Unlock()
	encrypted, known := t.states.encryption(at)
	if !live || t.movedTo(at) != "" || !known || !t.known(at) || !t.joined(at) {
		return "", bot.ErrNotReady
	}
	kind := event.EventMessage
	if encrypted {
		if crypt == nil {
			return "", &bot.Refusal{Why: noCrypto, After: refusedAgain}
		}
		var err error
		clear := content
		if content, err = crypt.Encrypt(ctx, at, kind, clear); err != nil {
			return "", &bot.Refusal{Why: "the message can't be encrypted: " + words(err), After: joinAgain}
		}
		if content, err = related(clear, content); err != nil {
			return "", &bot.Refusal{Why: "the message can't be encrypted: " + words(err), After: joinAgain}
		}
		kind = event.EventEncrypted
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	began := time.Now()
	resp, err := client.SendMessageEvent(ctx, at, kind, content, mautrix.ReqSendEvent{TransactionID: txn, DontEncrypt: true})
	if err == nil && (resp == nil || resp.EventID == "") {
		err = fmt.Errorf("send message: the server's answer names no event")
	}
	if err != nil {
		return "", t.sendFault(at, err)
	}
	t.mu.Lock()
	t.lag = time.Since(began)
	t.mu.Unlock()
	return resp.EventID, nil
}

// related puts the relation of a clear event beside what was made of it: servers
// have to see it, so it is never encrypted (spec: client-server API, relationships
// and encryption).
func related(clear, sealed json.RawMessage) (json.RawMessage, error) {
	var from, to map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(clear, &from), json.Unmarshal(sealed, &to)); err != nil {
		return nil, fmt.Errorf("read event: %w", err)
	}
	if from["m.relates_to"] == nil || to["m.relates_to"] != nil {
		return sealed, nil
	}
	to["m.relates_to"] = from["m.relates_to"]
	return json.Marshal(to)
}

// isLive reports whether sync has caught up.
func (t *Transport) isLive() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.live
}

// tooMuch says that the server wants to be left alone.
type tooMuch struct{ after time.Duration }

func (e *tooMuch) Error() string {
	return fmt.Sprintf("the server asks to wait %s", e.after.Round(time.Second))
}

// sendFault says what an error of a send means: an answer below 500 means that
// nothing was sent, and anything else that nobody knows.
func (t *Transport) sendFault(at id.RoomID, err error) error {
	if after, ok := limited(err); ok {
		return &tooMuch{after}
	}
	if why := account(err); why != "" {
		return &bot.Refusal{Why: why, After: refusedAgain}
	}
	switch s := status(err); {
	case code(err) == "M_TOO_LARGE" || s == http.StatusRequestEntityTooLarge:
		return &bot.Refusal{Why: "the message is too large for the server", Final: true}
	case s == http.StatusForbidden:
		return &bot.Refusal{Why: t.forbidden(at, err), After: refusedAgain}
	case s == http.StatusRequestTimeout:
	case s >= 400 && s < 500:
		return &bot.Refusal{Why: "the server refuses the message: " + words(err), After: refusedAgain}
	}
	return fmt.Errorf("send message: %s", words(err))
}

// forbidden says why the bot may not speak in a room.
func (t *Transport) forbidden(at id.RoomID, err error) string {
	return cmp.Or(t.mute(at, t.user()), "not allowed to speak in the room: "+words(err))
}
