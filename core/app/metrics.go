package app

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"

	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/observe"
)

// listenMetrics opens the address of the metrics; nil if they are nowhere.
func listenMetrics(cfg config.Config) (net.Listener, error) {
	if cfg.MetricsListen == "" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", cfg.MetricsListen)
	if err != nil {
		return nil, &ListenError{Flag: "--metrics-listen", Address: cfg.MetricsListen, Err: err}
	}
	return listener, nil
}

// serveMetrics answers at the listener with the metrics and nothing else, and says
// where. Close ends it; what ends it otherwise goes to failed.
func (a *App) serveMetrics(listener net.Listener, out io.Writer, failed chan<- error) *http.Server {
	address := listener.Addr().(*net.TCPAddr)
	host := address.IP.String()
	if address.IP.IsUnspecified() {
		host = "localhost"
	}
	fmt.Fprintf(out, "Metrics are at http://%s%s\n", net.JoinHostPort(host, strconv.Itoa(address.Port)), observe.Path)
	if !address.IP.IsLoopback() {
		a.logger.Warn("the metrics are for anybody who reaches their address", slog.String("address", address.String()))
	}
	server := a.limited(a.Metrics.Handler())
	go func() { failed <- server.Serve(listener) }()
	return server
}
