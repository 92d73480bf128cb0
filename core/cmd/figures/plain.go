package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/postern-id/postern/sdk/hook"
)

// plain is a plugin in wazero and nothing else: the same functions of the host, but
// one instance that is used for call after call, no fuel and no fresh state.
type plain struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	module   api.Module
	entry    api.Function
	limit    time.Duration // of a call, if the runtime keeps one

	input, output []byte
	failure       error
	stack         [2]uint64
}

// mostMemory is what a plain instance may grow to: guests that leave their garbage to
// the host, which puts their memory back, would grow for ever.
const mostMemory = 16 << 20

// newPlain starts the module. With a limit, wazero ends calls that take longer, which
// it is told when it compiles.
func newPlain(ctx context.Context, module []byte, limit time.Duration) (*plain, error) {
	p := &plain{limit: limit}
	config := wazero.NewRuntimeConfig().WithCoreFeatures(api.CoreFeaturesV2).WithDebugInfoEnabled(false).WithCloseOnContextDone(limit > 0)
	p.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	_, err := wasi_snapshot_preview1.Instantiate(ctx, p.runtime)
	if err == nil {
		err = p.link(ctx)
	}
	if err == nil {
		p.compiled, err = p.runtime.CompileModule(ctx, module)
	}
	if err == nil {
		err = p.start(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, p.runtime.Close(ctx))
	}
	return p, nil
}

func (p *plain) close(ctx context.Context) error { return p.runtime.Close(ctx) }

// link makes the functions of sdk/abi.md that the plugin of the figures may import.
func (p *plain) link(ctx context.Context) error {
	memory := func() api.Memory { return p.module.Memory() }
	one, two := []api.ValueType{api.ValueTypeI32}, []api.ValueType{api.ValueTypeI32, api.ValueTypeI32}
	builder := p.runtime.NewHostModuleBuilder("postern")
	for _, f := range []struct {
		name            string
		params, results []api.ValueType
		call            func(stack []uint64)
	}{
		{"input_len", nil, one, func(stack []uint64) { stack[0] = uint64(len(p.input)) }},
		{"input_read", one, nil, func(stack []uint64) { memory().Write(uint32(stack[0]), p.input) }},
		{"output_write", two, nil, func(stack []uint64) {
			text, _ := memory().Read(uint32(stack[0]), uint32(stack[1]))
			p.output = append(p.output, text...)
		}},
		{"fail", two, nil, func(stack []uint64) {
			text, _ := memory().Read(uint32(stack[0]), uint32(stack[1]))
			p.failure = errors.New(string(text))
		}},
		{"log", two, nil, func([]uint64) {}},
	} {
		builder.NewFunctionBuilder().WithGoFunction(api.GoFunc(func(_ context.Context, stack []uint64) { f.call(stack) }), f.params, f.results).Export(f.name)
	}
	_, err := builder.Instantiate(ctx)
	return err
}

// start makes an instance anew.
func (p *plain) start(ctx context.Context) (err error) {
	if p.module != nil {
		err = p.module.Close(ctx)
	}
	if err == nil {
		p.module, err = p.runtime.InstantiateModule(ctx, p.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize"))
	}
	if err != nil {
		return fmt.Errorf("wazero alone: %w", err)
	}
	p.entry = p.module.ExportedFunction("postern_call")
	return nil
}

// ready makes a new instance where the one that there is has grown too large. It is
// not part of a call.
func (p *plain) ready(ctx context.Context) error {
	if p.module.Memory().Size() < mostMemory {
		return nil
	}
	return p.start(ctx)
}

// mapClaims does what [plugin.Host.MapClaims] does: it writes the message, calls, and
// reads the answer.
func (p *plain) mapClaims(ctx context.Context, in *hook.ClaimsInput) (hook.Object, error) {
	if p.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.limit)
		defer cancel()
	}
	p.input, p.output, p.failure = in.AppendJSON(p.input[:0]), p.output[:0], nil
	p.stack = [2]uint64{}
	if err := p.entry.CallWithStack(ctx, p.stack[:]); err != nil || p.stack[0] != 0 {
		return nil, errors.Join(errors.New("wazero alone: the call failed"), err, p.failure)
	}
	return applied(in, p.output)
}
