package config_test

import (
	"cmp"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/config"
)

func load(t *testing.T, in config.Input, env map[string]string) (config.Config, []config.Problem) {
	t.Helper()
	if in.Flags == nil {
		in.Flags = map[string]string{}
	}
	if _, given := in.Flags["data"]; !given && env["POSTERN_DATA"] == "" && in.File == "" {
		in.Flags["data"] = t.TempDir()
	}
	in.Env = func(name string) (string, bool) { value, ok := env[name]; return value, ok }
	c, err := config.Load(in)
	if err == nil {
		return c, nil
	}
	wrong, ok := errors.AsType[*config.Error](err)
	if !ok {
		t.Fatalf("error %T, want *config.Error", err)
	}
	if len(wrong.Problems) == 0 {
		t.Fatal("an error without problems")
	}
	return c, wrong.Problems
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestDefaults(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := config.Load(config.Input{Env: func(string) (string, bool) { return "", false }})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		Data: "data", Listen: "localhost:8000", Issuer: "http://localhost:8000", IssuerDerived: true,
		LogLevel: slog.LevelInfo, LogFormat: "text", Registration: core.RegistrationPolicy{Mode: core.RegistrationOff}, Mail: config.Mail{Security: "starttls"},
		Lifetimes: config.Lifetimes{Session: 12 * time.Hour, AccessToken: time.Hour, IDToken: time.Hour, RefreshToken: 30 * 24 * time.Hour},
	}
	if len(c.Chosen) != len(config.Settings()) {
		t.Errorf("says of %d settings what they are", len(c.Chosen))
	}
	c.Chosen = nil
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v\nwant %+v", c, want)
	}
}

