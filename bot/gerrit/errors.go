package gerrit

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
)

// ErrNotFound is wrapped where Gerrit knows no such change or group, or none
// that the bot may see: it tells nobody which. A private change does not exist
// for the bot either, even where it may see it.
var ErrNotFound = errors.New("not found, or not visible to the bot")

// Error is a request that failed.
type Error struct {
	Path       string        // of the request, without its query
	Status     int           // of the answer; 0: there was none
	Words      string        // Gerrit's own, or what is wrong with the answer; one line, no controls
	RetryAfter time.Duration // the server asked for it; 0: it didn't
	cause      error
	again      bool // another attempt may help
	tooMuch    bool // asking for less may help
}

// Error says what a person needs who has to mend it.
func (e *Error) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("read %s: %s", e.Path, e.Words)
	}
	text := fmt.Sprintf("read %s: %d %s: %s", e.Path, e.Status, http.StatusText(e.Status), e.Words)
	if e.Status == http.StatusUnauthorized {
		text += " (user or HTTP password refused; its owner finds the password in Gerrit under Settings, HTTP Credentials)"
	}
	return text
}

// Unwrap returns the cause: ErrNotFound, an error of the network, or nil.
func (e *Error) Unwrap() error { return e.cause }

// maxWords bounds what is kept of a server's explanation.
const maxWords = 300

// words makes one short line of what a server said.
func words(kind string, body []byte) string {
	text := string(body[:min(len(body), 4<<10)])
	if strings.HasPrefix(kind, "text/html") || strings.HasPrefix(strings.TrimSpace(text), "<") {
		return "a web page (login, proxy or maintenance?)"
	}
	text = strings.ToValidUTF8(text, "?")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}), " ")
	if len(text) > maxWords {
		text = strings.ToValidUTF8(text[:maxWords], "") + "…"
	}
	if text == "" {
		return "no reason given"
	}
	return text
}
