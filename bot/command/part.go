package command

import (
	"slices"
	"strings"

	"torchbearer/bot"
)

// part sets a part of the calendar, and the zone in which its times are asked for:
// "R-5", "nova", "hibiscus in Prague", "local".
func (h *Handler) part(v bot.View, c bot.Call, f *found, a bot.Arg, text string) (bot.Call, error) {
	text = unquestioned(text)
	if named, ok, err := h.partNamed(v, c, f, a, text); ok || err != nil {
		return named, err
	}
	words, loc, err := cutZone(v, c, text)
	if err != nil {
		return c, err
	}
	c.Zone = loc
	if named, ok, err := h.partNamed(v, c, f, a, words); ok || err != nil {
		return named, err
	}
	i := slices.IndexFunc(h.teams, func(t Team) bool {
		return t.ID != f.team && (strings.EqualFold(words, t.ID) || strings.EqualFold(words, t.Name)) &&
			slices.ContainsFunc(t.Plugins, func(p Plugin) bool { return p.Name == f.plugin })
	})
	if i >= 0 {
		return c, bot.Userf("To ask another team's calendar: %s.", quote("!"+f.command.Name+"@"+h.teams[i].ID))
	}
	return c, bot.Userf("I know no week, team or series %s, nor a zone. Say for example R-5, next week, %slocal, or Europe/Berlin.", quote(words), h.parts(v))
}

// partNamed is a part that words name: all of it where they name the team that answers,
// or nothing.
func (h *Handler) partNamed(v bot.View, c bot.Call, f *found, a bot.Arg, words string) (_ bot.Call, ok bool, _ error) {
	if words == "" || h.ownName(f, words) == "" {
		return c, true, nil
	}
	d, ok, unknown := h.days(v, f, words)
	if ok || outside(unknown) {
		return c.WithDays(a.Name, d), ok, weekError(unknown)
	}
	if name, _ := v.Calendar().Part(words, v.Now()); name != "" {
		return c.WithWord(a.Name, name), true, nil
	}
	return c, false, nil
}

// parts names a team and a series that can be asked for, each with a comma behind it.
func (h *Handler) parts(v bot.View) string {
	text := ""
	cal := v.Calendar()
	for _, e := range slices.Backward(cal.Others) {
		if name, _ := cal.Part(e.Team, v.Now()); name != "" {
			text += quote(name) + ", "
			break
		}
	}
	for _, e := range slices.Backward(cal.Events) {
		if name, _ := cal.Part(cal.Series(e), v.Now()); name != "" {
			text += quote(name) + ", "
			break
		}
	}
	return text
}
