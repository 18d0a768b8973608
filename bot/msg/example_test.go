package msg_test

import (
	"fmt"
	"time"

	"torchbearer/bot/msg"
)

func Example() {
	at := time.Date(2026, 12, 10, 23, 59, 0, 0, time.UTC)
	m := msg.New(msg.Announce, msg.Para{
		msg.Text("Spec freeze "), msg.Left(at, "UTC"), msg.Text(": "), msg.Instant(at, "UTC"), msg.Text("."),
	})
	m.Link = "https://releases.openstack.org/2027.1/schedule.html"

	fmt.Println(msg.Plain(m, at.AddDate(0, 0, -7)))
	fmt.Println(msg.Plain(m, at.Add(-10*time.Hour)))
	// Output:
	// Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC. https://releases.openstack.org/2027.1/schedule.html
	// Spec freeze in 10 h: Thu 2026-12-10 23:59 UTC. https://releases.openstack.org/2027.1/schedule.html
}

func ExampleNoHighlight() {
	fmt.Printf("%+q\n", msg.NoHighlight("nina"))
	// Output: "n\u200bina"
}

func ExampleCut() {
	fmt.Println(msg.Cut("Fix race in volume attach retry loop", 24))
	fmt.Println(msg.Cut("Cyclés de vie", 7))
	fmt.Println(msg.Cut("see https://docs.example.org/glance", 24))
	// Output:
	// Fix race in volume at…
	// Cycl…
	// see…
}

func ExampleIRC() {
	m := msg.New(msg.Answer, msg.Para{msg.Text("Next for "), msg.Name("nina"), msg.Text(":")})
	m.Blocks = append(m.Blocks, msg.Block{List: []msg.Para{
		{msg.Text("Spec freeze Thu 2026-12-10")},
		{msg.Text("Feature freeze Thu 2027-02-25")},
		{msg.Text("Release Wed 2027-03-31")},
	}})
	for _, line := range msg.IRC(m, time.Time{}, 440) {
		fmt.Printf("%+q\n", line)
	}
	// Output: "Next for n\u200bina: Spec freeze Thu 2026-12-10; Feature freeze Thu 2027-02-25; Release Wed 2027-03-31"
}
