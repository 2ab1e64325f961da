package standalone_test

import (
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

// The test network: one relay for each row, each with one defect, under a name of its own that a local name server knows,
// walked by a real monitor, archived by a real writer, told by a real publisher. A row says the state, the reason of each check
// that is not ok, what documents must say, and what is on Nostr afterwards.

// member is one row of the table.
type member struct {
	name    string // also the first label of its host
	manners simrelay.Manners
	cert    string // "" = ws://; good, expired, early, self, host, unknown
	empty   bool   // without events

	state string
	// reasons are those of checks that are not ok; every other check of a relay must be ok.
	reasons string
	// says are pieces of documents, each as type and a piece of its JSON.
	says []string
	// lacks are types of which there must be no document.
	lacks string
	fault simrelay.Fault // that must have been shown, "" = none
	// tags are those of the event of kind 30166 but for what all have in common, in its order: name and values; figures that
	// are never twice the same are there or not. "document" says that its content is the relay's own.
	tags string
}

const (
	up, down, blocked, authOnly = subject.FactUp, subject.FactDown, subject.FactBlocked, subject.FactAuthOnly

	notAsked  = "read=not_open write=not_open auth=not_open capabilities=not_open"
	closedAll = notAsked + " http=not_open"
	noTLS     = "tls=not_applicable"

	timed  = "rtt-open rtt-read rtt-write"
	free   = "R=!auth,!writes,!pow,!payment"
	closed = "R=!auth,writes,!pow,!payment"
	plain  = timed + " N=1,11 " + free + " document" // what is published about a relay that all is well with
)

// unopened are the reasons of a relay without TLS that did not open, but for those of open and nip11.
func unopened(open, nip11 string) string {
	return "open=" + open + " nip11=" + nip11 + " " + closedAll + " " + noTLS
}

// notUpgraded are those of one that answers HTTP, but not with an upgrade; its headers are seen.
func notUpgraded(status, nip11 string) string {
	return "open=upgrade_" + status + " nip11=" + nip11 + " " + notAsked + " " + noTLS
}

const claimsAll = `{"supported_nips":[1,11],"limitation":{"auth_required":true,"payment_required":true,"restricted_writes":true,"min_pow_difficulty":20}}`

var members = []member{
	{name: "honest", state: up, tags: plain, reasons: noTLS, says: []string{
		`read {"event":true}`, `write {"accepted":true}`, `auth {"challenge":false,"to_read":false,"to_write":false}`,
		`nip11_answer "status":200,"content_type":"application/nostr+json","cors":{"origin":"*"`, `nip11_answer "supported_nips":[1,11]`,
		`dns "a":["127.0.0.2"]`, `dns "zone":"example.com","ns":["ns1.example.com"]`, `dns "ptr":["localhost.example.com"]`,
		`geo "country":"DE","eu":true,"city":"Berlin"`, `geo "geohash":"u33d`, `net "asn":64500,"org":"Example Net","prefix":"127.0.0.0/8"`,
		`capabilities "count":"works"`, `capabilities "search":"wrong"`, `capabilities "hints":"refused","negentropy":"refused","cap":40,"cap_reached":false,"subscriptions":20`,
		`capabilities "unclaimed":[45]`}},
	{name: "names-its-server", manners: simrelay.Manners{Server: "nginx/1.2 <b>", PoweredBy: "PHP/8\u202e" + strings.Repeat("x", 500)}, state: up, tags: timed + " N=1,11 " + free + " http-server=nginx/1.2 <b> http-powered-by=PHP/8 " + strings.Repeat("x", 122) + " document", reasons: noTLS,
		says: []string{`http {"server":"nginx/1.2 \u003cb\u003e","powered_by":"PHP/8 xxx`}},
	{name: "empty", empty: true, state: up, tags: plain, reasons: noTLS, says: []string{`read {"event":false}`, `capabilities "count":"works","search":"unknown"`, `capabilities "cap":0`}},
	{name: "slow", manners: simrelay.Manners{Delay: 100 * time.Millisecond}, state: up, tags: plain, reasons: noTLS, fault: simrelay.FaultDelayed},
	{name: "silent", manners: simrelay.Manners{LoseEOSEEvery: 1}, state: down, reasons: "read=timeout capabilities=not_readable " + noTLS, fault: simrelay.FaultLostEOSE},
	{name: "hangs-up", manners: simrelay.Manners{DropMidAnswerEvery: 1}, state: down, reasons: "read=disconnect capabilities=not_readable " + noTLS, fault: simrelay.FaultDropped},
	{name: "endless", manners: simrelay.Manners{EndlessStream: true}, state: down, reasons: "read=flood capabilities=not_readable " + noTLS, fault: simrelay.FaultEndless},
	{name: "giant-frame", manners: simrelay.Manners{GiantFrame: 2 << 20}, state: down, reasons: "read=too_large capabilities=not_readable " + noTLS, fault: simrelay.FaultGiant},
	{name: "garbage", manners: simrelay.Manners{Garbage: true}, state: up, tags: plain, reasons: noTLS, fault: simrelay.FaultGarbage},
	{name: "notice-only", manners: simrelay.Manners{NoticeOnly: true}, state: down, reasons: "read=notice capabilities=not_readable " + noTLS, fault: simrelay.FaultNotice},
	{name: "closes-error", manners: simrelay.Manners{ClosedPrefix: "error"}, state: down, reasons: "read=closed_error capabilities=not_readable " + noTLS, fault: simrelay.FaultClosed},
	{name: "closes-blocked", manners: simrelay.Manners{ClosedPrefix: "blocked"}, state: blocked, reasons: "read=closed_blocked capabilities=not_readable " + noTLS, fault: simrelay.FaultClosed},
	{name: "closes-rate", manners: simrelay.Manners{ClosedPrefix: "rate-limited"}, state: blocked, reasons: "read=closed_rate_limited capabilities=not_readable " + noTLS, fault: simrelay.FaultClosed},

	{name: "dead-port", manners: simrelay.Manners{Dead: simrelay.Refused}, state: down, reasons: unopened("refused", "not_open")},
	{name: "hangs-after-tcp", manners: simrelay.Manners{Dead: simrelay.Hang}, state: down, reasons: unopened("timeout", "timeout"), fault: simrelay.FaultDead},
	{name: "a-web-page", manners: simrelay.Manners{Dead: simrelay.HTTPOK, Server: "cdn", PoweredBy: "PHP/8"}, state: down, reasons: notUpgraded("200", "malformed"), fault: simrelay.FaultDead,
		says: []string{`nip11_answer "status":200,"content_type":"text/html`, `nip11_answer "fault":"malformed"`, `http {"server":"cdn","powered_by":"PHP/8"}`}, lacks: "nip11"},
	{name: "forbidden", manners: simrelay.Manners{Dead: simrelay.HTTPForbidden, Server: "firewall"}, state: blocked, reasons: notUpgraded("403", "upgrade_403"), fault: simrelay.FaultDead,
		says: []string{`nip11_answer "status":403`, `nip11_answer "fault":"status"`, `http {"server":"firewall"}`}, lacks: "nip11"},
	{name: "too-many", manners: simrelay.Manners{Dead: simrelay.HTTPTooMany}, state: blocked, reasons: notUpgraded("429", "upgrade_429"), fault: simrelay.FaultDead},
	{name: "unavailable", manners: simrelay.Manners{Dead: simrelay.HTTPUnavailable}, state: down, reasons: notUpgraded("503", "upgrade_503"), fault: simrelay.FaultDead},

	{name: "tls-good", cert: "good", state: up, tags: timed + " N=1,11 " + free + " ssl=valid ssl-expires ssl-issuer=Test Authority document", says: []string{
		`tls {"valid":true,"issuer":"Test Authority","subject":"tls-good.example.com","sans":["tls-good.example.com","127.0.0.1"],"san_count":2`,
		`tls "chain":2,"protocol":"TLS 1.3","cipher":"TLS_`}},
	{name: "tls-expired", cert: "expired", state: down, reasons: "open=tls nip11=tls tls=cert_expired " + closedAll, says: []string{`tls {"valid":false,"fault":"expired"`}},
	{name: "tls-early", cert: "early", state: down, reasons: "open=tls nip11=tls tls=cert_not_yet_valid " + closedAll, says: []string{`tls {"valid":false,"fault":"not_yet_valid"`}},
	{name: "tls-self-signed", cert: "self", state: down, reasons: "open=tls nip11=tls tls=cert_self_signed " + closedAll, says: []string{`tls {"valid":false,"fault":"self_signed"`}},
	{name: "tls-wrong-host", cert: "host", state: down, reasons: "open=tls nip11=tls tls=cert_wrong_host " + closedAll, says: []string{`tls {"valid":false,"fault":"wrong_host"`}},
	{name: "tls-unknown-authority", cert: "unknown", state: down, reasons: "open=tls nip11=tls tls=cert_unknown_authority " + closedAll, says: []string{`tls {"valid":false,"fault":"unknown_authority"`}},
	{name: "hangs-after-tls", cert: "good", manners: simrelay.Manners{Dead: simrelay.HangAfterTLS}, state: down, reasons: "open=timeout nip11=timeout " + closedAll,
		fault: simrelay.FaultDead, says: []string{`tls {"valid":true`}},

	{name: "info-missing", manners: simrelay.Manners{NIP11Status: 404}, state: up, tags: timed + " " + free, reasons: "nip11=upgrade_404 " + noTLS, says: []string{`nip11_answer "status":404`}, lacks: "nip11"},
	{name: "info-10-mb", manners: simrelay.Manners{NIP11: []byte(`{"name":"` + strings.Repeat("x", 10<<20) + `"}`)}, state: up, tags: timed + " " + free, reasons: "nip11=too_large " + noTLS,
		says: []string{`nip11_answer "bytes":131072,"fault":"too_large"`}, lacks: "nip11"},
	{name: "info-nul", manners: simrelay.Manners{NIP11: []byte(`{"name":"a\u0000b","description":"c\u0000"}`)}, state: up, tags: timed + " " + free + " document", reasons: noTLS,
		says: []string{`nip11_answer "claims":{"name":"a b","description":"c "}`, `nip11 {"name":"a\u0000b"`}},
	{name: "info-lone-surrogate", manners: simrelay.Manners{NIP11: []byte(`{"name":"\ud800x","software":"\udfff\ud800"}`)}, state: up, tags: timed + " " + free + " document", reasons: noTLS,
		says: []string{"nip11_answer \"name\":\"\ufffdx\"", `nip11 {"name":"\ud800x"`}},
	{name: "info-no-utf-8", manners: simrelay.Manners{NIP11: []byte("{\"name\":\"\xff\xfe\"}")}, state: up, tags: timed + " " + free, reasons: noTLS, says: []string{"nip11 {\"name\":\"\xff\xfe\"}"}},
	{name: "info-26-digits", manners: simrelay.Manners{NIP11: []byte(`{"supported_nips":[1,11111111111111111111111111,11],"limitation":{"max_limit":99999999999999999999999999}}`)},
		state: up, tags: plain, reasons: noTLS, says: []string{`nip11_answer "claims":{"supported_nips":[1,11]}`}},
	{name: "info-letter-nips", manners: simrelay.Manners{NIP11: []byte(`{"supported_nips":["A0","ee","5A",1,"11","EE","<b>"]}`)}, state: up,
		tags: timed + " N=1,11,A0,EE,5A " + free + " document", reasons: noTLS, says: []string{`nip11_answer "claims":{"supported_nips":[1,11],"letter_nips":["A0","EE","5A"]}`}},
	{name: "info-html", manners: simrelay.Manners{NIP11: []byte("<html><body>hello</body></html>"), NIP11Type: "text/html"}, state: up, tags: timed + " " + free, reasons: "nip11=malformed " + noTLS,
		says: []string{`nip11_answer "content_type":"text/html"`, `nip11_answer "fault":"malformed"`}, lacks: "nip11"},
	{name: "info-odd-types", manners: simrelay.Manners{NIP11: []byte(`{"name":7,"supported_nips":"all","limitation":[],"contact":{"a":1},"version":"v<1>"}`)}, state: up, tags: timed + " " + free + " document", reasons: noTLS,
		says: []string{`nip11_answer "claims":{"version":"v\u003c1\u003e"}`}},
	{name: "info-wrong-type", manners: simrelay.Manners{NIP11Type: "text/plain"}, state: up, tags: plain, reasons: noTLS, says: []string{`nip11_answer "content_type":"text/plain"`}},
	{name: "info-no-cors", manners: simrelay.Manners{NoCORS: true}, state: up, tags: plain, reasons: noTLS, says: []string{`nip11_answer "cors":{},"bytes"`}},
	{name: "info-redirect-inside", manners: simrelay.Manners{NIP11Redirect: "secret"}, state: up, tags: timed + " " + free, reasons: "nip11=reserved " + noTLS, lacks: "nip11 nip11_answer"},

	{name: "auth-on-connect", manners: simrelay.Manners{AuthOnConnect: true}, state: up, tags: timed + " N=1,11,42 " + free + " document", reasons: noTLS, says: []string{`auth {"challenge":true,"to_read":false,"to_write":false}`}},
	{name: "auth-before-everything", manners: simrelay.Manners{AuthOnly: true}, state: authOnly, tags: "rtt-open N=1,11,42 R=auth,writes,!pow,!payment document", reasons: "read=closed_auth_required write=auth_required capabilities=not_readable " + noTLS,
		fault: simrelay.FaultAuth, says: []string{`auth {"challenge":true,"to_read":true,"to_write":true}`, `write {"accepted":false,"requirement":"auth"}`}},
	{name: "auth-to-write", manners: simrelay.Manners{AuthToWrite: true}, state: up, tags: "rtt-open rtt-read N=1,11 R=auth,writes,!pow,!payment document", reasons: "write=auth_required " + noTLS, fault: simrelay.FaultAuth,
		says: []string{`auth {"challenge":true,"to_read":false,"to_write":true}`, `write {"accepted":false,"requirement":"auth"}`, `capabilities "lies":["auth_required"]`}},
	{name: "auth-in-vain", manners: simrelay.Manners{AuthOnConnect: true, AuthRestricted: true}, state: authOnly, tags: "rtt-open rtt-write N=1,11,42 R=auth,!writes,!pow,!payment document", reasons: "read=closed_restricted capabilities=not_readable " + noTLS, fault: simrelay.FaultAuth},

	{name: "pow-16", manners: simrelay.Manners{MinPow: 16}, state: up, tags: timed + " N=1,11 R=!auth,writes,pow,!payment document", reasons: noTLS, fault: simrelay.FaultPow, says: []string{`write {"accepted":true,"requirement":"pow","bits":16}`}},
	{name: "pow-40", manners: simrelay.Manners{MinPow: 40}, state: up, tags: "rtt-open rtt-read N=1,11 R=!auth,writes,pow,!payment document", reasons: "write=pow " + noTLS, fault: simrelay.FaultPow, says: []string{`write {"accepted":false,"requirement":"pow","bits":40}`}},
	refuses("pow", "pow", "pow", "R=!auth,writes,pow,!payment"), refuses("blocked", "blocked", "blocked", closed), refuses("restricted", "restricted", "restricted", closed),
	refuses("payment-required", "payment_required", "payment", "R=!auth,writes,!pow,payment"), refuses("rate-limited", "rate_limited", "rate_limited", closed),
	refuses("invalid", "invalid", "invalid", closed), refuses("mute", "mute", "blocked", closed), refuses("error", "error", "other", closed), refuses("sorry", "rejected", "other", closed),

	{name: "claims-all-demands-nothing", manners: simrelay.Manners{NIP11: []byte(claimsAll)}, state: up, tags: plain, reasons: noTLS,
		says: []string{`capabilities "lies":["min_pow_difficulty","auth_required","payment_required"]`}},
	{name: "claims-all-takes-nothing", manners: simrelay.Manners{RejectWrites: "blocked", NIP11: []byte(claimsAll)}, state: up,
		tags: "rtt-open rtt-read N=1,11 R=auth,writes,pow,payment document", reasons: "write=blocked " + noTLS, fault: simrelay.FaultRejected},

	{name: "counts-wrong", manners: simrelay.Manners{LieCount: 3, NIPs: []int{1, 11, 45}}, state: up, tags: plain, reasons: noTLS, fault: simrelay.FaultLieCount, says: []string{`capabilities "count":"wrong"`, `capabilities "disproved":[45]`}},
	{name: "lies-in-nips", manners: simrelay.Manners{RefuseCount: true, RefuseSearch: true, NIPs: []int{1, 11, 45, 50, 67, 77}}, state: up, tags: plain, reasons: noTLS, fault: simrelay.FaultNoSearch,
		says: []string{`capabilities {"count":"refused","search":"refused","hints":"refused","negentropy":"refused"`, `capabilities "disproved":[45,50,67,77]`}},
	{name: "able", manners: simrelay.Manners{Search: true, FinishHint: true, Negentropy: true, NIPs: []int{1, 11, 45, 50, 67, 77}}, state: up, tags: timed + " N=1,11,45,50,67,77 " + free + " T=Search document", reasons: noTLS,
		says: []string{`capabilities {"count":"works","search":"works","hints":"works","negentropy":"works","cap":40,"cap_reached":false`}},
	{name: "hints-lie", manners: simrelay.Manners{Cap: 10, HintLies: true}, state: up, tags: plain, reasons: noTLS, fault: simrelay.FaultHintLie, says: []string{`capabilities "hints":"wrong"`, `capabilities "cap":10,"cap_reached":true`, `capabilities "disproved":[67]`}},
	{name: "reconciles-falsely", manners: simrelay.Manners{Negentropy: true, NegentropyNewest: 3}, state: up, tags: plain, reasons: noTLS, fault: simrelay.FaultNegNewest, says: []string{`capabilities "negentropy":"wrong"`, `capabilities "disproved":[77]`}},
	{name: "few-subscriptions", manners: simrelay.Manners{MaxSubs: 3, Cap: 15, NIP11: []byte(`{"limitation":{"max_subscriptions":50,"max_limit":500}}`)}, state: up, tags: timed + " " + free + " document", reasons: noTLS, fault: simrelay.FaultSubs,
		says: []string{`capabilities "subscriptions":3,"subscriptions_reached":true`, `capabilities "lies":["max_subscriptions","max_limit"]`}},
}

// refuses is a relay that answers every event with OK false and a prefix; its document says restricted_writes.
func refuses(prefix, reason, requirement, requirements string) member {
	return member{name: "refuses-" + prefix, manners: simrelay.Manners{RejectWrites: prefix}, state: up, tags: "rtt-open rtt-read N=1,11 " + requirements + " document", reasons: "write=" + reason + " " + noTLS,
		fault: simrelay.FaultRejected, says: []string{`write {"accepted":false,"requirement":"` + requirement + `"`}}
}
