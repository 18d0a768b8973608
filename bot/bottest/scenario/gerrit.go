package scenario

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing/synctest"
	"time"

	"torchbearer/bot/app"
	"torchbearer/bot/bottest"
	"torchbearer/bot/config"
)

// server is the story's review server. Its changes have the names that the
// script gives them; "{cache}" in what is said and expected is the number of the
// change that is called cache, "{cache.id}" its Change-Id.
type server struct {
	*bottest.Gerrit
	changes  map[string]int    // by name
	projects map[string]string // by name
	fault    atomic.Pointer[string]
}

func newServer(now func() time.Time) *server {
	s := &server{changes: map[string]int{}, projects: map[string]string{}}
	s.Gerrit = bottest.NewGerrit(bottest.GerritOptions{Mergeability: true, First: 912001, Now: now, Hook: s.hook})
	return s
}

// dial makes the bot's client.
func (s *server) dial(now func() time.Time, log *slog.Logger) func(config.Gerrit) (app.ReviewServer, error) {
	return func(g config.Gerrit) (app.ReviewServer, error) {
		g.URL = s.URL
		return app.Gerrit(g, bottest.GerritPassword(g.User), s.Transport(), now, log)
	}
}

// hook is what becomes of a request while the server has a fault.
func (s *server) hook(w http.ResponseWriter, r *http.Request) bool {
	fault := s.fault.Load()
	if fault == nil {
		return false
	}
	switch *fault {
	case "up":
		return false
	case "down":
		panic(http.ErrAbortHandler) // the connection breaks
	case "hangs":
		select {
		case <-r.Context().Done():
		case <-time.After(time.Hour):
		}
		return true
	case "html":
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><body>Sign in</body></html>")
		return true
	case "429":
		w.Header().Set("Retry-After", "30")
	}
	status, err := strconv.Atoi(*fault)
	if err != nil {
		status = http.StatusInternalServerError
	}
	http.Error(w, http.StatusText(status), status)
	return true
}

// faults are the states of the server that a script can set.
var faults = map[string]bool{"up": true, "down": true, "hangs": true, "html": true, "429": true, "502": true, "503": true}

// gerrit is the verb for everything that happens on the review server:
//
//	gerrit account nina Nina N.
//	gerrit group glance-core zoe bob @nested
//	gerrit hide glance-core                        (nobody sees its members)
//	gerrit project openstack/glance                (without changes; or shown again)
//	gerrit hide-project openstack/glance
//	gerrit create cache openstack/glance nina Cache policy checks
//	gerrit pick backport cache stable/2026.1 nina  (the same Change-Id, on a branch)
//	gerrit review zoe cache Code-Review+2 text     (votes and text may be left out)
//	gerrit ci cache +1                             (zuul reports; -1 conflict: that it can't merge)
//	gerrit upload|rebase|reword|wip|submit nina cache
//	gerrit abandon nina cache text
//	gerrit conflict|merges cache
//	gerrit down|hangs|html|429|502|503|up
//
// A note, a name or a subject may hold \x01 and the like, and {5000 x} for 5,000
// of them.
func gerrit(w *world, arg string) error {
	if w.server == nil {
		return errors.New("the configuration has no review server")
	}
	f := strings.SplitN(arg, " ", 5)
	s := w.server
	if len(f) == 1 && faults[arg] {
		s.fault.Store(&arg)
		return nil
	}
	deed, ok := deeds[f[0]]
	if !ok {
		return fmt.Errorf("unknown deed %q", f[0])
	}
	if err := deed(s, f[1:]); err != nil {
		return err
	}
	synctest.Wait()
	return nil
}

