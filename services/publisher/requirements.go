package publisher

import (
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// measured is what the checks showed of a requirement: nothing, that it is there, or that it is not.
type measured int

const (
	unknown measured = iota
	demanded
	free
)

// requirementTags are always four (`R`), what was measured before what is claimed (NIP-11 `limitation`). What kind of refusal
// it was decides, never its words.
func requirementTags(r findings, claims relay.Claims) [][]string {
	return [][]string{
		requirement("auth", r.auth(), claims.AuthRequired),
		requirement("writes", r.writes(), claims.RestrictedWrites),
		requirement("pow", r.needs(document.NeedsWork), claims.MinPowDifficulty > 0),
		requirement("payment", r.needs(document.NeedsPayment), claims.PaymentRequired),
	}
}

func requirement(name string, m measured, claimed bool) []string {
	if m == demanded || m == unknown && claimed {
		return []string{"R", name}
	}
	return []string{"R", "!" + name}
}

// auth: signing in is required when reading or writing is refused for lack of it, and is not when both went without.
func (r findings) auth() measured {
	switch {
	case r.State == subject.FactAuthOnly, r.login.ToRead, r.login.ToWrite, r.writing.Requirement == document.NeedsAuth:
		return demanded
	case r.Results[document.Read].OK && r.writing.Accepted:
		return free
	}
	return unknown
}

// writes: a stranger's event was taken as it was, or some condition stood before it, as NIP-11 says of restricted_writes.
func (r findings) writes() measured {
	switch r.writing.Requirement {
	case document.NeedsAuth, document.NeedsWork, document.NeedsPayment, document.NeedsPermission, document.RefusesUs:
		return demanded
	}
	if r.writing.Accepted {
		return free
	}
	return unknown
}

// needs: the condition was this one, or there was none.
func (r findings) needs(requirement string) measured {
	switch {
	case r.writing.Requirement == requirement:
		return demanded
	case r.writing.Accepted:
		return free
	}
	return unknown
}
