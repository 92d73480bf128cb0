package scim

import (
	"strings"
)

// projection is which attributes an answer has (RFC 7644 section 3.9).
type projection struct {
	rt *resourceType
	// only and without are as the client wrote them; one of them at most is set.
	only, without []string
}

// newProjection refuses a client that says both.
func newProjection(rt *resourceType, only, without []string) (projection, error) {
	if len(only) > 0 && len(without) > 0 {
		return projection{}, refuse(typeInvalidValue, "Give attributes or excludedAttributes, not both.")
	}
	return projection{rt, only, without}, nil
}

// asked reports whether the client said anything.
func (p projection) asked() bool { return len(p.only)+len(p.without) > 0 }

// wants reports whether answers have any of the attribute; whoever makes them need not find
// out what it is otherwise. Only attributes of the resource itself are asked for.
func (p projection) wants(attribute string) bool {
	for _, path := range p.without {
		if f, is := p.rt.find(path); is && f.urn == "" && f.attribute != nil && f.sub == nil && f.attribute.name == attribute {
			return false
		}
	}
	for _, path := range p.only {
		if f, is := p.rt.find(path); is && f.urn == "" && f.attribute != nil && f.attribute.name == attribute {
			return true
		}
	}
	return len(p.only) == 0
}

// apply gives the resource as the answer has it.
func (p projection) apply(resource object) object {
	switch {
	case len(p.only) > 0:
		return p.keep(resource)
	case len(p.without) > 0:
		p.drop(resource)
	}
	return resource
}

func (p projection) keep(resource object) object {
	kept := object{}
	for _, a := range p.rt.all() {
		if value, is := resource[a.name]; is && a.always {
			kept[a.name] = value
		}
	}
	for _, path := range p.only {
		f, is := p.rt.find(path)
		from := holder(resource, f.urn)
		switch {
		case !is || from == nil:
		case f.attribute == nil && f.urn != "":
			kept[f.urn] = from
		case f.attribute == nil || from[f.attribute.name] == nil:
		case f.sub == nil:
			makeHolder(kept, f.urn)[f.attribute.name] = from[f.attribute.name]
		default:
			keepSub(makeHolder(kept, f.urn), from, f)
		}
	}
	return kept
}

// keepSub keeps one part of a complex attribute, besides those that are kept already.
func keepSub(into, from object, f found) {
	name := f.attribute.name
	if !f.attribute.many {
		have, _ := into[name].(object)
		whole, _ := from[name].(object)
		if value, is := whole[f.sub.name]; is {
			into[name] = merged(have, object{f.sub.name: value})
		}
		return
	}
	whole := list(from, name)
	have := list(into, name)
	parts := make([]any, len(whole))
	for i, complex := range whole {
		part := object{}
		if i < len(have) {
			part = have[i]
		}
		if value, is := complex[f.sub.name]; is {
			part[f.sub.name] = value
		}
		parts[i] = part
	}
	into[name] = parts
}

func (p projection) drop(resource object) {
	for _, path := range p.without {
		f, is := p.rt.find(path)
		from := holder(resource, f.urn)
		switch {
		case !is || from == nil:
		case f.attribute == nil && f.urn != "":
			delete(resource, f.urn)
		case f.attribute == nil || f.attribute.always:
		case f.sub == nil:
			delete(from, f.attribute.name)
		default:
			for _, complex := range complexValues(from, f.attribute) {
				delete(complex, f.sub.name)
			}
		}
	}
	dropEmpty(resource)
}

// names splits a list of attributes as it stands in a query.
func names(text string) []string {
	var found []string
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			found = append(found, name)
		}
	}
	return found
}
