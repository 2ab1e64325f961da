package event

// CheckSignature reports whether Sig is the author's BIP-340 signature of the id. It says nothing of the content: the id
// must be checked too, and Parse and New have done so.
func (e *Event) CheckSignature() bool {
	return verify(&e.PubKey, &e.ID, &e.Sig)
}

// CheckSignatures returns for each event what CheckSignature says of it, on the caller's goroutine. From a few events in
// pure Go and from some hundreds with libsecp256k1 on, the signatures are checked together, which costs a ninth to all of
// what single checks do; the fewer the authors the less. A forged one among them makes the call dearer and changes nobody
// else's verdict.
func CheckSignatures(events []*Event) []bool {
	good := make([]bool, len(events))
	verifyAll(events, good)
	return good
}
