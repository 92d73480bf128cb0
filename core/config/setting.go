package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-id/postern/core/outbound"
)

const day = 24 * time.Hour

// Setting is one thing that can be chosen.
type Setting struct {
	Key     string // in the file
	Default string
	Usage   string
	NoFlag  bool // secrets and what is rarely changed
	NoFile  bool

	set func(c *Config, value string) *mistake
}

// Flag is the flag's name without its dashes.
func (s Setting) Flag() string { return strings.ReplaceAll(s.Key, "_", "-") }

// Env is the name of the environment variable.
func (s Setting) Env() string { return "POSTERN_" + strings.ToUpper(s.Key) }

// mistake is what is wrong with a value, and what to do.
type mistake struct{ text, hint string }

func setText(field func(*Config) *string) func(*Config, string) *mistake {
	return func(c *Config, value string) *mistake {
		if value == "" || strings.ContainsRune(value, 0) {
			return &mistake{"the value is empty", "leave it out for the default"}
		}
		*field(c) = value
		return nil
	}
}

func setListen(field func(*Config) *string) func(*Config, string) *mistake {
	return func(c *Config, value string) *mistake {
		host, port, err := net.SplitHostPort(value)
		number, numeric := strconv.ParseUint(port, 10, 16)
		if err != nil || numeric != nil || strings.ContainsAny(host, "/ ") {
			return &mistake{fmt.Sprintf("%q is no address to listen at", value), "write HOST:PORT, for example localhost:8000 or :8000 for every interface"}
		}
		*field(c) = net.JoinHostPort(host, strconv.FormatUint(number, 10))
		return nil
	}
}

