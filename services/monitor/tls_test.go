package monitor

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

// FuzzCertificate describes whatever parses as a certificate: the document is always one.
func FuzzCertificate(f *testing.F) {
	now := time.Now()
	made, err := simrelay.SelfSigned("relay.example.com", "127.0.0.1")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(made.Certificate[0])
	a, err := simrelay.NewAuthority("Any \x00 <b> Authority")
	if err != nil {
		f.Fatal(err)
	}
	if made, err = a.Issue(now.Add(-time.Hour), now.Add(time.Hour), "*.example.com"); err != nil {
		f.Fatal(err)
	}
	f.Add(made.Certificate[0])
	f.Fuzz(func(t *testing.T, raw []byte) {
		cert, err := x509.ParseCertificate(raw)
		if err != nil {
			return
		}
		chain := []*x509.Certificate{cert}
		_, fault := cert.Verify(x509.VerifyOptions{DNSName: "relay.example.com", Roots: x509.NewCertPool()})
		finding := describe(tls.ConnectionState{PeerCertificates: chain})
		finding.Fault = faultOf(chain, fault, now)
		body, err := document.Encode(finding)
		if err != nil || len(finding.SANs) > maxSANs || len(finding.SHA256) != 64 {
			t.Fatalf("got %s and %v", body, err)
		}
	})
}
