package roster

import (
	"maps"
	"slices"
	"sync"
	"time"

	"torchbearer/bot"
)

// most is how many people of a room are remembered, before the half that was seen
// least recently is forgotten.
const most = 4096

// sightings are when each nick or id of a room was last seen there. They only
// order rooms, so that they don't outlive the process costs nothing.
type sightings struct {
	mu    sync.Mutex
	rooms map[bot.Room]map[string]time.Time // by folded nick, or id
}

func newSightings() *sightings {
	return &sightings{rooms: map[bot.Room]map[string]time.Time{}}
}

func (s *sightings) last(room bot.Room, who bot.Principal) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rooms[room][bot.FoldAccount(bearer(who))]
}

// Seen remembers that somebody came into a room or spoke there.
func (r *Roster) Seen(room bot.Room, who bot.Principal, at time.Time) {
	s := r.sightings
	s.mu.Lock()
	defer s.mu.Unlock()
	nicks := s.rooms[room]
	if nicks == nil {
		nicks = map[string]time.Time{}
		s.rooms[room] = nicks
	}
	nick := bot.FoldAccount(bearer(who))
	if at.After(nicks[nick]) {
		nicks[nick] = at
	}
	if len(nicks) > most {
		forget(nicks)
	}
}

// forget drops the half that was seen least recently.
func forget(nicks map[string]time.Time) {
	oldest := slices.SortedFunc(maps.Keys(nicks), func(a, b string) int { return nicks[a].Compare(nicks[b]) })
	for _, nick := range oldest[:len(oldest)/2] {
		delete(nicks, nick)
	}
}
