package scim

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

// resources are those of one type in an organisation.
type resources interface {
	resourceType() *resourceType
	// index says by what rows finds resources.
	index() []string
	// rows calls each for resources, ordered by name, until it is told to stop: for those
	// that the keys lead to, or for all if there are none.
	rows(ctx context.Context, keys []key, each func(row) (more bool, err error)) error
	// count says how many there are, and page calls each for those from the offset on, in the
	// same order.
	count(ctx context.Context) (int, error)
	page(ctx context.Context, offset, limit int, each func(row) error) error
	// orderedBy is the attribute that the order is one of; empty: none.
	orderedBy() string
	get(ctx context.Context, id core.ID, want wish) (object, error)
	create(ctx context.Context, resource object) (object, error)
	// change replaces a resource by what edit makes of it. Edit may be called several times.
	change(ctx context.Context, id core.ID, when precondition, edit func(object) (object, error)) (object, error)
	delete(ctx context.Context, id core.ID, when precondition) error
}

// row makes the resource of a row of the store.
type row func(wish) (object, error)

// wish says which attributes are of use that cost a read each.
type wish struct{ members, groups bool }

func everything() wish { return wish{true, true} }

// listing is a query of resources of one type, ready to be tried on them.
type listing struct {
	from  resources
	match matcher // nil: everything
	keys  []key
	shown projection
	// needed is what a resource must have to be tried and put into order.
	needed wish
	by     *found // nil: the order of the store
}

// newListing reads what the query says about resources of the type.
func newListing(from resources, q query, lenient bool) (*listing, error) {
	rt := from.resourceType()
	l := &listing{from: from}
	var err error
	if l.shown, err = newProjection(rt, q.only, q.without); err != nil {
		return nil, err
	}
	if q.filter != nil {
		if l.match, err = (scope{rt: rt, lenient: lenient}).compile(q.filter); err != nil {
			return nil, err
		}
		l.keys = index{rt, from.index()}.keys(q.filter, "")
	}
	l.needed = wish{members: mentions(rt, q.filter, "members"), groups: mentions(rt, q.filter, "groups")}
	if q.sortBy == "" {
		return l, nil
	}
	by, is := rt.find(q.sortBy)
	switch {
	case is && by.attribute != nil && by.attribute.may != writeOnly:
		name := by.attribute.name
		l.by, l.needed.members, l.needed.groups = &by, l.needed.members || name == "members" || name == "meta", l.needed.groups || name == "groups"
	case !lenient:
		return nil, refuse(typeInvalidValue, "The resource type %s has no attribute %q to sort by.", rt.name, cut(q.sortBy))
	}
	return l, nil
}

// page is what a query has found so far.
type page struct {
	query query
	read  int
	total int
	// found are the resources of the page; with an order, all that pass, with what they are
	// ordered by.
	found []object
	keys  []string
	// members are those of all groups that were found.
	members int
	// ordered says that rows have the order that is asked for.
	ordered bool
}

// sorts reports whether what is found has to be put into order.
func (p *page) sorts() bool { return p.query.sortBy != "" && !p.ordered }

// run answers a query of resources of some types, one after the other.
func run(ctx context.Context, from []resources, q query) (object, error) {
	p := page{query: q}
	for _, of := range from {
		l, err := newListing(of, q, len(from) > 1)
		if err != nil {
			return nil, err
		}
		p.ordered = len(from) == 1 && l.isOrdered() && (l.match == nil || !q.descending)
		gather := p.gather
		if l.match == nil && !p.sorts() {
			gather = p.turnTo
		}
		if err := gather(ctx, l); err != nil {
			return nil, err
		}
	}
	if p.sorts() {
		p.sort()
	}
	return p.document(), nil
}

// isOrdered reports whether the order that is asked for is the one that rows have.
func (l *listing) isOrdered() bool {
	return l.by != nil && l.by.sub == nil && l.by.urn == "" && l.by.attribute.name == l.from.orderedBy()
}

