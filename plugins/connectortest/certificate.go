package connectortest

import "crypto/tls"

// Certificate gives one for a name that this world trusts, for a server of another
// protocol than HTTP: see [World.Route].
func (w *World) Certificate(name string) *tls.Certificate {
	w.t.Helper()
	certificate, err := w.server.TLS.GetCertificate(&tls.ClientHelloInfo{ServerName: name})
	if err != nil {
		w.t.Fatal(err)
	}
	return certificate
}
