package observe

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"time"
)

// Path is where [Metrics.Handler] has the metrics.
const Path = "/metrics"

// contentType is that of the text format
// (https://prometheus.io/docs/instrumenting/exposition_formats).
const contentType = "text/plain; version=0.0.4; charset=utf-8"

// Metrics counts. It may be used by many goroutines at once.
type Metrics struct {
	started  time.Time
	now      func() time.Time
	families []*family // in the order in which they are written

	// mu is for the indexes and what they make, not for the numbers.
	mu        sync.RWMutex
	instances *owners
	modules   *owners

	calls     *index[call]
	latencies *index[*latency] // by instance and hook; no metric
	minutes   *index[*minutes] // by instance; no metric
	hostCalls *index[hostCall]
	shadows   *index[counter]
	events    *index[counter]
	logouts   *index[counter]
	mails     *index[counter]
	backlog   *index[gauge]
	suspended *index[gauge]
	grants    *index[gauge]
	memory    *index[*peak]
	loads     *index[load]
	pools     *index[pool]
}

// New gives metrics in which nothing has happened yet. The clock says in which minute
// something happens; what is told of the process is by the true time.
func New(now func() time.Time) *Metrics {
	m := &Metrics{started: time.Now(), now: now, instances: newOwners(maxInstances), modules: newOwners(maxModules)}
	m.indexPlugins()
	m.indexModules()
	m.indexLogouts()
	m.indexMails()
	return m
}

// WritePrometheus writes everything in the text format of Prometheus.
func (m *Metrics) WritePrometheus(w io.Writer) {
	var page bytes.Buffer
	for _, f := range m.families {
		f.write(&page)
	}
	writeRuntime(&page)
	writeProcess(&page, m.started)
	w.Write(page.Bytes())
}

// Handler answers GET [Path] with the metrics.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		m.WritePrometheus(w)
	})
	return mux
}
