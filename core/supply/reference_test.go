package supply

import (
	"strings"
	"testing"
)

const someDigest = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

func TestParseReference(t *testing.T) {
	for text, want := range map[string]Reference{
		"department.wasm":               {Path: "department.wasm"},
		"./a b/department.wasm":         {Path: "./a b/department.wasm"},
		`C:\plugins\department.wasm`:    {Path: `C:\plugins\department.wasm`},
		"/srv/plugins/département.wasm": {Path: "/srv/plugins/département.wasm"},

		"oci://registry.example.org/plugins/department:1.2.0":       {Host: "registry.example.org", Repository: "plugins/department", Tag: "1.2.0"},
		"oci://localhost:5000/department:latest":                    {Host: "localhost:5000", Repository: "department", Tag: "latest"},
		"oci://127.0.0.1:5000/a/b/c_d/e.f/g-h:V_1.0-rc":             {Host: "127.0.0.1:5000", Repository: "a/b/c_d/e.f/g-h", Tag: "V_1.0-rc"},
		"oci://[::1]:5000/department:1":                             {Host: "[::1]:5000", Repository: "department", Tag: "1"},
		"oci://[2001:db8::1]/department:1":                          {Host: "[2001:db8::1]", Repository: "department", Tag: "1"},
		"oci://registry.example.org/department@" + someDigest:       {Host: "registry.example.org", Repository: "department", Digest: someDigest},
		"oci://registry.example.org/department:1.2.0@" + someDigest: {Host: "registry.example.org", Repository: "department", Tag: "1.2.0", Digest: someDigest},
	} {
		got, err := ParseReference(text)
		if err != nil || got != want {
			t.Errorf("ParseReference(%q) = %+v, %v, want %+v", text, got, err, want)
		}
		if got.String() != text {
			t.Errorf("%q comes back as %q", text, got.String())
		}
		here := strings.Contains(text, "localhost") || strings.Contains(text, "127.0.0.1") || strings.Contains(text, "[::1]")
		if got.IsLocal() != here {
			t.Errorf("%q is local: %v", text, got.IsLocal())
		}
		if got.IsFile() != (want.Path != "") {
			t.Errorf("%q is a file: %v", text, got.IsFile())
		}
	}
}

