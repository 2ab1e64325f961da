package budget

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func running(t *testing.T, g *Gate) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = g.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

func TestOptOutsReachEveryProcess(t *testing.T) {
	all := gates(t, 2, netconf.Config{})
	patterns := []string{"wss://relay.out.com/x", "host.thing.com", "gone.com", "9.9.9.9"}
	if err := PublishOptOuts(t.Context(), all[0].bus, patterns); err != nil {
		t.Fatal(err)
	}
	for _, g := range all {
		running(t, g)
		testkit.Until(t, "the list is read", func() bool { return g.Denied("wss://gone.com") })
		for u, want := range map[relay.URL]bool{
			"wss://relay.out.com/x": true, "ws://relay.out.com/x": true, "wss://relay.out.com": false,
			"ws://host.thing.com:99": true, "wss://thing.com": false, "wss://a.b.gone.com": true, "wss://9.9.9.9": true,
		} {
			if got := g.Denied(u); got != want {
				t.Errorf("Denied(%s) got %v, want %v", u, got, want)
			}
		}
	}
	if err := PublishOptOuts(t.Context(), all[0].bus, nil); err != nil {
		t.Fatal(err)
	}
	for _, g := range all {
		testkit.Until(t, "the list is empty", func() bool { return !g.Denied("wss://gone.com") })
	}
}

func TestPatternsAreReadStrictly(t *testing.T) {
	for text, want := range map[string]string{
		" WSS://Relay.Out.com:443/ ": "wss://relay.out.com", "Host.Thing.com.": "host.thing.com", "127.0.0.1": "127.0.0.1",
		"a/b": "", "": "", "user@host.com": "", "host.com:99": "", "ftp://x.com": "",
	} {
		if got, err := OptOut(text); got != want || (err == nil) != (want != "") {
			t.Errorf("OptOut(%q) got %q, %v, want %q", text, got, err, want)
		}
	}
	if err := CheckOptOuts([]string{strings.Repeat("x", maxOptOuts+1)}); !errors.Is(err, ErrTooMany) {
		t.Errorf("a list without end got %v, want %v", err, ErrTooMany)
	}
}

func TestPauseReachesEveryProcess(t *testing.T) {
	all := gates(t, 2, netconf.Config{})
	for _, g := range all {
		running(t, g)
		if err := g.Await(t.Context(), "monitor", false); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	if now, err := Pause(t.Context(), all[0].bus, []string{"monitor", "finder"}); err != nil || len(now) != 2 {
		t.Fatalf("got %v, %v, want two paused", now, err)
	}
	for _, g := range all {
		if err := g.Await(t.Context(), "monitor", true); err != nil {
			t.Fatal(err)
		}
		if !g.PausedSince("synchronizer").IsZero() || g.PausedSince("finder").IsZero() {
			t.Error("got another service paused than was named")
		}
	}
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("the pause took %s, want at most a few seconds", took)
	}
	if now, err := Resume(t.Context(), all[1].bus, []string{"monitor"}); err != nil || len(now) != 1 {
		t.Fatalf("got %v, %v, want the finder alone", now, err)
	}
	for _, g := range all {
		if err := g.Await(t.Context(), "monitor", false); err != nil {
			t.Fatal(err)
		}
	}
}
