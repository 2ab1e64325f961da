// Package subject owns the names on the bus: how a relay becomes one subject token and back, and the names that
// services share. It does not connect to anything.
//
// It promises that names are stable: they are public interface, and outsiders subscribe to them.
//
// Files: token.go (relay URL ↔ token).
package subject
