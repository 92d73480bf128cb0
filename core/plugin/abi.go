package plugin

import (
	"context"
	"io"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// Names and version of sdk/abi.md.
const (
	abiVersion     = 1
	abiModule      = "postern"
	exportABI      = "postern_abi"
	exportDescribe = "postern_describe"
	exportCall     = "postern_call"
	exportMemory   = "memory"
	exportStart    = "_initialize"
)

// instanceKey finds the instance that calls a host function.
type instanceKey struct{}

type instanceContext struct {
	context.Context
	instance *instance
}

func (c *instanceContext) Value(key any) any {
	if key == (instanceKey{}) {
		return c.instance
	}
	return c.Context.Value(key)
}

// hostFunction is a function that guests may import. Its parameters and its
// result share the stack, as in api.GoModuleFunc.
type hostFunction struct {
	name            string
	params, results []api.ValueType
	call            func(*instance, []uint64)
}

const (
	i32 = api.ValueTypeI32
	i64 = api.ValueTypeI64
)

// abiFunctions are the imports of sdk/abi.md, from module "postern".
func abiFunctions(random io.Reader) []hostFunction {
	pointer := []api.ValueType{i32, i32}
	return append(capabilityFunctions(), []hostFunction{
		{"input_len", nil, []api.ValueType{i32}, func(i *instance, stack []uint64) {
			stack[0] = uint64(len(i.input))
		}},
		{"input_read", []api.ValueType{i32}, nil, func(i *instance, stack []uint64) {
			i.write(uint32(stack[0]), i.input)
		}},
		{"output_write", pointer, nil, func(i *instance, stack []uint64) {
			length := uint32(stack[1])
			if uint64(length) > uint64(maxOutput-len(i.output)) {
				panic(&stop{ReasonOutputSize, "the output is too large"})
			}
			i.output = append(i.output, i.read(uint32(stack[0]), length)...)
		}},
		{"fail", pointer, nil, func(i *instance, stack []uint64) {
			text := i.read(uint32(stack[0]), uint32(stack[1]))
			i.failed, i.failure = true, string(text[:min(len(text), maxFailure)])
		}},
		{"log", pointer, nil, func(i *instance, stack []uint64) {
			i.addLog(i.read(uint32(stack[0]), uint32(stack[1])))
			i.addLog([]byte{'\n'})
		}},
		{"random", pointer, nil, func(i *instance, stack []uint64) { i.draw(random, uint32(stack[0]), uint32(stack[1])) }},
	}...)
}

// link makes a module of functions that guests import from.
func link(ctx context.Context, runtime wazero.Runtime, module string, functions []hostFunction) error {
	builder := runtime.NewHostModuleBuilder(module)
	for _, f := range functions {
		builder.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, _ api.Module, stack []uint64) {
			i := ctx.Value(instanceKey{}).(*instance)
			i.hostCall()
			f.call(i, stack)
		}), f.params, f.results).Export(f.name)
	}
	_, err := builder.Instantiate(ctx)
	return err
}
