package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// Person is who sits at the terminal while Login runs. None of its functions may
// be nil.
type Person struct {
	// Say shows one step that is done: a sentence in plain words, without a
	// secret in it.
	Say func(text string)

	// Ask asks for what only a person has, and returns it without the line's
	// end; empty: the person has none. secret: what is typed is not shown. Where
	// nobody can be asked it returns an error, which Login returns.
	Ask func(ctx context.Context, text string, secret bool) (string, error)

	// Recovery shows the recovery key, which nothing else will ever show: it is
	// not stored in clear, nor logged. An error means that nobody saw it; then
	// the next Login makes another.
	Recovery func(key string) error
}

// setter is an encrypter that makes a device ready for the first time.
type setter interface {
	encrypter
	// setUp makes the device, which is logged in, one that others trust. An
	// errOtherKeys asks for a new device.
	setUp(ctx context.Context, password string, p Person) error
}

// errOtherKeys says that the server has keys of the device that the store lacks.
var errOtherKeys = errors.New("the server has encryption keys of this device that are not in the store: the store is another, or was lost")

// Login logs the bot in once, before the first Run: with the token or the
// password of the configuration, keeping device and token in the store. With
// encryption it also
//
//   - uploads the device's keys, and gives the account a cross-signing identity
//     if it has none, showing the recovery key once,
//   - otherwise verifies the device by the keys in the store or, where these are
//     lost, by the recovery key; without that it offers to begin a new identity,
//     which needs the password,
//   - proves it: a message goes encrypted into a room of the bot's own and is read
//     back from the server; then the room is left.
//
// A second Login changes nothing where all is well, and says so; one that was
// interrupted goes on where it ended. Run refuses an encrypted network that Login
// was not run for. Nothing else may use the store meanwhile.
//
// Errors are for people, in plain words, and say the way out.
func Login(ctx context.Context, o Options, p Person) error {
	t := New(o)
	client, err := mautrix.NewClient(t.cfg.Homeserver, "", "")
	if err != nil {
		return fmt.Errorf("read address of homeserver: %w", err)
	}
	client.Client = &http.Client{Transport: t.http}
	client.StateStore = t.states
	var crypt setter
	if t.cfg.Encryption {
		made, err := t.encryption(t.cryptoOptions(client))
		if err != nil {
			return err
		}
		var ok bool
		if crypt, ok = made.(setter); !ok {
			return errors.New("this encryption can't be set up")
		}
	}
	known, err := t.knownLogin(ctx)
	if err != nil {
		return err
	}
	if known.Ended && t.cfg.Encryption && !known.Ready {
		// The device is gone: a new one takes its place.
		if err := t.keepLogin(ctx, loginRecord{}); err != nil {
			return err
		}
	}
	if err := t.loginOnce(ctx, client); err != nil {
		return err
	}
	p.Say(fmt.Sprintf("Logged in as %s, device %s.", client.UserID, client.DeviceID))
	if crypt == nil {
		p.Say("Encryption is off in the configuration: done.")
		return nil
	}
	err = crypt.setUp(ctx, t.cfg.Password, p)
	if errors.Is(err, errOtherKeys) && t.cfg.Token == "" && t.cfg.Password != "" {
		p.Say(fmt.Sprintf("The server knows other keys of device %s: a new device takes its place.", client.DeviceID))
		if err := t.newDevice(ctx, client); err != nil {
			return err
		}
		p.Say(fmt.Sprintf("Logged in as %s, device %s.", client.UserID, client.DeviceID))
		err = crypt.setUp(ctx, t.cfg.Password, p)
	}
	if errors.Is(err, errOtherKeys) {
		return fmt.Errorf("%w: put the access token of a new login into the configuration", err)
	}
	if err != nil {
		return err
	}
	if err := t.prove(ctx, client, crypt); err != nil {
		return fmt.Errorf("prove encryption: %s", words(err))
	}
	p.Say("An encrypted message went to the server and came back readable.")
	known, err = t.knownLogin(ctx)
	if err != nil {
		return err
	}
	known.Ready = true
	if err := t.keepLogin(ctx, known); err != nil {
		return err
	}
	p.Say("Done: the device is verified, and torchbearer run can begin.")
	return nil
}

// loginOnce is login with an error for people.
func (t *Transport) loginOnce(ctx context.Context, client *mautrix.Client) error {
	for range 2 { // a stored token may have ended: then by password
		f := t.login(ctx, client)
		switch {
		case f.fatal != nil:
			return f.fatal
		case f.why == "":
			return nil
		case t.cfg.Token != "" || client.AccessToken == "":
			return errors.New(f.why)
		}
	}
	return errors.New("login failed twice")
}

// newDevice ends the present login and makes another, with a device of its own.
func (t *Transport) newDevice(ctx context.Context, client *mautrix.Client) error {
	if _, err := client.Logout(ctx); err != nil {
		t.log.Warn("old device not logged out", "device", client.DeviceID, "why", words(err))
	}
	if err := t.keepLogin(ctx, loginRecord{}); err != nil {
		return err
	}
	t.cfg.DeviceID = "" // that is the one whose keys are lost
	client.AccessToken, client.DeviceID = "", id.DeviceID("")
	return t.loginOnce(ctx, client)
}
