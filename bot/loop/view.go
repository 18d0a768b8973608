package loop

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
	"torchbearer/bot/review"
)

// Key spaces of the loop:
//
//	plugin/<team>/<plugin>/<key>   a plugin's records (bot.RecordPrefix)
//	decided/<team>/<plugin>/<key>  an occurrence that has been decided
//	calendar/<team>                the team's events as last seen
//	unheard/<team>/<plugin>        the same as the plugin heard of them, where it failed to since
//	schedule/last                  up to when everything due has been decided
//	mark/<team>/<plugin>/<server>/<number>/<kind>  a mark of a change
const (
	decidedSpace  = "decided/"
	calendarSpace = "calendar/"
	unheardSpace  = "unheard/"
	markSpace     = "mark/"
	lastKey       = "schedule/last"
)

// view is one moment for one plugin of one team. What few calls need is made
// when it is asked for.
type view struct {
	l       *Loop
	tx      bot.ReadTx
	now     time.Time
	team    string
	prefix  string // of the plugin's records
	cal     cycle.Calendar
	reviews bot.Reviews
	people  bot.People
}

func (l *Loop) view(tx bot.ReadTx, now time.Time, team, plugin string) bot.View {
	return &view{l: l, tx: tx, now: now, team: team, prefix: bot.RecordPrefix(team, plugin), cal: (*l.cals.Load())[team]}
}

func (v *view) Now() time.Time { return v.now }

func (v *view) Calendar() cycle.Calendar { return v.cal }

func (v *view) Get(key string, into any) (bool, error) {
	value, err := v.tx.Get(v.prefix + key)
	if err != nil || value == nil {
		return false, err
	}
	if err := json.Unmarshal(value, into); err != nil {
		return false, fmt.Errorf("decode record %s: %w", v.prefix+key, err)
	}
	return true, nil
}

// Reviews implements bot.View.
func (v *view) Reviews() bot.Reviews {
	if v.reviews != nil {
		return v.reviews
	}
	team := v.l.team(v.team)
	marks := sync.OnceValue(func() []review.Mark { return marks(v.tx, team) })
	if v.l.Options.Reviews != nil {
		v.reviews = v.l.Options.Reviews(team.Team, v.now, marks)
	}
	if v.reviews == nil {
		v.reviews = noReviews{v.now, marks}
	}
	return v.reviews
}

// People implements bot.View.
func (v *view) People() bot.People {
	if v.people != nil {
		return v.people
	}
	if v.l.Options.People != nil {
		v.people = v.l.Options.People(v.tx, v.now, v.team)
	}
	if v.people == nil {
		v.people = nobody{v.l.team(v.team).Gerrit.Name}
	}
	return v.people
}

func (l *Loop) team(id string) Team {
	if i := slices.IndexFunc(l.Teams, func(t Team) bool { return t.ID == id }); i >= 0 {
		return l.Teams[i]
	}
	return Team{}
}
