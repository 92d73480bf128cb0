package config

import (
	"fmt"
	"testing"
)

func TestTrustedProxies(t *testing.T) {
	for value, want := range map[string]string{
		"192.0.2.7":                 "[192.0.2.7/32]",
		"10.1.2.3/8, 2001:db8::1":   "[10.0.0.0/8 2001:db8::1/128]",
		"127.0.0.1,2001:db8:1::/48": "[127.0.0.1/32 2001:db8:1::/48]",
		"":                          "",
		"proxy.example":             "",
		"10.0.0.0/33":               "",
		"10.0.0.1,":                 "",
		"0.0.0.0/0":                 "",
		"::/0":                      "",
		"fe80::1%eth0":              "",
		"10.0.0.0/8 192.168.0.0/16": "",
	} {
		var c Config
		m := setProxies(&c, value)
		if (m == nil) != (want != "") {
			t.Errorf("%q: %v", value, m)
		}
		if got := fmt.Sprint(c.TrustedProxies); m == nil && got != want {
			t.Errorf("%q: %s", value, got)
		}
		if m != nil && m.hint == "" {
			t.Errorf("%q: no hint", value)
		}
	}
}
