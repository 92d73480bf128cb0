package main_test

import (
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/store/sqlite"
)

// refusal is how a command ends that cannot do what it was told.
type refusal struct {
	code int
	want []string // regular expressions: "error: ..." and "hint: ..." line by line
}

// check demands exactly the lines that are wanted, and nothing else.
func (r refusal) check(t *testing.T, got finished) {
	t.Helper()
	if got.code != r.code {
		t.Errorf("exit code %d, want %d", got.code, r.code)
	}
	lines := strings.Split(strings.TrimSuffix(got.err, "\n"), "\n")
	for i, want := range r.want {
		if i >= len(lines) || !regexp.MustCompile("^"+want+"$").MatchString(lines[i]) {
			t.Errorf("line %d is not %q", i+1, want)
		}
	}
	if len(lines) != len(r.want) || got.out != "" || traces.MatchString(got.err) {
		t.Errorf("want %d lines that a person can use", len(r.want))
	}
	if t.Failed() {
		t.Logf("it said:\n%s%s", got.out, got.err)
	}
}

// TestRefuseCommand: what cannot be understood makes nothing.
func TestRefuseCommand(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := roomFor(t)
	broken := filepath.Join(dir, "broken.toml")
	if err := os.WriteFile(broken, []byte("lisen = \"x\"\nlisten = 8000\nissuer = \"http://id.example.org\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		args []string
		want refusal
	}{
		{"a command that is none", []string{"frobnicate"}, refusal{2, []string{`error: there is no command "postern frobnicate"`, `hint: run 'postern --help' .*`}}},
		{"a command with a slip", []string{"serv"}, refusal{2, []string{`error: .*"postern serv"`, `hint: did you mean 'postern serve'\?`}}},
		{"a flag that is none", []string{"serve", "--port", "80"}, refusal{2, []string{`error: there is no flag --port`, `hint: run 'postern serve --help'`}}},
		{"an occupied port", []string{"serve", "--listen", taken.Addr().String()}, refusal{1, []string{
			`error: cannot listen at 127\.0\.0\.1:\d+: address already in use`, `hint: end the program that listens there, or choose another address with --listen`}}},
		{"no address", []string{"serve", "--listen", "nonsense"}, refusal{2, []string{`error: --listen: "nonsense" is no address to listen at`, `hint: write HOST:PORT.*`}}},
		{"a port that is none", []string{"serve", "--listen", ":99999"}, refusal{2, []string{`error: --listen: .*`, `hint: write HOST:PORT.*`}}},
		{"an address of another machine", []string{"serve", "--listen", "192.0.2.1:8000", "--issuer", "https://id.example.org"}, refusal{1, []string{
			`error: cannot listen at 192\.0\.2\.1:8000: .*`, `hint: choose an address of this machine .*`}}},
		{"a plain issuer", []string{"serve", "--issuer", "http://id.example.org"}, refusal{2, []string{
			`error: --issuer: "http://id.example.org" cannot be the issuer`, `hint: use https://.*`}}},
		{"a public address without an issuer", []string{"serve", "--listen", "192.0.2.1:8000"}, refusal{2, []string{
			`error: --issuer: the issuer is missing.*`, `hint: give --issuer https://HOST.*`}}},
		{"a missing file", []string{"serve", "--config", "missing.toml"}, refusal{2, []string{
			`error: --config: the file "missing.toml" cannot be read: no such file or directory`, `hint: check its name.*`}}},
		{"several mistakes in a file", []string{"serve", "--config", broken}, refusal{2, []string{
			`error: .*broken\.toml:1: there is no setting "lisen"`, `hint: known are .*`,
			`error: .*broken\.toml:2: the value of listen is no text`, `hint: put it into quotes`,
			`error: .*broken\.toml:3: "http://id.example.org" cannot be the issuer`, `hint: use https://.*`}}},
		{"mistakes in several places", []string{"serve", "--config", broken, "--issuer", "x", "--log-level", "loud"}, refusal{2, []string{
			`error: .*broken\.toml:1: .*`, `hint: .*`, `error: .*broken\.toml:2: .*`, `hint: .*`,
			`error: --issuer: "x" cannot be the issuer`, `hint: .*`, `error: --log-level: "loud" is no log level`, `hint: .*`}}},
		{"no certificate", []string{"serve", "--tls-cert", "missing.pem", "--tls-key", broken}, refusal{2, []string{
			`error: --tls-cert: the file "missing.pem" cannot be read: .*`, `hint: check its name.*`}}},
		{"a certificate that is none", []string{"serve", "--listen", "localhost:0", "--tls-cert", broken, "--tls-key", broken}, refusal{1, []string{
			`error: the TLS certificate cannot be used: .*`, `hint: give PEM files that belong together.*`}}},
		{"a list of nothing", []string{"user", "list"}, refusal{1, []string{`error: there is no data directory at .*`, `hint: start with 'postern serve'.*`}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := exec.Command(binary, tt.args...)
			c.Dir = roomFor(t)
			tt.want.check(t, finish(t, c))
			if left, err := os.ReadDir(c.Dir); err != nil || len(left) > 0 {
				t.Errorf("it left %v, %v", left, err)
			}
		})
	}
}

// TestRefuseData: a data directory that cannot be used is refused and left as it
// is.
func TestRefuseData(t *testing.T) {
	t.Parallel()
	const key, database = "master.key", "postern.db"
	write := func(name, content string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name  string
		spoil func(t *testing.T, dir string)
		want  refusal
	}{
		{"a database that is garbage", write(database, strings.Repeat("This is no database. ", 500)), refusal{1, []string{
			`error: the database .*postern\.db is damaged or not a database`, `hint: restore it from a backup.*`}}},
		{"half a database", func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, database), 40_000); err != nil {
				t.Fatal(err)
			}
		}, refusal{1, []string{`error: the database .*postern\.db is damaged or not a database`, `hint: restore it from a backup.*`}}},
		{"an emptied database", write(database, ""), refusal{1, []string{
			`error: the database .*postern\.db is empty, but a server used it before`, `hint: restore it from a backup.*`}}},
		{"a directory for a database", asDirectory(database), refusal{1, []string{`error: cannot open .*postern\.db: is a directory`, `hint: .*`}}},
		{"another program's database", func(t *testing.T, dir string) {
			write(database, "")(t, dir)
			change(t, filepath.Join(dir, database), "CREATE TABLE recipes (name TEXT)")
		}, refusal{1, []string{`error: the database .*postern\.db belongs to another program`, `hint: choose another data directory`}}},
		{"a newer version's database", func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, database), "INSERT INTO schema_migrations (version, name, applied_at) VALUES (99, 'x', 1)")
		}, refusal{1, []string{`error: the database .*postern\.db was made by a newer version of Postern .*`, `hint: run the newer version.*`}}},
		{"no master key", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, key)); err != nil {
				t.Fatal(err)
			}
		}, refusal{1, []string{`error: the master key .*master\.key is missing, and the database holds what it encrypted`, `hint: restore the file from a backup.*`}}},
		{"half a master key", write(key, "AAECAwQFBgcICQoLDA0ODw==\n"), refusal{1, []string{
			`error: the master key .*master\.key is unusable: 16 bytes where 32 are needed`, `hint: restore the file from your backup.*`}}},
		{"another master key", write(key, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"), refusal{1, []string{
			`error: the master key is not the one that this database was used with.*`, `hint: give the right one.*`}}},
		{"a master key that others may read", func(t *testing.T, dir string) {
			if err := os.Chmod(filepath.Join(dir, key), 0o644); err != nil {
				t.Fatal(err)
			}
		}, refusal{1, []string{`error: others may read the master key .*master\.key \(mode 0644\)`, `hint: chmod 600 .*master\.key`}}},
		{"a directory for a master key", asDirectory(key), refusal{1, []string{`error: the master key .*master\.key is no file`, `hint: restore .*`}}},
		{"a file for the plugin cache", func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, "cache")); err != nil {
				t.Fatal(err)
			}
			write("cache", "")(t, dir)
		}, refusal{1, []string{`error: plugin cache: cannot make .*cache: not a directory`, `hint: delete .*cache, which is made anew.*`}}},
		{"an issuer that cannot be one", write("issuer", "http://id.example.org\n"), refusal{2, []string{
			`error: .*issuer: "http://id.example.org" cannot be the issuer`, `hint: start the server with --issuer`}}},
		{"a directory for the issuer", asDirectory("issuer"), refusal{2, []string{`error: .*issuer: the issuer of the last start cannot be read: is a directory`, `hint: .*`}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := usedData(t)
			tt.spoil(t, dir)
			before := contents(t, dir)
			tt.want.check(t, postern(t, "serve", "--listen", "127.0.0.1:0", "--data", dir))
			if after := contents(t, dir); !maps.Equal(before, after) {
				t.Error("the directory was changed")
			}
		})
	}
}

