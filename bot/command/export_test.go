package command

// Remembered is how many people's use is kept.
func (h *Handler) Remembered() int {
	h.limits.mu.Lock()
	defer h.limits.mu.Unlock()
	return len(h.limits.people)
}
