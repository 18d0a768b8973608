package lint_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"torchbearer/bot/calendar"
	"torchbearer/bot/calendar/lint"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// jay is an invented page of the oldest form: a table, and no schedule.yaml.
const jay = `
Jay release schedule
====================

+-------------------+---------------------------+-----------------------------+
| Week              | Cross-project events      | Project-specific events     |
+============+======+===========================+=============================+
| Aug 22-26  | R-6  |                           |                             |
+------------+------+---------------------------+-----------------------------+
| Aug 29-02  | R-5  | :ref:` + "`j-ff`" + `               |                             |
+------------+------+---------------------------+-----------------------------+
| Sep 05-09  | R-4  |                           |                             |
+------------+------+---------------------------+-----------------------------+
| Sep 12-16  | R-3  |                           |                             |
+------------+------+---------------------------+-----------------------------+

.. note::

   All deadlines are generally the Thursday of the week on which they
   are noted above. For example, The Feature Freeze in week R-5 is on
   1 September. Exceptions are mentioned.

.. _j-ff:

Feature freeze
--------------

No features after September 1st, 2016.
`

func TestTableAndExample(t *testing.T) {
	for _, tc := range []struct{ name, from, to, want string }{
		{"as it should be", "", "", ""},
		{
			"the example of another series", "   1 September.", "   8 September.",
			"jay/schedule.rst:21: head: the page's example has Thu 2016-09-08 in R-5, which is the week of 2016-08-29 (probably Thu 2016-09-01)\n",
		},
		{"an example of a week after the release", "R-5 is on\n   1 September", "R+1 is on\n   13 October", ""},
		{"no example, only a week", "R-5 is on\n   1 September", "R-5 is on\n   its own", ""},
		{"a sentence about a date elsewhere", "R-5 is on\n   1 September", "R-5 is on\n   time. 8 September is not", ""},
		{
			"a week that ends on a Wednesday", "Sep 05-09", "Sep 05-07",
			"jay/schedule.rst:12: week R-4: the week of 2016-09-05 ends on Wed 2016-09-07; the others end on a Friday (probably 2016-09-09)\n",
		},
		{
			"a week that is a day late", "Sep 05-09", "Sep 06-10",
			"jay/schedule.rst:12: week R-4: the week starts on a Tuesday, 2016-09-06; the others start on a Monday (probably 2016-09-05)\n",
		},
		{
			"a week that starts and ends on other days", "Sep 05-09", "Sep 06-11",
			"jay/schedule.rst:12: week R-4: the week starts on a Tuesday, 2016-09-06; the others start on a Monday (probably 2016-09-05)\n",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := strings.Replace(jay, tc.from, tc.to, 1)
			if text == jay && tc.from != "" {
				t.Fatalf("%q is not on the page", tc.from)
			}
			s := calendar.Read(fstest.MapFS{"schedule.rst": {Data: []byte(text)}}, "jay", civil.Date{})
			if got := lines(lint.Check(lint.Input{Schedule: s, Kinds: cycle.DefaultKinds()})); got != tc.want {
				t.Errorf("got:\n%swant:\n%s", got, tc.want)
			}
		})
	}
}
