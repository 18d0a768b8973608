package matrix

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot/msg"
)

// mostGrant is how many people are named who can mend something.
const mostGrant = 3

// spoken is the type of the events that the bot speaks with in a room: servers see
// of encrypted ones that they are.
func (t *Transport) spoken(at id.RoomID) event.Type {
	if encrypted, _ := t.states.encryption(at); encrypted {
		return event.EventEncrypted
	}
	return event.EventMessage
}

// mute says why the power levels keep the bot from speaking in a room; empty:
// they don't, or are not known.
func (t *Transport) mute(at id.RoomID, me id.UserID) string {
	levels := t.states.levels(at)
	if levels == nil {
		return ""
	}
	if have, need := levels.GetUserLevel(me), levels.GetEventLevel(t.spoken(at)); have < need {
		return fmt.Sprintf("not allowed to speak in the room: that needs power level %d, the bot has %d", need, have)
	}
	return ""
}

// lacks lists what the bot needs in a room that it is in and does not have, with
// who can grant it.
func (t *Transport) lacks(at id.RoomID, me id.UserID, crypt bool) (list []string) {
	if encrypted, _ := t.states.encryption(at); encrypted && !crypt {
		list = append(list, "encryption: the bot's operators set encryption = true, in a build with -tags goolm")
	}
	if levels := t.states.levels(at); levels != nil {
		if have, need := levels.GetUserLevel(me), levels.GetEventLevel(t.spoken(at)); have < need {
			list = append(list, fmt.Sprintf("power level %d to speak, the bot has %d: %s", need, have, t.granters(at, me, levels, need)))
		}
	}
	if t.deserted(at, me) {
		list = append(list, "somebody to talk to: nobody else is in the room")
	}
	return list
}

// granters says who in a room can give somebody a power level: who may change the
// levels, and has as much (spec: rooms, authorization rules for power levels).
func (t *Transport) granters(at id.RoomID, me id.UserID, levels *event.PowerLevelsEventContent, need int) string {
	least := max(need, levels.GetEventLevel(event.StatePowerLevels))
	var users []id.UserID
	for user := range t.states.joined(at) {
		if user != me && levels.GetUserLevel(user) >= least {
			users = append(users, user)
		}
	}
	slices.SortFunc(users, func(a, b id.UserID) int {
		return cmp.Or(cmp.Compare(levels.GetUserLevel(b), levels.GetUserLevel(a)), cmp.Compare(a, b))
	})
	if len(users) == 0 {
		return "nobody in the room can give it"
	}
	var names []string
	for _, user := range users[:min(len(users), mostGrant)] {
		names = append(names, msg.Cut(msg.Clean(user.String()), 100))
	}
	return strings.Join(names, ", ") + " can give it"
}

// absent says what the bot lacks to get into a room, by the server's answer to its
// try; empty: nothing that a person has to mend.
func absent(err error, me id.UserID) []string {
	if code(err) == "M_FORBIDDEN" {
		return []string{"an invitation: anybody in the room who may invite can send it to " + me.String() + ", or, after a ban, lift that first"}
	}
	return nil
}
