package scim

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Limits of lists.
const (
	defaultCount = 100
	// mostResults is how many resources an answer has (RFC 7643 section 5: maxResults).
	mostResults = 200
	// mostRead is how many rows a filter is tried on that no index helps with, and mostSorted
	// how many are put in another order than that of the store.
	mostRead   = 100_000
	mostSorted = 10_000
	// mostMembers is how many members the groups of an answer have together, so that one
	// answer does not fill the memory.
	mostMembers = 50_000
)

// query is what a client asks of a list (RFC 7644 section 3.4.2).
type query struct {
	filter     expression // nil: everything
	sortBy     string     // empty: the order of the store, by name
	descending bool
	start      int // from 1
	count      int
	only       []string
	without    []string
}

// readQuery reads the query of a URL.
func readQuery(get func(string) string) (query, error) {
	body := object{}
	for _, name := range []string{"filter", "sortBy", "sortOrder"} {
		put(body, name, get(name))
	}
	for _, name := range []string{"startIndex", "count"} {
		if text := get(name); text != "" {
			number, err := strconv.Atoi(text)
			if err != nil {
				return query{}, refuse(typeInvalidValue, "%s is a whole number.", name)
			}
			body[name] = float64(number)
		}
	}
	q, err := queryOf(body)
	q.only, q.without = names(get("attributes")), names(get("excludedAttributes"))
	return q, err
}

// readSearch reads the body of a search request (RFC 7644 section 3.4.3).
func readSearch(body object) (query, error) {
	if err := checkMessage(body, urnSearch); err != nil {
		return query{}, err
	}
	asked := object{}
	for _, name := range []string{"attributes", "excludedAttributes", "filter", "sortBy", "sortOrder", "startIndex", "count"} {
		asked[name] = memberFold(body, name)
	}
	if err := checkSearch(asked); err != nil {
		return query{}, err
	}
	q, err := queryOf(asked)
	q.only, q.without = texts(asked["attributes"]), texts(asked["excludedAttributes"])
	return q, err
}

// checkSearch refuses members of another type than theirs: a filter that is passed over
// would find everything.
func checkSearch(asked object) error {
	for name, value := range asked {
		is := value == nil
		switch name {
		case "startIndex", "count":
			number, isNumber := value.(float64)
			is = is || isNumber && number == math.Trunc(number)
		case "filter", "sortBy", "sortOrder":
			_, isText := value.(string)
			is = is || isText
		default:
			is = is || !slices.ContainsFunc(some(value), func(element any) bool { _, isText := element.(string); return !isText })
		}
		if !is {
			return refuse(typeInvalidValue, "%s is of another type.", name)
		}
	}
	return nil
}

func texts(value any) []string {
	var found []string
	for _, element := range some(value) {
		if text := asText(element); text != "" {
			found = append(found, text)
		}
	}
	return found
}

func queryOf(body object) (query, error) {
	q := query{sortBy: text(body, "sortBy"), start: 1, count: defaultCount}
	switch order := text(body, "sortOrder"); {
	case strings.EqualFold(order, "descending"):
		q.descending = true
	case order != "" && !strings.EqualFold(order, "ascending"):
		return q, refuse(typeInvalidValue, "sortOrder is ascending or descending.")
	}
	if start, is := body["startIndex"].(float64); is && start > 1 {
		q.start = int(min(start, math.MaxInt32))
	}
	if count, is := body["count"].(float64); is {
		// A negative one is as good as none (RFC 7644 section 3.4.2.4).
		q.count = int(min(max(count, 0), mostResults))
	}
	filter := text(body, "filter")
	if filter == "" {
		return q, nil
	}
	var err error
	q.filter, err = parseFilter(filter)
	return q, err
}

// index is what the store finds resources by, besides reading all of them.
type index struct {
	rt    *resourceType
	paths []string // as the schema spells them: "emails.value"
}

// key leads to resources by an index. What it leads to still has to pass the filter.
type key struct {
	path  string
	value string
}

// keys finds what all that pass the filter must have; nil if there is nothing that an index
// knows. Within brackets, of is the attribute before them.
func (x index) keys(e expression, of string) []key {
	switch e := e.(type) {
	case *conjunction:
		if keys := x.keys(e.left, of); keys != nil {
			return keys
		}
		return x.keys(e.right, of)
	case *disjunction:
		left, right := x.keys(e.left, of), x.keys(e.right, of)
		if left != nil && right != nil {
			return append(left, right...)
		}
	case *comparison:
		return x.key(e, of)
	case *selection:
		if e.then != nil {
			if keys := x.key(e.then, e.path); keys != nil {
				return keys
			}
		}
		return x.keys(e.filter, e.path)
	}
	return nil
}

func (x index) key(e *comparison, of string) []key {
	value, is := e.value.(string)
	if e.op != opEqual || !is {
		return nil
	}
	path := e.path
	if of != "" {
		path = of + "." + path
	}
	f, is := x.rt.find(path)
	if !is || f.attribute == nil || f.urn != "" {
		return nil
	}
	name := f.attribute.name
	switch {
	case f.sub != nil:
		name += "." + f.sub.name
	case f.attribute.kind == kindComplex:
		name += ".value"
	}
	if !slices.Contains(x.paths, name) {
		return nil
	}
	return []key{{name, value}}
}

// mentions reports whether the filter asks about the attribute of the resource.
func mentions(rt *resourceType, e expression, attribute string) bool {
	is := func(path string) bool {
		f, found := rt.find(path)
		return found && f.attribute != nil && f.urn == "" && f.attribute.name == attribute
	}
	switch e := e.(type) {
	case *conjunction:
		return mentions(rt, e.left, attribute) || mentions(rt, e.right, attribute)
	case *disjunction:
		return mentions(rt, e.left, attribute) || mentions(rt, e.right, attribute)
	case *negation:
		return mentions(rt, e.of, attribute)
	case *comparison:
		return is(e.path)
	case *selection:
		return is(e.path)
	}
	return false
}
