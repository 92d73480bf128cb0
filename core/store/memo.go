package store

import "sync"

// memo keeps what was decoded from rows, for the reads of every request. It saves
// the decoding, never the reading: a row is read each time, and says itself
// whether what is kept is what it holds. The zero memo is ready.
type memo[V any] struct {
	mu   sync.RWMutex
	kept map[string]V
}

// memoLimit bounds a memo to a few megabytes.
const memoLimit = 4096

// get looks up without a copy of the key.
func (m *memo[V]) get(key []byte) (V, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	v, found := m.kept[string(key)]
	return v, found
}

// put drops some other value when there are too many.
func (m *memo[V]) put(key string, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = make(map[string]V)
	}
	if _, replaced := m.kept[key]; !replaced && len(m.kept) >= memoLimit {
		for other := range m.kept {
			delete(m.kept, other)
			break
		}
	}
	m.kept[key] = v
}
