package document

import "net/netip"

// NameRecords is the document of the check DNS. Lists are sorted, so that a name server which turns its answers around changes
// nothing.
type NameRecords struct {
	A     []netip.Addr `json:"a,omitempty"`
	AAAA  []netip.Addr `json:"aaaa,omitempty"`
	CNAME []string     `json:"cname,omitempty"` // the chain in its order
	Zone  string       `json:"zone,omitempty"`  // the registrable domain, whose name servers NS are
	NS    []string     `json:"ns,omitempty"`
	PTR   []string     `json:"ptr,omitempty"` // of the first address
}
