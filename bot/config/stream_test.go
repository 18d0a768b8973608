package config

import (
	"crypto/ed25519"
	"encoding/pem"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

const (
	edKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMwoRBxJpmMGZcfr2BnPj4xruRMRdngTSHaWArjLj/Ex"
	// listening is a server with an account; its stream stands on line 15.
	listening = reviewed + "user = \"bot\"\npassword = { env = \"P\" }\n"
)

func TestOneMistakeAboutAStreamIsOneProblem(t *testing.T) {
	stream := func(address, key, hostKey string) string {
		return fmt.Sprintf("stream = { address = %q, key = %q, host_key = %q }", address, key, hostKey)
	}
	const at, wantAddress = "15: gerrit.g.stream.", "want host:port of Gerrit's ssh, such as \"review.opendev.org:29418\""
	const wantKey = `want the server's public key, as "ssh-keyscan -p 29418 HOST" prints it behind the name: "ssh-ed25519 AAAA…"`
	for _, tt := range []struct{ name, add, want string }{
		{"a stream", stream("g:29418", "secrets/k", edKey), ""},
		{"a section of its own", "[gerrit.g.stream]\naddress = \"[::1]:29418\"\nkey = \"k\"\nhost_key = \"" + edKey + " root@g\"", ""},

		{"nothing in it", "stream = {}", at + "address: is missing; want host:port of Gerrit's ssh, such as \"review.opendev.org:29418\"\n" +
			at + "host_key: is missing; want the server's public key, such as \"ssh-ed25519 AAAA…\"\n" +
			at + "key: is missing; want the path of the account's private ssh key"},
		{"only wanted", "stream = true", "15: gerrit.g.stream: is true or false; want { address = \"…\", key = \"…\", host_key = \"…\" }"},
		{"another key", strings.TrimSuffix(stream("g:29418", "k", edKey), " }") + ", port = 7 }", at + "port: unknown key; allowed: address, host_key, key"},
		{"no port", stream("g", "k", edKey), at + "address: \"g\" is no address; " + wantAddress},
		{"a URL", stream("ssh://bot@g:29418", "k", edKey), at + "address: \"ssh://bot@g:29418\" is no address; " + wantAddress},
		{"a port that is none", stream("g:ssh", "k", edKey), at + "address: \"ssh\" is no port; 1 to 65535 are allowed, 29418 is usual"},
		{"no file", stream("g:29418", "", edKey), at + "key: is no file's path; want one line, not empty"},
		{"a fingerprint", stream("g:29418", "k", "SHA256:eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8"), at + "host_key: is a fingerprint; " + wantKey},
		{"half a key", stream("g:29418", "k", edKey[:40]), at + "host_key: is no public key; " + wantKey},
		{"two keys", stream("g:29418", "k", edKey+"\n"+edKey), at + "host_key: is no public key; " + wantKey},
		{"a number", "stream = { address = \"g:29418\", key = \"k\", host_key = 7 }", at + "host_key: is a whole number; want the server's public key, such as \"ssh-ed25519 AAAA…\", in quotes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if _, err := Parse("f", []byte(listening+tt.add), ".", plugins()); err != nil {
				got = strings.ReplaceAll("\n"+err.Error(), "\nf:", "\n")[1:]
			}
			if diff := diff(tt.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
	_, err := Parse("f", []byte(reviewed+stream("g:29418", "k", edKey)), ".", plugins())
	if want := "f:13: gerrit.g.stream: needs user and password: only an account can be let hear events"; fmt.Sprint(err) != want {
		t.Errorf("without account: got  %v\nwant %s", err, want)
	}
}

// The key is tried, and never told.
func TestAStreamsKeyIsTried(t *testing.T) {
	t.Setenv("P", "hunter2")
	dir := t.TempDir()
	path, key := filepath.Join(dir, "f.toml"), filepath.Join(dir, "k")
	write(t, path, listening+`stream = { address = "g:29418", key = "k", host_key = "`+edKey+`" }`, 0o600)
	secret := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	plain, err := ssh.MarshalPrivateKey(secret, "")
	if err != nil {
		t.Fatal(err)
	}
	closed, err := ssh.MarshalPrivateKeyWithPassphrase(secret, "", []byte("hunter2"))
	if err != nil {
		t.Fatal(err)
	}
	good, locked := string(pem.EncodeToMemory(plain)), string(pem.EncodeToMemory(closed))
	file := fmt.Sprintf("%q", key)
	for _, tt := range []struct{ name, content, want string }{
		{"none", "", "read secret file " + file + ": no such file or directory"},
		{"a password", "hunter2\n", file + " holds no private key; want one as ssh-keygen makes it"},
		{"cut short", good[:len(good)/2], file + " holds no private key; want one as ssh-keygen makes it"},
		{"endless", strings.Repeat("hunter2\n", 8<<10) + good, file + " holds no private key; want one as ssh-keygen makes it"},
		{"with a passphrase", locked, file + " has a passphrase, which nobody could enter; want a key without (ssh-keygen -N '' makes one)"},
		{"a key", good, ""},
	} {
		if tt.content != "" {
			write(t, key, tt.content, 0o600)
		}
		cfg, err := Load(path, Build{Plugins: plugins(), Encryption: true})
		if tt.want == "" {
			if err != nil || cfg.Gerrit[0].Stream != (Stream{Address: "g:29418", Key: key, HostKey: edKey}) {
				t.Errorf("%s: %v, %+v", tt.name, err, cfg)
			}
			continue
		}
		if want := path + ":15: gerrit.g.stream.key: " + tt.want; fmt.Sprint(err) != want {
			t.Errorf("%s: got  %v\nwant %s", tt.name, err, want)
		}
	}
	open := filepath.Join(dir, "open")
	write(t, open, good, 0o644)
	write(t, path, listening+`stream = { address = "g:29418", key = "open", host_key = "`+edKey+`" }`, 0o600)
	_, err = Load(path, Build{Plugins: plugins(), Encryption: true})
	if want := fmt.Sprintf("%s:15: gerrit.g.stream.key: secret file %q is open to other users (mode 0644); chmod 600 it", path, open); fmt.Sprint(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
