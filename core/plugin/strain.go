package plugin

import (
	"fmt"
	"slices"

	"github.com/postern-id/postern/sdk/hook"
)

// strainSize is about how long the messages are that a module is strained with, in
// bytes: those of a person with some hundred groups and attributes.
const strainSize = 16 << 10

// strain runs the samples as they would be of a person with many groups and
// attributes, so that it is known whether the guest's memory has room for them. What
// the plugin makes of them is its own business. It reports false if the guest did not
// come back from a call as it should.
func (m *module) strain(i *instance) (well bool) {
	for number := range m.manifests {
		manifest := &m.manifests[number]
		for n := range manifest.Samples {
			input, ok := stretched(&manifest.Samples[n])
			if !ok {
				continue
			}
			o := rehearsal()
			o.fuel, o.cpu, o.desk.cpu = m.fuel(defaultCPU), defaultCPU, defaultCPU
			m.again(i, &o)
			i.input = input.AppendJSON(i.input)
			err := i.run(number, slices.Index(manifest.Hooks, manifest.Samples[n].Hook))
			if err != nil && reasonFor(err) != ReasonRefused {
				return false
			}
		}
	}
	return true
}

// stretched gives the sample of a hook that is told of a person, with groups and
// attributes besides those that it has.
func stretched(s *hook.Sample) (input hook.Object, ok bool) {
	if s.Hook != hook.ClaimsMap && s.Hook != hook.AccountShape && s.Hook != hook.ScopePolicy {
		return nil, false
	}
	input = slices.Clone(s.Input.Object())
	person, _ := input.Get("user")
	user := slices.Clone(person.Object())
	old, _ := user.Get("groups")
	groups := slices.Clone(old.List())
	old, _ = user.Get("attributes")
	attributes := slices.Clone(old.Object())
	const each = len(`"group-000",`) + len(`"attribute-000":"a value of the usual length",`)
	for n := range strainSize / each {
		groups = append(groups, hook.String(fmt.Sprintf("group-%03d", n)))
		attributes = append(attributes, hook.Member{Name: fmt.Sprintf("attribute-%03d", n), Value: hook.String("a value of the usual length")})
	}
	user.Set("groups", hook.Array(groups...))
	user.Set("attributes", hook.FromObject(attributes))
	input.Set("user", hook.FromObject(user))
	return input, true
}
