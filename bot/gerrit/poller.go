package gerrit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"torchbearer/bot/review"
)

const (
	// overlap is how far before the last poll the next one looks: an index may
	// lag behind, and clocks of a cluster differ.
	overlap = 10 * time.Minute

	// settle is how long a poller that was woken waits for the rest: news come
	// in bursts, and the index follows them.
	settle = 3 * time.Second

	// pause is how long a poller can't be woken after a poll.
	pause = 7 * time.Second

	// mostFresh is how many changes of a poll are held before they are handed on,
	// with all that was ever written on them: after weeks there are thousands.
	mostFresh = 500
)

// Sink is where a poller puts what it read: the mirror. Its methods are called
// one at a time.
type Sink interface {
	// Open returns the numbers of the changes that the mirror holds as open.
	Open(context.Context) ([]int, error)
	// Take keeps an update. After an error the same comes again.
	Take(context.Context, Update) error
}

// Update is what has changed on the server. It is never empty.
type Update struct {
	// Changes as they now are, open or not; none of them is private. Some may be
	// as the mirror has them already.
	Changes []review.Raw
	// Gone are numbers of changes that don't exist for the bot, any more or at
	// all: deleted, private, out of sight.
	Gone []int
	// Mark is to be kept with the changes and given to the next poller. The zero
	// Mark changes nothing: a full read has not come to its end.
	Mark Mark
}

// Mark says up to where a mirror has been read.
type Mark struct {
	Scope string    // the projects it holds
	At    time.Time // everything written before is in it, by the server's clock
	Swept time.Time // the last full read began, by the bot's clock

	// Missing are the projects that could not be read then, one a line.
	Missing string `json:",omitempty"`
}

// PollOptions say what a poller reads, how often and from where on.
type PollOptions struct {
	Projects []string
	Groups   []string      // to be probed
	Every    time.Duration // between two polls
	Mark     Mark          // of the mirror as it is; zero: it is empty
	Sink     Sink
	// Stream tells when to look before the time; nil: nobody does. It runs
	// beside the polls, and what becomes of it is nothing to them.
	Stream *Stream
	// Progress hears after every page how many changes a full read has read;
	// nil: nobody does.
	Progress func(read int)
}

// State is how a poller stands.
type State struct {
	Abilities Abilities // as of the last probe; the zero Abilities: none has worked yet

	// ReadAt is when the newest data was asked for, by the bot's clock. Zero:
	// the mirror is as old as its Mark.
	ReadAt time.Time

	// Failing says why the server can't be read, in one line, and is empty while
	// it can. Since is when that began.
	Failing string
	Since   time.Time

	// Partial: no full read of all the projects has come to its end, so that
	// the mirror lacks some.
	Partial bool

	Reading bool // a full read is under way
	Read    int  // changes that it has read so far

	// NoStream says in one line why there is no event stream, and is empty
	// while there is one or none is wanted. Reading goes on without.
	NoStream string
}

// Poller keeps a mirror up to date.
type Poller struct {
	client *Client
	o      PollOptions
	scopes []string
	scope  string
	woken  chan struct{}
	log    *slog.Logger

	// Of the goroutine in Run:
	mark     Mark
	probed   bool
	missing  string // as in a Mark, by the last probe
	failures int
	known    map[int]uint64 // rows of the last polls, by number

	mu    sync.Mutex
	state State
}

// NewPoller returns a poller; it reads nothing before Run.
func NewPoller(c *Client, o PollOptions) (*Poller, error) {
	list, err := scopes(o.Projects)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 || o.Every <= 0 {
		return nil, errors.New("poll Gerrit: no projects, or no time between polls")
	}
	p := &Poller{
		client: c, o: o, scopes: list, scope: strings.Join(list, " "), log: c.log.With("server", c.name),
		woken: make(chan struct{}, 1), mark: o.Mark, known: map[int]uint64{},
	}
	p.state.Partial = p.partial()
	return p, nil
}

// partial reports whether the mirror lacks projects.
func (p *Poller) partial() bool { return p.mark.Scope != p.scope || p.mark.At.IsZero() }

// Wake lets the poller look soon: after three seconds, ten after the last poll
// at the earliest, and only once for all who ask meanwhile. A server that fails
// is left alone for as long as it would be. Wake returns at once.
func (p *Poller) Wake() {
	select {
	case p.woken <- struct{}{}:
	default: // it will look anyway
	}
}

// State returns how the poller stands.
func (p *Poller) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state
	if p.o.Stream != nil {
		s.NoStream = p.o.Stream.Trouble()
	}
	return s
}

