// Package encrypted measures what a message into an encrypted room costs, with the
// store that the bot has on disk:
//
//	go test -tags goolm ./e2e/encrypted -run '^$' -bench . -benchtime 50x
package encrypted
