package cli

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/core/workbench"
)

// callFlags say which call of a hook is made, and with what.
type callFlags struct {
	hook, plugin    string
	input, settings string // files
	calls           string // file
}

func (f *callFlags) flags(c *cobra.Command) {
	c.Flags().StringVar(&f.hook, "hook", "", "`HOOK` to call (default: the plugin's only one)")
	c.Flags().StringVar(&f.plugin, "plugin", "", "`ID` of the plugin (default: the module's only one)")
	c.Flags().StringVar(&f.input, "input", "", "`FILE` with the message, a JSON object (- is standard input)")
	c.Flags().StringVar(&f.settings, "settings", "", "`FILE` with the settings, in place of the message's (- is standard input)")
}

// call reads the files.
func (f *callFlags) call(p *program) (call workbench.Call, err error) {
	call.Hook, call.Plugin = f.hook, f.plugin
	for _, part := range []struct {
		file string
		into *[]byte
	}{{f.input, &call.Input}, {f.settings, &call.Settings}, {f.calls, &call.Calls}} {
		if part.file == "" {
			continue
		}
		if *part.into, err = p.readFile(part.file); err != nil {
			return workbench.Call{}, err
		}
	}
	return call, nil
}

// check refuses flags that contradict each other.
func (f *callFlags) check() error {
	stdin := 0
	for _, file := range []string{f.input, f.settings, f.calls} {
		if file == "-" {
			stdin++
		}
	}
	if stdin > 1 {
		return usagef("put the others into files", "standard input cannot be read twice")
	}
	return nil
}

// worldFlags say what a plugin may ask the world for.
type worldFlags struct {
	allow, secrets, private []string
}

func (f *worldFlags) flags(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.allow, "allow", nil, "`CAPABILITY`[=TARGET] that the plugin may use, such as clock or http.fetch=api.example.org (repeatable)")
	c.Flags().StringArrayVar(&f.secrets, "secret", nil, "`NAME=FILE`: a secret of the plugin, and the file that has it (repeatable)")
	c.Flags().StringSliceVar(&f.private, outbound.Setting, nil, "private `ADDRESSES` that may be reached, as the server's setting of that name")
}

// given reports whether any of them was.
func (f *worldFlags) given() bool { return len(f.allow)+len(f.secrets)+len(f.private) > 0 }

// world reads the secrets.
func (f *worldFlags) world() (*workbench.World, error) {
	world := &workbench.World{Secrets: map[string]string{}, Private: f.private}
	for _, text := range f.allow {
		grant, err := admin.ParseGrant(text)
		if err != nil {
			return nil, err
		}
		world.Grants = append(world.Grants, grant)
	}
	for _, text := range f.secrets {
		name, file, ok := strings.Cut(text, "=")
		if !ok || name == "" || file == "" {
			return nil, usagef("write it like --secret api=api.txt", "%q is no name of a secret with a file", text)
		}
		secret, err := os.ReadFile(file)
		if err != nil {
			return nil, unreadable(err)
		}
		world.Secrets[name] = strings.TrimRight(string(secret), "\r\n")
	}
	return world, nil
}
