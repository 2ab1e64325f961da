package diagnosis

import (
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// soon is how long before its end a certificate is told of: renewal is usually tried a month before.
const soon = 14 * 24 * time.Hour

var certificate = []finding{
	{"certificate-expired", Broken, "Its certificate has expired", "Renew it and reload the server; see why the automatic renewal failed.", faulty(document.CertExpired)},
	{"certificate-not-yet-valid", Broken, "Its certificate is not valid yet", "Set the clock of the machine that made it, or wait.", faulty(document.CertNotYet)},
	{"certificate-self-signed", Broken, "Its certificate is signed by itself", "Take one of a public authority, such as Let's Encrypt; browsers refuse this one.", faulty(document.CertSelfSigned)},
	{"certificate-wrong-host", Broken, "Its certificate is for another host", "Order one that names this host, or correct the name in the server's configuration (SNI).", faulty(document.CertWrongHost)},
	{"certificate-chain", Broken, "Its certificate cannot be traced to a public authority", "Serve the full chain (fullchain.pem, not cert.pem).", func(e Evidence) (string, bool) {
		if e.Cert == nil {
			return "", false
		}
		return fmt.Sprintf("%d certificates sent", e.Cert.Chain), e.Cert.Fault == document.CertUnknownCA || e.Cert.Fault == document.CertOther
	}},
	{"certificate-ends-soon", Faulty, "Its certificate ends in less than 14 days", "Renew it now; automatic renewal would have done so by now.", func(e Evidence) (string, bool) {
		if e.Cert == nil || !e.Cert.Valid {
			return "", false
		}
		end := time.Unix(e.Cert.NotAfter, 0).UTC()
		return "ends " + end.Format(time.RFC3339), end.After(e.Now) && end.Sub(e.Now) < soon
	}},
	{"tls-fails", Broken, "Its TLS handshake fails before a certificate is shown", "See that TLS, not plain HTTP, answers on this port, and offers version 1.2 or 1.3; look with: openssl s_client -connect <host>:<port>.",
		func(e Evidence) (string, bool) {
			return e.Checks[document.Open].Text, e.Cert == nil && e.why(document.Open) == string(relay.ClassTLS)
		}},
	{"tls-old", Faulty, "It speaks an old version of TLS", "Turn on TLS 1.2 and 1.3; browsers refuse the older ones.", func(e Evidence) (string, bool) {
		if e.Cert == nil {
			return "", false
		}
		return e.Cert.Protocol, e.Cert.Protocol == "TLS 1.0" || e.Cert.Protocol == "TLS 1.1" || e.Cert.Protocol == "SSLv3"
	}},
	{"no-tls", Notice, "It is reached without TLS", "Serve wss:// beside it: pages that were loaded over https may not open ws://.", func(e Evidence) (string, bool) {
		return "", e.URL.Network() == relay.Clearnet && !e.URL.Secure() && e.opened()
	}},
}

// faulty holds for a certificate with this fault.
func faulty(fault string) func(Evidence) (string, bool) {
	return func(e Evidence) (string, bool) {
		if e.Cert == nil || e.Cert.Fault != fault {
			return "", false
		}
		return fmt.Sprintf("of %s, valid %s to %s", e.Cert.Subject, time.Unix(e.Cert.NotBefore, 0).UTC().Format(time.DateOnly),
			time.Unix(e.Cert.NotAfter, 0).UTC().Format(time.DateOnly)), true
	}
}
