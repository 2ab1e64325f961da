//go:build compose

package compose

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// publishers names, for each subject, who may publish to it. The admin may everything.
var publishers = map[string]string{
	"brotr.relay.found":                                        "finder tool",
	"brotr.relay.found.nip65":                                  "finder tool",
	"brotr.task.validate.clearnet.a_b":                         "finder validator monitor synchronizer",
	"brotr.task.sync.tor.a_b":                                  "finder validator monitor synchronizer",
	"brotr.later.check.clearnet.a_b":                           "finder validator monitor synchronizer",
	"brotr.ingest.relays":                                      "finder validator",
	"brotr.ingest.candidates":                                  "finder validator",
	"brotr.ingest.checks":                                      "monitor",
	"brotr.ingest.pages":                                       "synchronizer",
	"brotr.ingest.manners":                                     "synchronizer",
	"brotr.ingest.publications":                                "publisher",
	"brotr.event.1.ab.abcd":                                    "writer",
	"brotr.check.clearnet.a_b":                                 "writer",
	"brotr.relay.up.clearnet.a_b":                              "writer",
	"brotr.relay.accepted.clearnet.a_b":                        "writer",
	"brotr.relay.dead.clearnet.a_b":                            "writer",
	"brotr.dead.found":                                         "finder validator monitor synchronizer writer publisher alerter",
	"brotr.svc.relay.add":                                      "tool",
	"brotr.svc.relay.check":                                    "tool api",
	"brotr.unknown":                                            "",
	"$JS.API.INFO":                                             "finder validator monitor synchronizer writer tool publisher alerter eraser refresher api",
	"$JS.API.STREAM.INFO.TASKS":                                "finder validator monitor synchronizer writer publisher alerter eraser refresher api",
	"$JS.API.STREAM.INFO.EVENTS":                               "finder validator monitor synchronizer writer tool publisher alerter eraser refresher api",
	"$JS.API.STREAM.CREATE.INGEST":                             "",
	"$JS.API.STREAM.UPDATE.INGEST":                             "",
	"$JS.API.STREAM.DELETE.INGEST":                             "",
	"$JS.API.STREAM.PURGE.INGEST":                              "",
	"$JS.API.STREAM.PURGE.EVENTS":                              "",
	"$JS.API.STREAM.MSG.DELETE.INGEST":                         "writer",
	"$JS.API.STREAM.MSG.DELETE.EVENTS":                         "eraser",
	"$JS.API.STREAM.MSG.DELETE.DEAD":                           "eraser",
	"$JS.API.STREAM.MSG.GET.TASKS":                             "",
	"$JS.API.CONSUMER.CREATE.TASKS.mine":                       "",
	"$JS.API.CONSUMER.CREATE.INGEST.mine":                      "",
	"$JS.API.CONSUMER.CREATE.EVENTS.mine":                      "tool",
	"$JS.API.CONSUMER.CREATE.EVENTS.finder":                    "",
	"$JS.API.CONSUMER.CREATE.RELAYS.mine.brotr.check.a.b":      "publisher alerter tool",
	"$JS.API.CONSUMER.MSG.NEXT.RELAYS.mine":                    "publisher alerter tool",
	"$JS.ACK.RELAYS.mine.1.1.1.1.1":                            "publisher alerter tool",
	"$JS.API.CONSUMER.DELETE.EVENTS.finder":                    "",
	"$JS.API.CONSUMER.MSG.NEXT.FOUND.intake":                   "finder",
	"$JS.API.CONSUMER.MSG.NEXT.EVENTS.finder":                  "finder",
	"$JS.API.CONSUMER.MSG.NEXT.EVENTS.mine":                    "tool",
	"$JS.API.CONSUMER.MSG.NEXT.TASKS.validate_tor":             "validator",
	"$JS.API.CONSUMER.MSG.NEXT.TASKS.check_clearnet":           "monitor",
	"$JS.API.CONSUMER.MSG.NEXT.TASKS.recheck_tor":              "monitor",
	"$JS.ACK.TASKS.recheck_tor.1.1.1.1.1":                      "monitor",
	"$JS.API.CONSUMER.MSG.NEXT.TASKS.revalidate_i2p":           "validator",
	"$JS.ACK.TASKS.revalidate_i2p.1.1.1.1.1":                   "validator",
	"$JS.API.CONSUMER.MSG.NEXT.TASKS.sync_clearnet":            "synchronizer",
	"$JS.API.CONSUMER.MSG.NEXT.INGEST.writer":                  "writer",
	"$JS.ACK.TASKS.sync_clearnet.1.1.1.1.1":                    "synchronizer",
	"$JS.ACK.INGEST.writer.1.1.1.1.1":                          "writer",
	"$KV.brotr_leases.relay":                                   "finder validator monitor synchronizer writer publisher alerter eraser refresher",
	"$KV.brotr_bytes.20260101.relay_example_com":               "synchronizer",
	"$JS.API.STREAM.CREATE.KV_brotr_bytes":                     "synchronizer",
	"$JS.API.STREAM.CREATE.KV_brotr_state":                     "",
	"$KV.brotr_state.cursor":                                   "finder validator monitor synchronizer writer publisher",
	"$KV.brotr_alerts.told":                                    "alerter",
	"$JS.API.DIRECT.GET.KV_brotr_alerts.$KV.brotr_alerts.told": "alerter",
	"$JS.API.DIRECT.GET.KV_brotr_state.$KV.brotr_state.cursor": "finder validator monitor synchronizer writer publisher alerter",
	"$SYS.REQ.SERVER.PING":                                     "",
}

// subscribers names, for each subject, who may subscribe to it.
var subscribers = map[string]string{
	"_INBOX.answer":              "tool",
	"_INBOX_finder.answer":       "finder",
	"_INBOX_synchronizer.answer": "synchronizer",
	"_INBOX_writer.answer":       "writer",
	"_INBOX_publisher.answer":    "publisher",
	"_INBOX_eraser.answer":       "eraser",
	"_INBOX_alerter.answer":      "alerter",
	"_INBOX_api.answer":          "api",
	"_INBOX_refresher.answer":    "refresher",
	"brotr.svc.relay.add":        "finder",
	"brotr.svc.relay.check":      "monitor",
	"brotr.event.>":              "tool",
	"brotr.relay.down.>":         "tool",
	"brotr.check.>":              "tool",
	"brotr.ingest.>":             "",
	"brotr.task.>":               "",
	">":                          "",
}

func TestEachUserMayDoItsWorkAndNothingElse(t *testing.T) {
	s := newStack(t, "users")
	s.must(2*time.Minute, "up", "--detach", "--wait", "nats")
	address := s.must(time.Minute, "port", "nats", "4222")
	for _, user := range append(workers, "tool", "admin") {
		n := dialNATS(t, address, user)
		check(t, user, "publish to", publishers, n.mayPublish)
		check(t, user, "subscribe to", subscribers, n.maySubscribe)
	}
}

func check(t *testing.T, user, verb string, rules map[string]string, may func(string) bool) {
	t.Helper()
	for subject, users := range rules {
		want := user == "admin" || slices.Contains(strings.Fields(users), user)
		if got := may(subject); got != want {
			t.Errorf("%s may %s %s: got %t, want %t", user, verb, subject, got, want)
		}
	}
}
