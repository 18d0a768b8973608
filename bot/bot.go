// Package bot is the vocabulary of Torchbearer: what a plugin, a transport and
// a store are to the machinery that joins them. It holds types and their rules,
// no behaviour that waits, connects or reads a clock.
//
// A plugin is data and pure functions. It reads a View of one moment and
// returns Effects; the machinery stores, says and delivers them:
//
//	func Plugin() bot.Plugin {
//		return bot.Plugin{
//			Name:    "hello",
//			Summary: "says hello",
//			New: func(t bot.Team, _ any) (bot.Instance, error) {
//				return bot.Instance{Commands: []bot.Command{{
//					Name: "hello", Help: "says hello", Examples: []string{"!hello"}, Who: bot.Anyone,
//					Do: func(context.Context, bot.View, bot.Call) (bot.Effects, error) {
//						return bot.Reply(msg.Para{msg.Text("Hello from " + t.Name + ".")}), nil
//					},
//				}}}, nil
//			},
//		}
//	}
package bot
