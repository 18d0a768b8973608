package lint_test

import "testing"

func TestLabelsBeforeEachOthersTitles(t *testing.T) {
	tell(t, []story{
		{
			"two labels before each other's titles",
			[]string{".. _k-final-clientlib:", ".. _k-x:", ".. _k-soft-sf:", ".. _k-final-clientlib:", ".. _k-x:", ".. _k-soft-sf:"},
			"kestrel/schedule.rst:72: k-soft-sf: stands before the title \"Final release for client libraries\", and k-final-clientlib before \"Soft StringFreeze\" (probably before \"Soft StringFreeze\")\n" +
				"kestrel/schedule.rst:79: k-final-clientlib: stands before the title \"Soft StringFreeze\", and k-soft-sf before \"Final release for client libraries\" (probably before \"Final release for client libraries\")\n",
		},
		{
			"what follows from it is not said besides: a date of another week, an event apart from its own",
			[]string{".. _k-ff:", ".. _k-x:", ".. _k-rc1:", ".. _k-ff:", ".. _k-x:", ".. _k-rc1:"},
			"kestrel/schedule.rst:65: k-rc1: stands before the title \"Feature freeze\", and k-ff before \"RC1 target week\" (probably before \"RC1 target week\")\n" +
				"kestrel/schedule.rst:86: k-ff: stands before the title \"RC1 target week\", and k-rc1 before \"Feature freeze\" (probably before \"Feature freeze\")\n",
		},
		{"a label that is shorter than its title", []string{"Oslo Feature Freeze\n^^^^^^^^^^^^^^^^^^^", "Oslo Feature Proposal Freeze\n^^^^^^^^^^^^^^^^^^^^^^^^^^^^"}, ""},
	})
}
