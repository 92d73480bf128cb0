package access

import (
	"errors"
	"slices"
	"strconv"

	"github.com/postern-id/postern/sdk/hook"
)

// Decide goes through the rules. One that applies adds its effects; one that cannot
// be told to apply or not, because something is not known, adds what restricts and
// does not stop. Wrong settings are an error, whichever rule they are in: the host
// refuses then.
func Decide(in *hook.ScopeInput) (*hook.ScopeOutput, error) {
	rules, err := readRules(in)
	if err != nil {
		return nil, err
	}
	out := &hook.ScopeOutput{Scopes: slices.Clone(in.Scopes)}
	for i := range rules {
		if rules[i].applies == no {
			continue
		}
		if err := rules[i].then.add(out, in); err != nil {
			return nil, err
		}
		if out.Deny {
			return &hook.ScopeOutput{Deny: true, Reason: out.Reason}, nil
		}
		if rules[i].then.stop && rules[i].applies == yes {
			break
		}
	}
	if out.Scopes == nil {
		out.Scopes = []string{}
	}
	return out, nil
}

// rule is one of the settings, and whether it applies to the question.
type rule struct {
	applies truth
	then    effect
}

// effect is what a rule does.
type effect struct {
	deny         string
	remove, keep []string
	keepSome     bool
	acr          string
	maxAge       int64 // seconds
	limitAge     bool
	consent      bool
	stop         bool
}

// readRules judges every rule, so that a mistake in one is found at the first
// question, and not when somebody comes to whom the rule applies.
func readRules(in *hook.ScopeInput) ([]rule, error) {
	settings := in.Settings.Object()
	facts, err := factsOf(in, settings)
	if err != nil {
		return nil, err
	}
	list, _ := settings.Get("rules")
	rules := make([]rule, 0, len(list.List()))
	for i, v := range list.List() {
		r, err := readRule(v.Object(), facts)
		if err != nil {
			return nil, errors.New("settings.rules[" + strconv.Itoa(i) + "]." + err.Error())
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func readRule(o hook.Object, f *facts) (rule, error) {
	r := rule{applies: yes}
	if v, some := o.Get("when"); some {
		holds, err := all(v.Object(), f)
		if err != nil {
			return r, errors.New("when." + err.Error())
		}
		r.applies = holds
	}
	if v, some := o.Get("unless"); some {
		holds, err := all(v.Object(), f)
		if err != nil {
			return r, errors.New("unless." + err.Error())
		}
		r.applies = min(r.applies, not(holds))
	}
	then, _ := o.Get("then")
	var err error
	r.then, err = readEffect(then.Object())
	return r, err
}

func readEffect(o hook.Object) (effect, error) {
	var e effect
	for _, member := range o {
		v := member.Value
		switch member.Name {
		case "deny":
			e.deny = v.Text()
		case "remove_scopes":
			e.remove = v.Strings()
		case "keep_scopes":
			e.keep, e.keepSome = v.Strings(), true
		case "require_acr":
			e.acr = v.Text()
		case "max_age":
			e.maxAge, e.limitAge = v.Int()
		case "consent":
			e.consent = v.Bool()
		case "stop":
			e.stop = v.Bool()
		default:
			return e, errors.New("then." + member.Name + " is no effect")
		}
	}
	return e, nil
}

// add applies the effect to what earlier rules decided.
func (e *effect) add(out *hook.ScopeOutput, in *hook.ScopeInput) error {
	if e.deny != "" {
		out.Deny, out.Reason = true, e.deny
		return nil
	}
	out.Scopes = slices.DeleteFunc(out.Scopes, func(scope string) bool {
		return slices.Contains(e.remove, scope) || e.keepSome && !slices.Contains(e.keep, scope)
	})
	// How somebody has to sign in says nothing where nobody does.
	if in.GrantType == grantClientCredentials {
		return nil
	}
	if e.acr != "" && out.ACR != "" && e.acr != out.ACR {
		return errors.New("two rules that apply require different acr: " + out.ACR + " and " + e.acr)
	}
	if e.acr != "" {
		out.ACR = e.acr
	}
	if e.limitAge && ageOf(in).atLeast(e.maxAge) != no {
		out.Fresh = true
	}
	// A refresh goes on with the consent that the grant began with; there is nobody
	// who could be asked.
	if e.consent && in.GrantType != grantRefreshToken {
		out.Consent = true
	}
	return nil
}

const (
	grantRefreshToken      = "refresh_token"
	grantClientCredentials = "client_credentials"
)
