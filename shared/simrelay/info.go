package simrelay

import (
	"cmp"
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
	MinPowDifficulty int  `json:"min_pow_difficulty,omitempty"`
}

func (r *Relay) serveInfo(w http.ResponseWriter, req *http.Request) {
	h := w.Header()
	if !r.manners.NoCORS {
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Allow-Headers", "*")
		h.Set("Access-Control-Allow-Methods", "GET, OPTIONS")
	}
	if req.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if !strings.Contains(req.Header.Get("Accept"), "application/nostr+json") {
		_, _ = io.WriteString(w, "Please use a Nostr client to connect.\n")
		return
	}
	r.ledger.count(func(t *Totals) { t.Infos++ })
	if r.manners.NIP11Redirect != "" {
		http.Redirect(w, req, r.manners.NIP11Redirect, http.StatusFound)
		return
	}
	h.Set("Content-Type", cmp.Or(r.manners.NIP11Type, "application/nostr+json"))
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
	body, _ := json.Marshal(info{ // a struct of plain fields always encodes
		Name: r.name, Description: "a local relay of the simulated network", NIPs: m.nips(),
		Software: "https://github.com/bigbrotr/bigbrotr-go", Version: "simrelay",
		Limitation: limitation{
			MaxMessageLength: cmp.Or(m.MaxMessage, maxMessage), MaxSubscriptions: m.maxSubs(), MaxLimit: m.Cap, DefaultLimit: m.DefaultLimit,
			AuthRequired: m.AuthOnly, RestrictedWrites: m.RejectWrites != "", MinPowDifficulty: m.MinPow,
		},
	})
	return body
}

// nips are those that the document names.
func (m *Manners) nips() []int {
	if m.NIPs != nil {
		return m.NIPs
	}
	nips := []int{1, 11}
	if m.Search {
		nips = append(nips, 50)
	}
	if m.AuthOnly || m.AuthOnConnect {
		nips = append(nips, 42)
	}
	if m.FinishHint || m.HintLies {
		nips = append(nips, 67)
	}
	if m.Negentropy || m.NegentropyFalsely {
		nips = append(nips, 77)
	}
	return nips
}
