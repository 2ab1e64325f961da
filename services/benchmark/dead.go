package benchmark

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

// ways in which an address is no relay, in equal shares; distrusts has a certificate that nobody signed.
var ways = []simrelay.DeadMode{simrelay.Refused, simrelay.Hang, distrusts, simrelay.Babble}

const distrusts = simrelay.Alive

// graveyard is many addresses that are no relays, in one process.
type graveyard struct {
	relays    []*simrelay.Relay
	listeners []net.Listener
	running   sync.WaitGroup
	config    *tls.Config
}

// ServeDead keeps addresses that are no relays until stdin ends: file with .urls gets them.
func ServeDead(addresses int, file string, stdin io.Reader, stdout io.Writer) error {
	g := new(graveyard)
	defer g.close()
	certificate, err := unsigned()
	if err != nil {
		return err
	}
	g.config = &tls.Config{Certificates: []tls.Certificate{certificate}}
	var urls strings.Builder
	for i := range addresses {
		url, err := g.dig(ways[i%len(ways)])
		if err != nil {
			return fmt.Errorf("serve dead address %d: %w", i, err)
		}
		fmt.Fprintln(&urls, url)
	}
	if err := os.WriteFile(file+".urls", []byte(urls.String()), 0o600); err != nil {
		return fmt.Errorf("write the URLs of dead relays: %w", err)
	}
	fmt.Fprintln(stdout, "ready")
	_, err = io.Copy(io.Discard, stdin)
	return err
}

// dig opens an address that fails in one way and returns its URL.
func (g *graveyard) dig(way simrelay.DeadMode) (url string, err error) {
	if way != distrusts {
		r := simrelay.New("dead", simrelay.Manners{Dead: way}, nil)
		g.relays = append(g.relays, r)
		err = r.Start()
		return r.URL(), err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	g.listeners = append(g.listeners, l)
	g.running.Go(func() { answer(l, func(c net.Conn) { _ = tls.Server(c, g.config).Handshake() }) })
	return "wss://" + l.Addr().String(), nil
}

// answer serves connections until the listener is closed; each ends when its peer leaves it.
func answer(l net.Listener, serve func(net.Conn)) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			serve(conn)
		}()
	}
}

func (g *graveyard) close() {
	for _, r := range g.relays {
		r.Stop()
	}
	for _, l := range g.listeners {
		_ = l.Close()
	}
	g.running.Wait()
}

// unsigned makes a certificate that no authority signed.
func unsigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a key: %w", err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	body, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{body}, PrivateKey: key}, nil
}
