package job_test

import (
	"testing"

	"github.com/postern-id/postern/core/cmd/figures/job"
	"github.com/postern-id/postern/sdk/hook"
)

func TestMap(t *testing.T) {
	for input, want := range map[string]string{
		job.Sample: `{"set":{"groups":["wiki-staff","wiki-editors"],"department":"R&D","cost_center":"1","office":"Berlin","login":"alice"},"remove":["preferred_username"]}`,
		`{"settings":` + job.Settings + `,"user":{"attributes":{"office":"Berlin","floor":"2"}},"claims":{"sub":"u"}}`: `{"set":{"groups":[],"office":"Berlin"}}`,
		`{}`: `{"set":{"groups":[]}}`,
	} {
		in, err := hook.ParseClaimsInput([]byte(input))
		if err != nil {
			t.Fatal(err)
		}
		out, err := job.Map(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(out.AppendJSON(nil)); got != want {
			t.Errorf("%s gives %s, want %s", input, got, want)
		}
	}
}

func TestMessage(t *testing.T) {
	for _, size := range []int{1 << 10, 8 << 10, 9001} {
		text := job.Message(size).AppendJSON(nil)
		if len(text) != size {
			t.Errorf("%d bytes, want %d", len(text), size)
		}
		in, err := hook.ParseClaimsInput(text)
		if err != nil {
			t.Fatal(err)
		}
		if len(in.User.Groups) < 2 || len(in.User.Tag) > 100 {
			t.Errorf("a message of %d groups, padded with %d bytes, is not like any", len(in.User.Groups), len(in.User.Tag))
		}
		out, err := job.Map(in)
		if err != nil || len(out.Set) != 5 || len(out.Remove) != 1 {
			t.Errorf("%+v, %v", out, err)
		}
	}
}

func TestSettingsAndSchemaAreJSON(t *testing.T) {
	for _, text := range []string{job.Settings, job.Schema, job.Sample} {
		if _, err := hook.ParseObject([]byte(text)); err != nil {
			t.Errorf("%v in %s", err, text)
		}
	}
}
