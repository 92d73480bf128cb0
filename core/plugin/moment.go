package plugin

// moment is the state of a guest at one time.
type moment struct {
	snapshot *snapshot
	globals  []uint64
	clock    uint64
}

// room says how much a guest can do from a moment before its memory grows. An instance
// that grew is dropped after the call, and making one takes longer than any call.
type room int

const (
	roomForNothing room = iota
	roomForSamples
	roomForMore // for messages that are a good deal longer than the samples
)

// settle chooses the moment that every call begins from. The allocator of a guest
// may stand just before it needs more, and then every call would pay for that: Go
// takes half as long again. So the samples are run from several moments, and of those
// with the most room the one is kept after which they write the fewest pages.
//
// It reports false if the guest is of no more use, but the moment is.
func (m *module) settle(i *instance) (well bool, err error) {
	const moments = 6
	fewest, most := 0, roomForNothing
	for range moments {
		candidate, err := now(i)
		if err != nil {
			return false, err
		}
		pages, room, well, err := m.rehearse(i, candidate)
		if err != nil {
			candidate.snapshot.close()
			return false, err
		}
		if m.snapshot == nil || room > most || room == most && pages < fewest {
			m.forget()
			m.moment, fewest, most = candidate, pages, room
		} else {
			candidate.snapshot.close()
		}
		if !well {
			return false, nil
		}
	}
	return true, nil
}

// rehearse runs the samples from a moment, counts the pages that they write, and sees
// how much room there is.
func (m *module) rehearse(i *instance, from moment) (pages int, has room, well bool, err error) {
	if err := from.snapshot.attach(i.memory); err != nil {
		return 0, has, false, err
	}
	for number := range m.manifests {
		if err := m.runSamples(i, number); err != nil {
			return 0, has, false, err
		}
	}
	pages = from.snapshot.written(i.memory, &i.scratch)
	grown := func() bool { return i.memory.size != from.snapshot.size }
	if !grown() {
		has = roomForSamples
	}
	if well = m.strain(i); well && !grown() {
		has = roomForMore
	}
	return pages, has, well, nil
}

func now(i *instance) (moment, error) {
	s, err := takeSnapshot(i.memory)
	if err != nil {
		return moment{}, err
	}
	at := moment{snapshot: s, clock: i.clock}
	for _, g := range i.globals {
		at.globals = append(at.globals, g.Get())
	}
	return at, nil
}

// begin makes an instance of the snapshot's size as it was at the moment.
func (at *moment) begin(i *instance) error {
	if err := at.snapshot.attach(i.memory); err != nil {
		return err
	}
	at.putGlobals(i)
	return nil
}

func (at *moment) putGlobals(i *instance) {
	for n, g := range i.globals {
		g.Set(at.globals[n])
	}
}

func (at *moment) forget() {
	if at.snapshot != nil {
		at.snapshot.close()
		at.snapshot = nil
	}
}
