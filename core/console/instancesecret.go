package console

import (
	"strings"

	"github.com/postern-id/postern/core/admin"
)

// secret gives a secret as it was typed or pasted, of one line or several, without the line
// breaks that end it.
func (v *Visit) secret(name string) string {
	return strings.TrimRight(strings.ReplaceAll(v.Raw(name), "\r\n", "\n"), "\n")
}

// secretHere sets the secrets that were typed.
func (c *Console) secretHere(path string) func(*Visit) (*Answer, error) {
	return func(v *Visit) (*Answer, error) {
		name := v.Param("name")
		i, err := v.instanceAt(path, name)
		if err != nil {
			return nil, err
		}
		set := 0
		for _, asked := range i.Asked {
			value := v.secret("value." + asked.Secret)
			if asked.Secret == "" || value == "" {
				continue
			}
			if err := v.Desk.SetSecret(v, name, asked.Secret, []byte(value), false); err != nil {
				return nil, err
			}
			set++
		}
		return done(at(path, name), upper(several(set, "secret was", "secrets were"))+" saved.")
	}
}

// instanceAt gives the instance that a page is about: who may write a connector need not
// see the rest of the plugins.
func (v *Visit) instanceAt(path, name string) (*admin.Instance, error) {
	if path != connectorsPath {
		return v.Desk.FindInstance(v, name)
	}
	of, err := v.Desk.FindConnector(v, name)
	if err != nil {
		return nil, err
	}
	return &of.Plugin, nil
}

func (c *Console) forgetSecret(v *Visit) (*Answer, error) {
	if err := v.Desk.DeleteSecret(v, v.Param("name"), v.Said("secret")); err != nil {
		return nil, err
	}
	return done(at(instancesPath, v.Param("name")), "The secret was deleted.")
}
