package store

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
)

// Class says what an error of Postgres asks its caller to do.
type Class int

const (
	// Programming is our own mistake: a statement or a value that can never work. Keep the bytes, be loud, go on.
	Programming Class = iota
	// Infrastructure is Postgres away, full or going down. Stop and wait; nothing is wrong with the data.
	Infrastructure
	// Contention is two transactions in each other's way. Repeat at once, with jitter.
	Contention
	// Data is a value that Postgres refuses. Find it, quarantine it, store the rest.
	Data
)

// String names the class as a metric label does.
func (c Class) String() string {
	return [...]string{"programming", "infrastructure", "contention", "data"}[c]
}

// lostError marks an error after which the connection was gone, whatever its text says.
type lostError struct{ err error }

func (e *lostError) Error() string { return e.err.Error() }
func (e *lostError) Unwrap() error { return e.err }

// dataError is a refusal of our own, of a value that Postgres would refuse or that could not be told apart later.
type dataError struct{ reason string }

func (e *dataError) Error() string { return e.reason }

// Classify sorts an error of this package by its SQLSTATE, or by what became of the connection. What it does not know
// is Programming.
func Classify(err error) Class {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return classifyState(refused.Code)
	}
	if _, ours := errors.AsType[*dataError](err); ours {
		return Data
	}
	if lost(err) {
		return Infrastructure
	}
	return Programming
}

// Forbidden says whether Postgres refused because the role may not do that.
func Forbidden(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && refused.Code == "42501"
}

func lost(err error) bool {
	var gone *lostError
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &gone) || errors.As(err, &connect) || errors.As(err, &network) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || pgconn.SafeToRetry(err)
}

// states maps SQLSTATEs and their two-letter classes; the longer match wins.
var states = map[string]Class{
	"08": Infrastructure, // connection exception
	"28": Infrastructure, // authorization: an operator at work
	"3D": Infrastructure, // the database is not there
	"53": Infrastructure, // out of disk, memory or connections
	"57": Infrastructure, // shutdown, crash, cancelled by timeout
	"58": Infrastructure, // I/O error
	"XX": Infrastructure, // internal error or corruption: stop, lose nothing

	"25006": Infrastructure, // read-only: a standby, or a disk that filled up
	"25P03": Infrastructure, // stood still in a transaction for too long
	"42501": Infrastructure, // no privilege: the wrong role, or a grant that is to come

	"40": Contention, // deadlock, serialization failure

	"55P03": Contention, // lock not available

	"22": Data, // value out of range, bad encoding, NUL
	"54": Data, // program limit: index row size, stack depth

	"23514": Data, // check constraint
}

func classifyState(code string) Class {
	if class, ok := states[code]; ok {
		return class
	}
	if class, ok := states[code[:min(2, len(code))]]; ok {
		return class
	}
	return Programming
}

// reasonOf describes an error for a row of quarantine: its SQLSTATE and the text of Postgres, cut.
func reasonOf(err error) string {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return short(refused.Code+" "+refused.Message, maxReason)
	}
	return short(err.Error(), maxReason)
}
