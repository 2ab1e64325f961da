package store

import "context"

// OriginalMoment is a place in what the original's monitor kept: its key there.
type OriginalMoment struct {
	Relay string `json:"relay"`
	At    int64  `json:"at"` // unix seconds
	Type  string `json:"type"`
}

// OriginalFinding is what one check of the original brought home.
type OriginalFinding struct {
	OriginalMoment
	Envelope []byte // JSON, {"data": …, "logs": …}; nil = it is of a type that is not imported, too long, or gone
}

// HasHistory says whether the original keeps what its monitor found, in the form of its version 6.
func (o *Original) HasHistory(ctx context.Context) (has bool, err error) {
	err = o.rows(ctx, "has_history", []any{&has}, func() error { return nil })
	return has, err
}

// History returns what follows a moment, in the order of relays and time, at most limit; no envelope has more than most bytes.
func (o *Original) History(ctx context.Context, after OriginalMoment, limit, most int) (findings []OriginalFinding, err error) {
	var at OriginalMoment
	var envelope *string
	err = o.rows(ctx, "history", []any{&at.Relay, &at.At, &at.Type, &envelope}, func() error {
		one := OriginalFinding{OriginalMoment: at}
		if envelope != nil {
			one.Envelope = []byte(*envelope)
		}
		findings = append(findings, one)
		return nil
	}, after.Relay, after.At, after.Type, limit, most)
	return findings, err
}
