package monitor

import (
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// lies are the members of the document's limitation that this round contradicts, in the order of the NIP.
func (r *round) lies(found document.Abilities) (names []string) {
	said := r.claims
	tell := func(name string, lie bool) {
		if lie {
			names = append(names, name)
		}
	}
	written := r.failure(document.Write)
	tell("max_subscriptions", found.SubscriptionsReached && found.Subscriptions < min(said.MaxSubscriptions, mostSubs))
	tell("max_limit", capLies(said, found))
	tell("min_pow_difficulty", said.MinPowDifficulty > 0 && r.wrote(0))
	tell("auth_required", said.AuthRequired && r.failure(document.Read) == nil || said.DeniesThat("auth_required") && wantsAuth(written))
	tell("payment_required", said.PaymentRequired && r.wrote(0))
	tell("restricted_writes", said.DeniesThat("restricted_writes") && !said.AuthRequired && !said.PaymentRequired && restricted(written))
	return names
}

// capLies says whether an answer held more than the relay's maximum, or less although more existed.
func capLies(said *relay.Claims, found document.Abilities) bool {
	if said.MaxLimit == 0 {
		return false
	}
	return found.Cap > said.MaxLimit || found.CapReached && found.Cap < min(said.MaxLimit, askedAtOnce)
}

// wrote says whether the write check of this round was accepted with so many bits of work.
func (r *round) wrote(bits int64) bool {
	for _, result := range r.results {
		if result.Check == document.Write {
			return result.Err == nil && result.Value != nil && *result.Value == bits
		}
	}
	return false
}

// restricted says whether an event was refused because of who sent it.
func restricted(err error) bool {
	switch reasonOf(err) {
	case "restricted", "blocked", "payment_required":
		return true
	}
	return false
}
