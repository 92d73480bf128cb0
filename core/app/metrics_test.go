package app_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/config"
)

// running is a server as the command starts it.
type running struct {
	t        *testing.T
	out, log *journal
	ended    chan error
	end      func()
}

func serve(t *testing.T, change func(*config.Config)) *running {
	t.Helper()
	cfg := config.Config{
		Data: freshData(t), Listen: "127.0.0.1:0", Issuer: "http://127.0.0.1:0", IssuerDerived: true, LogLevel: slog.LevelInfo,
	}
	change(&cfg)
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{t: t, out: &journal{}, log: &journal{}, ended: make(chan error, 1), end: cancel}
	go func() { r.ended <- app.Serve(ctx, cfg, app.Streams{Out: r.out, Err: r.log}) }()
	t.Cleanup(cancel)
	return r
}

// said waits for a line on standard output, and gives what the pattern's group
// matched.
func (r *running) said(pattern string) string {
	r.t.Helper()
	line := regexp.MustCompile(`(?m)` + pattern)
	for range 3000 {
		if found := line.FindStringSubmatch(r.out.String()); found != nil {
			return found[1]
		}
		select {
		case err := <-r.ended:
			r.t.Fatalf("it ended: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	r.t.Fatalf("%s is not in %q", pattern, r.out.String())
	return ""
}

// stop ends the server, which must end well.
func (r *running) stop() {
	r.t.Helper()
	r.end()
	if err := <-r.ended; err != nil {
		r.t.Error(err)
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestMetrics(t *testing.T) {
	r := serve(t, func(c *config.Config) { c.MetricsListen = "127.0.0.1:0" })
	main, metrics := r.said(`^Postern serves (\S+)$`), r.said(`^Metrics are at (http://127\.0\.0\.1:[1-9]\d*/metrics)$`)
	status, page := get(t, metrics)
	if status != http.StatusOK || !strings.Contains(page, "\ngo_goroutines ") || !strings.Contains(page, "\npostern_build_info{") {
		t.Errorf("%d %s", status, page)
	}
	for _, elsewhere := range []string{main + "/metrics", strings.TrimSuffix(metrics, "/metrics") + "/", strings.TrimSuffix(metrics, "metrics") + "livez"} {
		if status, _ := get(t, elsewhere); status != http.StatusNotFound {
			t.Errorf("%s: %d", elsewhere, status)
		}
	}

	// 140a of the list of refusals: no text of a request becomes a label.
	for i := range 300 {
		get(t, fmt.Sprintf("%s/login/oauth/authorize?client_id=metric-%d&response_type=metric-%d", main, i, i))
		get(t, fmt.Sprintf("%s/metric-%d", main, i))
	}
	_, after := get(t, metrics)
	if strings.Contains(after, "metric-") || strings.Count(after, "\n") != strings.Count(page, "\n") {
		t.Errorf("%d lines before, now\n%s", strings.Count(page, "\n"), after)
	}
	if log := r.log.String(); strings.Contains(log, "level=WARN") {
		t.Error(log)
	}
	r.stop()
	if conn, err := net.Dial("tcp", strings.Split(metrics, "/")[2]); err == nil {
		conn.Close()
		t.Error("the metrics are still there")
	}
}

// TestMetricsOff: without the setting there are none, and nothing is said.
func TestMetricsOff(t *testing.T) {
	r := serve(t, func(*config.Config) {})
	r.said(`^Postern serves (\S+)$`)
	r.stop()
	if strings.Contains(r.out.String(), "Metrics") {
		t.Error(r.out.String())
	}
}

// TestMetricsForOthers: who lets others in is warned.
func TestMetricsForOthers(t *testing.T) {
	r := serve(t, func(c *config.Config) { c.MetricsListen = ":0" })
	metrics := r.said(`^Metrics are at (http://localhost:[1-9]\d*/metrics)$`)
	if status, _ := get(t, metrics); status != http.StatusOK {
		t.Errorf("%d", status)
	}
	r.stop()
	if log := r.log.String(); !strings.Contains(log, `level=WARN msg="the metrics are for anybody who reaches their address"`) {
		t.Error(log)
	}
}

// TestMetricsTaken: an address that cannot be used ends it before anything starts.
func TestMetricsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	r := serve(t, func(c *config.Config) { c.MetricsListen = taken.Addr().String() })
	wrong, ok := (<-r.ended).(*app.ListenError)
	if !ok || wrong.Address != taken.Addr().String() || !strings.HasSuffix(wrong.Hint(), "--metrics-listen") {
		t.Errorf("%v", wrong)
	}
	if r.out.String()+r.log.String() != "" {
		t.Errorf("%s%s", r.out, r.log)
	}
}
