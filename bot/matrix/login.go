package matrix

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

// loginRecord is what is kept of a login.
type loginRecord struct {
	User   id.UserID   `json:"user"`
	Device id.DeviceID `json:"device"`
	Token  string      `json:"token"`
	// Ended is set when the server said that the login is no more, and kept
	// the device or not.
	Ended bool `json:"ended,omitempty"`
	// Ready is set when Login has made the device ready for encryption.
	Ready bool `json:"ready,omitempty"`
}

// login makes the client somebody: with the token of the configuration, that of
// an earlier login, or by password, in which case the device stays what it was.
// A device is what a transaction id belongs to (spec: client-server API,
// transaction identifiers), so a new one is made only where there was none.
func (t *Transport) login(ctx context.Context, client *mautrix.Client) fault {
	t.use.Lock()
	defer t.use.Unlock()
	known, err := t.knownLogin(ctx)
	if err != nil {
		return fault{fatal: err}
	}
	client.UserID, client.DeviceID, client.AccessToken = id.UserID(t.cfg.User), "", t.cfg.Token
	if t.cfg.Token == "" {
		if known.Token == "" || known.Ended {
			if f := t.byPassword(ctx, client, known); f.why != "" || f.fatal != nil {
				return f
			}
		} else {
			client.AccessToken, client.DeviceID = known.Token, known.Device
		}
	}
	began := time.Now()
	reqCtx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	who, err := client.Whoami(reqCtx)
	if err != nil {
		return t.loginFault(ctx, err)
	}
	if who.UserID != id.UserID(t.cfg.User) {
		return fault{why: fmt.Sprintf("the token belongs to %s, and not to %s: correct user or token in the configuration",
			msg.Cut(msg.Clean(who.UserID.String()), 100), t.cfg.User), wait: longStop}
	}
	if known.Device != "" && known.Device != who.DeviceID {
		t.log.Warn("logged in with another device than before", "before", known.Device, "now", who.DeviceID)
	}
	client.DeviceID = who.DeviceID
	record := loginRecord{User: who.UserID, Device: who.DeviceID, Token: client.AccessToken}
	record.Ready = known.Ready && known.Device == who.DeviceID
	if record != known {
		if err := t.keepLogin(ctx, record); err != nil {
			return fault{fatal: err}
		}
	}
	t.mu.Lock()
	t.me, t.device, t.lag = who.UserID, who.DeviceID, time.Since(began)
	t.names = []string{who.UserID.String(), "@" + who.UserID.Localpart(), who.UserID.Localpart()}
	t.mu.Unlock()
	// What the bot is called is good to know, but nothing waits for it.
	if name, err := client.GetOwnDisplayName(reqCtx); err == nil && name.DisplayName != "" {
		t.mu.Lock()
		t.names = append(t.names, msg.Clean(name.DisplayName))
		t.mu.Unlock()
	}
	return fault{}
}

// byPassword logs in anew, with the device that there was.
func (t *Transport) byPassword(ctx context.Context, client *mautrix.Client, known loginRecord) fault {
	if t.cfg.Password == "" {
		return fault{why: "not logged in: the configuration has neither password nor token", wait: longStop}
	}
	device := cmp.Or(known.Device, id.DeviceID(t.cfg.DeviceID))
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	resp, err := client.Login(ctx, &mautrix.ReqLogin{
		Type:       mautrix.AuthTypePassword,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: t.cfg.User},
		Password:   t.cfg.Password, DeviceID: device, InitialDeviceDisplayName: "Torchbearer",
	})
	if err == nil {
		client.AccessToken, client.DeviceID = resp.AccessToken, resp.DeviceID
		// Before anything is done with it: a device that is forgotten is one
		// more device at every start.
		record := loginRecord{User: resp.UserID, Device: resp.DeviceID, Token: resp.AccessToken}
		record.Ready = known.Ready && known.Device == resp.DeviceID
		if err := t.keepLogin(ctx, record); err != nil {
			return fault{fatal: err}
		}
		return fault{}
	}
	if after, ok := limited(err); ok {
		return fault{why: "the server limits logins", wait: after}
	}
	if why := account(err); why != "" {
		return fault{why: why, wait: longStop}
	}
	switch {
	case code(err) == "M_FORBIDDEN":
		return fault{why: "login refused: user or password is wrong (M_FORBIDDEN)", wait: longStop}
	case code(err) == "M_UNKNOWN" && status(err) == 400, code(err) == "M_UNRECOGNIZED":
		return fault{why: "the server takes no passwords: put an access token into the configuration", wait: longStop}
	}
	return fault{why: "login failed: " + words(err)}
}

// loginFault says why a login is of no use, or the connection, and notes a login
// that has ended.
func (t *Transport) loginFault(ctx context.Context, err error) fault {
	if after, ok := limited(err); ok {
		return fault{why: "the server asks to wait", wait: after}
	}
	why := account(err)
	if why == "" {
		return fault{why: words(err)}
	}
	if code(err) != "M_UNKNOWN_TOKEN" {
		return fault{why: why, wait: longStop}
	}
	if t.cfg.Token != "" {
		return fault{why: why + ": put a new access token into the configuration", wait: longStop}
	}
	known, storeErr := t.knownLogin(ctx)
	if storeErr == nil {
		known.Ended = true
		known.Ready = known.Ready && softLogout(err)
		storeErr = t.keepLogin(ctx, known)
	}
	if storeErr != nil {
		return fault{fatal: storeErr}
	}
	if t.cfg.Encryption && !softLogout(err) {
		// The device is gone, and what it could decrypt with it.
		return fault{why: why + ", and the device with it: " + runLogin(t.cfg.Network), wait: longStop}
	}
	return fault{why: why + ": logging in again"}
}

// knownLogin is the login of an earlier start; zero where there is none of this
// user.
func (t *Transport) knownLogin(ctx context.Context) (known loginRecord, err error) {
	err = t.store.View(ctx, func(tx bot.ReadTx) error {
		value, err := tx.Get(t.space.key("login"))
		if err != nil || value == nil {
			return err
		}
		return json.Unmarshal(value, &known)
	})
	if err != nil {
		return known, fmt.Errorf("read login: %w", err)
	}
	if known.User != id.UserID(t.cfg.User) {
		return loginRecord{}, nil
	}
	return known, nil
}

func (t *Transport) keepLogin(ctx context.Context, record loginRecord) error {
	value, err := json.Marshal(record)
	if err == nil {
		err = t.store.Update(ctx, func(tx bot.Tx) error { return tx.Put(t.space.key("login"), value) })
	}
	if err != nil {
		return fmt.Errorf("store login: %w", err)
	}
	return nil
}
