package diagnosis

import "slices"

// Severities, the worst first.
const (
	Broken = "broken" // it does not work, for all or for many
	Faulty = "faulty" // something does not work, or soon will not
	Notice = "notice" // worth knowing
)

// Finding is one thing about a relay and what to do.
type Finding struct {
	Name     string `json:"name"` // public interface; docs/reference/findings.md has a heading of this name
	Severity string `json:"severity"`
	Title    string `json:"title"`
	Detail   string `json:"detail,omitempty"` // of this relay; may hold its own words, tidied and cut
	Mend     string `json:"mend"`
}

// finding is a line of the table: it holds when holds says so, with the detail that it gives.
type finding struct {
	name, severity, title, mend string
	holds                       func(Evidence) (detail string, holds bool)
}

// table lists all findings, in the order in which they are told.
var table = slices.Concat(reach, certificate, information, claims)

// Of returns what holds of a relay by the evidence, the worst first.
func Of(e Evidence) []Finding {
	found := []Finding{}
	for _, f := range table {
		if detail, holds := f.holds(e); holds {
			found = append(found, Finding{f.name, f.severity, f.title, detail, f.mend})
		}
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return rank(a.Severity) - rank(b.Severity) })
	return found
}

// All returns every finding that there is, without details, in the order of the table.
func All() []Finding {
	all := make([]Finding, len(table))
	for i, f := range table {
		all[i] = Finding{f.name, f.severity, f.title, "", f.mend}
	}
	return all
}

func rank(severity string) int { return slices.Index([]string{Broken, Faulty, Notice}, severity) }