// TestRefuseDataPath: what stands where the data directory should be.
func TestRefuseDataPath(t *testing.T) {
	t.Parallel()
	file := filepath.Join(roomFor(t), "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		file:                        `error: --data: ".*" is no directory`,
		filepath.Join(file, "data"): `error: --data: the data directory ".*" cannot be used: not a directory`,
	} {
		for _, command := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"user", "create", "alice"}, {"user", "list"}} {
			refusal{2, []string{want, `hint: .*`}}.check(t, postern(t, append(command, "--data", path)...))
		}
	}
	if content, err := os.ReadFile(file); err != nil || string(content) != "precious" {
		t.Errorf("the file has %q, %v", content, err)
	}
}

// TestMasterKeyComesBack: nothing is lost by a start without the master key.
func TestMasterKeyComesBack(t *testing.T) {
	t.Parallel()
	dir := usedData(t)
	key := filepath.Join(dir, "master.key")
	if err := os.Rename(key, key+".away"); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"user", "list"}, {"client", "create", "x", "--redirect-uri", theCallback}} {
		if done := postern(t, append(command, "--data", dir)...); done.code != 1 {
			t.Errorf("%q: exit code %d", command, done.code)
		}
	}
	if err := os.Rename(key+".away", key); err != nil {
		t.Fatal(err)
	}
	start(t, "--data", dir).waitReady()
}

