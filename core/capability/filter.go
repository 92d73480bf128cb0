package capability

import (
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/postern-id/postern/sdk/hook"
)

// Bounds of a search filter.
const (
	maxFilter = 4 << 10 // bytes, with its values
	maxValues = 16
)

// fillFilter puts the values, escaped (RFC 4515 section 3), in the places of {0},
// {1}, ... Each value must have a place and each place a value.
func fillFilter(filter string, values []string) (string, error) {
	if len(values) > maxValues {
		return "", invalid("a filter has at most %d values", maxValues)
	}
	var filled strings.Builder
	used := make([]bool, len(values))
	rest := filter
	for {
		before, after, _ := strings.Cut(rest, "{")
		filled.WriteString(before)
		if len(before) == len(rest) {
			break
		}
		digits, tail, closed := strings.Cut(after, "}")
		n, err := strconv.ParseUint(digits, 10, 8)
		if !closed || err != nil {
			return "", invalid(`a brace in a filter begins {0}, {1}, ...; as text it is written \7b`)
		}
		if n >= uint64(len(values)) {
			return "", invalid("the filter has {%d} and there are %d values", n, len(values))
		}
		if values[n] == "" {
			// (uid={0}*) would find everybody.
			return "", invalid("the value {%d} of the filter is empty", n)
		}
		filled.WriteString(ldap.EscapeFilter(values[n]))
		used[n], rest = true, tail
	}
	for i := range used {
		if !used[i] {
			return "", invalid("the filter has no {%d} for the value that is given", i)
		}
	}
	return checkFilter(filled.String())
}

func checkFilter(filter string) (string, error) {
	if len(filter) > maxFilter {
		return "", fail(hook.CodeTooLarge, "a filter with its values has at most %d bytes", maxFilter)
	}
	if _, err := ldap.CompileFilter(filter); err != nil {
		return "", invalid("the filter is no LDAP filter, such as (uid={0})")
	}
	return filter, nil
}
