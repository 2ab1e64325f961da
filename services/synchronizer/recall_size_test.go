//go:build !race

package synchronizer

// crowded is how many events of one second the recall table has; the race detector makes a signature cost 6 ms.
const crowded = 5000
