//go:build !race

package negentropy

// signedEvents is how many events a foreign relay and we hold together.
const signedEvents = 3000