// TestDamagedPluginCache: the cache is no more than a faster start.
func TestDamagedPluginCache(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(content []byte) []byte{
		"garbage":   func([]byte) []byte { return []byte("garbage") },
		"nothing":   func([]byte) []byte { return nil },
		"cut off":   func(content []byte) []byte { return content[:len(content)/2] },
		"one bit":   func(content []byte) []byte { content[len(content)/2] ^= 0x40; return content },
		"of others": func(content []byte) []byte { return append([]byte("x"), content...) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := usedData(t)
			files, err := filepath.Glob(filepath.Join(dir, "cache", "wazero-*", "*"))
			if err != nil || len(files) == 0 {
				t.Fatalf("there is no cache: %v", err)
			}
			for _, file := range files {
				content, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, damage(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s := start(t, "--data", dir)
			s.waitReady()
			s.checkLog()
			must(t, "explain", "--data", dir, "--user", "alice", "--client", "web")
		})
	}
}

func asDirectory(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		path := filepath.Join(dir, name)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

// change changes a database as nobody should.
func change(t *testing.T, path, statement string) {
	t.Helper()
	c, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Script(statement); err != nil {
		t.Fatal(err)
	}
}

// contents gives all files but the compiled plugins.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		files[strings.TrimPrefix(name, dir)] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(files, func(name, _ string) bool { return strings.HasPrefix(name, "/cache/") })
	return files
}
