package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/outbound"
)

func TestOutboundAllowPrivate(t *testing.T) {
	var c Config
	if m := setOutbound(&c, "10.0.0.0/8, directory.internal:636,[::1]:80"); m != nil {
		t.Fatal(m)
	}
	if want := []string{"10.0.0.0/8", "directory.internal:636", "[::1]:80"}; !slices.Equal(c.OutboundAllowPrivate, want) {
		t.Errorf("got %q", c.OutboundAllowPrivate)
	}
	for value, want := range map[string]string{
		"":                     `"" is neither`,
		"10.0.0.0/8,":          `"" is neither`,
		"10.0.0.0/8 127.0.0.1": `"10.0.0.0/8 127.0.0.1" is no network`,
		"10.0.0.0/8,localhost": `"localhost" is neither`,
		"::/0":                 `"::/0" is every address there is`,
	} {
		c := Config{}
		m := setOutbound(&c, value)
		if m == nil || !strings.Contains(m.text, want) || m.hint == "" || len(c.OutboundAllowPrivate) > 0 {
			t.Errorf("%q: %v, %q", value, m, c.OutboundAllowPrivate)
		}
	}
}

// TestOutboundName: the messages of outbound name the setting as it is.
func TestOutboundName(t *testing.T) {
	if !slices.ContainsFunc(Settings(), func(s Setting) bool { return s.Flag() == outbound.Setting }) {
		t.Errorf("there is no setting %s", outbound.Setting)
	}
}
