package grant

import (
	"encoding/base64"
	"strings"
	"testing"
)

// A refusal is in the audit log of the client that the request says it is of: whoever sets
// that client up looks there.
func TestRefusalNamesTheClient(t *testing.T) {
	t.Parallel()
	basic := func(id, proof string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+proof))
	}
	for _, tt := range []struct {
		name, authorization string
		params              []string
		want                string
	}{
		{"wrong secret", basic("wiki", strings.Repeat("x", 43)), nil, "wiki"},
		{"other way", "", []string{"client_id", "wiki", "client_secret", secret}, "wiki"},
		{"no secret", "", []string{"client_id", "wiki"}, "wiki"},
		{"nobody's", basic("nobody", secret), nil, ""},
		{"nothing", "", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			mark := w.mark()
			if _, refusal := w.send(request{authorization: tt.authorization, params: redeem(w.code(nil), tt.params...)}); refusal == nil {
				t.Fatal("it is not refused")
			}
			events := w.eventsSince(mark)
			if len(events) != 1 || events[0].ClientID != tt.want {
				t.Errorf("got %+v", events)
			}
		})
	}
}
