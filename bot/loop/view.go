package loop

import (
	"encoding/json"
	"fmt"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
)

// Key spaces of the loop:
//
//	plugin/<team>/<plugin>/<key>   a plugin's records (bot.RecordPrefix)
//	decided/<team>/<plugin>/<key>  an occurrence that has been decided
//	calendar/<team>                the team's events as last seen
//	unheard/<team>/<plugin>        the same as the plugin heard of them, where it failed to since
//	schedule/last                  up to when everything due has been decided
const (
	decidedSpace  = "decided/"
	calendarSpace = "calendar/"
	unheardSpace  = "unheard/"
	lastKey       = "schedule/last"
)

// view is one moment for one plugin of one team.
type view struct {
	tx     bot.ReadTx
	now    time.Time
	prefix string // of the plugin's records
	cal    cycle.Calendar
}

func (l *Loop) view(tx bot.ReadTx, now time.Time, team, plugin string) bot.View {
	return &view{tx: tx, now: now, prefix: bot.RecordPrefix(team, plugin), cal: l.cals[team]}
}

// Reviews implements bot.View.
func (v *view) Reviews() bot.Reviews { return nil }

// People implements bot.View.
func (v *view) People() bot.People { return nil }

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
