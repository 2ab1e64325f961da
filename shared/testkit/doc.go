// Package testkit gives tests a real Postgres and a real NATS server.
//
// It owns the servers that a test process needs: one Postgres for all tests of the process, with a database of its own
// for each test, cloned from a migrated template; and a NATS server per test. It holds nothing that replaces a server.
//
// Postgres is the one that TEST_DATABASE_URL names (its user must be able to create databases and roles, and it must
// trust connections of those), else one of the machine's own binaries; with the build tag containers both servers run
// in containers. When none works the test fails; it is never skipped. What was used is printed; Main stops it.
//
//	func TestMain(m *testing.M) { testkit.Main(m) }
//
// Files:
//
//	main.go        Main: stops the servers, then looks for leaked goroutines
//	postgres.go    Postgres, WriterURL, ReaderURL, Store, Reader
//	private.go     PrivatePostgres: a server that the test may stop
//	nats.go        NATS, FullNATS, NATSURL, Connect; bucket.go Shorten
//	wait.go        Until, Messages, and Write in the place of the writer
//	look.go        Number, Exec: rows, for packages without a driver
//	golden.go      Golden: a text and its file
//	rows.go        Rows, TryRows: whole rows
//	stream.go      Streams: messages, for packages without a client
//	dns.go         DNS: a name server with a zone of the test's; geoip.go GeoIP: a database file
//	local.go       servers of this machine
//	containers.go  servers in containers (build tag containers)
package testkit
