package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"torchbearer/bot/bolt"
	"torchbearer/bot/calendar/follow"
)

// socketPath is where a running bot listens for status, backup, and what it keeps of
// calendars.
func socketPath(store string) string { return store + ".sock" }

// serveControl answers on the store's socket until ctx ends.
// Who can open the store can use the socket, nobody else: its mode is 0600, and
// it stands in the store's folder.
func serveControl(ctx context.Context, a *App, store *bolt.Store, path string, log *slog.Logger) error {
	listener, err := listenControl(path)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		s, err := a.Status(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(s) // the asker went away
	})
	mux.HandleFunc("GET /calendars", func(w http.ResponseWriter, r *http.Request) {
		kept, err := follow.Kept(r.Context(), store)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(kept) // the asker went away
	})
	mux.HandleFunc("POST /backup", func(w http.ResponseWriter, r *http.Request) {
		n, err := store.BackupFile(r.Context(), r.FormValue("to"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(n) // the copy is there all the same
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() {
		defer stop()
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("status and backup are gone", "err", err)
		}
	}()
	return nil
}

// listenControl opens the socket. One that a killed bot left behind is
// replaced: whoever holds the store is the only bot there is.
func listenControl(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("replace socket: %w", err)
	}
	// From its first moment on it is its owner's alone.
	private := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error { return c.Control(protectSocket) }}
	l, err := private.Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("protect socket: %w", err)
	}
	return l, nil
}

// errNotRunning says that no bot listens on the socket.
var errNotRunning = errors.New("the bot is not running")

// askControl asks the running bot and decodes its answer.
func askControl(ctx context.Context, store, method, what string, into any) error {
	path := socketPath(store)
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "unix", path)
		},
	}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, method, "http://bot/"+what, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	var dial *net.OpError
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("you may not talk to the bot on %s: run this as the bot's user", path)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the bot does not answer on %s within %s", path, answerWithin)
	}
	if errors.As(err, &dial) && dial.Op == "dial" {
		return fmt.Errorf("%w: nobody listens on %s (%v)", errNotRunning, path, dial.Err)
	}
	if err != nil {
		return fmt.Errorf("ask the running bot: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
		return fmt.Errorf("the running bot says: %s", bytes.TrimSpace(b))
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("read the running bot's answer: %w", err)
	}
	return nil
}
