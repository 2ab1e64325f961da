package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
)

// Task is the body of a message on TASKS: what the worker cannot read off the subject.
type Task struct {
	URL     string `json:"url"`             // canonical relay URL
	Network string `json:"network"`         // clearnet, tor, i2p, loki
	Tries   int    `json:"tries,omitempty"` // how often the job failed in a row; if it did, its task comes after those of the others

	// ReadableAt is when the monitor read from the relay, unix seconds, on the sync task that it
	// makes of that: the result itself may not be in Postgres yet.
	ReadableAt int64 `json:"readable_at,omitempty"`

	// Audit are samples of what is settled, to be asked for again before anything else.
	Audit []Sample `json:"audit,omitempty"`
}

// Sample is a point of a relay's covered history: the events at and before it are fetched again.
type Sample struct {
	Filter string `json:"filter"` // canonical
	Since  int64  `json:"since"`  // where the covered interval begins, unix seconds
	Until  int64  `json:"until"`  // the point
}

// maxTaskBytes bounds the body of a task: a URL and little else.
const maxTaskBytes = 8 << 10

// ParseTask reads the body of a message on TASKS.
func ParseTask(body []byte) (Task, error) {
	var t Task
	if len(body) > maxTaskBytes {
		return t, fmt.Errorf("task of %d bytes is larger than %d", len(body), maxTaskBytes)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&t); err != nil {
		return t, fmt.Errorf("decode task: %w", err)
	}
	if t.URL == "" || t.Network == "" {
		return t, errors.New("task has no url or no network")
	}
	return t, nil
}

// Each relay has one ball per job: either a schedule on brotr.later.… or a task on
// brotr.task.…. A worker throws the ball forward (Later) before it acknowledges the task.
// Example: a worker dies between Later and the ack. The task is delivered again and done
// again; when the schedule fires, its task replaces whatever the subject still holds. Nothing
// is lost and nothing doubles.
//
// Where a job has a line of those that failed (subject.Retry), the schedule of one that did makes
// a task of that due. Now never does: it jumps the queue. A task that still stands in the other line
// then is done as well, and its schedule takes the place of the first one's.

// Later schedules the task of a relay and job, replacing the schedule that it had. Schedules
// have whole seconds and may fire up to one second early (ADR-51).
func (b *Bus) Later(ctx context.Context, job string, t Task, at time.Time) error {
	return b.publish(ctx, laterMessage(job, t), schedule(job, t, at)...)
}

// LaterIfMissing schedules the task unless the relay has a schedule for the job, and says
// whether it did.
func (b *Bus) LaterIfMissing(ctx context.Context, job string, t Task, at time.Time) (bool, error) {
	options := append(schedule(job, t, at), jetstream.WithExpectLastSequencePerSubject(0))
	return missing(b.publish(ctx, laterMessage(job, t), options...))
}

// Now makes the task due at once and removes the schedule that the relay had for the job.
func (b *Bus) Now(ctx context.Context, job string, t Task) error {
	m := taskMessage(job, t)
	m.Header = map[string]string{
		"Nats-Schedule-Next": "purge",
		"Nats-Scheduler":     subject.Later(job, t.Network, subject.Token(t.URL)),
	}
	return b.publish(ctx, m)
}

// NowIfMissing makes the task due at once unless it is due already, and says whether it did.
func (b *Bus) NowIfMissing(ctx context.Context, job string, t Task) (bool, error) {
	return missing(b.publish(ctx, taskMessage(job, t), jetstream.WithExpectLastSequencePerSubject(0)))
}

// Balls returns the tokens of all relays that have a schedule or a task for the job, in either line.
func (b *Bus) Balls(ctx context.Context, job string) (map[string]struct{}, error) {
	stream, err := b.stream(ctx, subject.StreamTasks)
	if err != nil {
		return nil, err
	}
	tokens := map[string]struct{}{}
	filters := []string{subject.Task(job, "*", "*"), subject.Later(job, "*", "*")}
	if retry, ok := subject.Retry(job); ok {
		filters = append(filters, subject.Task(retry, "*", "*"))
	}
	for _, filter := range filters {
		info, err := stream.Info(ctx, jetstream.WithSubjectFilter(filter))
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", filter, err)
		}
		for name := range info.State.Subjects {
			tokens[name[strings.LastIndexByte(name, '.')+1:]] = struct{}{}
		}
	}
	return tokens, nil
}

func schedule(job string, t Task, at time.Time) []jetstream.PublishOpt {
	if retry, ok := subject.Retry(job); ok && t.Tries > 0 {
		job = retry
	}
	return []jetstream.PublishOpt{
		jetstream.WithScheduleAt(at),
		jetstream.WithScheduleTarget(subject.Task(job, t.Network, subject.Token(t.URL))),
	}
}

func taskMessage(job string, t Task) Message {
	return Message{Subject: subject.Task(job, t.Network, subject.Token(t.URL)), Body: t.encode()}
}

func laterMessage(job string, t Task) Message {
	return Message{Subject: subject.Later(job, t.Network, subject.Token(t.URL)), Body: t.encode()}
}

func (t Task) encode() []byte {
	body, err := json.Marshal(t)
	if err != nil {
		panic(err) // strings and a number always encode
	}
	return body
}

func missing(err error) (bool, error) {
	if errors.Is(err, ErrExists) {
		return false, nil
	}
	return err == nil, err
}
