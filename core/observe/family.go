package observe

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/VictoriaMetrics/metrics"
)

type (
	counter = *metrics.Counter
	gauge   = *metrics.Gauge
)

// family is one metric with all its series. Each has a set of its own, so that its
// head is written once and before them.
type family struct {
	name   string
	kind   string // "counter", "gauge" or "histogram"
	help   string
	labels []string
	set    *metrics.Set
}

// family adds a metric. Its series are told apart by the labels, the first of which
// is their owner.
func (m *Metrics) family(kind, name, help string, labels ...string) *family {
	f := &family{name, kind, help, labels, metrics.NewSet()}
	m.families = append(m.families, f)
	return f
}

func (f *family) counter(k key) counter { return f.set.GetOrCreateCounter(f.series(k)) }
func (f *family) gauge(k key) gauge     { return f.set.GetOrCreateGauge(f.series(k), nil) }

func (f *family) histogram(k key) *metrics.PrometheusHistogram {
	return f.set.GetOrCreatePrometheusHistogramExt(f.series(k), seconds())
}

// seconds are the bounds of histograms: a call of a plugin takes tens of
// microseconds, one that asks others seconds.
func seconds() []float64 {
	return []float64{25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 1, 5, 30}
}

// series gives the name with its labels.
func (f *family) series(k key) string {
	pairs := make([]string, len(f.labels))
	for i, label := range f.labels {
		pairs[i] = label + `="` + escaped(k[i]) + `"`
	}
	return f.name + "{" + strings.Join(pairs, ",") + "}"
}

// longestLabel bounds the value of a label, in bytes.
const longestLabel = 128

func escaped(value string) string {
	if len(value) > longestLabel {
		value = value[:longestLabel]
	}
	value = strings.ToValidUTF8(value, "?")
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value)
}

// forget ends all series of an owner.
func (f *family) forget(owner string) {
	prefix := fmt.Sprintf(`%s{%s="%s"`, f.name, f.labels[0], escaped(owner))
	for _, name := range f.set.ListMetricNames() {
		if strings.HasPrefix(name, prefix) {
			f.set.UnregisterMetric(name)
		}
	}
}

func (f *family) write(page *bytes.Buffer) {
	begin := page.Len()
	writeHead(page, f.kind, f.name, f.help)
	head := page.Len()
	if f.set.WritePrometheus(page); page.Len() == head {
		page.Truncate(begin) // nothing has happened yet
	}
}

func writeHead(page *bytes.Buffer, kind, name, help string) {
	fmt.Fprintf(page, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}
