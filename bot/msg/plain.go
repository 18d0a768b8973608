package msg

import (
	"strings"
	"time"
)

// Plain returns the message as text, true at the instant at: a line for each
// paragraph, "- " before the items of a list, and the link last, on the line
// of the last paragraph. It is what logs, previews and the terminal show, and
// the fallback body of networks with formatting.
func Plain(m Message, at time.Time) string {
	r := renderer{at: at}
	blocks := current(m.Blocks, at)
	for i, b := range blocks {
		r.para("", b.Para)
		for _, item := range b.List {
			r.para("- ", item)
		}
		if i == len(blocks)-1 && len(b.List) > 0 {
			r.line("") // the link is the message's, not the last item's
		}
	}
	if link := cleanURL(m.Link); link != "" {
		if n := len(r.out); n > 0 && r.out[n-1] != '\n' {
			r.out = append(r.out, ' ')
		}
		r.out = append(r.out, link...)
	}
	return strings.TrimSuffix(string(r.out), "\n")
}

// renderer collects the paragraphs of one message in cleaner.out, parted by
// characters that cleaned text can't hold.
type renderer struct {
	cleaner
	zones
	at     time.Time
	breaks bool // break the names
}

// line begins a new line, unless one has just begun, with the lead.
func (r *renderer) line(lead string) {
	if n := len(r.out); n > 0 && r.out[n-1] != '\n' {
		r.out = append(r.out, '\n')
	}
	r.out = append(r.out, lead...)
}

// para adds a line that says p after the lead; nothing if p says nothing.
func (r *renderer) para(lead string, p Para) {
	before := len(r.out)
	r.line(lead)
	r.start = len(r.out)
	r.inlines(p)
	if len(r.out) == r.start {
		r.out = r.out[:before]
	}
	r.endPara()
}

func (r *renderer) inlines(p Para) {
	for i := range p {
		switch in := &p[i]; {
		case in.When != nil:
			var buf [64]byte
			r.raw(appendWhen(buf[:0], *in.When, r.at, r.load(in.When.Zone)))
		case in.URL != "":
			r.write(cleanURL(in.URL))
		case in.Name != "":
			r.name(Clean(in.Name))
		case in.Mention != nil:
			called := CleanOr(in.Mention.Called, Clean(in.Mention.Person))
			if strings.Contains(called, " ") {
				r.name(called) // no nick, but each of its words may be somebody's
			} else {
				r.write(called)
			}
		default:
			r.write(in.Text)
			r.write(in.Bold)
			r.write(in.Code)
		}
	}
}

// name adds a cleaned name that highlights nobody: neither who is meant nor
// anybody who is called like a part of it.
func (r *renderer) name(name string) {
	if r.breaks {
		words := strings.Split(name, " ")
		for i, w := range words {
			words[i] = NoHighlight(w)
		}
		name = strings.Join(words, " ")
	}
	r.keep = true
	r.write(name)
	r.keep = false
}

// cleanURL returns an address as one word.
func cleanURL(s string) string {
	return strings.ReplaceAll(Clean(s), " ", "%20")
}
