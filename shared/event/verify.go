package event

// CheckSignature reports whether Sig is the author's BIP-340 signature of the id. It says nothing of the content: the id
// must be checked too, and Parse and New have done so.
func (e *Event) CheckSignature() bool {
	return verify(&e.PubKey, &e.ID, &e.Sig)
}