// Run polls until the context ends. A server that fails is asked again, at first
// soon and then less often, and never given up.
func (p *Poller) Run(ctx context.Context) {
	if p.o.Stream != nil {
		var beside sync.WaitGroup
		defer beside.Wait()
		beside.Go(func() { p.o.Stream.Run(ctx, p.o.Projects, p.Wake) })
	}
	for ctx.Err() == nil {
		began := p.client.now()
		rest := p.rest
		if err := p.round(ctx); err != nil && ctx.Err() == nil {
			wait := p.failed(err)
			rest = func(ctx context.Context) error { return sleep(ctx, wait) }
		} else if err == nil {
			p.failures = 0
			p.set(func(s *State) { s.ReadAt, s.Failing, s.Since = began, "", time.Time{} })
		}
		if rest(ctx) != nil {
			return
		}
		// The round to come sees what woke it so far.
		select {
		case <-p.woken:
		default:
		}
	}
}

// rest waits for the next poll, or for somebody to wake the poller.
func (p *Poller) rest(ctx context.Context) error {
	deaf := min(pause, p.o.Every)
	if err := sleep(ctx, deaf); err != nil {
		return err
	}
	t := time.NewTimer(p.o.Every - deaf)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-p.woken:
		return sleep(ctx, settle)
	}
}

// round brings the mirror up to date once.
func (p *Poller) round(ctx context.Context) error {
	night := p.mark.Swept.Before(lastNight(p.client.now()))
	if !p.probed || night {
		if err := p.probe(ctx); err != nil {
			return err
		}
	}
	if p.partial() {
		return p.sweep(ctx, Mark{Scope: p.scope, At: p.client.transport.serverTime()})
	}
	if err := p.poll(ctx); err != nil {
		return err
	}
	// What is in a project that has come into sight, no poll shows.
	if night || p.mark.Missing != p.missing {
		return p.sweep(ctx, p.mark)
	}
	return nil
}

// failed notes a failure and says how long to leave the server alone.
func (p *Poller) failed(err error) time.Duration {
	wait := min(5*backoff(p.failures), max(p.o.Every, time.Minute))
	p.failures++
	if e, ok := errors.AsType[*Error](err); ok {
		wait = max(wait, e.RetryAfter)
	}
	p.log.Warn("can't read Gerrit", "error", err, "again", wait)
	p.set(func(s *State) {
		s.Failing = words("", []byte(err.Error()))
		if s.Since.IsZero() {
			s.Since = p.client.now()
		}
	})
	// The next round asks again what the server can do, in case it comes back
	// as another version.
	p.probed = false
	return wait
}

func (p *Poller) set(change func(*State)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.state)
}

// poll reads what was written since the last poll: one request per scope when
// nothing was. Changes in any status are read, since leaving the open ones is
// news.
func (p *Poller) poll(ctx context.Context) error {
	began := p.client.now()
	known, mark := map[int]uint64{}, p.mark
	for i, scope := range p.scopes {
		query := scope + " after:" + instant(p.mark.At.Add(-overlap))
		var fresh []row
		handed := false
		err := p.client.walk(ctx, query, false, func(rows []row) error {
			for _, r := range rows {
				known[r.raw.Number] = r.content
				if content, ok := p.known[r.raw.Number]; !ok || content != r.content {
					fresh = append(fresh, r)
				}
			}
			if len(fresh) < mostFresh {
				return nil
			}
			some := split(fresh)
			fresh, handed = nil, true
			return p.take(ctx, some)
		})
		if err != nil {
			return err
		}
		update := split(fresh)
		if i == len(p.scopes)-1 {
			// The server's clock at the begin, by its last answer.
			mark.At = p.client.transport.serverTime().Add(began.Sub(p.client.now()))
			update.Mark = mark
		}
		if len(fresh) == 0 && (!handed || update.Mark == Mark{}) {
			continue
		}
		if err := p.take(ctx, update); err != nil {
			return err
		}
	}
	p.mark, p.known = mark, known
	return nil
}

func (p *Poller) take(ctx context.Context, u Update) error {
	if err := p.o.Sink.Take(ctx, u); err != nil {
		return fmt.Errorf("keep changes: %w", err)
	}
	return nil
}

// split makes an update of rows: private changes don't exist.
func split(rows []row) Update {
	var u Update
	for _, r := range rows {
		if r.raw.Private {
			u.Gone = append(u.Gone, r.raw.Number)
		} else {
			u.Changes = append(u.Changes, r.raw)
		}
	}
	return u
}