var deeds = map[string]func(*server, []string) error{
	"account": func(s *server, f []string) error {
		if len(f) < 2 {
			return errors.New("want user and name")
		}
		s.Account(f[0], unescape(strings.Join(f[1:], " ")))
		return nil
	},
	"group": func(s *server, f []string) error {
		var members, groups []string
		for _, word := range strings.Fields(strings.Join(f[1:], " ")) {
			if group, is := strings.CutPrefix(word, "@"); is {
				groups = append(groups, group)
			} else {
				members = append(members, word)
			}
		}
		s.Group(f[0], false, members, groups)
		return nil
	},
	"hide":         func(s *server, f []string) error { s.Group(f[0], true, nil, nil); return nil },
	"project":      func(s *server, f []string) error { s.Project(strings.Join(f, " ")); return nil },
	"hide-project": func(s *server, f []string) error { s.HideProject(strings.Join(f, " ")); return nil },
	"create": func(s *server, f []string) error {
		if len(f) != 4 {
			return errors.New("want name, project, owner and subject")
		}
		s.projects[f[0]] = f[1]
		s.changes[f[0]] = s.Create(f[0], bottest.GerritChange{Project: f[1], Owner: f[2], Subject: unescape(f[3])})
		return nil
	},
	"pick": func(s *server, f []string) error {
		if len(f) != 4 {
			return errors.New("want name, change, branch and owner")
		}
		s.changes[f[0]] = s.Create(f[0], bottest.GerritChange{
			Project: s.projects[f[1]], Owner: f[3], Subject: "A pick", Branch: unescape(f[2]), Of: f[1],
		})
		return nil
	},
	"review": func(s *server, f []string) error {
		if len(f) < 2 {
			return errors.New("want user, change and what they say")
		}
		r := bottest.GerritReview{Labels: map[string]int{}}
		words := strings.Fields(strings.Join(f[2:], " "))
		for len(words) > 0 {
			m := vote.FindStringSubmatch(words[0])
			if m == nil {
				break
			}
			r.Labels[m[1]], _ = strconv.Atoi(m[2])
			words = words[1:]
		}
		r.Message = unescape(strings.Join(words, " "))
		s.Review(f[0], f[1], r)
		return nil
	},
	"ci": func(s *server, f []string) error {
		value, err := strconv.Atoi(f[1])
		if err != nil {
			return err
		}
		s.Review("zuul", f[0], bottest.GerritReview{
			Tag: "autogenerated:zuul:check", Message: "Build finished (check pipeline).", Labels: map[string]int{"Verified": value},
		})
		return nil
	},
	"upload":  named((*bottest.Gerrit).Upload),
	"rebase":  named((*bottest.Gerrit).Rebase),
	"reword":  named((*bottest.Gerrit).Reword),
	"wip":     named((*bottest.Gerrit).SetWIP),
	"private": named((*bottest.Gerrit).SetPrivate),
	"submit":  named((*bottest.Gerrit).Submit),
	"abandon": func(s *server, f []string) error {
		s.Abandon(f[0], f[1], strings.Join(f[2:], " "))
		return nil
	},
	"conflict": func(s *server, f []string) error { s.Conflict(f[0], true); return nil },
	"merges":   func(s *server, f []string) error { s.Conflict(f[0], false); return nil },
}

var vote = regexp.MustCompile(`^([A-Z][A-Za-z-]*)([+-][0-9])$`)

func named(f func(*bottest.Gerrit, string, string)) func(*server, []string) error {
	return func(s *server, words []string) error {
		if len(words) != 2 {
			return errors.New("want user and change")
		}
		f(s.Gerrit, words[0], words[1])
		return nil
	}
}

var (
	braces = regexp.MustCompile(`\{[a-z][a-z0-9-]*(\.id)?\}`)
	many   = regexp.MustCompile(`\{[0-9]+ [^}]+\}`)
)

// numbers puts the numbers of changes in the place of their names.
func (w *world) numbers(text string) string {
	text = many.ReplaceAllStringFunc(text, func(s string) string {
		times, what, _ := strings.Cut(strings.Trim(s, "{}"), " ")
		n, _ := strconv.Atoi(times)
		return strings.Repeat(what, n)
	})
	if w.server == nil {
		return text
	}
	return braces.ReplaceAllStringFunc(text, func(name string) string {
		bare, id := strings.CutSuffix(strings.Trim(name, "{}"), ".id")
		switch n := w.server.changes[bare]; {
		case n == 0:
			return name
		case id:
			return w.server.ChangeID(bare)
		default:
			return strconv.Itoa(n)
		}
	})
}
