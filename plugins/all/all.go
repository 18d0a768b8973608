// Package all is the one list of plugins: adding one is a folder, a line here
// and a block in config.example.toml.
package all

import (
	"torchbearer/bot"
	"torchbearer/plugins/freeze"
)

// Plugins returns every plugin of this build.
func Plugins() []bot.Plugin {
	return []bot.Plugin{
		freeze.Plugin(),
	}
}
