package plugin

// moment is the state of a guest at one time.
type moment struct {
	snapshot *snapshot
	globals  []uint64
	clock    uint64
}

// settle chooses the moment that every call begins from. The allocator of a guest
// may stand just before it needs more, and then every call would pay for that: Go
// takes half as long again. So the samples are run from several moments, and the
// one is kept after which they write the fewest pages.
func (m *module) settle(i *instance) error {
	const moments = 6
	// steady says that no sample made the guest's memory grow from the moment kept:
	// an instance that grew is dropped after the call.
	least, steady := 0, false
	for range moments {
		candidate, err := now(i)
		if err != nil {
			return err
		}
		pages, err := m.rehearse(i, candidate)
		if err != nil {
			candidate.snapshot.close()
			return err
		}
		grown := i.memory.size != candidate.snapshot.size
		if m.snapshot == nil || !grown && (!steady || pages < least) {
			m.forget()
			m.moment, least, steady = candidate, pages, !grown
		} else {
			candidate.snapshot.close()
		}
	}
	return nil
}

// rehearse runs the samples from a moment and counts the pages that they write.
func (m *module) rehearse(i *instance, from moment) (pages int, err error) {
	if err := from.snapshot.attach(i.memory); err != nil {
		return 0, err
	}
	for number := range m.manifests {
		if err := m.runSamples(i, number); err != nil {
			return 0, err
		}
	}
	return from.snapshot.written(i.memory, &i.pages), nil
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
