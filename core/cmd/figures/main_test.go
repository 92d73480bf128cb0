package main

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestEveryFigureIsMeasured runs what the command runs, for a moment: every figure
// of requests has a value and, but for discovery, a limit from the same run.
func TestEveryFigureIsMeasured(t *testing.T) {
	var names []string
	o := options{span: 200 * time.Millisecond, connections: 4}
	err := measureRequests(context.Background(), o, func(f figure) {
		names = append(names, f.name)
		if strings.HasPrefix(f.value, "0/s") || f.name != "discovery" && !strings.HasSuffix(f.ratio, " %") {
			t.Errorf("%+v", f)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "discovery; token, code, RS256; token, code, ES256; token, refresh, RS256; token, refresh, ES256; " +
		"UserInfo; get-account through the plugin; sign-in without password hash, RS256"
	if got := strings.Join(names, "; "); got != want {
		t.Errorf("got %s", got)
	}
}
