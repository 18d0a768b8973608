package ircd

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"torchbearer/e2e/local"
)

// hybridConf is ircd-hybrid's configuration, with OFTC's limits for the bot. A
// mistake in it shows in the log alone: the server starts all the same.
const hybridConf = `
serverinfo {
	name = "irc.test.example";
	sid = "0TB";
	description = "server of the tests";
	network_name = "Test";
	network_description = "network of the tests";
	hub = yes;
	default_max_clients = 512;
	max_nick_length = 30;
	max_topic_length = 300;
	tls_certificate_file = "{cert}";
	rsa_private_key_file = "{key}";
	tls_message_digest_algorithm = "sha1";
};
admin { name = "Tests"; description = "tests"; email = "tests@test.example"; };
class {
	name = "testers";
	ping_time = 120 seconds;
	max_number = 200;
	number_per_ip_local = 200;
	number_per_ip_global = 200;
	sendq = 1 megabyte;
	recvq = 8000 bytes;
	max_channels = 60;
};
class {
	name = "users";
	ping_time = 120 seconds;
	max_number = 100;
	number_per_ip_local = 10;
	number_per_ip_global = 10;
	sendq = 100 kbytes;
	recvq = 2560 bytes;
	max_channels = 120;
};
class {
	name = "server";
	ping_time = 90 seconds;
	connectfreq = 5 minutes;
	max_number = 1;
	sendq = 2 megabytes;
};
listen {
	host = "127.0.0.1";
	port = {plainport}, {linkport};
	flags = tls;
	port = {tlsport};
};
auth { user = "*@{unlimited}"; class = "testers"; flags = exceed_limit, kline_exempt, can_flood; };
auth { user = "*@*"; class = "users"; };
exempt { ip = "{ip}"; };
connect {
	name = "{services}";
	host = "{ip}";
	port = {linkport};
	send_password = "{password}";
	accept_password = "{password}";
	class = "server";
};
service { name = "{services}"; };
shared { name = "{services}"; type = all; };
channel {
	disable_fake_channels = yes;
	max_channels = 120;
	max_bans = 100;
	invite_client_count = 10;
	invite_client_time = 5 minutes;
	default_join_flood_count = 0;
};
general {
	invisible_on_connect = yes;
	default_floodcount = 10;
	default_floodtime = 1 second;
	anti_nick_flood = yes;
	max_nick_changes = 5;
	max_nick_time = 20 seconds;
	anti_spam_exit_message_time = 0;
	ping_cookie = no;
	no_oper_flood = yes;
	max_targets = 4;
	pace_wait_simple = 1 second;
	pace_wait = 10 seconds;
	throttle_count = 1;
	throttle_time = {throttle} seconds;
};
modules {
	path = "/usr/lib/ircd-hybrid/modules";
	path = "/usr/lib/ircd-hybrid/modules/autoload";
};
log {
	use_logging = yes;
	file { type = user; name = "{dir}/hybrid-user.log"; size = unlimited; };
	file { type = kill; name = "{dir}/hybrid-kill.log"; size = unlimited; };
	file { type = debug; name = "{dir}/hybrid-debug.log"; size = unlimited; };
};
`

// StartHybrid starts a network as near to OFTC as one gets: ircd-hybrid behind a
// proxy at Addr that leaves multi-prefix as the only capability, takes WHOX,
// MONITOR and BOT out of 005, and gives NickServ OFTC's order of words. CertFP
// is by SHA-1. It skips the test where it can't run (see Require).
func StartHybrid(t testing.TB, opts Opts) *Server {
	t.Helper()
	s := newServer(t, opts, "ircd-hybrid", "anope")
	plainPort, tlsPort, linkPort := local.Port(t), local.Port(t), local.Port(t)
	conf := expand(hybridConf, map[string]string{
		"dir": s.dir, "ip": TesterIP, "unlimited": opts.unlimited(),
		"cert": s.certs.server.Cert, "key": s.certs.server.Key,
		"plainport": plainPort, "tlsport": tlsPort, "linkport": linkPort,
		"services": servicesName, "password": linkPassword,
		"throttle": fmt.Sprint(int(opts.ThrottleTime / time.Second)),
	})
	confPath := filepath.Join(s.dir, "hybrid.conf")
	if err := writeConf(confPath, conf); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(s.dir, "hybrid.log")
	s.ircd = &process{
		name: "ircd-hybrid",
		args: []string{
			"-foreground", "-configfile", confPath, "-logfile", log,
			"-pidfile", filepath.Join(s.dir, "hybrid.pid"),
			"-klinefile", filepath.Join(s.dir, "kline.db"), "-dlinefile", filepath.Join(s.dir, "dline.db"),
			"-xlinefile", filepath.Join(s.dir, "xline.db"), "-resvfile", filepath.Join(s.dir, "resv.db"),
		},
		dir:  s.dir,
		logs: []string{log, filepath.Join(s.dir, "hybrid-*.log")},
	}
	var err error
	if s.services, err = newAnope(s.dir, "hybrid", "ascii", linkPort); err != nil {
		t.Fatal(err)
	}
	s.PlainAddr, s.tlsAddr = "127.0.0.1:"+plainPort, "127.0.0.1:"+tlsPort
	s.bringUp(opts)
	s.Proxy = startProxy(t, proxyOpts{
		listen:   "127.0.0.1:" + local.Port(t),
		upstream: s.tlsAddr,
		certs:    s.certs,
		toServer: oftcToServer,
		toClient: oftcToClient,
	})
	s.Addr = s.Proxy.Addr
	return s
}
