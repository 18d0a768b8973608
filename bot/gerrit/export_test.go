package gerrit

import "golang.org/x/time/rate"

// Unpaced lets a benchmark measure without the pauses between requests.
func (c *Client) Unpaced() { c.transport.limiter.SetLimit(rate.Inf) }
