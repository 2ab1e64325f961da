package importer

import (
	"maps"
	"slices"
	"time"
)

// examples is how many places are named for each reason.
const examples = 10

// Report is what became of a source. It goes on over interruptions.
type Report struct {
	Lines   int64               `json:"lines"`  // lines or rows read
	Events  int64               `json:"events"` // handed to the writer, new to the archive or not
	Bytes   int64               `json:"bytes"`  // of the text of what was read
	Skipped map[string]int64    `json:"skipped,omitempty"`
	Refused map[string]*Refusal `json:"refused,omitempty"`
	Tables  map[string]int64    `json:"tables,omitempty"` // rows of other tables handed over
	Resumed bool                `json:"resumed,omitempty"`
	Took    time.Duration       `json:"-"` // of this run
}

// Refusal is what was refused for one reason.
type Refusal struct {
	Count int64   `json:"count"`
	At    []int64 `json:"at"` // the first lines or rows, from 1
}

// Refusals counts all that was refused.
func (r *Report) Refusals() (n int64) {
	for _, one := range r.Refused {
		n += one.Count
	}
	return n
}

// Reasons are those of the refusals, sorted.
func (r *Report) Reasons() []string { return slices.Sorted(maps.Keys(r.Refused)) }

// tally is a part of a report: what one load adds.
type tally struct {
	lines, events, bytes int64
	skipped              map[string]int64
	refused              map[string][]int64 // reason → places, in order
	tables               map[string]int64
}

func (t *tally) skip(reason string) {
	if t.skipped == nil {
		t.skipped = map[string]int64{}
	}
	t.skipped[reason]++
}

func (t *tally) refuse(reason string, at int64) {
	if t.refused == nil {
		t.refused = map[string][]int64{}
	}
	t.refused[reason] = append(t.refused[reason], at)
}

// count adds a load to the report.
func (r *run) count(t tally) {
	p := &r.report
	p.Lines, p.Events, p.Bytes = p.Lines+t.lines, p.Events+t.events, p.Bytes+t.bytes
	addAll(&p.Skipped, t.skipped)
	addAll(&p.Tables, t.tables)
	for reason, at := range t.refused {
		if p.Refused == nil {
			p.Refused = map[string]*Refusal{}
		}
		one := p.Refused[reason]
		if one == nil {
			one = &Refusal{}
			p.Refused[reason] = one
		}
		one.Count += int64(len(at))
		one.At = append(one.At, at[:min(len(at), max(0, examples-len(one.At)))]...)
		r.bad.Add(int64(len(at)))
	}
	r.total.Add(t.lines)
	r.handed.Add(t.events)
	r.bytes.Add(t.bytes)
}

func addAll(into *map[string]int64, more map[string]int64) {
	if *into == nil && len(more) > 0 {
		*into = map[string]int64{}
	}
	for name, n := range more {
		(*into)[name] += n
	}
}
