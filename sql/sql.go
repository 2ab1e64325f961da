package sql

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed queries/*.sql
var queries embed.FS

//go:embed original/*.sql
var original embed.FS

// Original returns the statement of original/<name>.sql, for a database of the Python BigBrotr. It panics when there is
// none, as Query does.
func Original(name string) string {
	text, err := original.ReadFile("original/" + name + ".sql")
	if err != nil {
		panic(fmt.Sprintf("no statement named %q", name))
	}
	return string(text)
}

// Migrations returns the migrations, NNNN_name.sql, to be applied in order.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the directory is embedded
	}
	return sub
}

// Query returns the statement of queries/<name>.sql. It panics when there is none: names are
// literals and a test asks for each.
func Query(name string) string {
	text, err := queries.ReadFile("queries/" + name + ".sql")
	if err != nil {
		panic(fmt.Sprintf("no statement named %q", name))
	}
	return string(text)
}

// QueryNames lists the statements.
func QueryNames() []string {
	entries, err := queries.ReadDir("queries")
	if err != nil {
		panic(err) // the directory is embedded
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = strings.TrimSuffix(entry.Name(), ".sql")
	}
	return names
}
