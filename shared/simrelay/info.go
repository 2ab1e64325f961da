package simrelay

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// info is the relay information document of NIP-11, as far as manners show in it.
type info struct {
	Name        string     `json:"name"`
	Description string     `json:"description"`
	NIPs        []int      `json:"supported_nips"`
	Software    string     `json:"software"`
	Version     string     `json:"version"`
	Limitation  limitation `json:"limitation"`
}

type limitation struct {
	MaxMessageLength int  `json:"max_message_length"`
	MaxSubscriptions int  `json:"max_subscriptions"`
	MaxLimit         int  `json:"max_limit,omitempty"`
	DefaultLimit     int  `json:"default_limit,omitempty"`
	AuthRequired     bool `json:"auth_required"`
	PaymentRequired  bool `json:"payment_required"`
	RestrictedWrites bool `json:"restricted_writes"`
}

func (r *Relay) serveInfo(w http.ResponseWriter, req *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Headers", "*")
	h.Set("Access-Control-Allow-Methods", "GET, OPTIONS")
	if req.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if !strings.Contains(req.Header.Get("Accept"), "application/nostr+json") {
		_, _ = io.WriteString(w, "Please use a Nostr client to connect.\n")
		return
	}
	r.ledger.count(func(t *Totals) { t.Infos++ })
	h.Set("Content-Type", "application/nostr+json")
	if r.manners.NIP11Status != 0 {
		w.WriteHeader(r.manners.NIP11Status)
	}
	_, _ = w.Write(r.infoDocument()) // the reader may be gone
}

func (r *Relay) infoDocument() []byte {
	m := &r.manners
	if m.NIP11 != nil {
		return m.NIP11
	}
	nips := []int{1, 11}
	if m.AuthOnly || m.AuthOnConnect {
		nips = append(nips, 42)
	}
	if m.FinishHint {
		nips = append(nips, 67)
	}
	body, _ := json.Marshal(info{ // a struct of plain fields always encodes
		Name: r.name, Description: "a local relay of the simulated network", NIPs: nips,
		Software: "https://github.com/bigbrotr/bigbrotr-go", Version: "simrelay",
		Limitation: limitation{
			MaxMessageLength: maxMessage, MaxSubscriptions: m.maxSubs(), MaxLimit: m.Cap, DefaultLimit: m.DefaultLimit,
			AuthRequired: m.AuthOnly, RestrictedWrites: m.RejectWrites != "",
		},
	})
	return body
}