// TestChosen: of every setting it is known what it is and who said so, and of a secret
// only that there is one.
func TestChosen(t *testing.T) {
	file := write(t, "postern.toml", "\nsession_lifetime = \"8h\"\nlog_level = \"warn\"\n")
	env := map[string]string{"POSTERN_MASTER_KEY": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I=", "POSTERN_LOG_LEVEL": "error", "POSTERN_LOG_FORMAT": ""}
	c, err := config.Load(config.Input{
		File: file, Flags: map[string]string{"listen": "localhost:1"},
		Env: func(name string) (string, bool) { value, is := env[name]; return value, is },
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]config.Chosen{}
	for _, chosen := range c.Chosen {
		if chosen.Usage == "" {
			t.Errorf("%s: nobody knows what it means", chosen.Key)
		}
		chosen.Usage = ""
		got[chosen.Key] = chosen
	}
	for _, want := range []config.Chosen{
		{Key: "listen", Value: "localhost:1", Where: "--listen"}, {Key: "log_level", Value: "error", Where: "POSTERN_LOG_LEVEL"},
		{Key: "log_format", Value: "text"}, {Key: "session_lifetime", Value: "8h", Where: file + ":2"}, {Key: "mail_smtp"},
		{Key: "master_key", Where: "POSTERN_MASTER_KEY", Secret: true},
	} {
		if got[want.Key] != want {
			t.Errorf("%+v, want %+v", got[want.Key], want)
		}
	}
}

func TestPrecedence(t *testing.T) {
	file := write(t, "postern.toml", `
# a comment
data = "from-file"
listen = "localhost:1001"
log_level = "warn"
"session_lifetime" = '8h'
`)
	env := map[string]string{"POSTERN_LISTEN": "localhost:1002", "POSTERN_LOG_LEVEL": ""}
	in := config.Input{File: file, FileWhere: "--config"}
	c, problems := load(t, in, env)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if c.Data != "from-file" || c.Listen != "localhost:1002" || c.LogLevel != slog.LevelWarn || c.Lifetimes.Session != 8*time.Hour {
		t.Errorf("got %+v", c)
	}
	in.Flags = map[string]string{"listen": "localhost:1003", "data": "from-flag"}
	c, problems = load(t, in, env)
	if len(problems) > 0 || c.Listen != "localhost:1003" || c.Data != "from-flag" {
		t.Errorf("got %+v, %v", c, problems)
	}
}

func TestIssuer(t *testing.T) {
	for _, tt := range []struct {
		name    string
		stored  string // in the data directory
		flags   map[string]string
		env     map[string]string
		serve   bool
		want    string
		derived bool
	}{
		{name: "default", want: "http://localhost:8000", derived: true},
		{name: "flag", flags: map[string]string{"issuer": "https://id.example.org"}, want: "https://id.example.org"},
		{name: "slash at the end", flags: map[string]string{"issuer": "https://id.example.org/"}, want: "https://id.example.org"},
		{name: "flag over variable", flags: map[string]string{"issuer": "https://a.example"}, env: map[string]string{"POSTERN_ISSUER": "https://b.example"}, want: "https://a.example"},
		{name: "variable over the last start", env: map[string]string{"POSTERN_ISSUER": "https://b.example"}, stored: "https://c.example", want: "https://b.example"},
		{name: "last start", stored: "https://c.example\n", want: "https://c.example"},
		{name: "last start with an address", stored: "https://c.example\n", flags: map[string]string{"listen": ":9000"}, serve: true, want: "https://c.example"},
		{name: "last start was local", stored: "http://localhost:9000\n", want: "http://localhost:9000"},
		{name: "a local one follows the address", stored: "http://localhost:9000\n", serve: true, want: "http://localhost:8000", derived: true},
		{name: "every interface", flags: map[string]string{"listen": ":9000"}, serve: true, want: "http://localhost:9000", derived: true},
		{name: "every IPv6 interface", flags: map[string]string{"listen": "[::]:9000"}, serve: true, want: "http://localhost:9000", derived: true},
		{name: "loopback address", flags: map[string]string{"listen": "127.0.0.1:9000"}, serve: true, want: "http://127.0.0.1:9000", derived: true},
		{name: "port to be found", flags: map[string]string{"listen": "127.0.0.1:0"}, serve: true, want: "http://127.0.0.1:0", derived: true},
		{name: "IPv6 loopback", flags: map[string]string{"listen": "[::1]:9000"}, serve: true, want: "http://[::1]:9000", derived: true},
		{name: "a name of the machine itself", flags: map[string]string{"issuer": "http://postern.localhost:80"}, want: "http://postern.localhost:80"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.stored != "" {
				if err := os.WriteFile(filepath.Join(dir, config.IssuerFile), []byte(tt.stored), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			flags := maps.Clone(tt.flags)
			if flags == nil {
				flags = map[string]string{}
			}
			flags["data"] = dir
			c, problems := load(t, config.Input{Flags: flags, Serve: tt.serve}, tt.env)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if c.Issuer != tt.want || c.IssuerDerived != tt.derived {
				t.Errorf("got %s, derived %v; want %s, %v", c.Issuer, c.IssuerDerived, tt.want, tt.derived)
			}
		})
	}
}

func TestTLS(t *testing.T) {
	cert, key := write(t, "cert.pem", "x"), write(t, "key.pem", "x")
	c, problems := load(t, config.Input{Serve: true, Flags: map[string]string{"tls-cert": cert, "tls-key": key}}, nil)
	if len(problems) > 0 || !c.TLS() || c.Issuer != "https://localhost:8000" {
		t.Errorf("got %+v, %v", c, problems)
	}
}

func TestKeysRotateEvery(t *testing.T) {
	for value, want := range map[string]time.Duration{"": 0, "1d": 24 * time.Hour, "90d": 90 * 24 * time.Hour, "36h": 36 * time.Hour} {
		env := map[string]string{}
		if value != "" {
			env["POSTERN_KEYS_ROTATE_EVERY"] = value
		}
		if c, problems := load(t, config.Input{}, env); len(problems) > 0 || c.KeysRotateEvery != want {
			t.Errorf("%q: %s, %v", value, c.KeysRotateEvery, problems)
		}
	}
}

func TestMetricsListen(t *testing.T) {
	for value, want := range map[string]string{"localhost:8001": "localhost:8001", ":9090": ":9090", "127.0.0.1:0": "127.0.0.1:0", "127.0.0.1:8000": "127.0.0.1:8000"} {
		c, problems := load(t, config.Input{Flags: map[string]string{"metrics-listen": value}}, nil)
		if len(problems) > 0 || c.MetricsListen != want || c.Listen != "localhost:8000" {
			t.Errorf("%s: %+v, %v", value, c, problems)
		}
	}
	c, problems := load(t, config.Input{Flags: map[string]string{"metrics-listen": "127.0.0.1:0", "listen": "127.0.0.1:0"}}, nil)
	if len(problems) > 0 || c.MetricsListen != "127.0.0.1:0" {
		t.Errorf("two ports to be found: %v", problems)
	}
	file := write(t, "p.toml", "data = \"x\"\nmetrics_listen = \"localhost:9090\"\noutbound_allow_private = \"10.0.0.0/8, directory.internal:636\"\n")
	c, problems = load(t, config.Input{File: file, FileWhere: "--config"}, nil)
	if len(problems) > 0 || c.MetricsListen != "localhost:9090" || !slices.Equal(c.OutboundAllowPrivate, []string{"10.0.0.0/8", "directory.internal:636"}) {
		t.Errorf("%+v, %v", c, problems)
	}
}

func TestSwitch(t *testing.T) {
	for value, want := range map[string]bool{"on": true, "off": false} {
		c, problems := load(t, config.Input{Flags: map[string]string{"session-management": value}}, nil)
		if len(problems) > 0 || c.SessionManagement != want {
			t.Errorf("%s: %v, %v", value, c.SessionManagement, problems)
		}
	}
	file := write(t, "p.toml", "data = \"x\"\nsession_management = \"on\"\n")
	if c, problems := load(t, config.Input{File: file, FileWhere: "--config"}, nil); len(problems) > 0 || !c.SessionManagement {
		t.Errorf("%v", problems)
	}
}

func TestMasterKey(t *testing.T) {
	file := write(t, "key", "c2VjcmV0\n")
	for _, env := range []map[string]string{{"POSTERN_MASTER_KEY": "c2VjcmV0"}, {"POSTERN_MASTER_KEY_FILE": file}} {
		c, problems := load(t, config.Input{}, env)
		if len(problems) > 0 || c.MasterKey != "c2VjcmV0" {
			t.Errorf("%v: got %q, %v", env, c.MasterKey, problems)
		}
	}
}

func TestMistakes(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for _, tt := range []struct {
		name  string
		flags map[string]string
		env   map[string]string
		file  string
		serve bool
		want  []string // "where: text", in order; a trailing … stands for the rest
	}{
		{name: "listen without port", flags: map[string]string{"listen": "localhost"}, want: []string{`--listen: "localhost" is no address to listen at`}},
		{name: "listen at a named port", env: map[string]string{"POSTERN_LISTEN": "localhost:http"}, want: []string{`POSTERN_LISTEN: "localhost:http" is no address to listen at`}},
		{name: "listen at port 65536", flags: map[string]string{"listen": ":65536"}, want: []string{`--listen: ":65536" is no address…`}},
		{name: "listen at a URL", flags: map[string]string{"listen": "http://localhost:80"}, want: []string{`--listen: "http://localhost:80" is no address…`}},
		{name: "data is a file", flags: map[string]string{"data": write(t, "d", "")}, want: []string{"--data: …"}},
		{name: "data is below a file", env: map[string]string{"POSTERN_DATA": write(t, "d", "") + "/data"}, want: []string{"POSTERN_DATA: the data directory …"}},
		{name: "neither on nor off", flags: map[string]string{"session-management": "yes"}, want: []string{`--session-management: "yes" is neither on nor off`}},
		{name: "http issuer", flags: map[string]string{"issuer": "http://id.example.org"}, want: []string{`--issuer: "http://id.example.org" cannot be the issuer`}},
		{name: "http issuer that looks local", flags: map[string]string{"issuer": "http://localhost.example.org"}, want: []string{`--issuer: …`}},
		{name: "issuer without scheme", flags: map[string]string{"issuer": "id.example.org"}, want: []string{`--issuer: …`}},
		{name: "issuer with path", flags: map[string]string{"issuer": "https://example.org/id"}, want: []string{`--issuer: …`}},
		{name: "issuer with query", flags: map[string]string{"issuer": "https://example.org?"}, want: []string{`--issuer: …`}},
		{name: "issuer with fragment", flags: map[string]string{"issuer": "https://example.org#"}, want: []string{`--issuer: …`}},
		{name: "issuer with user", flags: map[string]string{"issuer": "https://a@example.org"}, want: []string{`--issuer: …`}},
		{name: "issuer in capitals", flags: map[string]string{"issuer": "https://ID.example.org"}, want: []string{`--issuer: …`}},
		{name: "empty issuer", flags: map[string]string{"issuer": ""}, want: []string{`--issuer: "" cannot be the issuer`}},
		{name: "ftp issuer", flags: map[string]string{"issuer": "ftp://localhost"}, want: []string{`--issuer: …`}},
		{name: "public address without issuer", flags: map[string]string{"listen": "192.0.2.1:443"}, serve: true, want: []string{"--issuer: the issuer is missing: at 192.0.2.1:443 others than this machine come in"}},
		{name: "certificate without key", flags: map[string]string{"tls-cert": "x"}, serve: true, want: []string{"--tls-cert: certificate and key belong together"}},
		{name: "certificate and key missing", flags: map[string]string{"tls-cert": missing, "tls-key": missing}, serve: true, want: []string{"--tls-cert: the file …", "--tls-key: the file …"}},
		{name: "TLS with an http issuer", flags: map[string]string{"tls-cert": "x", "tls-key": "y", "issuer": "http://localhost:8000"}, serve: true, want: []string{"--issuer: the issuer begins with http:// but the server speaks TLS"}},
		{name: "metrics without port", env: map[string]string{"POSTERN_METRICS_LISTEN": "localhost"}, want: []string{`POSTERN_METRICS_LISTEN: "localhost" is no address to listen at`}},
		{name: "metrics at the server", flags: map[string]string{"metrics-listen": "localhost:8000"}, want: []string{"--metrics-listen: localhost:8000 is where the server itself listens (localhost:8000)"}},
		{name: "metrics at every interface", flags: map[string]string{"metrics-listen": ":8000"}, want: []string{"--metrics-listen: :8000 is where …"}},
		{name: "metrics below every interface", flags: map[string]string{"listen": "[::]:9000", "metrics-listen": "127.0.0.1:9000"}, serve: true, want: []string{"--metrics-listen: 127.0.0.1:9000 is where …"}},
		{name: "outbound", flags: map[string]string{"outbound-allow-private": "10.0.0.0/8,localhost"}, want: []string{`--outbound-allow-private: "localhost" is neither a network nor a host with a port`}},
		{name: "log", flags: map[string]string{"log-level": "INFO", "log-format": "xml"}, want: []string{`--log-level: "INFO" is no log level`, `--log-format: "xml" is no log format`}},
		{name: "lifetimes", env: map[string]string{"POSTERN_SESSION_LIFETIME": "0s", "POSTERN_ID_TOKEN_LIFETIME": "2d", "POSTERN_REFRESH_TOKEN_LIFETIME": "soon"}, want: []string{
			`POSTERN_SESSION_LIFETIME: "0s" is not between 1m and 30d`, `POSTERN_ID_TOKEN_LIFETIME: "2d" is not between 1m and 1d`, `POSTERN_REFRESH_TOKEN_LIFETIME: "soon" is no duration`}},
		{name: "rotation", env: map[string]string{"POSTERN_KEYS_ROTATE_EVERY": "12h"}, want: []string{`POSTERN_KEYS_ROTATE_EVERY: "12h" is not between 1d and 400d`}},
		{name: "rotation by the moon", env: map[string]string{"POSTERN_KEYS_ROTATE_EVERY": "moon"}, want: []string{`POSTERN_KEYS_ROTATE_EVERY: "moon" is no duration`}},
		{name: "two master keys", env: map[string]string{"POSTERN_MASTER_KEY": "a", "POSTERN_MASTER_KEY_FILE": write(t, "k", "b")}, want: []string{"POSTERN_MASTER_KEY_FILE: the master key is given twice"}},
		{name: "empty master key file", env: map[string]string{"POSTERN_MASTER_KEY_FILE": write(t, "k", " \n")}, want: []string{"POSTERN_MASTER_KEY_FILE: the master key file is empty"}},
		{name: "missing master key file", env: map[string]string{"POSTERN_MASTER_KEY_FILE": missing}, want: []string{"POSTERN_MASTER_KEY_FILE: the master key file cannot be read: no such file or directory"}},
		{name: "missing file", file: missing, want: []string{`--config: the file "FILE" cannot be read: no such file or directory`}},
		{name: "broken file", file: write(t, "p.toml", "data = \"x\"\nlisten = \n"), want: []string{"FILE:2: not valid TOML: …"}},
		{name: "setting twice", file: write(t, "p.toml", "data = \"x\"\ndata = \"y\"\n"), want: []string{"FILE:2: not valid TOML: …"}},
		{name: "all mistakes of a file", file: write(t, "p.toml", "lisen = \"x\"\ndata = 7\n\nmaster_key = \"k\"\nissuer = \"nowhere\"\n[tls]\ncert = \"x\"\n"), want: []string{
			`FILE:1: there is no setting "lisen"`, `FILE:2: the value of data is no text`, `FILE:4: there is no setting "master_key"`, `FILE:6: there is no setting "tls"`,
			`FILE:5: "nowhere" cannot be the issuer`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := load(t, config.Input{Flags: maps.Clone(tt.flags), Serve: tt.serve, File: tt.file, FileWhere: "--config"}, tt.env)
			var got []string
			for _, p := range problems {
				got = append(got, strings.ReplaceAll(p.String(), cmp.Or(tt.file, "\x00"), "FILE"))
				if strings.HasSuffix(p.Text, ".") || strings.HasSuffix(p.Hint, ".") {
					t.Errorf("a full stop: %q, %q", p.Text, p.Hint)
				}
			}
			if !slices.EqualFunc(got, tt.want, matches) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func matches(got, want string) bool {
	if begin, open := strings.CutSuffix(want, "…"); open {
		return strings.HasPrefix(got, begin)
	}
	return got == want
}

// No mistake may repeat a master key.
func TestMistakesKeepSecrets(t *testing.T) {
	_, problems := load(t, config.Input{Flags: map[string]string{"listen": "x"}}, map[string]string{
		"POSTERN_MASTER_KEY": "hunter2", "POSTERN_MASTER_KEY_FILE": write(t, "k", "hunter3"),
	})
	for _, p := range problems {
		if strings.Contains(p.String()+p.Hint, "hunter") {
			t.Errorf("%q holds a secret", p)
		}
	}
}

func TestBrokenStoredIssuer(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, config.IssuerFile)
	if err := os.WriteFile(name, []byte("http://evil.example"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, problems := load(t, config.Input{Flags: map[string]string{"data": dir}}, nil)
	if len(problems) != 1 || problems[0].Where != name {
		t.Errorf("got %v", problems)
	}
}
