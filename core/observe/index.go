package observe

import (
	"maps"
	"sync"
)

// Bounds of the number of series. Nobody has that many; what is beyond is counted
// together, as "other".
const (
	maxInstances = 1000
	maxModules   = 1000
	// maxOfOwner bounds the combinations of all other labels for one owner.
	maxOfOwner = 200
	other      = "other"
)

// key are the labels of a series, the first of which is its owner: an instance or a
// module. Those that a metric does not have are empty.
type key [4]string

// owners are the instances, or the modules, that have series of their own.
type owners struct {
	known map[string]bool
	most  int
}

func newOwners(most int) *owners { return &owners{map[string]bool{}, most} }

// label gives the owner itself, or "other" if there are too many.
func (o *owners) label(owner string) string {
	if !o.known[owner] {
		if len(o.known) >= o.most {
			return other
		}
		o.known[owner] = true
	}
	return owner
}

// index finds what is counted for a key. It costs one look-up, and allocates only
// when a key is new.
type index[S any] struct {
	mu     *sync.RWMutex
	owners *owners
	found  map[key]S
	size   map[string]int // by owner
	make   func(key) S
}

func newIndex[S any](m *Metrics, o *owners, make_ func(key) S) *index[S] {
	return &index[S]{&m.mu, o, map[key]S{}, map[string]int{}, make_}
}

func (x *index[S]) of(k key) S {
	x.mu.RLock()
	s, ok := x.found[k]
	x.mu.RUnlock()
	if ok {
		return s
	}
	return x.add(k)
}

func (x *index[S]) add(k key) S {
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, ok := x.found[k]; !ok {
		k = x.bounded(k)
	}
	s, ok := x.found[k]
	if !ok {
		s = x.make(k)
		x.found[k] = s
		x.size[k[0]]++
	}
	return s
}

// bounded gives the key under which a new one is counted.
func (x *index[S]) bounded(k key) key {
	owner := x.owners.label(k[0])
	if owner == k[0] && x.size[owner] < maxOfOwner {
		return k
	}
	k[0] = owner
	for i := range k[1:] {
		if k[i+1] != "" {
			k[i+1] = other
		}
	}
	return k
}

// forget is called with the lock.
func (x *index[S]) forget(owner string) {
	delete(x.size, owner)
	maps.DeleteFunc(x.found, func(k key, _ S) bool { return k[0] == owner })
}
