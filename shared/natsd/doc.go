// Package natsd runs a NATS server with JetStream inside this process, for the default run and for tests.
//
// It owns the server's life, its store directory, its disk budget and the permissions of its users. It does not own
// streams or consumers (package bus creates them) and makes no client connection.
//
// Promises: Start returns when clients can connect, or says what is in the way: the port in use, the directory in use
// by a living process, the disk too small. With SyncAlways a publish ack means the message is on disk, so a power cut
// loses nothing that was acknowledged. Stop returns when every goroutine, socket and file of the server is gone. Two
// servers never share a store directory, whatever their ports.
//
// Files:
//
//	server.go       Config, New, Start, URL, Stop
//	disk.go         how much of the disk the streams may take
//	lock.go         one owner per store directory
//	log.go          the server's log lines as slog records
//	permission.go   users, what an outside tool may do, the same as text for nats.conf
package natsd
