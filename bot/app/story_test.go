package app_test

import (
	"testing"

	"torchbearer/bot/bottest/scenario"
	"torchbearer/plugins/all"
)

func TestStories(t *testing.T) {
	scenario.Run(t, "testdata/*.txtar", all.Plugins())
}
