package realrelays

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/fiatjaf/eventstore"
	badgerstore "github.com/fiatjaf/eventstore/badger"
	"github.com/fiatjaf/eventstore/slicestore"
	"github.com/fiatjaf/khatru"
	"github.com/fiatjaf/khatru/policies"
	"github.com/nbd-wtf/go-nostr"

	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// relayMake is what a relay is made of. The process that it runs in reads it from the environment.
type relayMake struct {
	Store      string // slice, badger or lmdb
	MaxLimit   int    // 0: what the store does by itself
	Negentropy bool
	Polite     bool // limits filters and events as khatru's sane policies do, in less time
	Auth       bool // answers nobody whom it does not know

	Addr, Dir, Events string // where it listens, keeps its data, and finds the events of its beginning
}

const makeVariable = "REAL_RELAY"

func TestMain(m *testing.M) {
	if text := os.Getenv(makeVariable); text != "" {
		if err := serve(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	testkit.Main(m)
}

// store is what a relay keeps its events in.
type store interface {
	eventstore.Store
	eventstore.Counter
}

// newStores are the makers of stores by name.
var newStores = map[string]func(relayMake) store{
	"slice": func(m relayMake) store { return &slicestore.SliceStore{MaxLimit: m.MaxLimit} },
	"badger": func(m relayMake) store {
		quiet := func(o badger.Options) badger.Options { return o.WithLoggingLevel(badger.ERROR) }
		return &badgerstore.BadgerBackend{Path: m.Dir, MaxLimit: m.MaxLimit, BadgerOptionsModifier: quiet}
	},
}

// serve runs a relay until its standard input ends.
func serve(text string) error {
	var m relayMake
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return err
	}
	db := newStores[m.Store](m)
	if err := db.Init(); err != nil {
		return err
	}
	if err := begin(m, db); err != nil {
		return err
	}
	relay := assemble(m, db)
	listener, err := net.Listen("tcp", m.Addr)
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(listener, relay) }()
	_, _ = fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	db.Close()
	return nil
}

// assemble puts a relay together.
func assemble(m relayMake, db store) *khatru.Relay {
	relay := khatru.NewRelay()
	relay.Negentropy = m.Negentropy
	relay.QueryEvents = append(relay.QueryEvents, db.QueryEvents)
	relay.CountEvents = append(relay.CountEvents, db.CountEvents)
	relay.StoreEvent = append(relay.StoreEvent, db.SaveEvent)
	relay.DeleteEvent = append(relay.DeleteEvent, db.DeleteEvent)
	relay.ReplaceEvent = append(relay.ReplaceEvent, db.ReplaceEvent)
	if m.Polite {
		relay.RejectFilter = append(relay.RejectFilter, policies.NoComplexFilters, policies.FilterIPRateLimiter(20, 500*time.Millisecond, 100))
		relay.RejectEvent = append(relay.RejectEvent, policies.RejectEventsWithBase64Media, policies.EventIPRateLimiter(2, 3*time.Minute, 10))
	}
	if m.Auth {
		relay.OnConnect = append(relay.OnConnect, khatru.RequestAuth)
		relay.RejectFilter = append(relay.RejectFilter, policies.MustAuth)
	}
	relay.Router().HandleFunc("/save", change(db.SaveEvent))
	relay.Router().HandleFunc("/delete", change(db.DeleteEvent))
	return relay
}

// begin stores the events of the beginning, once in a directory that stays.
func begin(m relayMake, db store) error {
	mark := filepath.Join(m.Dir, "begun")
	if _, err := os.Stat(mark); err == nil && m.Store != "slice" {
		return nil
	}
	events, err := os.Open(m.Events)
	if err != nil {
		return err
	}
	defer events.Close()
	if err := each(events, db.SaveEvent); err != nil {
		return err
	}
	return os.WriteFile(mark, nil, 0o600)
}

// change does something behind the relay's back with each event of the body, as an import does.
func change(do func(context.Context, *nostr.Event) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := each(r.Body, do); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
}

func each(lines io.Reader, do func(context.Context, *nostr.Event) error) error {
	s := bufio.NewScanner(lines)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		var e nostr.Event
		if err := json.Unmarshal(s.Bytes(), &e); err != nil {
			continue // go-nostr refuses some of the valid ones
		}
		if err := do(context.Background(), &e); err != nil && !errors.Is(err, eventstore.ErrDupEvent) {
			return err
		}
	}
	return s.Err()
}
