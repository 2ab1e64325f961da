package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
	"github.com/bigbrotr/bigbrotr-go/sql"
)

// TestAWriterThatStandsStillHoldsNobodyUp stops a writer in the middle of a transaction, as SIGSTOP or a cut cable would: what
// excludes writers goes on meanwhile, and the writer learns that its transaction is over.
func TestAWriterThatStandsStillHoldsNobodyUp(t *testing.T) {
	dsn := testkit.Postgres(t)
	events := makeEvents(2)
	write(t, testkit.Store(t, dsn), batchOf(pageOf(relayA, noon, events...)))
	frozen, err := store.Open(store.Config{URL: testkit.WriterURL(dsn), Service: "frozen", IdleTimeout: 200 * time.Millisecond}, testkit.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	defer frozen.Close()
	began, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() { ended <- frozen.StandStill(t.Context(), func() { close(began) }, goOn) }()
	<-began
	eraser := testkit.Eraser(t, dsn)
	if err := eraser.EnterTakedown(t.Context(), store.Takedown{Target: events[0].ID, Reason: "test", By: "test", At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	due, err := eraser.Due(t.Context())
	if err != nil || len(due) != 1 {
		t.Fatalf("due: got %v, %v, want the takedown", due, err)
	}
	if done, err := eraser.Erase(t.Context(), due[0]); err != nil || done.Events != 1 {
		t.Errorf("Erase beside a writer that stands still: got %+v, %v, want one event erased", done, err)
	}
	close(goOn)
	err = <-ended
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code != "25P03" || err == nil {
		t.Errorf("the writer: got %v, want its transaction ended", err)
	}
	if class := store.Classify(err); class != store.Infrastructure {
		t.Errorf("the writer: got class %s of %v, want infrastructure", class, err)
	}
}

// TestErasingGivesWay has an eraser meet a writer that takes long: it must not keep all others waiting behind it.
func TestErasingGivesWay(t *testing.T) {
	dsn := testkit.Postgres(t)
	began, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	slow, eraser := testkit.Store(t, dsn), hastyEraser(t, dsn)
	go func() { ended <- slow.StandStill(t.Context(), func() { close(began) }, goOn) }()
	<-began
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := eraser.Erase(ctx, store.Reach{}); store.Classify(err) != store.Contention {
		t.Errorf("Erase beside a slow writer: got %v, want it to give way (contention)", err)
	}
	close(goOn)
	if err := <-ended; err != nil {
		t.Errorf("the writer: got %v, want nil", err)
	}
}

// TestErasingGoesOnBesideARebuild erases while a rebuild of the counters is in the middle of its transaction.
func TestErasingGoesOnBesideARebuild(t *testing.T) {
	dsn := testkit.Postgres(t)
	events := makeEvents(20)
	write(t, testkit.Store(t, dsn), batchOf(pageOf(relayA, noon, events...)))
	owner, refresher, eraser := connect(t, dsn), testkit.Refresher(t, dsn), hastyEraser(t, dsn)
	exec(t, owner, "BEGIN")
	exec(t, owner, sql.Query("lock_fold"))
	rebuilt := make(chan error, 1)
	go func() { _, err := refresher.RebuildAnalytics(t.Context()); rebuilt <- err }()
	watch := connect(t, dsn)
	testkit.Until(t, "the rebuild has begun", func() bool {
		return number(t, watch, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'bigbrotr_refresher' AND wait_event_type = 'Lock'`) == 1
	})
	if err := eraser.EnterTakedown(t.Context(), store.Takedown{Target: events[3].ID, Reason: "test", By: "test", At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	due, err := eraser.Due(t.Context())
	if err != nil || len(due) != 1 {
		t.Fatalf("due: got %v, %v, want the takedown", due, err)
	}
	if done, err := eraser.Erase(t.Context(), due[0]); err != nil || done.Events != 1 {
		t.Errorf("Erase beside a rebuild: got %+v, %v, want one event erased", done, err)
	}
	exec(t, owner, "COMMIT")
	if err := <-rebuilt; err != nil {
		t.Fatal(err)
	}
	foldAll(t, refresher)
	expectRecount(t, dsn)
}

// hastyEraser waits 300 ms for writers.
func hastyEraser(t *testing.T, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(store.Config{URL: testkit.EraserURL(dsn), Service: "eraser", IdleTimeout: 300 * time.Millisecond}, testkit.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
