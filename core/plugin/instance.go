package plugin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/api"
)

// Limits of one call. Those of memory, fuel and waiting are of the plugin instance.
const (
	maxOutput    = 256 << 10
	maxLog       = 8 << 10
	maxFailure   = 1 << 10
	maxRandom    = 64 << 10
	maxHostCalls = 100_000
	defaultWait  = 5 * time.Second
)

// instance is a guest with a memory of its own. It serves one call at a time, and
// is as new after each.
type instance struct {
	module  *module
	mod     api.Module
	memory  *memory
	gauge   *gauge
	entry   api.Function // postern_call
	globals []api.MutableGlobal
	context context.Context // finds the instance in host functions
	stack   [2]uint64
	scratch scratch // of snapshot.restore

	call // of the call that runs, or ran last
}

// call is what one call leaves in the host. Nothing of it outlives the call.
type call struct {
	input     []byte
	output    []byte
	answer    []byte // of the last call of a capability
	failure   string // what the guest said when it failed
	failed    bool
	log       []byte
	hostCalls int
	random    int
	clock     uint64 // of the guest, in nanoseconds
	host      desk
}

// saysPrefix begins what a plugin says of its failure.
const saysPrefix = "the plugin says: "

// order is what a call is made under: who calls, with which limits.
type order struct {
	desk   desk
	memory int // bytes
	fuel   int64
	cpu    time.Duration
}

// begin makes the instance ready for a call. The buffers are kept, emptied.
func (i *instance) begin(o *order) {
	i.call = call{input: i.input[:0], output: i.output[:0], log: i.log[:0], clock: i.module.clock, host: o.desk}
	i.memory.limit = o.memory
	i.gauge.fill(o.fuel, patience*o.cpu)
}

// run calls postern_call with i.input. The output is valid until the next call.
func (i *instance) run(plugin, hook int) error {
	i.stack[0], i.stack[1] = api.EncodeI32(int32(plugin)), api.EncodeI32(int32(hook))
	err := i.guarded(i.entry, i.stack[:])
	switch {
	case i.host.wrong != nil && reasonFor(err) == ReasonTrap:
		return i.host.wrong // what the guest made of it
	case err != nil:
		return err
	case i.host.wrong != nil:
		return i.host.wrong
	case i.failed:
		return &stop{ReasonRefused, saysPrefix + i.failure}
	case api.DecodeI32(i.stack[0]) != 0:
		return &stop{ReasonRefused, "the plugin failed without a reason"}
	default:
		return nil
	}
}

// reasonFor gives the reason of a stop; empty for any other error.
func reasonFor(err error) Reason {
	if inside, ok := errors.AsType[*stop](err); ok {
		return inside.reason
	}
	return ""
}

// guarded calls a function of the guest and makes a stop of whatever ends it.
func (i *instance) guarded(f api.Function, stack []uint64) error {
	err := f.CallWithStack(i.context, stack)
	i.gauge.end()
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*stop](err); ok {
		return known
	}
	switch i.gauge.spent() {
	case ReasonFuel:
		return &stop{ReasonFuel, fmt.Sprintf("it ran out of fuel: it worked for longer than about %v", i.allowed())}
	case ReasonTime:
		return &stop{ReasonTime, fmt.Sprintf("it worked for longer than %v by the clock", patience*i.allowed())}
	case ReasonStack:
		return &stop{ReasonStack, "it called itself too deeply"}
	}
	what, _, _ := strings.Cut(err.Error(), "\n") // the rest is a trace of addresses
	if strings.Contains(what, "stack overflow") {
		return &stop{ReasonStack, what}
	}
	if i.failed {
		return &stop{ReasonTrap, what + ": " + i.failure}
	}
	return &stop{ReasonTrap, what}
}

func (i *instance) allowed() time.Duration { return i.host.cpu }

// renew puts memory and globals back to the snapshot, and counts the pages of memory
// that it took. It reports false if the instance cannot be as new again and must be
// dropped.
func (i *instance) renew(after error) (pages int, ok bool) {
	if inside, ok := errors.AsType[*stop](after); ok && (inside.reason == ReasonExit || inside.reason == ReasonStack) {
		return 0, false
	}
	if i.memory.size != i.module.snapshot.size {
		return 0, false // memory cannot shrink
	}
	pages = i.module.snapshot.restore(i.memory, &i.scratch)
	i.module.putGlobals(i)
	return pages, true
}

func (i *instance) close() {
	_ = i.mod.Close(context.Background()) // frees the memory; nothing else can fail
}

// hostCall counts a call of a host function, and ends a guest that makes too many.
func (i *instance) hostCall() {
	if i.gauge == nil {
		panic(&stop{ReasonHostCalls, "the start function calls the host, which is not there yet: use _initialize"})
	}
	i.hostCalls++
	if i.hostCalls > maxHostCalls {
		panic(&stop{ReasonHostCalls, "too many calls of the host"})
	}
	i.gauge.charge(fuelPerHostCall)
}

// read gives a part of the guest's memory, which stays the guest's.
func (i *instance) read(at, length uint32) []byte {
	b, ok := i.mod.Memory().Read(at, length)
	if !ok {
		panic(&stop{ReasonPointer, "the guest named memory that it does not have"})
	}
	i.gauge.charge(int64(length) * fuelPerByte)
	return b
}

func (i *instance) write(at uint32, b []byte) {
	if !i.mod.Memory().Write(at, b) {
		panic(&stop{ReasonPointer, "the guest named memory that it does not have"})
	}
	i.gauge.charge(int64(len(b)) * fuelPerByte)
}

// logEnd stands where the log is full, so that nobody takes it for all that was written.
const logEnd = "… (it wrote more, which was dropped)\n"

// addLog keeps what still fits, whole characters or not: it is quoted when it is
// written.
func (i *instance) addLog(text []byte) {
	room := maxLog - len(logEnd) - len(i.log)
	switch {
	case room < 0:
	case len(text) > room:
		i.log = append(append(i.log, text[:room]...), logEnd...)
	default:
		i.log = append(i.log, text...)
	}
}
