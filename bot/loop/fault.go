package loop

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// incidents numbers internal errors, so that what a person in chat was told can
// be found in the log.
func incidents() func() string {
	n := 0
	return func() string {
		n++
		return strconv.Itoa(n)
	}
}

// incident logs an internal error under a number and returns what chat sees.
func (l *Loop) incident(err error, fields ...any) error {
	id := l.ids()
	fields = append(fields, "id", id, "err", err)
	var p *panicError
	if errors.As(err, &p) {
		fields = append(fields, "stack", string(p.stack))
	}
	l.Log.Error("internal error", fields...)
	return bot.Userf("internal error %s", id)
}

// first reports whether a complaint has not been made yet; it is made now.
func (l *Loop) first(complaint string) bool {
	made := l.complaints[complaint]
	l.complaints[complaint] = true
	return !made
}

// complain logs what jobs got wrong when they were asked what is due; the same
// thing once, as they are asked every minute.
func (l *Loop) complain(err error) {
	if err != nil && l.first(err.Error()) {
		l.Log.Error("a job can't say what is due", "err", err)
	}
}

// fallBehind notes a span of which jobs could not say what is due in it: it is
// looked at again, in this life and, after a restart or a reload, in the next.
// The operators are told once in a life, and not twice on a day.
func (l *Loop) fallBehind(err error, from, now time.Time) []outcome {
	if err == nil {
		l.behind = time.Time{}
		return nil
	}
	l.behind = from
	l.complain(err)
	if l.told {
		return nil
	}
	l.told = true
	return []outcome{{key: bot.Key("due/" + now.Format(time.DateOnly)), report: msg.New(msg.Announce, msg.Para{
		msg.Text("A job can't say what is due (see the log). What it would say waits until it can."),
	})}}
}

const (
	// tries is how often an occurrence may fail before it is parked.
	tries = 3
	// again is how long a failed occurrence rests.
	again = time.Minute
)

// failure is an occurrence that is due and failed; it is not decided, so
// another life of the bot finds it due as well. Or an outcome, without p.
type failure struct {
	p     bot.Planned
	times int
	again time.Time
}

// fail notes a failed run and returns what is decided by it: nothing, or after
// the last try that the occurrence is parked, which the operators are told.
func (l *Loop) fail(p bot.Planned, now time.Time, err error) (outcome, bool) {
	key := p.WholeKey()
	f := l.failed[key]
	if f == nil {
		f = &failure{p: p}
		l.failed[key] = f
	}
	f.times++
	f.again = now.Add(again)
	reason := l.incident(err, "team", p.Team, "plugin", p.Plugin, "job", p.Job.Name, "key", string(key), "times", f.times)
	if f.times < tries {
		return outcome{}, false
	}
	delete(l.failed, key)
	return outcome{p: p, how: parked, report: msg.New(msg.Announce, append(spell(key),
		msg.Text(fmt.Sprintf(" was not said: it failed %d times (%s in the log).", f.times, reason)),
	))}, true
}

// spell is a key in a sentence. A part of it may be a person.
func spell(key bot.Key) msg.Para {
	var p msg.Para
	for i, part := range strings.Split(string(key), "/") {
		if i > 0 {
			p = append(p, msg.Text("/"))
		}
		p = append(p, msg.Name(part))
	}
	return p
}

// rests reports whether it is too early for another try. A clock that was set
// back does not make it longer.
func (f *failure) rests(now time.Time) bool {
	return now.Before(f.again) && f.again.Sub(now) <= again
}

// retries returns the failed occurrences whose rest is over.
func (l *Loop) retries(now time.Time) []bot.Planned {
	var due []bot.Planned
	for _, f := range l.failed {
		if !f.rests(now) {
			due = append(due, f.p)
		}
	}
	return due
}
