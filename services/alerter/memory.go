package alerter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/feed"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// States as far as alerts tell them apart.
const (
	isUp   = "up"
	isDown = "down"
)

// stateOf reads a check's state; "" is one that says nothing of the relay.
func stateOf(check feed.Check) string {
	switch {
	case check.Serves():
		return isUp
	case check.State == subject.FactDown, check.State == subject.FactDead:
		return isDown
	}
	return ""
}

// memory is what a route knows of one relay.
type memory struct {
	State       string `json:"state"`                 // seen last
	Told        string `json:"told"`                  // told last, or seen first
	ToldAt      int64  `json:"told_at,omitempty"`     // unix seconds; 0 = never
	Changes     int    `json:"changes,omitempty"`     // of State since then
	Certificate string `json:"certificate,omitempty"` // told last
	WrittenAt   int64  `json:"written_at"`            // unix seconds
}

// expiring says that what is known must be written anew to be kept; what nobody asks for any more expires.
func (m memory) expiring() bool { return time.Since(time.Unix(m.WrittenAt, 0)) > subject.AlertsKeep }

// see takes a state in. The first one is only noted.
func (m *memory) see(state string) {
	switch {
	case state == "":
	case m.Told == "":
		m.State, m.Told = state, state
	case state != m.State:
		m.State = state
		m.Changes++
	}
}

// settle notes that the state was told, or that nobody wants to be told.
func (m *memory) settle() { m.Told, m.Changes = m.State, 0 }

// memoryKey is where the memory of a route and a relay is kept.
func (r *route) memoryKey(u relay.URL) string {
	sum := sha256.Sum256([]byte(r.name() + "\x00" + string(u)))
	return hex.EncodeToString(sum[:16])
}

// recall returns what the route knows of a relay, and at which revision. A memory that cannot be read is none.
func (r *route) recall(ctx context.Context, u relay.URL) (m memory, revision uint64, err error) {
	text, revision, err := r.bus.Alerts().Get(ctx, r.memoryKey(u))
	if err != nil {
		return m, 0, fmt.Errorf("recall what was told: %w", err)
	}
	if json.Unmarshal(text, &m) != nil {
		m = memory{}
	}
	return m, revision, nil
}

// remember keeps what the route knows. It is an error when another process was faster.
func (r *route) remember(ctx context.Context, u relay.URL, m memory, revision uint64) error {
	m.WrittenAt = time.Now().Unix()
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if revision == 0 {
		_, err = r.bus.Alerts().Create(ctx, r.memoryKey(u), text)
	} else {
		_, err = r.bus.Alerts().Update(ctx, r.memoryKey(u), text, revision)
	}
	if err != nil {
		return fmt.Errorf("remember what was told: %w", err)
	}
	return nil
}
