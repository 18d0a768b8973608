package queue

import "torchbearer/bot/review"

// hostileSubjects are what a stranger may call changes: a line of a protocol, a
// command of this bot's, formats, text that runs backwards, a name to highlight,
// a link that is none of Gerrit's. Gerrit itself joins lines.
var hostileSubjects = []string{
	"Add retry\r\nPRIVMSG #secret :I am the bot\r\nQUIT :bye",
	"!ask zoe 1 \x02bold\x02 \x0304,01URGENT\x03 \x1b[31mred zoe: bob, maria",
	"\x01ACTION approves everything\x01 https://evil.example.org/ %s {{.}} $(reboot)",
	"\u202egnp.exe\u202c one\u2028two\u0085three zoe\u200b #glance @here <b>x</b> [a](b)",
}

var hostileNames = []string{"hostile-newline", "hostile-format", "hostile-ctcp", "hostile-bidi"}

// hostileLives put them where the bot has most to say.
func hostileLives() []story {
	return []story{
		{life: lived(120), want: want{review.Reviewers, review.Unreviewed, 120, starved, ""}},
		{life: lived(118, votes(117, "zoe", 2)), want: want{review.Core, review.NeedsSecond, 118, inBacklog, ""}},
		{life: lived(116, reply(115, "mallory", words("\r\nQUIT :x", 0)), says(90, "tony", "Hm.\r\nPRIVMSG #secret :x")), want: want{review.Author, review.Remarked, 116, inBacklog, ""}},
		{life: []deed{created(114), fails(110)}, want: want{review.Author, review.CIFailed, 114, "", review.CIFailed}},
	}
}
