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
		{"a label that is shorter than its title", []string{"Oslo Feature Freeze\n^^^^^^^^^^^^^^^^^^^", "Oslo Feature Proposal Freeze\n^^^^^^^^^^^^^^^^^^^^^^^^^^^^"}, ""},
	})
}
