package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
)

// Apply creates every stream, consumer and bucket that is missing and compares the others with
// their declaration. Limits grow to what is declared; they are never shrunk, because that would
// delete messages. It returns a line for each change made and each difference left.
// Any number of replicas may call it at once.
func (b *Bus) Apply(ctx context.Context, bounds subject.Bounds) ([]string, error) {
	var lines []string
	note := func(line string, err error) error {
		if line != "" {
			lines = append(lines, line)
		}
		return err
	}
	for _, stream := range subject.Streams(bounds) {
		if err := note(b.applyStream(ctx, stream)); err != nil {
			return lines, fmt.Errorf("apply stream %s: %w", stream.Name, err)
		}
	}
	for _, consumer := range subject.Consumers() {
		if err := note(b.applyConsumer(ctx, consumer)); err != nil {
			return lines, fmt.Errorf("apply consumer %s of %s: %w", consumer.Name, consumer.Stream, err)
		}
	}
	for _, bucket := range subject.Buckets() {
		if err := note(b.applyBucket(ctx, bucket)); err != nil {
			return lines, fmt.Errorf("apply bucket %s: %w", bucket.Name, err)
		}
	}
	return lines, nil
}

// ApplyConsumer creates the consumer of a vantage's job, or brings it up to its declaration. Those of Consumers are the
// initializer's to make.
func (b *Bus) ApplyConsumer(ctx context.Context, name string) error {
	declared, err := declaredConsumer(name)
	if err != nil {
		return err
	}
	if _, err := b.applyConsumer(ctx, declared); err != nil {
		return fmt.Errorf("apply consumer %s of %s: %w", name, declared.Stream, err)
	}
	return nil
}

func (b *Bus) applyStream(ctx context.Context, declared subject.Stream) (string, error) {
	want := streamConfig(declared)
	stream, err := b.js.Stream(ctx, declared.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = b.js.CreateStream(ctx, want)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return "", nil // another replica was faster
		}
		return "created stream " + declared.Name, err
	}
	if err != nil {
		return "", err
	}
	have := stream.CachedInfo().Config
	grown, line := grow(have, want)
	if line == "" {
		return "", nil
	}
	if grown == nil {
		return line, nil
	}
	_, err = b.js.UpdateStream(ctx, *grown)
	return line, err
}

// grow returns the configuration to update to, nil when nothing may be changed, and what to
// tell about it.
func grow(have, want jetstream.StreamConfig) (*jetstream.StreamConfig, string) {
	if difference := differs(have, want); difference != "" {
		return nil, fmt.Sprintf("stream %s differs from its declaration and was left: %s", have.Name, difference)
	}
	grown := have
	larger := func(have, want int64) int64 {
		if have <= 0 || want <= 0 {
			return want // no limit
		}
		return max(have, want)
	}
	grown.MaxBytes = larger(have.MaxBytes, want.MaxBytes)
	grown.MaxMsgSize = int32(larger(int64(have.MaxMsgSize), int64(want.MaxMsgSize)))
	if want.MaxAge > have.MaxAge {
		grown.MaxAge = want.MaxAge
	}
	switch {
	case grown.MaxBytes != have.MaxBytes || grown.MaxMsgSize != have.MaxMsgSize || grown.MaxAge != have.MaxAge:
		return &grown, fmt.Sprintf("grew the limits of stream %s", have.Name)
	case want.MaxBytes < have.MaxBytes:
		return nil, fmt.Sprintf("stream %s keeps its larger limit of %d bytes", have.Name, have.MaxBytes)
	}
	return nil, ""
}

// differs names the first declared property that a stream does not have. Limits that may grow
// are not compared.
func differs(have, want jetstream.StreamConfig) string {
	transform := func(c jetstream.StreamConfig) string {
		if c.SubjectTransform == nil {
			return ""
		}
		return c.SubjectTransform.Source + " → " + c.SubjectTransform.Destination
	}
	slices.Sort(have.Subjects)
	subjects := slices.Clone(want.Subjects)
	slices.Sort(subjects)
	switch {
	case !slices.Equal(have.Subjects, subjects):
		return fmt.Sprintf("subjects %v, want %v", have.Subjects, subjects)
	case have.Retention != want.Retention:
		return fmt.Sprintf("retention %s, want %s", have.Retention, want.Retention)
	case have.Discard != want.Discard:
		return fmt.Sprintf("discard %s, want %s", have.Discard, want.Discard)
	case have.Storage != want.Storage:
		return fmt.Sprintf("storage %s, want %s", have.Storage, want.Storage)
	case have.MaxMsgs > 0:
		return fmt.Sprintf("at most %d messages, want no limit", have.MaxMsgs)
	case have.MaxAge > 0 && want.MaxAge == 0:
		return fmt.Sprintf("maximum age %s, want none", have.MaxAge)
	case have.MaxMsgsPerSubject != want.MaxMsgsPerSubject:
		return fmt.Sprintf("%d messages per subject, want %d", have.MaxMsgsPerSubject, want.MaxMsgsPerSubject)
	case have.AllowMsgSchedules != want.AllowMsgSchedules:
		return fmt.Sprintf("schedules %t, want %t", have.AllowMsgSchedules, want.AllowMsgSchedules)
	case have.AllowAtomicPublish != want.AllowAtomicPublish:
		return fmt.Sprintf("atomic publish %t, want %t", have.AllowAtomicPublish, want.AllowAtomicPublish)
	case transform(have) != transform(want):
		return fmt.Sprintf("subject transform %q, want %q", transform(have), transform(want))
	}
	return ""
}

