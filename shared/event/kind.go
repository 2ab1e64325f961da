package event

// Class says how long an event counts (NIP-01, "Kinds").
type Class uint8

// The classes. Kinds outside of every range that NIP-01 names count as regular: nothing replaces them.
const (
	Regular     Class = iota // every event counts
	Replaceable              // the latest of one author and kind counts
	Ephemeral                // not expected to be stored
	Addressable              // the latest of one author, kind and d tag counts
)

// String returns NIP-01's word for the class.
func (c Class) String() string {
	return [...]string{"regular", "replaceable", "ephemeral", "addressable"}[c]
}

// Classify returns the class of a kind.
func Classify(kind uint16) Class {
	switch {
	case kind == 0, kind == 3, kind >= 10_000 && kind < 20_000:
		return Replaceable
	case kind >= 20_000 && kind < 30_000:
		return Ephemeral
	case kind >= 30_000 && kind < 40_000:
		return Addressable
	}
	return Regular
}
