package subject

// RelayAdd is where a service answers at once what became of injected relay URLs. The body is that of a message on
// Found; the answer is one JSON object a line.
const RelayAdd = "brotr.svc.relay.add"

// RelayCheck is where a monitor takes the wish that one relay be checked at once. The body is the relay's URL; the answer
// is one JSON object.
const RelayCheck = "brotr.svc.relay.check"
