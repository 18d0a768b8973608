package civil_test

import (
	"fmt"
	"time"

	"torchbearer/bot/civil"
)

// A reminder a week before an event, in a zone that changes its clocks between
// the two: the wall clock counts, not 168 hours.
func Example() {
	zone, err := civil.LoadZone("Europe/Prague")
	if err != nil {
		fmt.Println(err)
		return
	}
	event := time.Date(2026, 10, 29, 22, 59, 0, 0, time.UTC) // 23:59 in Prague
	week, err := civil.ParseSpan("1w")
	if err != nil {
		fmt.Println(err)
		return
	}
	days, _ := week.Days()
	at := civil.DateOf(event, zone).AddDays(-days).At(civil.Clock{Hour: 14}, zone)
	fmt.Println(at.Format(time.RFC3339), "Spec freeze in", civil.Left(at, event, zone))
	// Output: 2026-10-22T12:00:00Z Spec freeze in 7 days
}

func ExampleWeekly_Between() {
	zone, err := civil.LoadZone("Europe/Prague")
	if err != nil {
		fmt.Println(err)
		return
	}
	w := civil.Weekly{Days: []time.Weekday{time.Sunday}, At: civil.Clock{Hour: 2, Minute: 30}, Zone: zone}
	from := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC)
	for date, at := range w.Between(from, from.AddDate(0, 0, 20)) {
		fmt.Println(date, at.In(zone).Format("15:04 MST"))
	}
	// Output:
	// 2026-03-22 02:30 CET
	// 2026-03-29 03:00 CEST
	// 2026-04-05 02:30 CEST
}
