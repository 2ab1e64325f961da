package store

import (
	"context"
	"maps"
	"slices"
)

// blockEvents is how many events have a bit in one row of network_event.
const blockEvents = 8192

// block is a row of network_event.
type block struct {
	network string
	no      int64
}

// storeNetworks counts each event once in each network. Which were counted is a bit each: only one process folds at a time,
// so a bit that is set means counted, and nothing has to be looked up in the sightings, except where some were removed.
func (t *tally) storeNetworks(ctx context.Context, a *apply) error {
	networks, err := a.relayNetworks(ctx)
	if err != nil {
		return err
	}
	left, err := a.networksLeft(ctx, t.pairs)
	if err != nil {
		return err
	}
	bits, err := a.networkBits(ctx, t.pairs, networks)
	if err != nil {
		return err
	}
	counts := map[string]int64{}
	for key, n := range t.pairs {
		network := networks[key.relay]
		b := bits[block{network, key.event / blockEvents}]
		at, mask := key.event%blockEvents/8, byte(1)<<(key.event%8)
		set := b[at]&mask != 0
		switch _, served := left[key.event][network]; {
		case n > 0 && !set:
			b[at] |= mask
			counts[network]++
		case n < 0 && set && !served:
			b[at] &^= mask
			counts[network]--
		}
	}
	return a.storeNetworkCounts(ctx, counts, bits)
}

func (a *apply) storeNetworkCounts(ctx context.Context, counts map[string]int64, bits map[block][]byte) error {
	var events []int64
	networks := slices.Sorted(maps.Keys(counts))
	for _, network := range networks {
		events = append(events, counts[network])
	}
	if err := a.exec(ctx, "add_network_counts", networks, events); err != nil {
		return err
	}
	var names []string
	var blocks []int64
	var rows [][]byte
	for key, row := range bits {
		names, blocks, rows = append(names, key.network), append(blocks, key.no), append(rows, row)
	}
	return a.exec(ctx, "put_network_events", names, blocks, rows)
}

func (a *apply) relayNetworks(ctx context.Context) (map[int32]string, error) {
	networks := map[int32]string{}
	var no int32
	var network string
	err := a.query(ctx, "relay_networks", []any{&no, &network}, func() { networks[no] = network })
	return networks, err
}

// networksLeft returns where the events of removed sightings are served still.
func (a *apply) networksLeft(ctx context.Context, pairs map[pair]int64) (map[int64]map[string]struct{}, error) {
	var events []int64
	for key, n := range pairs {
		if n < 0 {
			events = append(events, key.event)
		}
	}
	left := map[int64]map[string]struct{}{}
	if len(events) == 0 {
		return left, nil
	}
	var no int64
	var network string
	err := a.query(ctx, "networks_left", []any{&no, &network}, func() {
		if left[no] == nil {
			left[no] = map[string]struct{}{}
		}
		left[no][network] = struct{}{}
	}, events)
	return left, err
}

// networkBits returns the blocks of all pairs; those that are not there yet are empty.
func (a *apply) networkBits(ctx context.Context, pairs map[pair]int64, networks map[int32]string) (map[block][]byte, error) {
	bits := map[block][]byte{}
	for key := range pairs {
		bits[block{networks[key.relay], key.event / blockEvents}] = make([]byte, blockEvents/8)
	}
	var names []string
	var blocks []int64
	for key := range bits {
		names, blocks = append(names, key.network), append(blocks, key.no)
	}
	var key block
	var row []byte
	err := a.query(ctx, "network_events", []any{&key.network, &key.no, &row}, func() { bits[key] = slices.Clone(row) }, names, blocks)
	return bits, err
}
