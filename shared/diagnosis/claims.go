package diagnosis

import (
	"fmt"
	"slices"
	"strings"
)

var claims = []finding{
	{"limitation-lies", Faulty, "Its limitation says what is not so", "Correct the members of limitation in NIP-11: clients plan by them.", lies},
	{"requirement-unsaid", Faulty, "It demands more than it says", "Say it in limitation: auth_required, payment_required, min_pow_difficulty or restricted_writes.", unsaid},
	{"nip-fails", Faulty, "It claims NIPs at which it fails", "Take them out of supported_nips, or turn them on.", func(e Evidence) (string, bool) {
		if e.Abilities == nil || len(e.Abilities.Disproved) == 0 {
			return "", false
		}
		return nips(e.Abilities.Disproved), true
	}},
	{"nip-unclaimed", Notice, "It can do NIPs that it does not name", "Add them to supported_nips: clients choose relays by it.", func(e Evidence) (string, bool) {
		if e.Abilities == nil || len(e.Abilities.Unclaimed) == 0 {
			return "", false
		}
		return nips(e.Abilities.Unclaimed), true
	}},
}

// lies are the members of limitation that the abilities contradict, and a login that it does or does not demand.
func lies(e Evidence) (string, bool) {
	c := e.claims()
	if c == nil {
		return "", false
	}
	var wrong []string
	if e.Abilities != nil {
		wrong = append(wrong, e.Abilities.Lies...)
	}
	demanded := e.Login != nil && e.Login.ToRead
	if demanded && c.DeniesThat("auth_required") || c.AuthRequired && !demanded && e.Checks["read"].OK {
		wrong = append(wrong, "auth_required")
	}
	slices.Sort(wrong)
	wrong = slices.Compact(wrong)
	return strings.Join(wrong, ", "), len(wrong) > 0
}

// unsaid is a requirement that a reader or a writer met and the document does not name.
func unsaid(e Evidence) (string, bool) {
	c := e.claims()
	switch {
	case c == nil:
		return "", false
	case e.Login != nil && e.Login.ToRead && !c.AuthRequired && !c.DeniesThat("auth_required"):
		return "auth", true
	case e.Writing == nil:
		return "", false
	}
	said := map[string]bool{
		"auth": c.AuthRequired || c.RestrictedWrites, "payment": c.PaymentRequired || c.RestrictedWrites,
		"pow": c.MinPowDifficulty > 0, "restricted": c.RestrictedWrites || c.PaymentRequired || c.AuthRequired,
	}
	named, known := said[e.Writing.Requirement]
	return e.Writing.Requirement, known && !named
}

func nips(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = fmt.Sprintf("NIP-%02d", n)
	}
	return strings.Join(words, ", ")
}
