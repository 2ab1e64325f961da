// Command relayer is a relay of the relayer framework over SQLite, which the tests of realrelays run. It is a module of
// its own, because the framework does not go with the versions that the others need.
package main

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

	"github.com/fiatjaf/eventstore"
	"github.com/fiatjaf/eventstore/sqlite3"
	"github.com/fiatjaf/relayer/v2"
	"github.com/nbd-wtf/go-nostr"
)

// kept is what the relay is made of; REAL_RELAY says the same to all of them.
type kept struct {
	MaxLimit          int
	Addr, Dir, Events string

	db *sqlite3.SQLite3Backend
}

// Name is told to those who connect.
func (k *kept) Name() string { return "relayer" }

// Init does nothing.
func (k *kept) Init() error { return nil }

// AcceptEvent takes everything.
func (k *kept) AcceptEvent(context.Context, *nostr.Event) bool { return true }

// Storage is where the events are.
func (k *kept) Storage(context.Context) eventstore.Store { return k.db }

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve runs the relay until its standard input ends.
func serve() error {
	var k kept
	if err := json.Unmarshal([]byte(os.Getenv("REAL_RELAY")), &k); err != nil {
		return err
	}
	k.db = &sqlite3.SQLite3Backend{DatabaseURL: filepath.Join(k.Dir, "events.sqlite"), QueryLimit: k.MaxLimit}
	server, err := relayer.NewServer(&k)
	if err != nil {
		return err
	}
	if err := k.begin(); err != nil {
		return err
	}
	server.Router().HandleFunc("/save", change(k.db.SaveEvent))
	server.Router().HandleFunc("/delete", change(k.db.DeleteEvent))
	listener, err := net.Listen("tcp", k.Addr)
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(listener, server) }()
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return nil
}

// begin stores the events of the beginning, once.
func (k *kept) begin() error {
	mark := filepath.Join(k.Dir, "begun")
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	events, err := os.Open(k.Events)
	if err != nil {
		return err
	}
	defer events.Close()
	if err := each(events, k.db.SaveEvent); err != nil {
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
			continue
		}
		if err := do(context.Background(), &e); err != nil && !errors.Is(err, eventstore.ErrDupEvent) {
			return err
		}
	}
	return s.Err()
}
