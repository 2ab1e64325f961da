package simrelay

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net/netip"
	"time"
)

// Authority signs certificates of local relays. It is good for a day.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes one with a key of its own.
func NewAuthority(name string) (*Authority, error) {
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name, Organization: []string{name}},
		NotBefore: now.Add(-12 * time.Hour), NotAfter: now.Add(12 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a := &Authority{}
	made, err := a.sign(template)
	if err != nil {
		return nil, err
	}
	a.cert, a.key = made.Leaf, made.PrivateKey.(*ecdsa.PrivateKey)
	return a, nil
}

// Issue signs a certificate for names or addresses. The authority itself is sent along, as relays do.
func (a *Authority) Issue(since, until time.Time, names ...string) (tls.Certificate, error) {
	made, err := a.sign(leaf(since, until, names))
	if err == nil {
		made.Certificate = append(made.Certificate, a.cert.Raw)
	}
	return made, err
}

// SelfSigned makes a certificate that nobody vouches for.
func SelfSigned(names ...string) (tls.Certificate, error) {
	now := time.Now()
	return new(Authority).sign(leaf(now.Add(-time.Hour), now.Add(time.Hour), names))
}

// Pool trusts the authority and nobody else.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

func leaf(since, until time.Time, names []string) *x509.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(since.Unix()), Subject: pkix.Name{CommonName: names[0]}, NotBefore: since, NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if addr, err := netip.ParseAddr(name); err == nil {
			template.IPAddresses = append(template.IPAddresses, addr.AsSlice())
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	return template
}

// sign makes a key and a certificate of it, signed by the authority, or by itself where there is none yet.
func (a *Authority) sign(template *x509.Certificate) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a key: %w", err)
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("sign a certificate: %w", err)
	}
	parsed, err := x509.ParseCertificate(raw)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key, Leaf: parsed}, err
}
