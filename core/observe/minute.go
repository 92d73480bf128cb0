package observe

import (
	"sync"
	"time"
)

// keptMinutes is how far back minutes are told.
const keptMinutes = 60

// Minute is what an instance did in one minute.
type Minute struct {
	At            time.Time // its begin
	Calls, Failed int64
}

// minutes are the newest of an instance. They may be used by many goroutines at once.
type minutes struct {
	mu   sync.Mutex
	ring [keptMinutes]struct{ minute, calls, failed int64 }
}

func (m *minutes) note(at time.Time, failed bool) {
	minute := at.Unix() / 60
	m.mu.Lock()
	defer m.mu.Unlock()
	slot := &m.ring[minute%keptMinutes]
	if slot.minute != minute {
		slot.minute, slot.calls, slot.failed = minute, 0, 0
	}
	slot.calls++
	if failed {
		slot.failed++
	}
}

// until gives the minutes up to now, the oldest first, also those in which nothing was.
func (m *minutes) until(now time.Time) []Minute {
	last := now.Unix() / 60
	list := make([]Minute, 0, keptMinutes)
	m.mu.Lock()
	defer m.mu.Unlock()
	for minute := last - keptMinutes + 1; minute <= last; minute++ {
		told := Minute{At: time.Unix(minute*60, 0).UTC()}
		if slot := &m.ring[minute%keptMinutes]; slot.minute == minute {
			told.Calls, told.Failed = slot.calls, slot.failed
		}
		list = append(list, told)
	}
	return list
}
