package msg

import (
	"html"
	"net/url"
	"slices"
	"strings"
	"time"
)

// tagMark stands for a tag in a renderer's text, which can't hold it otherwise.
const tagMark = '\x1f'

// maxUser is the length of a Matrix user id in bytes (spec, Appendices: user
// identifiers).
const maxUser = 255

// HTML returns the message as the HTML of a Matrix event's formatted_body, true
// at the instant at. A paragraph is a p, unless it is the only thing in the
// message, and a list is a ul; the link comes last, as in [Plain], which is what
// the event's body says.
//
// The tags are p, ul, li, strong, code and a, all of them in the list of the
// Matrix spec (client-server API, m.room.message). They are put together around
// escaped text and never read from it. Links come from URLs and the message's
// link, if they lead to a host by http or https, and from a Mention with a user
// id, as the address at matrix.to that clients show as a pill. An address at
// matrix.to that comes any other way stays text: it would look as if the person
// was spoken to.
func HTML(m Message, at time.Time) string {
	r := htmlRenderer{renderer: renderer{at: at}}
	blocks := current(m.Blocks, at)
	for _, b := range blocks {
		r.block("p", b.Para)
		if len(b.List) == 0 {
			continue
		}
		before := len(r.parts)
		for _, item := range b.List {
			r.block("li", item)
		}
		if items := strings.Join(r.parts[before:], ""); items != "" {
			r.parts = append(r.parts[:before], "<ul>"+items+"</ul>")
		}
	}
	if link := cleanURL(m.Link); link != "" {
		text := anchor(link, html.EscapeString(link))
		if last := len(r.parts) - 1; last >= 0 && strings.HasSuffix(r.parts[last], "</p>") {
			r.parts[last] = strings.TrimSuffix(r.parts[last], "</p>") + " " + text + "</p>"
		} else {
			r.parts = append(r.parts, "<p>"+text+"</p>")
		}
	}
	if len(r.parts) == 1 && strings.HasPrefix(r.parts[0], "<p>") {
		return strings.TrimSuffix(strings.TrimPrefix(r.parts[0], "<p>"), "</p>")
	}
	return strings.Join(r.parts, "")
}

// Mentions lists the Matrix user ids that a message speaks to at the instant at,
// each once, in the order of the text: what belongs into m.mentions, and nothing
// else does. Whatever a text says, nobody is mentioned but by a Mention.
func Mentions(m Message, at time.Time) []string {
	var users []string
	for _, b := range current(m.Blocks, at) {
		for _, p := range append([]Para{b.Para}, b.List...) {
			for _, in := range p {
				if in.Mention != nil && validUser(in.Mention.User) && !slices.Contains(users, in.Mention.User) {
					users = append(users, in.Mention.User)
				}
			}
		}
	}
	return users
}

// htmlRenderer collects the blocks of one message.
type htmlRenderer struct {
	renderer
	parts []string
	tags  []string // for each tagMark of the paragraph
}

// block adds a paragraph in a tag; nothing if it says nothing.
func (r *htmlRenderer) block(tag string, p Para) {
	r.out, r.start, r.tags = r.out[:0], 0, r.tags[:0]
	for i := range p {
		r.inline(&p[i])
	}
	r.endPara()
	if len(r.out) == 0 {
		return
	}
	var b strings.Builder
	b.WriteString("<" + tag + ">")
	text, next := string(r.out), 0
	for text != "" {
		plain, rest, marked := strings.Cut(text, string(tagMark))
		b.WriteString(html.EscapeString(plain))
		if marked {
			b.WriteString(r.tags[next])
			next++
		}
		text = rest
	}
	b.WriteString("</" + tag + ">")
	r.parts = append(r.parts, b.String())
}

func (r *htmlRenderer) inline(in *Inline) {
	switch {
	case in.When != nil:
		r.inlines(Para{*in})
	case in.URL != "":
		r.tagged(linkTag(cleanURL(in.URL)), cleanURL(in.URL), "</a>")
	case in.Mention != nil:
		r.tagged(userTag(in.Mention.User), CleanOr(in.Mention.Called, Clean(in.Mention.Person)), "</a>")
	case in.Bold != "":
		r.tagged("<strong>", in.Bold, "</strong>")
	case in.Code != "":
		r.tagged("<code>", in.Code, "</code>")
	default:
		r.inlines(Para{*in})
	}
}

// tagged adds text in tags, the white space around it outside them; without a
// tag where open is empty.
func (r *htmlRenderer) tagged(open, text, end string) {
	inside := cleaner{out: []byte("x")} // a character before it, so that white space counts
	inside.write(text)
	after := inside.space
	inside.endPara()
	clean := string(inside.out[1:])
	word := strings.TrimPrefix(clean, " ")
	switch {
	case open == "" || word == "":
		r.write(text)
		return
	case word != clean:
		r.gap()
	}
	r.owed()
	r.mark(open)
	r.write(word)
	r.mark(end)
	if after {
		r.gap()
	}
}

func (r *htmlRenderer) mark(tag string) {
	r.out = append(r.out, tagMark)
	r.tags = append(r.tags, tag)
}

// anchor is a link with an escaped text, or only the text where the address is
// none to be linked.
func anchor(address, text string) string {
	if tag := linkTag(address); tag != "" {
		return tag + text + "</a>"
	}
	return text
}

// linkTag opens a link to a cleaned address; "" where it is none to be linked.
func linkTag(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if !isHost(host) || host == "matrix.to" || strings.HasSuffix(host, ".matrix.to") {
		return ""
	}
	return `<a href="` + html.EscapeString(address) + `">`
}

// isHost reports whether a host has none but the characters of one. Names in other
// alphabets have to come as "xn--…": of a fullwidth letter browsers make the one of
// ASCII, and so matrix.to of what is not.
func isHost(s string) bool {
	for _, c := range []byte(s) {
		if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || strings.IndexByte(".-:[]", c) >= 0) {
			return false
		}
	}
	return true
}

// userTag opens the link that clients show as a pill; "" where there is no user
// id.
func userTag(user string) string {
	if !validUser(user) {
		return ""
	}
	return `<a href="https://matrix.to/#/` + html.EscapeString(url.PathEscape(user)) + `">`
}

// validUser reports whether s is a Matrix user id, "@maria:example.org" (spec,
// Appendices: user identifiers, with the characters of historical ids).
func validUser(s string) bool {
	name, server, ok := strings.Cut(strings.TrimPrefix(s, "@"), ":")
	if !ok || len(s) > maxUser || s[0] != '@' || name == "" || server == "" {
		return false
	}
	for _, c := range []byte(name) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return isHost(server)
}
