package schema_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/postern-id/postern/plugins/miniorange"
	"github.com/postern-id/postern/plugins/scopes"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// compiler gives a compiled schema by the name of its file.
func compiler(t *testing.T) func(file string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertContent() // base64
	return func(file string) *jsonschema.Schema {
		t.Helper()
		schema, err := c.Compile(file)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		return schema
	}
}

func validate(t *testing.T, schema *jsonschema.Schema, text []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(v)
}

func TestSchemasAreSchemas(t *testing.T) {
	files, err := filepath.Glob("*.json")
	if err != nil || len(files) < 2*len(hook.Names)+2*(len(hook.Capabilities)-1)+2 {
		t.Fatalf("%q, %v", files, err)
	}
	compile := compiler(t)
	for _, file := range files {
		compile(file)
	}
}

// TestCasesOfTheVectors holds that the schema, the parsers and the vectors agree on
// what a message is.
func TestCasesOfTheVectors(t *testing.T) {
	compile := compiler(t)
	files, err := filepath.Glob("../vectors/cases/*.json")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// The one case about a phase that there is not is none for the schema.
		wrong := strings.HasSuffix(file, "login-phase.json")
		if err := validate(t, compile("case.json"), text); (err != nil) != wrong {
			t.Errorf("%s: %v", file, err)
		}
		c, err := replay.ParseCase(text)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if c.Output.Kind() == hook.KindObject {
			if err := c.Check(c.Output.AppendJSON(nil), nil); err != nil {
				t.Errorf("%s: the parser refuses the output: %v", file, err)
			}
		}
		for i := range c.Calls {
			if _, err := replay.NewPlayer(c.Calls[i:]).Answer(c.Calls[i].Capability, c.Calls[i].Request.AppendJSON(nil)); err != nil {
				t.Errorf("%s: the parser refuses a request: %v", file, err)
			}
		}
	}
}