// checkStream returns an error that names the difference between a stream and its declaration.
func (b *Bus) checkStream(ctx context.Context, declared subject.Stream) error {
	stream, err := b.js.Stream(ctx, declared.Name)
	if err != nil {
		return fmt.Errorf("look up stream %s (create it: bigbrotr run initializer): %w", declared.Name, err)
	}
	if difference := differs(stream.CachedInfo().Config, streamConfig(declared)); difference != "" {
		return fmt.Errorf("stream %s is not as declared: %s", declared.Name, difference)
	}
	return nil
}

func streamConfig(s subject.Stream) jetstream.StreamConfig {
	config := jetstream.StreamConfig{
		Name: s.Name, Description: s.Description, Subjects: s.Subjects,
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld,
		MaxMsgs: -1, MaxBytes: unlimited(s.MaxBytes), MaxAge: s.MaxAge, MaxMsgSize: int32(unlimited(int64(s.MaxMsgSize))),
		MaxMsgsPerSubject: -1, AllowMsgSchedules: s.Schedules, AllowAtomicPublish: s.Atomic,
		AllowMsgTTL: s.MsgTTL, AllowDirect: true,
	}
	if s.WorkQueue {
		config.Retention = jetstream.WorkQueuePolicy
	}
	if s.DiscardNew {
		config.Discard = jetstream.DiscardNew
	}
	if s.OnePerSubj {
		config.MaxMsgsPerSubject = 1
	}
	if s.StoreTo != "" {
		config.SubjectTransform = &jetstream.SubjectTransformConfig{Source: s.StoreFrom, Destination: s.StoreTo}
	}
	return config
}

func unlimited(n int64) int64 {
	if n == 0 {
		return -1
	}
	return n
}

func (b *Bus) applyConsumer(ctx context.Context, c subject.Consumer) (string, error) {
	want := consumerConfig(c)
	consumer, err := b.js.Consumer(ctx, c.Stream, c.Name)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		_, err = b.js.CreateOrUpdateConsumer(ctx, c.Stream, want)
		return fmt.Sprintf("created consumer %s of %s", c.Name, c.Stream), err
	}
	if err != nil {
		return "", err
	}
	have := consumer.CachedInfo().Config
	if have.FilterSubject != want.FilterSubject {
		return "", fmt.Errorf("it filters %q, want %q: delete it when its stream is empty", have.FilterSubject, want.FilterSubject)
	}
	if have.AckWait == want.AckWait && have.MaxAckPending == want.MaxAckPending && have.MaxDeliver == want.MaxDeliver {
		return "", nil
	}
	_, err = b.js.UpdateConsumer(ctx, c.Stream, want)
	return fmt.Sprintf("updated consumer %s of %s", c.Name, c.Stream), err
}

func consumerConfig(c subject.Consumer) jetstream.ConsumerConfig {
	config := jetstream.ConsumerConfig{
		Durable: c.Name, FilterSubject: c.Filter, AckPolicy: jetstream.AckExplicitPolicy,
		DeliverPolicy: jetstream.DeliverAllPolicy, AckWait: c.AckWait,
		MaxDeliver: -1, MaxAckPending: c.MaxAckPending,
	}
	switch c.Start {
	case subject.StartLast:
		config.DeliverPolicy, config.InactiveThreshold = jetstream.DeliverLastPerSubjectPolicy, subject.FactIdle
	case subject.StartNew:
		config.DeliverPolicy, config.InactiveThreshold = jetstream.DeliverNewPolicy, subject.FactIdle
	}
	return config
}

func (b *Bus) applyBucket(ctx context.Context, bucket subject.Bucket) (string, error) {
	if _, err := b.js.KeyValue(ctx, bucket.Name); err == nil {
		return "", nil
	} else if !errors.Is(err, jetstream.ErrBucketNotFound) {
		return "", err
	}
	storage := jetstream.FileStorage
	if bucket.Memory {
		storage = jetstream.MemoryStorage
	}
	_, err := b.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: bucket.Name, Description: bucket.Description, TTL: bucket.TTL,
		Storage: storage, MaxBytes: bucket.MaxBytes, History: 1,
	})
	if errors.Is(err, jetstream.ErrBucketExists) {
		return "", nil
	}
	return "created bucket " + bucket.Name, err
}
