//go:build race

package negentropy

// signedEvents is small where a signature takes 60 times as long.
const signedEvents = 300
