package config

import (
	"reflect"
	"slices"
	"strings"

	"torchbearer/bot"
)

// team checks one team's section.
func (b *builder) team(tid string, raw *teamSection) {
	n, path := b.root.get("team", tid), join("team", tid)
	if why := id(tid); why != "" {
		b.report(n.line, path, why)
	}
	t := Team{Team: bot.Team{ID: tid, Name: tid}}
	if at := n.get("name"); at != nil && at.kind == textKind {
		t.Name = raw.Name
		if why := printable(raw.Name, 60); why != "" {
			b.report(at.line, path+".name", why)
		}
	}
	t.Zone = b.zone(n.get("zone"), path)
	if at := n.get("rooms"); at != nil && at.kind == listKind && len(at.items) == 0 {
		b.report(at.line, path+".rooms", `is an empty list; want at least one room, such as ["oftc/#openstack-glance"]`)
	}
	for i, r := range raw.Rooms {
		line := n.get("rooms").item(i)
		switch {
		case !b.room(path+".rooms", line, r):
		case slices.Contains(t.Rooms, r):
			b.reportf(line, path+".rooms", "%s is listed twice", quote(r.String()))
		default:
			t.Rooms = append(t.Rooms, r)
		}
	}
	t.Mirrors = b.mirrors(n.get("mirrors"), path+".mirrors", raw.Mirrors, t.Rooms)
	b.reviews(&t, n, path, raw)
	t.Calendar = b.calendar(n.get("calendar", "event"), path+".calendar.event", raw.Calendar.Event, t.Zone)
	t.Sources = b.sources(n.get("calendar"), path+".calendar", tid, raw.Calendar)
	t.Plugins = b.pluginSections(n.get("plugin"), path+".plugin", raw.Plugin)
	b.out.Teams = append(b.out.Teams, t)
}

// pluginSections decodes a team's plugins, each by its own configuration.
func (b *builder) pluginSections(n *node, path string, raw map[string]*node) []Plugin {
	var names, always []string
	for _, p := range b.plugins {
		if p.Always {
			always = append(always, p.Name)
		} else {
			names = append(names, p.Name)
		}
	}
	if n != nil && n.kind == tableKind {
		for _, name := range n.names {
			switch {
			case slices.Contains(always, name):
				b.report(n.field[name].line, join(path, name), "is always on, for every team; leave this section out")
			case !slices.Contains(names, name):
				b.reportf(n.field[name].line, join(path, name), "unknown plugin; %s", known(name, "known", slices.Clone(names)))
			}
		}
	}
	var out []Plugin
	for _, p := range b.plugins {
		if section := raw[p.Name]; section != nil && !p.Always {
			out = append(out, Plugin{Name: p.Name, Settings: b.settings(p, section, join(path, p.Name))})
		}
	}
	return out
}

func (b *builder) settings(p bot.Plugin, n *node, path string) any {
	if !b.is(path, n, tableKind, "a section") {
		return nil
	}
	if p.Config == nil {
		for _, name := range n.names {
			b.report(n.field[name].line, join(path, name), "unknown key; this plugin has none, its section only turns it on")
		}
		return nil
	}
	settings := p.Config()
	before := len(b.problems)
	b.value(path, n, reflect.ValueOf(settings).Elem(), "")
	v, ok := settings.(bot.Validator)
	if !ok {
		return settings
	}
	unread := map[string]bool{}
	for _, p := range b.problems[before:] {
		unread[p.Key] = true
	}
	v.Validate(func(key, problem string) {
		// A value that could not be read is not complained of again.
		if at := path + "." + key; !unread[at] {
			b.report(n.near(strings.Split(key, ".")...), at, brief(problem))
		}
	})
	return settings
}