func TestParseReferenceSaysWhatIsWrong(t *testing.T) {
	for _, test := range []struct{ name, text, what, advice string }{
		{"empty", "", "empty", "./department.wasm"},
		{"long", strings.Repeat("a", 5000) + ".wasm", "longer than 4096", "oci://"},
		{"line break", "a\nb.wasm", "control characters", "oci://"},
		{"blank before", " a.wasm", "blanks around", "oci://"},
		{"not UTF-8", "\xff.wasm", "control characters", "oci://"},
		{"no suffix", "department", "no file that ends in .wasm", "oci://registry.example.org"},
		{"suffix alone", "plugins/.wasm", "no file that ends in .wasm", "./department.wasm"},
		{"without scheme", "registry.example.org/plugins/department:1.2.0", "no file", "oci://registry.example.org"},
		{"https", "https://registry.example.org/department.wasm", "begins with oci://", "download"},
		{"file scheme", "file:///srv/department.wasm", "a file has nothing before its path", "./department.wasm"},
		{"docker scheme", "docker://registry.example.org/department:1", "begins with oci://", "oci://"},
		{"scheme in capitals", "OCI://registry.example.org/department:1", "begins with oci://", "oci://"},
		{"password", "oci://anna:" + secretWord + "@registry.example.org/department:1", "names a user", "login separately"},
		{"password with a slash", "oci://anna:" + secretWord + "/x@registry.example.org/department:1", "host", "oci://"},
		{"no host", "oci:///department:1", "host", "oci://"},
		{"host in capitals", "oci://Registry.example.org/department:1", "lower case", "oci://"},
		{"host with underscore", "oci://my_registry/department:1", "host", "oci://"},
		{"host with two dots", "oci://a..b/department:1", "host", "oci://"},
		{"label with hyphen", "oci://-a.example.org/department:1", "host", "oci://"},
		{"long label", "oci://" + strings.Repeat("a", 64) + ".example.org/department:1", "host", "oci://"},
		{"long host", "oci://" + strings.Repeat("a.", 130) + "org/department:1", "host", "oci://"},
		{"port zero", "oci://registry.example.org:0/department:1", "port", "oci://"},
		{"port with sign", "oci://registry.example.org:+80/department:1", "port", "oci://"},
		{"port with zero", "oci://registry.example.org:080/department:1", "port", "oci://"},
		{"port too high", "oci://registry.example.org:65536/department:1", "port", "oci://"},
		{"no port", "oci://registry.example.org:/department:1", "port", "oci://"},
		{"two ports", "oci://registry.example.org:1:2/department:1", "port", "oci://"},
		{"open bracket", "oci://[::1/department:1", "host", "oci://"},
		{"IPv4 in brackets", "oci://[127.0.0.1]/department:1", "host", "oci://"},
		{"zone", "oci://[fe80::1%eth0]/department:1", "host", "oci://"},
		{"after bracket", "oci://[::1]5000/department:1", "host", "oci://"},
		{"no repository", "oci://registry.example.org", "no repository", "oci://"},
		{"empty repository", "oci://registry.example.org/:1", "no repository", "oci://"},
		{"repository in capitals", "oci://registry.example.org/Plugins:1", "lower-case", "oci://"},
		{"slash at the end", "oci://registry.example.org/plugins/:1", "repository", "oci://"},
		{"two slashes", "oci://registry.example.org//plugins:1", "repository", "oci://"},
		{"dots", "oci://registry.example.org/../admin:1", "repository", "oci://"},
		{"query", "oci://registry.example.org/plugins?x=1:1", "repository", "oci://"},
		{"long repository", "oci://registry.example.org/" + strings.Repeat("a", 256) + ":1", "repository", "oci://"},
		{"no version", "oci://registry.example.org/plugins/department", "no version", "add a tag"},
		{"empty tag", "oci://registry.example.org/plugins:", "tag", "oci://"},
		{"two tags", "oci://registry.example.org/plugins:1:2", "tag", "oci://"},
		{"tag with slash", "oci://registry.example.org/plugins:1/2", "tag", "oci://"},
		{"long tag", "oci://registry.example.org/plugins:" + strings.Repeat("1", 129), "tag", "oci://"},
		{"empty digest", "oci://registry.example.org/plugins@", "digest", "64 hexadecimal"},
		{"short digest", "oci://registry.example.org/plugins@sha256:00", "digest", "64 hexadecimal"},
		{"digest in capitals", "oci://registry.example.org/plugins@" + strings.ToUpper(someDigest), "digest", "lower case"},
		{"other digest", "oci://registry.example.org/plugins@sha512:" + strings.Repeat("0", 128), "digest", "sha256"},
		{"two digests", "oci://registry.example.org/plugins@" + someDigest + "@" + someDigest, "digest", "sha256"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseReference(test.text)
			e := wantKind(t, err, BadReference)
			if !strings.Contains(e.What, test.what) || !strings.Contains(e.Advice, test.advice) {
				t.Errorf("it says %q and %q, want %q and %q in it", e.What, e.Advice, test.what, test.advice)
			}
			if got != (Reference{}) {
				t.Errorf("it gives %+v besides the error", got)
			}
		})
	}
}

func TestServer(t *testing.T) {
	for host, want := range map[string]string{"registry.example.org:5000": "registry.example.org:5000", "docker.io": "registry-1.docker.io"} {
		if got := (Reference{Host: host}).Server(); got != want {
			t.Errorf("%s is asked at %s, want %s", host, got, want)
		}
	}
}

// The examples of the advice must be right.
func TestExamplesParse(t *testing.T) {
	for _, text := range []string{exampleOCI, exampleFile, strings.Replace(exampleDigest, ": and 64 hexadecimal digits", strings.TrimPrefix(someDigest, "sha256"), 1)} {
		if _, err := ParseReference(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseReference(f *testing.F) {
	for _, text := range []string{
		"./department.wasm", exampleOCI, "oci://[::1]:5000/a/b@" + someDigest, "oci://localhost:5000/a:b@" + someDigest,
		"oci://a:b@c/d:e", "https://a/b.wasm", "oci://", "oci:///", ":@/",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ref, err := ParseReference(text)
		if err != nil {
			wantKind(t, err, BadReference)
			return
		}
		if ref.String() != text {
			t.Errorf("%q comes back as %q", text, ref.String())
		}
		if ref.IsFile() == (ref.Host != "" || ref.Repository != "" || ref.Tag != "" || ref.Digest != "") {
			t.Errorf("%q is both or neither: %+v", text, ref)
		}
		if !ref.IsFile() && (ref.Tag == "" && ref.Digest == "" || strings.ContainsAny(ref.Host+ref.Repository+ref.Tag, "@?#%\\ ") || strings.Contains(ref.Repository, "..")) {
			t.Errorf("%q gets through as %+v", text, ref)
		}
	})
}
