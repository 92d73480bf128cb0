package config

import "testing"

// FuzzParseFile: whatever the file holds, every value is known and has a place,
// or there is a problem; nothing panics.
func FuzzParseFile(f *testing.F) {
	for _, seed := range []string{"", "data = \"x\"", "[data]\nx = 1", "data = '''\n\nlisten = 3'''", "\"data\" = 'x'\n[[issuer]]", "data.x = \"y\"", "=\n", "data = \"\\u0000\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		entries, problems := parseFile("f", text)
		for key, e := range entries {
			if e.where == "" {
				t.Errorf("%s has no place", key)
			}
		}
		for _, p := range problems {
			if p.Where == "" || p.Text == "" {
				t.Errorf("%+v says too little", p)
			}
		}
	})
}

func TestParseDuration(t *testing.T) {
	if d, err := ParseDuration("30d"); err != nil || d != 30*day {
		t.Errorf("30d: %v, %v", d, err)
	}
	for _, s := range []string{"", "d", "-1d", "1.5d", "99999d", "30"} {
		if d, err := ParseDuration(s); err == nil {
			t.Errorf("%q gave %v", s, d)
		}
	}
}
