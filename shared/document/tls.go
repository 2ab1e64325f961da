package document

// Faults of a certificate.
const (
	CertExpired    = "expired"
	CertNotYet     = "not_yet_valid"
	CertSelfSigned = "self_signed"
	CertWrongHost  = "wrong_host"
	CertUnknownCA  = "unknown_authority"
	CertOther      = "invalid"
)

// Certificate is the document of the check TLS. A certificate that fails is a finding, not the absence of one.
type Certificate struct {
	Valid  bool   `json:"valid"`           // chain, host and time
	Fault  string `json:"fault,omitempty"` // the first thing that is wrong
	Issuer string `json:"issuer,omitempty"`
	// Subject is the common name; SANs are what counts, at most 32 of SANCount.
	Subject   string   `json:"subject,omitempty"`
	SANs      []string `json:"sans,omitempty"`
	SANCount  int      `json:"san_count"`
	NotBefore int64    `json:"not_before"` // unix seconds
	NotAfter  int64    `json:"not_after"`
	SHA256    string   `json:"sha256"` // of the certificate, lower-case hex
	Chain     int      `json:"chain"`  // certificates sent
	Protocol  string   `json:"protocol"`
	Cipher    string   `json:"cipher"`
}
