package observe_test

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/observe"
)

// The text format (https://prometheus.io/docs/instrumenting/exposition_formats),
// as strict as the strictest of its readers.
var (
	headLine   = regexp.MustCompile(`^# (HELP|TYPE) ([a-z_]+) (.+)$`)
	sampleLine = regexp.MustCompile(`^([a-z_]+)(\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)$`)
)

// page is what was scraped: each series with its value.
type page map[string]float64

// scrape reads the page, and fails if it breaks the format.
func scrape(t *testing.T, m *observe.Metrics) page {
	t.Helper()
	var text bytes.Buffer
	m.WritePrometheus(&text)
	return parse(t, text.String())
}

func parse(t *testing.T, text string) page {
	t.Helper()
	got := page{}
	kinds := map[string]string{}
	family := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if head := headLine.FindStringSubmatch(line); head != nil {
			if head[1] == "TYPE" {
				if kinds[head[2]] != "" || family != head[2] {
					t.Errorf("%q is not after its HELP, or twice", line)
				}
				kinds[head[2]] = head[3]
			}
			family = head[2]
			continue
		}
		sample := sampleLine.FindStringSubmatch(line)
		if sample == nil {
			t.Fatalf("no line of the format: %q", line)
		}
		value, err := strconv.ParseFloat(sample[4], 64)
		if err != nil {
			t.Errorf("%q: %v", line, err)
		}
		name := sample[1]
		if kinds[family] == "histogram" {
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				name = strings.TrimSuffix(name, suffix)
			}
		}
		series := sample[1] + sample[2]
		if _, twice := got[series]; twice || name != family || kinds[family] == "" {
			t.Errorf("%q is twice, or not below the head of %s", line, name)
		}
		if kinds[family] == "counter" && (!strings.HasSuffix(name, "_total") || value < 0) {
			t.Errorf("%q is no counter", line)
		}
		got[series] = value
	}
	return got
}

// has fails unless the series has the value.
func (p page) has(t *testing.T, series string, want float64) {
	t.Helper()
	if got, ok := p[series]; !ok || got != want {
		t.Errorf("%s is %v (there: %v), want %v", series, got, ok, want)
	}
}

// without fails if a series contains the text.
func (p page) without(t *testing.T, text string) {
	t.Helper()
	for series := range p {
		if strings.Contains(series, text) {
			t.Errorf("there is %s", series)
		}
	}
}

// of gives the series whose name begins so.
func (p page) of(prefix string) []string {
	var list []string
	for series := range p {
		if strings.HasPrefix(series, prefix) {
			list = append(list, series)
		}
	}
	slices.Sort(list)
	return list
}

func (p page) names() []string { return slices.Sorted(maps.Keys(p)) }
