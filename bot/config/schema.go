package config

import (
	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/people"
)

// schema is the file as it is written: every key this version knows, with the
// words that say what it wants. What the tags can't say is checked after.
type schema struct {
	Store     storeSection              `toml:"store"`
	Operators operatorsSection          `toml:"operators"`
	Limits    limitsSection             `toml:"limits"`
	IRC       map[string]*ircSection    `toml:"irc" want:"sections [irc.NAME]"`
	Matrix    map[string]*matrixSection `toml:"matrix" want:"sections [matrix.NAME]"`
	Gerrit    map[string]*gerritSection `toml:"gerrit" want:"sections [gerrit.NAME]"`
	People    map[string]*personSection `toml:"people" want:"sections [people.NAME]"`
	Team      map[string]*teamSection   `toml:"team" want:"sections [team.NAME]"`
	Room      map[string]*roomSection   `toml:"room" want:"sections [room.\"network/#channel\"]"`
}

type storeSection struct {
	Path string `toml:"path,required" want:"the file to keep everything in, such as \"torchbearer.db\""`
	Key  Secret `toml:"key"`
}

type operatorsSection struct {
	People []string `toml:"people" want:"a list of people, such as [\"maria\"]"`
	Room   bot.Room `toml:"room" want:"a room, such as \"oftc/#glance-bot\""`
}

type limitsSection struct {
	Commands *Rate `toml:"commands" want:"commands and a length of time, such as \"12/1m\", or \"off\""`
}

type ircSection struct {
	Address  string     `toml:"address,required" want:"host:port, such as \"irc.oftc.net:6697\""`
	TLS      bool       `toml:"tls"`
	CA       string     `toml:"ca" want:"the path of a PEM file"`
	Cert     string     `toml:"cert" want:"the path of a PEM file"`
	Key      string     `toml:"key" want:"the path of a PEM file"`
	Nick     string     `toml:"nick,required" want:"the bot's nick, such as \"glancebot\""`
	Realname string     `toml:"realname"`
	Login    Login      `toml:"login" want:"sasl-plain, sasl-external, nickserv or none"`
	Account  string     `toml:"account"`
	Password Secret     `toml:"password"`
	Burst    int        `toml:"burst" want:"a whole number of lines, 1 to 50"`
	Pace     civil.Span `toml:"pace" want:"a length of time, such as \"2s\""`
	Ignore   []string   `toml:"ignore" want:"a list of nicks, such as [\"*[m]\"]"`
}

type matrixSection struct {
	Homeserver string     `toml:"homeserver,required" want:"the server's address, such as \"https://matrix.example.org\""`
	User       string     `toml:"user,required" want:"the bot's user id, such as \"@glancebot:example.org\""`
	Password   Secret     `toml:"password"`
	Token      Secret     `toml:"token"`
	Encryption bool       `toml:"encryption"`
	Burst      int        `toml:"burst" want:"a whole number of messages, 1 to 50"`
	Pace       civil.Span `toml:"pace" want:"a length of time, such as \"5s\""`
	Ignore     []string   `toml:"ignore" want:"a list of users, such as [\"@oftc_*:example.org\"]"`
}

type gerritSection struct {
	URL       string         `toml:"url,required" want:"the server's address, such as \"https://review.opendev.org\""`
	User      string         `toml:"user"`
	Password  Secret         `toml:"password"`
	Every     civil.Span     `toml:"every" want:"a length of time, such as \"5m\""`
	Stream    *streamSection `toml:"stream" want:"{ address = \"…\", key = \"…\", host_key = \"…\" }"`
	CI        []string       `toml:"ci" want:"a list of usernames, such as [\"zuul\"]"`
	Automatic []string       `toml:"automatic" want:"a list of regular expressions, such as [\"Bot$\"]"`
}

type streamSection struct {
	Address string `toml:"address,required" want:"host:port of Gerrit's ssh, such as \"review.opendev.org:29418\""`
	Key     string `toml:"key,required" want:"the path of the account's private ssh key"`
	HostKey string `toml:"host_key,required" want:"the server's public key, such as \"ssh-ed25519 AAAA…\""`
}

