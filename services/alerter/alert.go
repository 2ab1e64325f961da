package alerter

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/feed"
)

// certificateNotice is how long before its end a certificate is told.
const certificateNotice = 14 * 24 * time.Hour

// Alert is what a receiver is told. Its JSON is what webhooks get: fields are added, never renamed or removed. Times are unix
// seconds.
type Alert struct {
	ID           string       `json:"id"`   // the same when the same alert comes again
	Kind         string       `json:"kind"` // down, recovery, certificate
	Subscription string       `json:"subscription"`
	Relay        string       `json:"relay"`
	Vantage      string       `json:"vantage"`
	State        string       `json:"state"`
	Since        int64        `json:"since"`
	CheckedAt    int64        `json:"checked_at"`
	Changes      int          `json:"changes,omitempty"` // between up and down since the last alert; more than 1 = it flapped
	Certificate  *Certificate `json:"certificate,omitempty"`
	Text         string       `json:"text"`
}

// Certificate is the one that ends.
type Certificate struct {
	SHA256   string `json:"sha256"`
	NotAfter int64  `json:"not_after"`
	Issuer   string `json:"issuer,omitempty"`
}

// at is the time of what the alert says; it does not change when the alert is sent again.
func (a Alert) at() int64 {
	if a.Certificate != nil {
		return a.CheckedAt
	}
	return a.Since
}

// alert describes a check to the receiver of a route.
func (r *route) alert(kind string, check feed.Check) Alert {
	return Alert{Kind: kind, Subscription: r.Name, Relay: string(check.Relay), Vantage: check.Vantage, State: check.State,
		Since: check.Since.Unix(), CheckedAt: check.CheckedAt.Unix()}
}

// stateAlert says that a relay is down or back.
func (r *route) stateAlert(check feed.Check, m memory) Alert {
	a := r.alert(kindOf(m.State), check)
	a.Changes = m.Changes
	a.ID = r.id(a, fmt.Sprint(a.Since))
	verb := "is down"
	if a.Kind == kindRecovery {
		verb = "is back"
	}
	a.Text = fmt.Sprintf("%s %s since %s, as seen from %s.", a.Relay, verb, instant(check.Since), a.Vantage)
	if a.Changes > 1 {
		a.Text += fmt.Sprintf(" It went down or came back %d times since the last message.", a.Changes)
	}
	return a
}

// certificateAlert says that a certificate ends soon, or has ended.
func (r *route) certificateAlert(check feed.Check, cert document.Certificate) Alert {
	a := r.alert(kindCertificate, check)
	a.Certificate = &Certificate{cert.SHA256, cert.NotAfter, cert.Issuer}
	a.ID = r.id(a, cert.SHA256)
	verb := "ends"
	if cert.NotAfter <= check.CheckedAt.Unix() {
		verb = "ended"
	}
	a.Text = fmt.Sprintf("The certificate of %s %s at %s.", a.Relay, verb, instant(time.Unix(cert.NotAfter, 0)))
	return a
}

func (r *route) id(a Alert, what string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{r.name(), a.Relay, a.Kind, what}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

func kindOf(state string) string {
	if state == isDown {
		return kindDown
	}
	return kindRecovery
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
