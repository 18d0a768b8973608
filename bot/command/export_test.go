package command

import "torchbearer/bot"

// Remembered is how many people's use is kept.
func (h *Handler) Remembered() int {
	h.limits.mu.Lock()
	defer h.limits.mu.Unlock()
	return len(h.limits.people)
}

// ParseRef reads a reference to a change.
func ParseRef(word string, t bot.Team) (Ref, error) { return parseRef(word, t) }

// Heard is how many lines of mirrors are remembered.
func (h *Handler) Heard() int {
	h.echoes.mu.Lock()
	defer h.echoes.mu.Unlock()
	return len(h.echoes.lines)
}
