//go:build makes && cgo

package realrelays

import "github.com/fiatjaf/eventstore/lmdb"

func init() {
	relays["lmdb, as it comes"] = relayMake{Store: "lmdb", Negentropy: true}
	relays["lmdb, 100"] = relayMake{Store: "lmdb", MaxLimit: 100}
	newStores["lmdb"] = func(m relayMake) store {
		return &lmdb.LMDBBackend{Path: m.Dir, MaxLimit: m.MaxLimit, MapSize: 1 << 30}
	}
}
