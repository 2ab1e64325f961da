package monitor

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"math"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// Bounds of what is kept of a certificate.
const (
	maxSANs     = 32
	maxCertName = 253
)

// certificate looks at the relay's certificate, whether or not it is any good: bad TLS is a finding. The connection that
// open made has shown it; where there is none, a handshake of its own shows it.
func certificate(ctx context.Context, r *round) Result {
	state, fault, took := tls.ConnectionState{}, error(nil), time.Duration(0)
	if r.state != nil {
		state, fault = *r.state, r.dialer.Verify(*r.state, r.url)
	} else {
		shake, err := r.dialer.Handshake(ctx, r.url)
		if err != nil {
			return Result{Err: err}
		}
		state, fault, took = shake.State, shake.Fault, shake.Took
	}
	if len(state.PeerCertificates) == 0 {
		return Result{Err: &relay.Error{Class: relay.ClassTLS}}
	}
	finding := describe(state)
	result := Result{RTT: took}.figure(int64(math.Floor(time.Until(state.PeerCertificates[0].NotAfter).Hours() / 24)))
	if finding.Valid = fault == nil; !finding.Valid {
		finding.Fault = faultOf(state.PeerCertificates, fault, r.at)
		result.RTT, result.Err = 0, &certFault{finding.Fault}
	}
	return result.bring(document.TLS, finding)
}

func describe(state tls.ConnectionState) document.Certificate {
	cert := state.PeerCertificates[0]
	sum := sha256.Sum256(cert.Raw)
	finding := document.Certificate{
		Issuer: relay.Tidy(issuer(cert), maxCertName), Subject: relay.Tidy(cert.Subject.CommonName, maxCertName),
		NotBefore: cert.NotBefore.Unix(), NotAfter: cert.NotAfter.Unix(), SHA256: hex.EncodeToString(sum[:]),
		Chain: len(state.PeerCertificates), Protocol: tls.VersionName(state.Version), Cipher: tls.CipherSuiteName(state.CipherSuite),
	}
	for _, name := range cert.DNSNames {
		finding.SANs = append(finding.SANs, relay.Tidy(name, maxCertName))
	}
	for _, addr := range cert.IPAddresses {
		finding.SANs = append(finding.SANs, addr.String())
	}
	finding.SANCount = len(finding.SANs)
	finding.SANs = finding.SANs[:min(len(finding.SANs), maxSANs)]
	return finding
}

// issuer is the organisation that signed, or the common name where it has none.
func issuer(cert *x509.Certificate) string {
	if len(cert.Issuer.Organization) > 0 {
		return cert.Issuer.Organization[0]
	}
	return cert.Issuer.CommonName
}

// faultOf names the first thing that is wrong.
func faultOf(chain []*x509.Certificate, fault error, now time.Time) string {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](fault); ok {
		switch {
		case invalid.Reason != x509.Expired:
			return document.CertOther
		case invalid.Cert != nil && now.Before(invalid.Cert.NotBefore):
			return document.CertNotYet
		}
		return document.CertExpired
	}
	if _, ok := errors.AsType[x509.HostnameError](fault); ok {
		return document.CertWrongHost
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](fault); ok {
		if cert := chain[0]; len(chain) == 1 && cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature) == nil {
			return document.CertSelfSigned
		}
		return document.CertUnknownCA
	}
	return document.CertOther
}

// certFault is a certificate that does not verify.
type certFault struct{ name string }

func (f *certFault) Error() string { return "the certificate does not verify: " + f.name }
