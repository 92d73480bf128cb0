package plugin

import (
	"encoding/binary"
	"io"

	"github.com/postern-id/postern/sdk/hook"
	"github.com/tetratelabs/wazero/api"
)

const wasiModule = "wasi_snapshot_preview1"

// Errors of WASI preview 1.
const (
	wasiOK    = 0
	wasiBadFD = 8
	wasiInval = 28
)

// wasiFunctions are those of WASI preview 1 that the runtime of a Go guest
// imports. There are no files, no arguments and no environment; a sleep returns
// at once, and the clock, unless it was granted, counts the guest's own looks at
// it; randomness is the host's, fresh in every call.
//
// The functions on files are there because Go's packages fmt and os import them.
// They know no file, and no folder that was opened before.
func wasiFunctions(random io.Reader) []hostFunction {
	errno := []api.ValueType{i32}
	two, four := []api.ValueType{i32, i32}, []api.ValueType{i32, i32, i32, i32}
	nothing := func(_ *instance, stack []uint64) { stack[0] = wasiOK }
	noStrings := func(i *instance, stack []uint64) {
		i.writeU32(uint32(stack[0]), 0)
		i.writeU32(uint32(stack[1]), 0)
		stack[0] = wasiOK
	}
	noFile := func(_ *instance, stack []uint64) { stack[0] = wasiBadFD }
	one, three := []api.ValueType{i32}, []api.ValueType{i32, i32, i32}
	return []hostFunction{
		{"fd_close", one, errno, noFile},
		{"fd_fdstat_get", two, errno, noFile},
		{"fd_fdstat_set_flags", two, errno, noFile},
		{"fd_filestat_get", two, errno, noFile},
		{"fd_prestat_dir_name", three, errno, noFile},
		{"fd_prestat_get", two, errno, noFile},
		{"fd_read", four, errno, noFile},
		{"fd_seek", []api.ValueType{i32, i64, i32, i32}, errno, noFile},
		{"path_filestat_get", []api.ValueType{i32, i32, i32, i32, i32}, errno, noFile},
		{"path_open", []api.ValueType{i32, i32, i32, i32, i32, i64, i64, i32, i32}, errno, noFile},
		{"args_get", two, errno, nothing},
		{"args_sizes_get", two, errno, noStrings},
		{"environ_get", two, errno, nothing},
		{"environ_sizes_get", two, errno, noStrings},
		{"sched_yield", nil, errno, nothing},
		{"clock_time_get", []api.ValueType{i32, i64, i32}, errno, wasiClock},
		{"fd_write", four, errno, wasiWrite},
		{"poll_oneoff", four, errno, wasiPoll},
		{"random_get", two, errno, wasiRandom(random)},
		{"proc_exit", []api.ValueType{i32}, nil, func(*instance, []uint64) {
			panic(&stop{ReasonExit, "the guest ended itself"})
		}},
	}
}

func (i *instance) writeU32(at, n uint32) {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], n)
	i.write(at, b[:])
}

// wasiClock tells the time where that was granted. Elsewhere it moves on by a
// microsecond each time it is read, so that it never stands still and tells nothing.
func wasiClock(i *instance, stack []uint64) {
	if i.clock += 1000; i.host.h != nil && i.host.granted(hook.Clock) {
		i.clock = uint64(i.host.h.options.Now().UnixNano())
	}
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], i.clock)
	i.write(uint32(stack[2]), b[:])
	stack[0] = wasiOK
}

// wasiWrite takes standard output and standard error for the plugin's log: a Go
// guest that panics says there why.
func wasiWrite(i *instance, stack []uint64) {
	const most = 16 // parts of one write
	fd, parts, count, result := uint32(stack[0]), uint32(stack[1]), uint32(stack[2]), uint32(stack[3])
	if fd != 1 && fd != 2 {
		stack[0] = wasiBadFD
		return
	}
	written := uint32(0)
	for n := range min(count, most) {
		part := i.read(parts+8*n, 8)
		length := binary.LittleEndian.Uint32(part[4:])
		i.addLog(i.read(binary.LittleEndian.Uint32(part), length))
		written += length
	}
	i.writeU32(result, written)
	stack[0] = wasiOK
}

// wasiPoll says at once that everything that was waited for has come, and moves
// the guest's clock on by the time that it wanted to sleep.
func wasiPoll(i *instance, stack []uint64) {
	const (
		most         = 64
		subscription = 48 // bytes: user data 8, kind 1, at 24 the time-out, at 40 the flags
		event        = 32 // bytes: user data 8, error 2, kind 1
		kindClock    = 0
		absolute     = 1
	)
	from, to, count, result := uint32(stack[0]), uint32(stack[1]), uint32(stack[2]), uint32(stack[3])
	if count == 0 || count > most {
		stack[0] = wasiInval
		return
	}
	for n := range count {
		s := i.read(from+n*subscription, subscription)
		var e [event]byte
		copy(e[:8], s[:8])
		e[10] = s[8]
		if s[8] != kindClock {
			binary.LittleEndian.PutUint16(e[8:], wasiBadFD)
		} else if timeout := binary.LittleEndian.Uint64(s[24:]); binary.LittleEndian.Uint16(s[40:])&absolute == 0 {
			i.clock += timeout
		} else {
			i.clock = max(i.clock, timeout)
		}
		i.write(to+n*event, e[:])
	}
	i.writeU32(result, count)
	stack[0] = wasiOK
}

func wasiRandom(random io.Reader) func(*instance, []uint64) {
	return func(i *instance, stack []uint64) {
		i.draw(random, uint32(stack[0]), uint32(stack[1]))
		stack[0] = wasiOK
	}
}

// draw fills a part of the guest's memory with randomness.
func (i *instance) draw(random io.Reader, at, length uint32) {
	b := i.read(at, length)
	if i.random += len(b); i.random > maxRandom {
		panic(&stop{ReasonHostCalls, "the guest wants too much randomness"})
	}
	if _, err := io.ReadFull(random, b); err != nil {
		panic(&stop{ReasonTrap, "no randomness: " + err.Error()})
	}
}
