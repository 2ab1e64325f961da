//go:build compose

package compose

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// natsUser is a connection that speaks the NATS protocol as one user. Speaking it by hand keeps a client
// library's own rules out of what the server allows.
type natsUser struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// dialNATS connects as a user whose password is the default of docker-compose.yml.
func dialNATS(t *testing.T, address, user string) natsUser {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	n := natsUser{t: t, conn: conn, in: bufio.NewReader(conn)}
	n.send(fmt.Sprintf("CONNECT {\"user\":%q,\"pass\":%q,\"verbose\":false,\"headers\":true}\r\n", user, user))
	if refused := n.refusal(); refused != "" {
		t.Fatalf("connect as %s: got %s, want to be let in", user, refused)
	}
	return n
}

func (n natsUser) send(text string) {
	n.t.Helper()
	if err := n.conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		n.t.Fatal(err)
	}
	if _, err := n.conn.Write([]byte(text)); err != nil {
		n.t.Fatal(err)
	}
}

// line reads one line of the server.
func (n natsUser) line() string {
	n.t.Helper()
	text, err := n.in.ReadString('\n')
	if err != nil {
		n.t.Fatalf("read from NATS: %v", err)
	}
	return strings.TrimSpace(text)
}

// refusal waits until the server has dealt with everything sent and returns its error, if it had one.
func (n natsUser) refusal() (refused string) {
	n.t.Helper()
	n.send("PING\r\n")
	for {
		switch text := n.line(); {
		case text == "PONG":
			return refused
		case strings.HasPrefix(text, "-ERR"):
			refused = text
		}
	}
}

// mayPublish says whether the server takes a message on the subject.
func (n natsUser) mayPublish(subject string) bool {
	n.t.Helper()
	n.send("PUB " + subject + " 0\r\n\r\n")
	return n.refusal() == ""
}

// maySubscribe says whether the server takes a subscription to the subject.
func (n natsUser) maySubscribe(subject string) bool {
	n.t.Helper()
	n.send("SUB " + subject + " 9\r\nUNSUB 9\r\n")
	return n.refusal() == ""
}

// publishAcked publishes and returns the stream's answer, as `nats pub -J` does.
func (n natsUser) publishAcked(subject, body string) string {
	n.t.Helper()
	n.send(fmt.Sprintf("SUB _INBOX.ack 1\r\nPUB %s _INBOX.ack %d\r\n%s\r\n", subject, len(body), body))
	for {
		if strings.HasPrefix(n.line(), "MSG _INBOX.ack ") {
			return n.line()
		}
	}
}
