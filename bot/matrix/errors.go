package matrix

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"maunium.net/go/mautrix"

	"torchbearer/bot/msg"
)

// maxWords bounds what of a server's own words is shown to people.
const maxWords = 200

// errNoAnswer is an answer that holds nothing, with a status that says otherwise.
var errNoAnswer = errors.New("the server's answer is none")

// code is the error code of a server's answer; empty where it has none.
func code(err error) string {
	var resp mautrix.RespError
	if errors.As(err, &resp) {
		return resp.ErrCode
	}
	return ""
}

// status is the HTTP status of a server's answer; 0 where there was none.
func status(err error) int {
	var failed mautrix.HTTPError
	if errors.As(err, &failed) && failed.Response != nil {
		return failed.Response.StatusCode
	}
	return 0
}

// words puts an error of a request into words for people, without the address.
func words(err error) string {
	var failed mautrix.HTTPError
	if errors.As(err, &failed) && failed.RespError != nil {
		return msg.Cut(msg.CleanOr(failed.RespError.Err, failed.RespError.ErrCode), maxWords) + " (" + msg.Cut(msg.Clean(failed.RespError.ErrCode), 40) + ")"
	}
	var inURL *url.Error
	if errors.As(err, &inURL) {
		err = inURL.Err
	}
	var timeout net.Error
	switch s := status(err); {
	case s >= 200 && s < 300:
		return "the server's answer can't be read"
	case s != 0:
		return "the server answered HTTP " + strconv.Itoa(s)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "the server does not answer"
	}
	return msg.Cut(msg.Clean(err.Error()), maxWords)
}

// limited reports whether a server asks to wait, and how long: the longer of
// the Retry-After header (RFC 9110, 10.2.3) and the body's retry_after_ms, which
// not every server sends both of.
func limited(err error) (after time.Duration, ok bool) {
	var failed mautrix.HTTPError
	if !errors.As(err, &failed) || failed.Response == nil || failed.Response.StatusCode != http.StatusTooManyRequests {
		return 0, false
	}
	header := failed.Response.Header.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(header, 64); err == nil && seconds > 0 {
		after = time.Duration(min(seconds, 3600) * float64(time.Second))
	} else if date, err := http.ParseTime(header); err == nil {
		after = min(time.Until(date), time.Hour)
	}
	if failed.RespError != nil {
		if ms, isNumber := failed.RespError.ExtraData["retry_after_ms"].(float64); isNumber && ms > 0 {
			after = max(after, time.Duration(min(ms, 3.6e6)*float64(time.Millisecond)))
		}
	}
	if after <= 0 {
		after = defaultPace
	}
	return after, true
}

// account says what is wrong with the bot's account, with the way out; empty
// where the error is about something else (spec: client-server API, 5.3 and
// account locking, 5.7.3).
func account(err error) (why string) {
	switch code(err) {
	case "M_UNKNOWN_TOKEN", "M_MISSING_TOKEN":
		return "the login is no longer valid: the server has ended it"
	case "M_USER_LOCKED":
		return "the bot's account is locked: ask the server's administrators"
	case "M_USER_SUSPENDED":
		return "the bot's account is suspended: ask the server's administrators"
	case "M_USER_DEACTIVATED":
		return "the bot's account is deactivated: it needs another one"
	}
	return ""
}

// softLogout reports whether the server keeps the device of an ended login (spec:
// client-server API, 5.3.1).
func softLogout(err error) bool {
	var resp mautrix.RespError
	if !errors.As(err, &resp) {
		return false
	}
	soft, _ := resp.ExtraData["soft_logout"].(bool)
	return soft
}