// turnTo reads the rows of the page alone: all of them pass, in the order they have or in
// the opposite one.
func (p *page) turnTo(ctx context.Context, l *listing) error {
	total, err := l.from.count(ctx)
	if err != nil {
		return err
	}
	offset := max(0, p.query.start-1-p.total)
	limit := min(p.query.count-len(p.found), total-offset)
	p.total += total
	if limit <= 0 {
		return nil
	}
	backwards := p.query.sortBy != "" && p.query.descending
	if backwards {
		offset = total - offset - limit
	}
	before := len(p.found)
	shown := wish{members: l.shown.wants("members"), groups: l.shown.wants("groups")}
	err = l.from.page(ctx, offset, limit, func(make row) error { return p.show(l, make, shown) })
	if backwards {
		slices.Reverse(p.found[before:])
	}
	return err
}

// gather goes through all the rows.
func (p *page) gather(ctx context.Context, l *listing) error {
	shown := wish{members: l.shown.wants("members"), groups: l.shown.wants("groups")}
	err := l.from.rows(ctx, l.keys, func(make row) (bool, error) {
		if p.read++; p.read > mostRead {
			return false, tooMany("The filter would have to be tried on more than %d resources: compare id, userName, externalId or emails.value for equality.", mostRead)
		}
		if l.match != nil {
			candidate, err := make(l.needed)
			if err != nil || !l.match(candidate) {
				return true, err
			}
		}
		p.total++
		return true, p.take(l, make, shown)
	})
	return err
}

// take keeps a resource that passed, if it is on the page or has to be put into order.
func (p *page) take(l *listing, make row, shown wish) error {
	if !p.sorts() && (p.total < p.query.start || len(p.found) >= p.query.count) {
		return nil
	}
	if p.sorts() && len(p.found) >= mostSorted {
		return tooMany("More than %d resources would have to be sorted: filter them.", mostSorted)
	}
	return p.show(l, make, shown)
}

// show makes the resource as the answer has it.
func (p *page) show(l *listing, make row, shown wish) error {
	resource, err := make(wish{shown.members || l.needed.members, shown.groups || l.needed.groups})
	if err != nil {
		return err
	}
	if p.members += len(some(resource["members"])); p.members > mostMembers {
		return tooMany("The groups have more than %d members together: ask for fewer, or leave members out.", mostMembers)
	}
	p.keys = append(p.keys, sortKey(resource, l.by))
	p.found = append(p.found, l.shown.apply(resource))
	return nil
}

func tooMany(format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Type: typeTooMany, Detail: fmt.Sprintf(format, args...)}
}

// sortKey is what a resource is ordered by: of several values the primary one, else the
// first.
func sortKey(resource object, by *found) string {
	if by == nil {
		return ""
	}
	compared := by.attribute
	value := holder(resource, by.urn)[by.attribute.name]
	if by.attribute.kind == kindComplex {
		if compared = by.sub; compared == nil {
			compared = by.attribute.sub("value")
		}
		values := complexValues(holder(resource, by.urn), by.attribute)
		if compared == nil || len(values) == 0 {
			return ""
		}
		value = choose(values)[compared.name]
	}
	text := asText(value)
	if value, is := value.(bool); is {
		text = fmt.Sprint(value)
	}
	if compared.exact {
		return text
	}
	return fold(text)
}

// sort puts what was found into order and keeps the page. What has no value comes last in
// ascending order, and first in descending (RFC 7644 section 3.4.2.3).
func (p *page) sort() {
	order := make([]int, len(p.found))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		sign := 0
		switch left, right := p.keys[a], p.keys[b]; {
		case left == "" || right == "":
			sign = -strings.Compare(left, right)
		default:
			sign = cmp.Compare(left, right)
		}
		if p.query.descending {
			return -sign
		}
		return sign
	})
	var onPage []object
	for i, at := range order {
		if i+1 >= p.query.start && len(onPage) < p.query.count {
			onPage = append(onPage, p.found[at])
		}
	}
	p.found = onPage
}

func (p *page) document() object {
	found := make([]any, len(p.found))
	for i, resource := range p.found {
		found[i] = resource
	}
	return listResponse(found, p.total, p.query.start)
}

func listResponse(found []any, total, start int) object {
	return object{"schemas": []any{urnList}, "totalResults": total, "startIndex": start, "itemsPerPage": len(found), "Resources": found}
}