type personSection struct {
	Name   string              `toml:"name"`
	IRC    map[string]accounts `toml:"irc" want:"accounts by network, such as { oftc = \"maria\" }"`
	Zone   string              `toml:"zone" want:"an IANA name, such as \"Europe/Prague\""`
	Gerrit string              `toml:"gerrit"`
	Matrix string              `toml:"matrix" want:"a user id, such as \"@maria:example.org\""`
	Quiet  *people.Quiet       `toml:"quiet" want:"hours from-to, such as \"22:00-08:00\""`
}

type teamSection struct {
	Name     string                     `toml:"name"`
	Zone     string                     `toml:"zone" want:"an IANA name, such as \"UTC\""`
	Rooms    []bot.Room                 `toml:"rooms,required" want:"a list of rooms, such as [\"oftc/#openstack-glance\"]"`
	Mirrors  [][]bot.Room               `toml:"mirrors" want:"a list of lists of rooms, such as [[\"oftc/#openstack-glance\", \"main/#glance:example.org\"]]"`
	Gerrit   string                     `toml:"gerrit" want:"a review server, such as \"opendev\""`
	Projects []string                   `toml:"projects" want:"a list of projects, such as [\"openstack/glance\"]"`
	Specs    []string                   `toml:"specs" want:"a list of projects, such as [\"openstack/glance-specs\"]"`
	PTL      []string                   `toml:"ptl" want:"a list of people, such as [\"maria\"]"`
	Cores    []string                   `toml:"cores" want:"a list of people and groups, such as [\"maria\", \"group:glance-core\"]"`
	Project  map[string]*projectSection `toml:"project" want:"sections [team.NAME.project.\"PROJECT\"]"`
	Calendar calendarSection            `toml:"calendar"`
	Plugin   map[string]*node           `toml:"plugin" want:"sections [team.NAME.plugin.PLUGIN]"`
}

type projectSection struct {
	Cores  []string      `toml:"cores" want:"a list of people and groups, such as [\"maria\", \"group:glance-core\"]"`
	Labels labelsSection `toml:"labels" want:"labels, such as { code-review = \"Code-Review\" }"`
}

// labelsSection has the fields of review.Labels.
type labelsSection struct {
	CodeReview string `toml:"code-review" want:"a label, such as \"Code-Review\""`
	Verified   string `toml:"verified" want:"a label, such as \"Verified\""`
	Workflow   string `toml:"workflow" want:"a label, such as \"Workflow\""`
	Full       int    `toml:"full" want:"the vote that approves, such as 2"`
}

type calendarSection struct {
	OpenStack texts                   `toml:"openstack"`
	Elections texts                   `toml:"elections"`
	ICS       texts                   `toml:"ics"`
	Release   civil.Date              `toml:"release" want:"a date, such as \"2027-03-24\""`
	As        string                  `toml:"as" want:"the team's name in labels, such as \"glance\""`
	Page      string                  `toml:"page" want:"an https or http address, such as \"https://releases.openstack.org/{series}/schedule.html\""`
	Every     civil.Span              `toml:"every" want:"a length of time, such as \"1h\""`
	Kinds     map[string]*kindSection `toml:"kinds" want:"sections [team.NAME.calendar.kinds.KIND]"`
	Event     []eventSection          `toml:"event" want:"sections [[team.NAME.calendar.event]]"`
}

type kindSection struct {
	Phrases []string `toml:"phrases" want:"a list of words, such as [\"spec* freeze\"]"`
	Means   string   `toml:"means" want:"what it means, such as \"specs have to be merged\""`
	Grants  string   `toml:"grants" want:"who grants exceptions, such as \"the PTL\""`

	Remind []civil.Span `toml:"remind" want:"a list of lengths of time, such as [\"7d\", \"1d\"], or [] for none"`
}

type eventSection struct {
	Kind   string       `toml:"kind,required" want:"lower-case letters, digits and hyphens, such as \"spec-freeze\""`
	Name   string       `toml:"name,required" want:"what people call it, such as \"Spec freeze\""`
	At     moment       `toml:"at,required" want:"a time such as \"2026-12-10T23:59:00Z\", or a date such as \"2026-12-10\""`
	URL    string       `toml:"url" want:"an https or http address"`
	ID     string       `toml:"id" want:"lower-case letters, digits and hyphens"`
	Remind []civil.Span `toml:"remind" want:"a list of lengths of time, such as [\"7d\", \"1d\", \"0s\"]"`
}

type roomSection struct {
	DefaultTeam string `toml:"default_team" want:"a team of this room"`
}