// setIssuer accepts an origin: OpenID Connect Discovery section 3 forbids query
// and fragment; a path would need cookies of its own.
func setIssuer(c *Config, value string) *mistake {
	u, err := url.Parse(value)
	bad := func(hint string) *mistake { return &mistake{fmt.Sprintf("%q cannot be the issuer", value), hint} }
	switch {
	case err != nil || u.Opaque != "" || u.Host == "" || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return bad("write https://HOST, for example https://id.example.org")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(value, "#"):
		return bad("leave out user name, query and fragment")
	case strings.TrimSuffix(u.Path, "/") != "":
		return bad("leave out the path: Postern needs a host of its own")
	case u.Host != strings.ToLower(u.Host):
		return bad("write the host in lower case")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return bad("use https://; http:// is for localhost alone, because passwords and tokens would be readable on the way")
	}
	c.Issuer = u.Scheme + "://" + u.Host
	return nil
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// setProxies accepts addresses and networks. All addresses at once would let anybody
// say who they are.
func setProxies(c *Config, value string) *mistake {
	c.TrustedProxies = nil
	for text := range strings.SplitSeq(value, ",") {
		text = strings.TrimSpace(text)
		prefix, err := netip.ParsePrefix(text)
		if address, alone := netip.ParseAddr(text); alone == nil && address.Zone() == "" {
			prefix, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		switch {
		case err != nil:
			return &mistake{fmt.Sprintf("%q is no address and no network", text), "write it like 192.0.2.7 or 10.0.0.0/8, with commas between several"}
		case prefix.Bits() == 0:
			return &mistake{fmt.Sprintf("%q is every address there is", text), "name the proxies alone: whoever is trusted can claim any address"}
		}
		address := prefix.Masked().Addr()
		c.TrustedProxies = append(c.TrustedProxies, &net.IPNet{
			IP: address.AsSlice(), Mask: net.CIDRMask(prefix.Bits(), address.BitLen()),
		})
	}
	return nil
}

// setOutbound leaves the words to who dials.
func setOutbound(c *Config, value string) *mistake {
	var list []string
	for text := range strings.SplitSeq(value, ",") {
		list = append(list, strings.TrimSpace(text))
	}
	if err := outbound.CheckAllowPrivate(list); err != nil {
		m := &mistake{text: err.Error()}
		if entry, ok := errors.AsType[*outbound.EntryError](err); ok {
			m.hint = entry.Hint()
		}
		return m
	}
	c.OutboundAllowPrivate = list
	return nil
}

func setSwitch(field func(*Config) *bool) func(*Config, string) *mistake {
	return func(c *Config, value string) *mistake {
		if value != "on" && value != "off" {
			return &mistake{fmt.Sprintf("%q is neither on nor off", value), "use on or off"}
		}
		*field(c) = value == "on"
		return nil
	}
}

func setLogLevel(c *Config, value string) *mistake {
	switch value {
	case "debug", "info", "warn", "error":
		if err := c.LogLevel.UnmarshalText([]byte(value)); err == nil {
			return nil
		}
	}
	return &mistake{fmt.Sprintf("%q is no log level", value), "use debug, info, warn or error"}
}

func setLogFormat(c *Config, value string) *mistake {
	if value != "text" && value != "json" {
		return &mistake{fmt.Sprintf("%q is no log format", value), "use text or json"}
	}
	c.LogFormat = value
	return nil
}

func setDuration(field func(*Config) *time.Duration, most time.Duration) func(*Config, string) *mistake {
	return func(c *Config, value string) *mistake {
		d, err := ParseDuration(value)
		if err != nil {
			return &mistake{fmt.Sprintf("%q is no duration", value), "write it like 90m, 12h or 30d"}
		}
		if d < time.Minute || d > most {
			return &mistake{fmt.Sprintf("%q is not between 1m and %s", value, formatDuration(most)), ""}
		}
		*field(c) = d
		return nil
	}
}

// setRotation has a lower bound, because keys are published for a day after they signed,
// and a key set of many is refused.
func setRotation(c *Config, value string) *mistake {
	d, err := ParseDuration(value)
	switch {
	case err != nil:
		return &mistake{fmt.Sprintf("%q is no duration", value), "write it like 30d or 90d"}
	case d < day || d > 400*day:
		return &mistake{fmt.Sprintf("%q is not between 1d and 400d", value), "leave it out to rotate by hand"}
	}
	c.KeysRotateEvery = d
	return nil
}

// ParseDuration is [time.ParseDuration] with whole days: "30d".
func ParseDuration(s string) (time.Duration, error) {
	if number, ok := strings.CutSuffix(s, "d"); ok {
		days, err := strconv.ParseUint(number, 10, 16)
		return time.Duration(days) * day, err
	}
	return time.ParseDuration(s)
}

func formatDuration(d time.Duration) string { return strconv.Itoa(int(d/day)) + "d" }

func setMasterKeyFile(c *Config, name string) *mistake {
	key, err := os.ReadFile(name)
	if err != nil {
		return &mistake{"the master key file cannot be read: " + reason(err), "check that it exists and that this user may read it"}
	}
	if c.MasterKey != "" {
		return &mistake{"the master key is given twice", "give either POSTERN_MASTER_KEY or the file"}
	}
	if c.MasterKey = strings.TrimSpace(string(key)); c.MasterKey == "" {
		return &mistake{"the master key file is empty", ""}
	}
	return nil
}

// setApply takes names of files, which are read when the server starts.
func setApply(c *Config, value string) *mistake {
	c.Apply = nil
	for name := range strings.SplitSeq(value, ",") {
		name = strings.TrimSpace(name)
		switch {
		case name == "" || strings.ContainsRune(name, 0):
			return &mistake{"a name of a file is empty", "write the names with commas between them"}
		case name == "-":
			return &mistake{"standard input cannot be applied", "name a file: it is read again at SIGHUP"}
		case slices.Contains(c.Apply, name):
			return &mistake{fmt.Sprintf("the file %q is there twice", name), "leave one of them out"}
		}
		c.Apply = append(c.Apply, name)
	}
	return nil
}
