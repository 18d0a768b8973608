package ircd

import (
	"path/filepath"
	"strings"
	"testing"

	"torchbearer/e2e/local"
)

// inspircdConf is InspIRCd's configuration. Testers and services come from an
// address without limits; the class of the bot has those of an ordinary network.
// defaultmodes needs the o before the space, or founders of channels get no
// operator status.
const inspircdConf = `
<server name="irc.test.example" description="server of the tests" network="Test">
<admin name="Tests" nick="tests" email="tests@test.example">
{modules}
<sslprofile name="main" provider="gnutls" certfile="{cert}" keyfile="{key}" hash="sha256" requestclientcert="yes">
<bind address="127.0.0.1" port="{plainport}" type="clients">
<bind address="127.0.0.1" port="{tlsport}" type="clients" sslprofile="main">
<bind address="127.0.0.1" port="{linkport}" type="servers">
<connect name="testers" allow="{unlimited}" timeout="30" pingfreq="120" threshold="1000000" commandrate="1000000" fakelag="no" localmax="1000" globalmax="1000" hardsendq="10M" softsendq="10M" recvq="100K" modes="+i">
<connect name="main" allow="*" timeout="30" pingfreq="120" threshold="10" commandrate="1000" fakelag="yes" localmax="10" globalmax="10" hardsendq="1M" softsendq="10K" recvq="10K" modes="+i">
<link name="{services}" ipaddr="{ip}" port="{linkport}" allowmask="127.0.0.0/8" sendpass="{password}" recvpass="{password}">
<uline server="{services}" silent="yes">
<sasl target="{services}" requiressl="no">
<options defaultmodes="not nt" casemapping="rfc1459">
<channels users="120" opers="500">
<limits maxnick="30" maxchan="64" maxmodes="20" maxident="10" maxhost="64" maxquit="255" maxtopic="307" maxkick="255" maxreal="128" maxaway="200" maxline="512">
<performance quietbursts="yes" nouserdns="yes">
<path configdir="{dir}" datadir="{dir}" logdir="{dir}" runtimedir="{dir}" moduledir="/usr/lib/inspircd/modules">
<pid file="{dir}/inspircd.pid">
<log method="file" type="*" level="default" target="{dir}/inspircd.log">
`

// StartInspIRCd starts a modern network: SASL PLAIN and EXTERNAL, account-tag,
// message-tags, server-time, echo-message, labeled-response, batch, bot mode,
// MONITOR, and history where a channel has +H. It skips the test where it can't
// run (see Require).
func StartInspIRCd(t testing.TB, opts Opts) *Server {
	t.Helper()
	s := newServer(t, opts, "inspircd", "anope")
	plainPort, tlsPort, linkPort := local.Port(t), local.Port(t), local.Port(t)
	var modules strings.Builder
	for m := range strings.FieldsSeq(`ssl_gnutls sslinfo cap ircv3 ircv3_accounttag ircv3_batch
		ircv3_capnotify ircv3_chghost ircv3_ctctags ircv3_echomessage ircv3_invitenotify
		ircv3_labeledresponse ircv3_msgid ircv3_servertime sasl services_account spanningtree
		monitor botmode hidechans namesx uhnames callerid chanhistory sethost samode servprotect topiclock
		mlock muteban stripcolor noctcp messageflood`) {
		modules.WriteString(`<module name="` + m + `">` + "\n")
	}
	conf := expand(inspircdConf, map[string]string{
		"dir": s.dir, "ip": TesterIP, "modules": modules.String(), "unlimited": opts.unlimited(),
		"cert": s.certs.server.Cert, "key": s.certs.server.Key,
		"plainport": plainPort, "tlsport": tlsPort, "linkport": linkPort,
		"services": servicesName, "password": linkPassword,
	})
	confPath := filepath.Join(s.dir, "inspircd.conf")
	if err := writeConf(confPath, conf); err != nil {
		t.Fatal(err)
	}
	s.ircd = &process{
		name: "inspircd",
		args: []string{"--nofork", "--config", confPath},
		dir:  s.dir,
		logs: []string{filepath.Join(s.dir, "inspircd.log")},
	}
	var err error
	if s.services, err = newAnope(s.dir, "inspircd3", "rfc1459", linkPort); err != nil {
		t.Fatal(err)
	}
	s.PlainAddr, s.tlsAddr = "127.0.0.1:"+plainPort, "127.0.0.1:"+tlsPort
	s.Addr = s.tlsAddr
	s.bringUp(opts)
	return s
}
