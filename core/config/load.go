package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
)

// IssuerFile is the file in the data directory that holds the issuer of the last
// start, so that other commands print the right addresses.
const IssuerFile = "issuer"

// Input is where a configuration comes from.
type Input struct {
	// File is the configuration file's name; empty means none. FileWhere says who
	// named it: "--config" or "POSTERN_CONFIG".
	File      string
	FileWhere string
	// Flags holds the flags that were given, by their name without dashes.
	Flags map[string]string
	// Env looks a variable up, like [os.LookupEnv].
	Env func(string) (string, bool)
	// Serve says that this is for a server. One that nobody gave an issuer
	// follows the address it listens at, where its last issuer was local too.
	Serve bool
}

// Load gives the configuration, or an [*Error] that holds every mistake.
func Load(in Input) (Config, error) {
	l := loader{in: in}
	if in.File != "" {
		l.readFile()
	}
	for _, s := range Settings() {
		l.apply(s)
	}
	if len(l.problems) == 0 {
		l.config.Data = filepath.Clean(l.config.Data)
		l.checkData()
	}
	if len(l.problems) == 0 {
		l.resolveIssuer()
		l.checkTLS()
		l.checkMetrics()
		l.checkMail()
	}
	if len(l.problems) > 0 {
		return Config{}, &Error{Problems: l.problems}
	}
	return l.config, nil
}

type loader struct {
	in       Input
	file     map[string]entry
	config   Config
	where    map[string]string // where each setting was given
	problems []Problem
}

func (l *loader) add(where, text, hint string) {
	l.problems = append(l.problems, Problem{Where: where, Text: text, Hint: hint})
}

// apply sets one setting from the first place that has it.
func (l *loader) apply(s Setting) {
	value, where, given := l.lookup(s)
	l.choose(s, value, where, given)
	if !given {
		if value = s.Default; value == "" {
			return
		}
		where = s.Key
	}
	if m := s.set(&l.config, value); m != nil {
		l.add(where, m.text, m.hint)
	}
	if l.where == nil {
		l.where = map[string]string{}
	}
	l.where[s.Key] = where
}

// choose notes what a setting is, and where that comes from.
func (l *loader) choose(s Setting, value, where string, given bool) {
	if !given {
		value, where = s.Default, ""
	}
	chosen := Chosen{Key: s.Key, Usage: s.Usage, Value: value, Where: where}
	if s.NoFile && value != "" { // what may stand in no file is a secret
		chosen.Value, chosen.Secret = "", true
	}
	l.config.Chosen = append(l.config.Chosen, chosen)
}

// lookup treats an empty variable as none: that is how containers leave one out.
func (l *loader) lookup(s Setting) (value, where string, given bool) {
	if value, ok := l.in.Flags[s.Flag()]; ok && !s.NoFlag {
		return value, "--" + s.Flag(), true
	}
	if value, ok := l.in.Env(s.Env()); ok && value != "" {
		return value, s.Env(), true
	}
	if e, ok := l.file[s.Key]; ok {
		return e.value, e.where, true
	}
	return "", "", false
}

// checkData refuses a data directory that is there and is none. One that is not
// there is made by whoever needs it.
func (l *loader) checkData() {
	info, err := os.Stat(l.config.Data)
	switch {
	case err == nil && !info.IsDir():
		l.add(l.where["data"], fmt.Sprintf("%q is no directory", l.config.Data), "name the directory that holds the data")
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		l.add(l.where["data"], fmt.Sprintf("the data directory %q cannot be used: %s", l.config.Data, reason(err)), "check its path, and that this user may read and write it")
	}
}

// resolveIssuer takes the issuer of the last start where none was given, else
// makes one from the address.
func (l *loader) resolveIssuer() {
	if l.config.Issuer != "" {
		return
	}
	name := filepath.Join(l.config.Data, IssuerFile)
	stored, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.add(name, "the issuer of the last start cannot be read: "+reason(err), "check who may read the data directory")
		return
	}
	if text := strings.TrimSpace(string(stored)); text != "" {
		if m := setIssuer(&l.config, text); m != nil {
			l.add(name, m.text, "start the server with --issuer")
			return
		}
		if !l.in.Serve || strings.HasPrefix(l.config.Issuer, "https:") {
			return
		}
	}
	l.deriveIssuer()
}

func (l *loader) deriveIssuer() {
	host, port, err := net.SplitHostPort(l.config.Listen)
	if err != nil {
		return // Listen was checked
	}
	scheme := "http"
	if l.config.TLS() {
		scheme = "https"
	}
	switch {
	case everyInterface(host):
		host = "localhost"
	case !loopback(host):
		l.add("--issuer", "the issuer is missing: at "+l.config.Listen+" others than this machine come in", "give --issuer https://HOST, the address that people and clients use")
		return
	}
	l.config.Issuer, l.config.IssuerDerived = scheme+"://"+net.JoinHostPort(host, port), true
}

func (l *loader) checkTLS() {
	c := &l.config
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		l.add("--tls-cert", "certificate and key belong together", "give both --tls-cert and --tls-key, or none")
	case c.TLS() && strings.HasPrefix(c.Issuer, "http:") && l.in.Serve:
		l.add(l.where["issuer"], "the issuer begins with http:// but the server speaks TLS", "begin the issuer with https://")
	case c.TLS() && l.in.Serve:
		l.checkReadable("--tls-cert", c.TLSCert)
		l.checkReadable("--tls-key", c.TLSKey)
	}
}

// checkMetrics keeps the metrics, which anybody who reaches them may read, away from
// where everybody comes in.
func (l *loader) checkMetrics() {
	if c := &l.config; c.MetricsListen != "" && sameAddress(c.Listen, c.MetricsListen) {
		l.add(l.where["metrics_listen"], fmt.Sprintf("%s is where the server itself listens (%s)", c.MetricsListen, c.Listen),
			"choose another port for the metrics: anybody who reaches them may read them")
	}
}

// sameAddress reports whether two addresses that were checked cannot both be
// listened at. Port 0 is a different one each time.
func sameAddress(a, b string) bool {
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB || portA == "0" {
		return false
	}
	return hostA == hostB || everyInterface(hostA) || everyInterface(hostB)
}

func everyInterface(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.IsUnspecified()
}

func (l *loader) checkReadable(where, name string) {
	file, err := os.Open(name)
	if err != nil {
		l.add(where, fmt.Sprintf("the file %q cannot be read: %s", name, reason(err)), "check its name, and that this user may read it")
		return
	}
	file.Close()
}
