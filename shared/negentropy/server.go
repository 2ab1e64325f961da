package negentropy

// Server answers a client. It keeps nothing between two messages, so one Server may answer any number of them at once.
type Server struct {
	set    *Set
	limits Limits
}

// NewServer answers for the set; of the limits it needs FrameBytes and MessageBytes.
func NewServer(set *Set, limits Limits) *Server {
	return &Server{set: set, limits: limits.withDefaults()}
}

// Answer returns the reply to one message: our version alone if the client speaks another one, or if there is nothing
// more to say.
func (s *Server) Answer(message []byte) (reply []byte, err error) {
	switch {
	case len(message) > s.limits.MessageBytes:
		return nil, ErrTooLarge
	case !versioned(message):
		return nil, malformed("no version")
	case message[0] != version1:
		return []byte{version1}, nil
	}
	r := reconciler{set: s.set, frame: s.limits.FrameBytes, in: reader{rest: message[1:]}, ids: (*reconciler).list}
	return r.run()
}
