package ldap

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-id/postern/plugins/document"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// Bounds of the groups of one person.
const (
	maxGroups   = 1000
	maxSearches = 40
	// A filter of the host has 16 values and 4 KiB, after its values were escaped, which
	// makes three bytes of one.
	maxBatch       = 15
	maxBatchFilter = 3500
)

// membership gathers the groups of a person.
type membership struct {
	s     *settings
	login string
	names []string
	seen  map[string]bool // by DN, in lower case
	todo  []string        // DNs of groups that were not followed yet
	asked int             // searches
}

// groupsOf gives the names of the groups that a person is in, sorted: directories have
// no order. Half a list would be a wrong answer: what cannot be read to its end is an
// error.
func (s *settings) groupsOf(person *hook.LDAPEntry, login string) ([]string, error) {
	if s.groupBase == "" {
		return nil, nil
	}
	m := &membership{s: s, login: login, seen: map[string]bool{}}
	var err error
	if s.groupAttribute != "" {
		err = m.take(person)
	} else {
		filter, values := place(s.groupFilter, person.DN, login)
		err = m.search(filter, values)
	}
	for err == nil && s.nested && len(m.todo) > 0 {
		batch := m.batch()
		filter, values := m.anyOf(batch)
		err = m.search(filter, values)
	}
	slices.Sort(m.names)
	return m.names, err
}

// take reads the groups that the entry itself names. Those elsewhere in the directory
// are roles and the like, and no groups.
func (m *membership) take(person *hook.LDAPEntry) error {
	base, ok := parseDN(m.s.groupBase)
	if !ok {
		return errors.New("the setting group_base is no DN")
	}
	for _, member := range person.Attributes {
		// Active Directory gives more than 1,500 values in parts (MS-ADTS section 3.1.1.3.1.3.3).
		if name, _, part := strings.Cut(document.Fold(member.Name), ";range="); part && name == document.Fold(m.s.groupAttribute) {
			return errTooMany
		}
	}
	for _, text := range values(person, m.s.groupAttribute) {
		parsed, ok := parseDN(text)
		if !ok {
			return errors.New("a value of " + m.s.groupAttribute + " is no DN")
		}
		if !parsed.below(base) {
			continue
		}
		if name, ok := parsed.first(m.s.groupName); ok {
			if err := m.add(text, name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *membership) search(filter string, values []string) error {
	if len(values) == 0 {
		return errors.New("the setting group_filter has neither {0} nor {1}: it finds the same groups for everybody")
	}
	if slices.Contains(values, "") {
		return nil // no login name, no groups that go by it
	}
	if m.asked++; m.asked > maxSearches {
		return errTooMany
	}
	answer, err := postern.LDAPSearch(&hook.LDAPSearchRequest{
		Server: m.s.searcher, BaseDN: m.s.groupBase, Scope: m.s.groupScope, Filter: filter, Values: values,
		Attributes: []string{m.s.groupName}, Limit: maxGroups,
	})
	if err != nil {
		return err
	}
	if answer.Truncated {
		return errTooMany
	}
	for i := range answer.Entries {
		entry := &answer.Entries[i]
		name := first(entry, m.s.groupName)
		if name == "" {
			return errors.New("a group has no " + m.s.groupName + ", which is to be its name")
		}
		if err := m.add(entry.DN, name); err != nil {
			return err
		}
	}
	return nil
}

var errTooMany = errors.New("the person is in more groups than can be read during a sign-in: narrow group_base or group_filter")

// add notes a group, once: groups may be members of each other in a circle.
func (m *membership) add(dn, name string) error {
	key := document.Fold(dn)
	if m.seen[key] {
		return nil
	}
	if len(m.seen) == maxGroups {
		return errTooMany
	}
	m.seen[key] = true
	m.todo = append(m.todo, dn)
	if !slices.Contains(m.names, name) {
		m.names = append(m.names, name)
	}
	return nil
}

// batch takes as many groups as one search has room for.
func (m *membership) batch() []string {
	n, size := 0, 3*len(m.login)
	for n < len(m.todo) && n < maxBatch {
		if size += len(m.s.groupFilter) + 3*len(m.todo[n]); n > 0 && size > maxBatchFilter {
			break
		}
		n++
	}
	batch := m.todo[:n]
	m.todo = m.todo[n:]
	return batch
}

// anyOf makes one filter of the groups that one of dns is in.
func (m *membership) anyOf(dns []string) (string, []string) {
	// Behind the numbers of the DNs comes that of the login name.
	each := strings.ReplaceAll(m.s.groupFilter, number(1), number(len(dns)))
	filter := "(|"
	for i := range dns {
		filter += strings.ReplaceAll(each, number(0), number(i))
	}
	return place(filter+")", append(slices.Clone(dns), m.login)...)
}

func number(i int) string { return "{" + strconv.Itoa(i) + "}" }
