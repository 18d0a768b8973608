package freeze_test

import (
	"testing"

	"torchbearer/bot"
	"torchbearer/bot/bottest/scenario"
	"torchbearer/plugins/freeze"
)

func TestStories(t *testing.T) {
	scenario.Run(t, "testdata/*.txtar", []bot.Plugin{freeze.Plugin()})
}
