//go:build goolm

package matrix

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

// BenchmarkCryptoStoreSend is the encryption of one message, the store's share
// of it included, but for the disk's.
func BenchmarkCryptoStoreSend(b *testing.B) {
	for name, store := range map[string]crypto.Store{
		"library": crypto.NewMemoryStore(nil), "ours": openTestStore(b, bottest.NewStore()),
	} {
		b.Run(name, func(b *testing.B) {
			client := &mautrix.Client{UserID: "@alice:x", DeviceID: "A"}
			machine := crypto.NewOlmMachine(client, nil, store, oneRoom{})
			cryptoOK(b, machine.Load(b.Context()))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%1000 == 0 {
					session := cryptoMust(crypto.NewOutboundGroupSession("!room:x", nil, nil))(b)
					session.Shared, session.MaxMessages = true, 1000
					cryptoOK(b, store.AddOutboundGroupSession(b.Context(), session))
				}
				cryptoMust(machine.EncryptMegolmEvent(b.Context(), "!room:x", event.EventMessage, map[string]string{"body": "Review queue: 87"}))(b)
			}
		})
	}
}

// BenchmarkCryptoStoreRooms is what ten encrypted rooms of a hundred devices
// hold in memory after each sent a message, the records themselves not counted.
func BenchmarkCryptoStoreRooms(b *testing.B) {
	for b.Loop() {
		s := openTestStore(b, nowhereStore{})
		heap := func() float64 {
			runtime.GC()
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return float64(m.HeapAlloc)
		}
		before := heap()
		for room := range 10 {
			in := id.RoomID(fmt.Sprintf("!%d:x", room))
			out := cryptoMust(crypto.NewOutboundGroupSession(in, nil, nil))(b)
			cryptoOK(b, s.AddOutboundGroupSession(b.Context(), out))
			for device := range 100 {
				session, peer := newOlmSession(b)
				inbound := newInbound(b, in, peer.IdentityKey())
				cryptoOK(b, s.together(b.Context(), func(ctx context.Context) error {
					cryptoOK(b, s.AddSession(ctx, peer.IdentityKey(), session))
					cryptoOK(b, s.PutGroupSession(ctx, inbound))
					cryptoOK(b, s.PutDevice(ctx, id.UserID(fmt.Sprint("@", device, ":x")), &id.Device{DeviceID: "D"}))
					_, err := s.ValidateMessageIndex(ctx, inbound.ID(), "$1", 0, 1)
					return err
				}))
			}
		}
		b.ReportMetric((heap()-before)/1024, "KiB")
		runtime.KeepAlive(s)
	}
}

// nowhereStore is a store that takes everything and keeps nothing.
type nowhereStore struct{}

type nowhereTx struct{}

func (nowhereStore) View(_ context.Context, fn func(bot.ReadTx) error) error { return fn(nowhereTx{}) }

func (nowhereStore) Update(_ context.Context, fn func(bot.Tx) error) error { return fn(nowhereTx{}) }

func (nowhereTx) Get(string) ([]byte, error)            { return nil, nil }
func (nowhereTx) Scan(string) iter.Seq2[string, []byte] { return func(func(string, []byte) bool) {} }
func (nowhereTx) Put(string, []byte) error              { return nil }
func (nowhereTx) Delete(string) error                   { return nil }
