package measure

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Reader asks an archive as one who may only read. It is for one goroutine.
type Reader struct{ conn *pgx.Conn }

// readTimeout is what reads of package store have.
const readTimeout = 30 * time.Second

// OpenReader connects with the URL of a reading role.
func OpenReader(ctx context.Context, url string) (*Reader, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect to read: %w", err)
	}
	r := &Reader{conn}
	if _, err := conn.Exec(ctx, "SELECT set_config('statement_timeout', $1, false), set_config('timezone', 'UTC', false)", readTimeout.String()); err != nil {
		r.Close(ctx)
		return nil, wrap("set up to read", err)
	}
	return r, nil
}

// Close ends the connection.
func (r *Reader) Close(ctx context.Context) { _ = r.conn.Close(ctx) } // nothing is in work

// Ask runs a question, reads its whole answer and says how long that took and how many rows it has.
func (r *Reader) Ask(ctx context.Context, text string, args []any) (rows int, took time.Duration, err error) {
	began := time.Now()
	answer, err := r.conn.Query(ctx, text, args...)
	if err != nil {
		return 0, 0, wrap("ask", err)
	}
	defer answer.Close()
	for answer.Next() {
		rows++
	}
	return rows, time.Since(began), wrap("read the answer", answer.Err())
}

// Plan is how Postgres answered a question.
type Plan struct {
	Text string
	Rows int64
	Took time.Duration // planning and execution
}

// Explain has Postgres answer a question and say how. One that is not answered in the time that readers have gets a plan that
// says so.
func (r *Reader) Explain(ctx context.Context, text string, args []any) (p Plan, err error) {
	rows, err := r.conn.Query(ctx, "EXPLAIN (ANALYZE, BUFFERS) "+text, args...)
	if err != nil {
		return p, wrap("explain", err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == canceled {
		return Plan{Text: refused.Message, Took: readTimeout}, nil
	}
	if err != nil {
		return p, wrap("explain", err)
	}
	p.Text = strings.Join(lines, "\n")
	if found := rowsOf.FindStringSubmatch(p.Text); found != nil {
		n, _ := strconv.ParseFloat(found[1], 64) // digits; a part of a row since Postgres 18
		p.Rows = int64(n)
	}
	for _, found := range timeOf.FindAllStringSubmatch(p.Text, -1) {
		ms, _ := strconv.ParseFloat(found[1], 64)
		p.Took += time.Duration(ms * float64(time.Millisecond))
	}
	if p.Took == 0 {
		return p, fmt.Errorf("explain: got a plan without times")
	}
	return p, nil
}

// canceled is the SQLSTATE of a statement that ran into its timeout.
const canceled = "57014"

var (
	rowsOf = regexp.MustCompile(`\(actual time=\S+ rows=([0-9.]+) loops=`)
	timeOf = regexp.MustCompile(`(?:Planning|Execution) Time: ([0-9.]+) ms`)
)
