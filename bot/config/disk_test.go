package config

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSecretsAreTriedAndNeverTold(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CONFIG_TEST_SET", "hunter2")
	t.Setenv("CONFIG_TEST_EMPTY", "")
	for name, content := range map[string]string{
		"good": "hunter2\n", "windows": "hunter2\r\n", "bare": "hunter2", "spaces": " hunter2 \n",
		"empty": "\n", "two": "hunter2\nhunter3\n", "null": "hunter2\x00\n", "long": strings.Repeat("hunter2", 1000),
	} {
		write(t, filepath.Join(dir, name), content, 0o600)
	}
	write(t, filepath.Join(dir, "group"), "hunter2\n", 0o640)
	write(t, filepath.Join(dir, "world"), "hunter2\n", 0o604)
	write(t, filepath.Join(dir, "owner"), "hunter2\n", 0o400)
	write(t, filepath.Join(dir, "writable"), "hunter2\n", 0o620)
	file := func(name string) string { return fmt.Sprintf("secret file %q", filepath.Join(dir, name)) }
	for _, tt := range []struct{ secret, want, wrong string }{
		{`{ file = "good" }`, "hunter2", ""},
		{`{ file = "windows" }`, "hunter2", ""},
		{`{ file = "bare" }`, "hunter2", ""},
		{`{ file = "spaces" }`, " hunter2 ", ""},
		{`{ file = "owner" }`, "hunter2", ""},
		{`{ env = "CONFIG_TEST_SET" }`, "hunter2", ""},
		{`{ file = "empty" }`, "", file("empty") + " is empty"},
		{`{ file = "two" }`, "", file("two") + " holds more than one line; want the secret alone"},
		{`{ file = "null" }`, "", file("null") + " holds more than one line; want the secret alone"},
		{`{ file = "long" }`, "", file("long") + " holds more than 4096 bytes"},
		{`{ file = "none" }`, "", "read " + file("none") + ": no such file or directory"},
		{`{ file = "." }`, "", fmt.Sprintf("secret file %q is no regular file", dir)},
		{`{ file = "group" }`, "", file("group") + " is open to other users (mode 0640); chmod 600 it"},
		{`{ file = "world" }`, "", file("world") + " is open to other users (mode 0604); chmod 600 it"},
		{`{ file = "writable" }`, "", file("writable") + " is open to other users (mode 0620); chmod 600 it"},
		{`{ env = "CONFIG_TEST_EMPTY" }`, "", "environment variable CONFIG_TEST_EMPTY is empty"},
		{`{ env = "CONFIG_TEST_UNSET" }`, "", "environment variable CONFIG_TEST_UNSET is not set"},
	} {
		path := filepath.Join(dir, "f.toml")
		write(t, path, small+"[irc.b]\naddress = \"b:1\"\nnick = \"b\"\nlogin = \"nickserv\"\npassword = "+tt.secret, 0o600)
		cfg, err := Load(path, Build{Plugins: plugins(), Encryption: true})
		if tt.wrong != "" {
			if want := path + ":13: irc.b.password: " + tt.wrong; fmt.Sprint(err) != want {
				t.Errorf("%s: got  %v\nwant %s", tt.secret, err, want)
			}
			if _, err := Read(path, plugins()); err != nil {
				t.Errorf("%s: Read looks at the secret: %v", tt.secret, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.secret, err)
			continue
		}
		if got, err := cfg.IRC[0].Password.Value(); got != tt.want || err != nil {
			t.Errorf("%s = %q, %v, want %q", tt.secret, got, err, tt.want)
		}
	}
	if got, err := (Secret{}).Value(); got != "" || err != nil || !(Secret{}).IsZero() {
		t.Errorf("no secret = %q, %v", got, err)
	}
}

func TestSecretPrintsNothingOfItself(t *testing.T) {
	s := struct{ P Secret }{Secret{file: "/secrets/oftc", env: "OFTC"}}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "secret", s.P)
	js, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{fmt.Sprint(s), fmt.Sprintf("%+v %#v %s %q", s, s.P, s.P, s.P), log.String(), string(js)} {
		if strings.Contains(got, "oftc") || strings.Contains(got, "OFTC") || !strings.Contains(got, "(secret)") {
			t.Errorf("it prints as %s", got)
		}
	}
}

func TestCertificatesMustBePairs(t *testing.T) {
	dir := t.TempDir()
	cert, key := pair(t)
	_, other := pair(t)
	for name, content := range map[string]string{
		"cert": cert, "key": key, "other": other, "both": cert + key, "text": "no PEM at all",
	} {
		write(t, filepath.Join(dir, name), content, 0o600)
	}
	file := func(name string) string { return fmt.Sprintf("%q", filepath.Join(dir, name)) }
	for _, tt := range []struct{ keys, want string }{
		{"cert = \"cert\"\nkey = \"key\"\nca = \"cert\"", ""},
		{"cert = \"both\"\nkey = \"both\"", ""},
		{"cert = \"cert\"\nkey = \"other\"", ":12: irc.b.cert: " + file("cert") + " and key " + file("other") + " are no pair: private key does not match public key"},
		{"cert = \"text\"\nkey = \"key\"", ":12: irc.b.cert: " + file("text") + " and key " + file("key") + " are no pair: failed to find any PEM data in certificate input"},
		{"cert = \"cert\"\nkey = \"none\"", ":13: irc.b.key: " + file("none") + " can't be read: no such file or directory"},
		{"cert = \"none\"\nkey = \"key\"", ":12: irc.b.cert: " + file("none") + " can't be read: no such file or directory"},
		{"ca = \"text\"", ":12: irc.b.ca: " + file("text") + " holds no certificate; want PEM"},
		{"ca = \"none\"", ":12: irc.b.ca: " + file("none") + " can't be read: no such file or directory"},
	} {
		path := filepath.Join(dir, "f.toml")
		write(t, path, small+"[irc.b]\naddress = \"b:1\"\nnick = \"b\"\n"+tt.keys, 0o600)
		_, err := Load(path, Build{Plugins: plugins(), Encryption: true})
		want := path + tt.want
		if tt.want == "" {
			want = "<nil>"
		}
		if fmt.Sprint(err) != want {
			t.Errorf("%s: got  %v\nwant %s", tt.keys, err, want)
		}
	}
}

func TestTheStoreNeedsAFolderAndRoomForASocket(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f.toml")
	deep := filepath.Join(dir, strings.Repeat("d", 100))
	if err := os.Mkdir(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ store, want string }{
		{"bot.db", "<nil>"},
		{"none/bot.db", fmt.Sprintf("%s:3: store.path: there is no folder %q; make it first", path, filepath.Join(dir, "none"))},
		{deep + "/bot.db", fmt.Sprintf("%s:3: store.path: is too long a path for the socket beside it (%d bytes, at most 107)", path, len(deep+"/bot.db.sock"))},
	} {
		write(t, path, strings.Replace(small, "bot.db", tt.store, 1), 0o600)
		if _, err := Load(path, Build{Plugins: plugins(), Encryption: true}); fmt.Sprint(err) != tt.want {
			t.Errorf("%s: got  %v\nwant %s", tt.store, err, tt.want)
		}
	}
}

func pair(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1<<33, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
}
