package ask_test

import (
	"testing"

	"torchbearer/bot"
	"torchbearer/bot/bottest/scenario"
	"torchbearer/plugins/ask"
)

func TestScenarios(t *testing.T) {
	scenario.Run(t, "testdata/*.txtar", []bot.Plugin{ask.Plugin()})
}
