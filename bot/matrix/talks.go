package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
)

// talkAgain is how long somebody who has left a talk, or never came, is not
// invited into another.
const talkAgain = 24 * time.Hour

// talkRecord is the last talk of two that the bot has opened with somebody.
type talkRecord struct {
	At   time.Time `json:"at"`             // UTC
	Room id.RoomID `json:"room,omitempty"` // empty: nobody knows whether it was made
}

// loadTalks reads what was opened; the lock is held.
func (t *Transport) loadTalks(tx bot.ReadTx) {
	t.talks = map[id.UserID]talkRecord{}
	for key, value := range tx.Scan(t.space.key("talk") + "/") {
		user, err := url.PathUnescape(strings.TrimPrefix(key, t.space.key("talk")+"/"))
		var r talkRecord
		if err == nil && json.Unmarshal(value, &r) == nil {
			t.talks[id.UserID(user)] = r
		}
	}
}

// talkable reports whether a talk with somebody could be opened now. Not before
// all rooms are known that the bot may have made: it could be one of them, made
// right before a crash, or by a request whose answer was lost.
func (t *Transport) talkable(user id.UserID) bool {
	me := t.user()
	if local, server, err := user.Parse(); err != nil || local == "" || server == "" || user == me || t.ignored(user) || !t.isLive() {
		return false
	}
	t.mu.Lock()
	last, ok := t.talks[user]
	t.mu.Unlock()
	if ok && time.Since(last.At) < joinAgain && (last.Room == "" || !t.joined(last.Room)) {
		return false
	}
	return !slices.ContainsFunc(t.states.all(), func(at id.RoomID) bool {
		unread := false
		t.states.look(at, func(r *roomMemory) {
			create, ok := r.State["m.room.create"]
			unread = r.Synced && !r.Whole && (!ok || create.Sender == me)
		})
		return unread
	})
}

// openTalk makes a room for a talk of two, encrypted if the bot can. Sync will show
// it: until then nothing can be said there, which is the error of success, too.
func (t *Transport) openTalk(ctx context.Context, user id.UserID) error {
	t.opening.Lock()
	defer t.opening.Unlock()
	if t.directRoom(user) != "" || !t.talkable(user) {
		return bot.ErrNotReady
	}
	t.mu.Lock()
	last, crypt, client := t.talks[user], t.crypt, t.client
	t.mu.Unlock()
	if wait := talkAgain - time.Since(last.At); last.Room != "" && wait > 0 {
		return &bot.Refusal{Why: "the talk with " + user.String() + " has ended: write to the bot, or wait until it asks anew", After: wait}
	}
	asked := talkRecord{At: time.Now().UTC().Round(0)}
	if err := t.keepTalk(ctx, user, &asked); err != nil {
		return fmt.Errorf("%w: %w", bot.ErrNotReady, err)
	}
	req := &mautrix.ReqCreateRoom{Invite: []id.UserID{user}, IsDirect: true, Preset: "trusted_private_chat"}
	if crypt != nil {
		req.InitialState = []*event.Event{{
			Type:    event.StateEncryption,
			Content: event.Content{Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}},
		}}
	}
	reqCtx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	t.use.RLock()
	resp, err := client.CreateRoom(reqCtx, req)
	t.use.RUnlock()
	if err == nil && (resp == nil || resp.RoomID == "") {
		err = errNoAnswer
	}
	t.log.Info("talk", "with", user, "err", err)
	if err != nil {
		return t.talkFault(ctx, user, err)
	}
	asked.Room = resp.RoomID
	t.states.change(asked.Room, func(r *roomRecord) { r.Direct = user })
	if err := t.keepTalk(ctx, user, &asked); err != nil {
		return fmt.Errorf("%w: %w", bot.ErrNotReady, err)
	}
	if err := t.listTalk(ctx, client, user, asked.Room); err != nil {
		// The list is for people who look at the account.
		t.log.Warn("talk is not listed in the account", "room", asked.Room, "why", words(err))
	}
	return bot.ErrNotReady
}

// talkFault says what an error of createRoom means: after an answer below 500 there
// is no room, and otherwise nobody knows for a while.
func (t *Transport) talkFault(ctx context.Context, user id.UserID, err error) error {
	after, slow := limited(err)
	if s := status(err); !slow && (s < 400 || s >= 500 || s == 408) {
		return fmt.Errorf("%w: talk with %s: %s", bot.ErrNotReady, user, words(err))
	}
	if err := t.keepTalk(ctx, user, nil); err != nil {
		return fmt.Errorf("%w: %w", bot.ErrNotReady, err)
	}
	if !slow {
		after = refusedAgain
	}
	return &bot.Refusal{Why: "no talk can be opened with " + user.String() + ": " + words(err), After: after}
}

// keepTalk stores what is known of the talk with somebody; nil: nothing.
func (t *Transport) keepTalk(ctx context.Context, user id.UserID, r *talkRecord) error {
	key := t.space.key("talk", user.String())
	if len(key) > maxKey {
		return errors.New("the user id is too long")
	}
	err := t.store.Update(context.WithoutCancel(ctx), func(tx bot.Tx) error {
		if r == nil {
			return tx.Delete(key)
		}
		value, err := json.Marshal(r)
		if err != nil {
			return err
		}
		return tx.Put(key, value)
	})
	if err != nil {
		return fmt.Errorf("store talk: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if r == nil {
		delete(t.talks, user)
	} else {
		t.talks[user] = *r
	}
	return nil
}

// listTalk adds a room to the account's list of talks (spec: client-server API,
// m.direct).
func (t *Transport) listTalk(ctx context.Context, client *mautrix.Client, user id.UserID, at id.RoomID) error {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	t.use.RLock()
	defer t.use.RUnlock()
	list := map[id.UserID]json.RawMessage{}
	err := client.GetAccountData(ctx, event.AccountDataDirectChats.Type, &list)
	if err != nil && code(err) != "M_NOT_FOUND" {
		return err
	}
	var rooms []id.RoomID
	_ = json.Unmarshal(list[user], &rooms)
	if slices.Contains(rooms, at) {
		return nil
	}
	raw, err := json.Marshal(append(rooms, at))
	if err != nil {
		return err
	}
	if list == nil {
		list = map[id.UserID]json.RawMessage{}
	}
	list[user] = raw
	return client.SetAccountData(ctx, event.AccountDataDirectChats.Type, list)
}
