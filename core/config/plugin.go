package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/core/supply"
)

const keyAdvice = "write NAME=KEY, with the line of a .pub file that begins with RW, or name a file: acme.pub, or NAME=acme.pub"

// ParsePluginKey reads a public key that is trusted to sign modules: NAME=KEY, where
// KEY is the line of a .pub file or the name of one, or the name of a .pub file alone,
// whose key is then known by it. The error is a [*supply.Error] and repeats nothing
// that may be a secret key.
func ParsePluginKey(entry string) (supply.Key, error) {
	name, text, named := strings.Cut(entry, "=")
	switch {
	case named && strings.HasSuffix(text, supply.KeySuffix):
		return supply.ReadKey(name, text)
	case named && text != "":
		return supply.ParseKey(name, text)
	case strings.HasSuffix(entry, supply.KeySuffix):
		return supply.ReadKey("", entry)
	}
	if _, err := supply.ParseKey("key", entry); err != nil {
		return supply.Key{}, err
	}
	return supply.Key{}, &supply.Error{Kind: supply.BadKey, What: "the key has no name", Advice: keyAdvice}
}

func setPluginKeys(c *Config, value string) *mistake {
	var keys []supply.Key
	names := map[string]bool{}
	number := 0
	for entry := range strings.SplitSeq(value, ",") {
		number++
		key, err := ParsePluginKey(strings.TrimSpace(entry))
		switch {
		case err != nil:
			return because(fmt.Sprintf("key %d of the list cannot be used", number), err, keyAdvice)
		case names[key.Name]:
			return &mistake{fmt.Sprintf("two keys are named %q", key.Name), "give each a name of its own: it is shown as the signer"}
		}
		names[key.Name] = true
		keys = append(keys, key)
	}
	c.PluginKeys = keys
	return nil
}

// because joins what is wrong with its cause, whose hint is better if it has one.
func because(what string, err error, hint string) *mistake {
	if with, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok && with.Hint() != "" {
		hint = with.Hint()
	}
	return &mistake{what + ": " + err.Error(), hint}
}

// setCredentials only looks whether the file can be read.
func setCredentials(c *Config, value string) *mistake {
	if value == "" {
		return &mistake{"the value is empty", "leave it out for docker's own file"}
	}
	if _, err := supply.DockerConfig(value); err != nil {
		return because("the logins cannot be used", err, "")
	}
	c.PluginRegistryCredentials = value
	return nil
}

func setRegistryHosts(c *Config, value string) *mistake {
	const hint = "write it like ghcr.io=pkg-containers.githubusercontent.com, with commas between several"
	hosts := map[string][]string{}
	for entry := range strings.SplitSeq(value, ",") {
		entry = strings.TrimSpace(entry)
		registry, host, ok := strings.Cut(entry, "=")
		if !ok {
			return &mistake{fmt.Sprintf("%q does not say of which registry the host is", entry), hint}
		}
		for _, name := range []string{registry, host} {
			if strings.HasPrefix(name, "*.") || outbound.CheckHost(name) != nil {
				return &mistake{fmt.Sprintf("%q is no host", name), hint}
			}
		}
		hosts[registry] = append(hosts[registry], host)
	}
	c.PluginRegistryHosts = hosts
	return nil
}
