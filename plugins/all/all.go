// Package all is the one list of plugins: adding one is a folder, a line here
// and a block in config.example.toml.
package all

import (
	"torchbearer/bot"
	"torchbearer/plugins/ask"
	"torchbearer/plugins/backlog"
	"torchbearer/plugins/freeze"
	"torchbearer/plugins/people"
	"torchbearer/plugins/reviewday"
)

// Plugins returns every plugin of this build.
func Plugins() []bot.Plugin {
	return []bot.Plugin{
		freeze.Plugin(),
		reviewday.Plugin(),
		ask.Plugin(),
		backlog.Plugin(),
		people.Plugin(),
	}
}