// TestManifestsAndSamples holds it for what modules describe.
func TestManifestsAndSamples(t *testing.T) {
	compile := compiler(t)
	vectors, err := os.ReadFile("../vectors/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	shipped := postern.NewModule(miniorange.Plugin(), scopes.Plugin()).Describe()
	for _, text := range [][]byte{vectors, shipped} {
		if err := validate(t, compile("manifest.json"), text); err != nil {
			t.Error(err)
		}
		manifests, err := hook.ParseManifests(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range manifests {
			for _, sample := range m.Samples {
				file := strings.ReplaceAll(sample.Hook, "/", ".") + ".input.json"
				if err := validate(t, compile(file), sample.Input.AppendJSON(nil)); err != nil {
					t.Errorf("sample of %s: %v", m.ID, err)
				}
				for _, call := range sample.Calls {
					if err := validate(t, compile(call.Capability+".request.json"), call.Request.AppendJSON(nil)); err != nil {
						t.Errorf("sample of %s: %v", m.ID, err)
					}
				}
			}
		}
	}
}

// TestSchemasRefuse holds that what is wrong is wrong for the schemas too.
func TestSchemasRefuse(t *testing.T) {
	compile := compiler(t)
	good := `[{"id":"p","version":"1","description":"d","host_api":1,"hooks":["claims.map/v1"],"settings":{"type":"object"},` +
		`"samples":[{"hook":"claims.map/v1","input":{}}]}]`
	if err := validate(t, compile("manifest.json"), []byte(good)); err != nil {
		t.Error(err)
	}
	for _, change := range [][2]string{
		{`"id":"p"`, `"id":"P"`}, {`"host_api":1`, `"host_api":2`}, {`"hooks":["claims.map/v1"]`, `"hooks":["claims.map/v2"]`},
		{`"hooks":["claims.map/v1"]`, `"hooks":[]`}, {`"version":"1",`, ``}, {`"settings"`, `"color":"red","settings"`},
		{`{"type":"object"}`, `{"type":"string"}`}, {`{"type":"object"}`, `{"type":"object","format":"x"}`},
		{`{"type":"object"}`, `{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"format":"x"}}}}}`},
		{`"settings"`, `"capabilities":[{"name":"net"}],"settings"`}, {`"settings"`, `"capabilities":["kv"],"settings"`},
		{`"settings"`, `"secrets":[{"description":"x"}],"settings"`}, {`"samples":[`, `"samples":[{"hook":"claims.map/v1"},`},
	} {
		if validate(t, compile("manifest.json"), []byte(strings.Replace(good, change[0], change[1], 1))) == nil {
			t.Errorf("a manifest with %s is accepted", change[1])
		}
	}
	for file, texts := range map[string][]string{
		"claims.map.v1.output":         {`[]`, `{"sets":{}}`, `{"set":{"sub":"x"}}`, `{"remove":["iss"]}`, `{"remove":"a"}`, `{"set":null}`},
		"account.shape.v1.output":      {`[]`, `"a"`},
		"scope.policy.v1.output":       {`{"scopes":"a"}`, `{"deny":"yes"}`, `{"denied":true}`},
		"connector.login.v1.output":    {`{"redirect":{}}`, `{"identity":{"sub":"s"}}`, `{"identity":null}`, `{"redirect":{"client_id":"c","parameters":{"a":1}}}`},
		"connector.password.v1.output": {`{"data":{}}`, `{"identity":{"subject":"s","email_verified":"true"}}`},
		"event.sink.v1.output":         {`{"ok":true}`},
		"claims.map.v1.input":          {`{"target":"code"}`, `{"user":{"admin":1}}`, `{"user":{"attributes":{"a":1}}}`, `{"scopes":"a"}`},
		"http.fetch.request":           {`{}`, `{"requests":[]}`, `{"requests":[{}]}`, `{"requests":[{"url":"a","header":{}}]}`, `{"requests":[{"url":"a","body_base64":"*"}]}`},
		"http.fetch.answer":            {`{"responses":{}}`, `{"error":{"code":"bad"}}`, `{"responses":[{"status":"200"}]}`},
		"jwt.verify.request":           {`{}`, `{"token":"a","leeway":301}`, `{"token":"a","leeway":-1}`},
		"kv.request":                   {`{"op":"list","key":"a"}`, `{"op":"get"}`, `{"op":"get","key":""}`, `{"op":"set","key":"a","ttl":2592001}`},
		"secret.get.request":           {`{}`, `{"names":["a"]}`},
		"oidc.exchange.request":        {`{"issuer":"a"}`, `{"issuer":"a","client_id":"b","auth_method":"basic"}`},
		"oauth.exchange.request":       {`{"client_id":"b"}`},
		"ldap.bind.request":            {`{"server":{},"dn":"a","password":"b"}`, `{"server":{"url":"a"},"dn":"a","password":""}`},
		"ldap.search.request":          {`{"server":{"url":"a"},"scope":"all"}`, `{"server":{"url":"a"},"limit":1001}`},
		"ldap.search.answer":           {`{"entries":[{"attributes":{"mail":"a"}}]}`},
		"case": {
			`{"name":"n","hook":"claims.map/v1","input":{}}`, `{"hook":"claims.map/v1","input":{},"output":{}}`,
			`{"name":"n","hook":"claims.map/v1","input":{},"output":{},"fails":"x"}`, `{"name":"n","hook":"claims.map/v1","input":{},"output_text":"{}"}`,
			`{"name":"n","hook":"claims.map/v1","input":{},"output":{"sett":{}}}`, `{"name":"n","hook":"scope.policy/v1","input":{"scopes":1},"output":{}}`,
			`{"name":"n","hook":"claims.map/v1","input":{},"output":{},"calls":[{"capability":"kv","request":{"op":"x"},"answer":{}}]}`,
			`{"name":"n","hook":"claims.map/v1","input":{},"output":{},"calls":[{"capability":"clock","answer":{}}]}`,
			`{"name":"n","hook":"claims.map/v1","input":{},"output":{},"extra":1}`,
		},
	} {
		for _, text := range texts {
			if validate(t, compile(file+".json"), []byte(text)) == nil {
				t.Errorf("%s accepts %s", file, text)
			}
		}
	}
}
