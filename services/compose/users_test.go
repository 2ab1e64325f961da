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
	"brotr.event.1.ab.abcd":                                    "writer",
	"brotr.check.clearnet.a_b":                                 "writer",
	"brotr.relay.up.clearnet.a_b":                              "writer",
	"brotr.relay.accepted.clearnet.a_b":                        "writer",
	"brotr.relay.dead.clearnet.a_b":                            "writer",
	"brotr.dead.found":                                         "finder validator monitor synchronizer writer",
	"brotr.svc.relay.add":                                      "tool",
	"brotr.unknown":                                            "",
	"$JS.API.INFO":                                             "finder validator monitor synchronizer writer tool",
	"$JS.API.STREAM.INFO.TASKS":                                "finder validator monitor synchronizer writer",
	"$JS.API.STREAM.INFO.EVENTS":                               "finder validator monitor synchronizer writer tool",
	"$JS.API.STREAM.CREATE.INGEST":                             "",
	"$JS.API.STREAM.UPDATE.INGEST":                             "",
	"$JS.API.STREAM.DELETE.INGEST":                             "",
	"$JS.API.STREAM.PURGE.INGEST":                              "",
	"$JS.API.STREAM.PURGE.EVENTS":                              "",
	"$JS.API.STREAM.MSG.DELETE.INGEST":                         "writer",
	"$JS.API.STREAM.MSG.DELETE.EVENTS":                         "",
	"$JS.API.STREAM.MSG.GET.TASKS":                             "",
	"$JS.API.CONSUMER.CREATE.TASKS.mine":                       "",
	"$JS.API.CONSUMER.CREATE.INGEST.mine":                      "",
	"$JS.API.CONSUMER.CREATE.EVENTS.mine":                      "tool",
	"$JS.API.CONSUMER.CREATE.EVENTS.finder":                    "",
	"$JS.API.CONSUMER.DELETE.EVENTS.finder":                    "",
	"$JS.API.CONSUMER.MSG.NEXT.FOUND.intake":                   "finder",
	"$JS.API.CONSUMER.MSG.NEXT.EVENTS.finder":                  "finder",
	"$JS.API.CONSUMER.MSG.NEXT.EVENTS.mine":                    "tool",
	"$JS.API.CONSUMER.MSG.NEXT.TASKS.validate_tor":             "validator",
	"$JS.API.CONSUMER.MSG.NEXT.TASKS.check_clearnet":           "monitor",
	"$JS.API.CONSUMER.MSG.NEXT.TASKS.sync_clearnet":            "synchronizer",
	"$JS.API.CONSUMER.MSG.NEXT.INGEST.writer":                  "writer",
	"$JS.ACK.TASKS.sync_clearnet.1.1.1.1.1":                    "synchronizer",
	"$JS.ACK.INGEST.writer.1.1.1.1.1":                          "writer",
	"$KV.brotr_leases.relay":                                   "finder validator monitor synchronizer writer",
	"$KV.brotr_state.cursor":                                   "finder validator monitor synchronizer writer",
	"$JS.API.DIRECT.GET.KV_brotr_state.$KV.brotr_state.cursor": "finder validator monitor synchronizer writer",
	"$SYS.REQ.SERVER.PING":                                     "",
}

// subscribers names, for each subject, who may subscribe to it.
var subscribers = map[string]string{
	"_INBOX.answer":              "tool",
	"_INBOX_finder.answer":       "finder",
	"_INBOX_synchronizer.answer": "synchronizer",
	"_INBOX_writer.answer":       "writer",
	"brotr.svc.relay.add":        "finder",
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
