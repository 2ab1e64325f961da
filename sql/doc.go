// Package sql holds every SQL text of the project: the forward-only migrations and one file
// per statement, named after the method of shared/store that runs it; in original/ those that
// read a database of the Python BigBrotr.
//
// It owns text and nothing else: it opens no connection and imports the standard library
// only. A test of shared/store prepares every statement on a migrated database.
package sql
