package document

import "slices"

// Verdicts on an ability.
const (
	Works   = "works"
	Refused = "refused" // the relay says that it does not do it
	Silent  = "silent"  // no answer came
	Wrong   = "wrong"   // an answer came, and it is not true
	Unknown = "unknown" // nothing to try it with, or not tried
)

// Abilities is the document of the check Capabilities: what a relay does, by trying, against what it claims. It is made
// once in MONITOR_CAPABILITIES_INTERVAL, so the newest version holds however old it is.
type Abilities struct {
	Count      string `json:"count"`      // NIP-45
	Search     string `json:"search"`     // NIP-50
	Hints      string `json:"hints"`      // NIP-67
	Negentropy string `json:"negentropy"` // NIP-77
	// Cap is the most events that one answer held; CapReached says that more exist, so that it is the relay's own bound.
	Cap        int  `json:"cap"`
	CapReached bool `json:"cap_reached"`
	// Subscriptions is how many were open at once, of MaxTried.
	Subscriptions        int  `json:"subscriptions"`
	SubscriptionsReached bool `json:"subscriptions_reached"`
	// Disproved are the NIPs that the relay names and fails at, Unclaimed those that work and are not named.
	Disproved []int `json:"disproved,omitempty"`
	Unclaimed []int `json:"unclaimed,omitempty"`
	// Lies are the members of `limitation` that what was measured contradicts.
	Lies []string `json:"lies,omitempty"`
}

// Verdicts are the abilities by the number of their NIP.
func (a Abilities) Verdicts() map[int]string {
	return map[int]string{45: a.Count, 50: a.Search, 67: a.Hints, 77: a.Negentropy}
}

// Compare fills in Disproved and Unclaimed from what the relay says that it supports.
func (a *Abilities) Compare(claimed []int) {
	a.Disproved, a.Unclaimed = nil, nil
	for nip, verdict := range a.Verdicts() {
		switch claims := slices.Contains(claimed, nip); {
		case verdict == Works && !claims:
			a.Unclaimed = append(a.Unclaimed, nip)
		case claims && (verdict == Refused || verdict == Silent || verdict == Wrong):
			a.Disproved = append(a.Disproved, nip)
		}
	}
	slices.Sort(a.Disproved)
	slices.Sort(a.Unclaimed)
}
