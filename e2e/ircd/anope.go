package ircd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	servicesName = "services.test.example"
	linkPassword = "link-of-the-tests"
)

// anopeConf is Anope's whole configuration. OperServ is left out because its
// defaults allow three connections from one address and kill the next.
const anopeConf = `
uplink {
	host = "127.0.0.1"
	ipv6 = no
	ssl = no
	port = {linkport}
	password = "{password}"
}
serverinfo {
	name = "{services}"
	description = "Services of the tests"
	localhost = "{ip}"
	pid = "{dir}/anope.pid"
	motd = "services.motd"
}
module { name = "{protocol}" }
networkinfo {
	networkname = "Test"
	nicklen = 30
	userlen = 10
	hostlen = 64
	chanlen = 50
	modelistsize = 100
}
options {
	casemap = "{casemap}"
	strictpasswords = no
	badpasslimit = 0
	updatetimeout = 5m
	expiretimeout = 30m
	readtimeout = 5s
	warningtimeout = 4h
	timeoutcheck = 3s
	retrywait = 1s
}
mail { usemail = no }
log {
	target = "services.log"
	admin = "*"
	users = "*"
	servers = "*"
	other = "*"
}
module {
	name = "db_flatfile"
	database = "anope.db"
	keepbackups = 0
	fork = no
}
module { name = "enc_sha256" }
module { name = "m_sasl" }
module { name = "help" }
service {
	nick = "NickServ"
	user = "services"
	host = "{services}"
	gecos = "Nickname Registration Service"
}
module {
	name = "nickserv"
	client = "NickServ"
	forceemail = no
	confirmemailchanges = no
	defaults = "ns_secure ns_private hide_email hide_mask"
	regdelay = 0
	expire = 21d
	modeonid = yes
	killquick = 20s
	kill = 60s
	enforceruser = "enforcer"
	enforcerhost = "{services}"
	releasetimeout = 1m
	guestnickprefix = "Guest"
	nonicknameownership = no
	passlen = 64
}
module {
	name = "ns_register"
	registration = "none"
	resenddelay = 90s
}
module {
	name = "ns_identify"
	maxlogins = 10
}
module {
	name = "ns_recover"
	restoreonrecover = yes
}
module {
	name = "ns_cert"
	max = 5
}
module {
	name = "ns_logout"
}
command { service = "NickServ"; name = "HELP"; command = "generic/help"; }
command { service = "NickServ"; name = "REGISTER"; command = "nickserv/register"; }
command { service = "NickServ"; name = "IDENTIFY"; command = "nickserv/identify"; }
command { service = "NickServ"; name = "LOGOUT"; command = "nickserv/logout"; }
command { service = "NickServ"; name = "CERT"; command = "nickserv/cert"; }
command { service = "NickServ"; name = "RECOVER"; command = "nickserv/recover"; }
command { service = "NickServ"; name = "REGAIN"; command = "nickserv/recover"; }
`

// newAnope writes Anope's configuration and returns the program, which keeps
// trying to reach the server once a second.
func newAnope(dir, protocol, casemap, linkPort string) (*process, error) {
	conf := expand(anopeConf, map[string]string{
		"dir": dir, "ip": TesterIP, "linkport": linkPort, "password": linkPassword,
		"services": servicesName, "protocol": protocol, "casemap": casemap,
	})
	if err := writeConf(filepath.Join(dir, "services.conf"), conf); err != nil {
		return nil, err
	}
	if err := writeConf(filepath.Join(dir, "services.motd"), "Test services\n"); err != nil {
		return nil, err
	}
	return &process{
		name: "anope",
		args: []string{
			"--nofork", "--config=services.conf", "--confdir=" + dir, "--dbdir=" + dir,
			"--logdir=" + dir, "--modulesdir=/usr/lib/anope",
		},
		dir:  dir,
		logs: []string{filepath.Join(dir, "services.log*")},
	}, nil
}

// expand replaces {key} in a configuration.
func expand(conf string, values map[string]string) string {
	var pairs []string
	for k, v := range values {
		pairs = append(pairs, "{"+k+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(conf)
}

func writeConf(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return nil
}
