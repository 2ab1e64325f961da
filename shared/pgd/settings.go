package pgd

import (
	"context"
	"maps"
	"slices"
)

// Default is the preset under every Config: sane on a small machine and on one with 24 GiB, and as durable as Postgres
// can be. Postgres' own page cache is left to the kernel.
func Default() map[string]string {
	return map[string]string{
		"shared_buffers":          "256MB",
		"work_mem":                "16MB",
		"maintenance_work_mem":    "128MB",
		"max_connections":         "200",
		"max_wal_size":            "2GB",
		"checkpoint_timeout":      "15min",
		"synchronous_commit":      "on",
		"random_page_cost":        "1.1",
		"jit":                     "off", // our statements are short; compiling them costs more than it saves
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"log_line_prefix":         "",
		"log_error_verbosity":     "terse",
		"log_min_error_statement": "panic", // a statement and its detail may carry a stranger's text
	}
}

// Fast is for tests: nothing survives a crash of the machine; what was committed survives a crash of the process,
// because it has still reached the kernel.
func Fast() map[string]string {
	return map[string]string{
		"fsync":            "off",
		"full_page_writes": "off",
		"shared_buffers":   "64MB",
	}
}

// flags are the settings as arguments. The last one wins, so the socket is the only way in, whatever was configured.
func (c *cluster) flags(ctx context.Context, sockets string, settings map[string]string) []string {
	all := Default()
	all["wal_compression"] = c.compression(ctx)
	maps.Copy(all, settings)
	var args []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		args = append(args, "-c", name+"="+all[name])
	}
	return append(args, "-c", "listen_addresses=", "-c", "port="+socketPort, "-c", "logging_collector=off",
		"-c", "unix_socket_directories="+sockets, "-c", "unix_socket_permissions=0700")
}

// compression is lz4 where these binaries were built with it, which only they can tell.
func (c *cluster) compression(ctx context.Context) string {
	ask := c.command(ctx, "postgres", "-D", c.data(), "-c", "wal_compression=lz4", "-C", "wal_compression")
	if ask.Run() != nil {
		return "on"
	}
	return "lz4"
}
