package plugin

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/api"
)

// Limits of one call.
const (
	maxOutput    = 256 << 10
	maxLog       = 8 << 10
	maxFailure   = 1 << 10
	maxRandom    = 64 << 10
	maxHostCalls = 100_000
	maxTime      = time.Second
)

// instance is a guest with a memory of its own. It serves one call at a time, and
// is as new after each.
type instance struct {
	module  *module
	mod     api.Module
	memory  *memory
	entry   api.Function // postern_call
	globals []api.MutableGlobal
	depth   api.Global      // stack that is left; see meter.DepthGlobal
	context context.Context // finds the instance in host functions
	stack   [2]uint64
	pages   []byte // scratch space of snapshot.restore

	call // of the call that runs, or ran last
}

// call is what one call leaves in the host. Nothing of it outlives the call.
type call struct {
	input     []byte
	output    []byte
	failure   string // what the guest said when it failed
	failed    bool
	log       []byte
	hostCalls int
	random    int
	started   time.Time
	clock     uint64 // of the guest, in nanoseconds
}

// begin makes the instance ready for a call. The buffers are kept, emptied.
func (i *instance) begin() {
	i.call = call{input: i.input[:0], output: i.output[:0], log: i.log[:0], started: time.Now(), clock: i.module.clock}
}

// run calls postern_call with i.input. The output is valid until the next call.
func (i *instance) run(plugin, hook int) error {
	i.stack[0], i.stack[1] = api.EncodeI32(int32(plugin)), api.EncodeI32(int32(hook))
	err := i.guarded(i.entry, i.stack[:])
	switch {
	case err != nil:
		return err
	case i.failed:
		return &stop{ReasonRefused, "the plugin says: " + i.failure}
	case api.DecodeI32(i.stack[0]) != 0:
		return &stop{ReasonRefused, "the plugin failed without a reason"}
	default:
		return nil
	}
}

// guarded calls a function of the guest and makes a stop of whatever ends it.
func (i *instance) guarded(f api.Function, stack []uint64) error {
	err := f.CallWithStack(i.context, stack)
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*stop](err); ok {
		return known
	}
	what, _, _ := strings.Cut(err.Error(), "\n") // the rest is a trace of addresses
	if int64(i.depth.Get()) < 0 || strings.Contains(what, "stack overflow") {
		return &stop{ReasonStack, what}
	}
	return &stop{ReasonTrap, what}
}

// renew puts memory and globals back to the snapshot. It reports false if the
// instance cannot be as new again and must be dropped.
func (i *instance) renew(after error) bool {
	if inside, ok := errors.AsType[*stop](after); ok && (inside.reason == ReasonExit || inside.reason == ReasonStack) {
		return false
	}
	if i.memory.size != i.module.snapshot.size {
		return false // memory cannot shrink
	}
	i.module.snapshot.restore(i.memory, &i.pages)
	i.module.putGlobals(i)
	return true
}

func (i *instance) close() {
	_ = i.mod.Close(context.Background()) // frees the memory; nothing else can fail
}

// hostCall counts a call of a host function. It ends a guest that makes too many
// or that runs too long; the time is looked at now and then, because that costs
// more than most host functions.
func (i *instance) hostCall() {
	i.hostCalls++
	if i.hostCalls > maxHostCalls {
		panic(&stop{ReasonHostCalls, "too many calls of the host"})
	}
	if i.hostCalls%256 == 0 && time.Since(i.started) > maxTime {
		panic(&stop{ReasonTime, "the call took too long"})
	}
}

// read gives a part of the guest's memory, which stays the guest's.
func (i *instance) read(at, length uint32) []byte {
	b, ok := i.mod.Memory().Read(at, length)
	if !ok {
		panic(&stop{ReasonPointer, "the guest named memory that it does not have"})
	}
	return b
}

func (i *instance) write(at uint32, b []byte) {
	if !i.mod.Memory().Write(at, b) {
		panic(&stop{ReasonPointer, "the guest named memory that it does not have"})
	}
}

// addLog keeps what still fits, whole characters or not: it is quoted when it is
// written.
func (i *instance) addLog(text []byte) {
	room := maxLog - len(i.log)
	i.log = append(i.log, text[:min(room, len(text))]...)
}
