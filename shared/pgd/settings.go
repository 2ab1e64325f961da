package pgd

import (
	"context"
	"maps"
	"slices"
)

// Default is the preset under every Config: sane on a small machine and on a large one, and as durable as Postgres can be.
//
// What decides how fast an archive of millions of events takes more are the pages of its indexes, whose keys are scattered: a
// new event touches about five of them. A page that is not in Postgres' own memory is read, checked and later written again; and
// the first change of a page after a checkpoint logs the whole page. So there is memory for many pages, and checkpoints are
// few: with 2 GB of log between them instead of 16, an archive of ten millions logs little else than whole pages.
func Default() map[string]string {
	return map[string]string{
		"shared_buffers":          sharedBuffers(),
		"work_mem":                "16MB",
		"maintenance_work_mem":    "128MB",
		"max_connections":         "200",
		"checkpoint_timeout":      "30min",
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
	all["wal_compression"], all["max_wal_size"] = c.compression(ctx), maxWAL(c.home)
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
