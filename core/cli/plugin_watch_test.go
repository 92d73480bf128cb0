package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core/admin"
)

func TestWriteLog(t *testing.T) {
	var out strings.Builder
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	writeLog(&out, []admin.LogLine{{Number: 1, At: at, Level: "info", Text: "a\n\x1b[2Jb"}, {Number: 2, At: at, Level: "error", Text: "c"}})
	want := "2026-11-25 12:00:00 UTC  info   a\n2026-11-25 12:00:00 UTC  info    [2Jb\n2026-11-25 12:00:00 UTC  error  c\n"
	if out.String() != want {
		t.Errorf("got %q", out.String())
	}
}

func TestDescribeNumbers(t *testing.T) {
	var out strings.Builder
	describeNumbers(&out, &admin.PluginNumbers{
		Hooks:      []admin.HookNumbers{{Hook: "claims.map/v1", Calls: 12345, Failed: 2, Reasons: []admin.ReasonNumber{{Reason: "trap", Calls: 2}}, Average: 1500 * time.Microsecond, Half: 20 * time.Microsecond, Slowest: 9 * time.Millisecond, Fuel: 99}},
		HostCalls:  []admin.HostCallNumbers{{Capability: "http.fetch", Result: "ok", Calls: 7, Average: time.Second}},
		MemoryPeak: 1 << 20, Suspended: true, ShadowDiffers: 3,
	})
	for _, want := range []string{"claims.map/v1   12,345   2", "1.50 ms", "20.0 us", "9.00 ms", "trap 2", "http.fetch", "1.00 s", "1.0 MiB", "rests", "another 3 times"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	out.Reset()
	describeNumbers(&out, &admin.PluginNumbers{})
	if !strings.Contains(out.String(), "it was not called") || strings.Contains(out.String(), "shadow") {
		t.Errorf("got\n%s", out.String())
	}
}
