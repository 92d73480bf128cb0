package plugin

import (
	"context"
	"time"

	"github.com/postern-id/postern/core"
)

// Observer counts what happens. All names that it gets are of the operator or of a
// manifest, never of a request.
type Observer interface {
	// PluginCall is told of each call; result is "ok" or a [Reason].
	PluginCall(instance, plugin, hook, result string, d time.Duration, fuel int64)
	// PluginHostCall is told of each call of a capability; result is "ok" or a code of
	// sdk/hook.
	PluginHostCall(instance, plugin, capability, result string, d time.Duration)
	// PluginMemory is told of the bytes that a guest has after a call.
	PluginMemory(instance, plugin string, bytes int64)
	// PluginPool is told of the instances of a module that serve plugins which wait for
	// nothing: made, not in use, and calls that wait for one.
	PluginPool(module string, made, idle, waiting int)
	// PluginLoad is told of each module that was loaded, or "refused".
	PluginLoad(module, result string, d time.Duration)
	// PluginSuspended says whether calls of the instance are refused for a while.
	PluginSuspended(instance string, suspended bool)
	// PluginGranted says for how many targets a capability is granted to the instance.
	PluginGranted(instance, capability string, targets int)
	// PluginShadow says whether a shadow would have changed something.
	PluginShadow(instance, hook string, differs bool)
	// PluginGone says that the instance is no more, PluginModuleGone that the module is.
	PluginGone(instance string)
	PluginModuleGone(module string)
}

// Capabilities carries out what guests ask the host for. The answer is JSON as
// sdk/hook has it; code is "" if it was done, else one of hook.Code*. It is asked
// only if the operator granted the capability to the instance; for what, it looks
// itself.
type Capabilities interface {
	Call(ctx context.Context, caller *core.PluginCaller, capability string, request []byte) (answer []byte, code string)
}

// nobody observes nothing.
type nobody struct{}

func (nobody) PluginCall(string, string, string, string, time.Duration, int64) {}
func (nobody) PluginHostCall(string, string, string, string, time.Duration)    {}
func (nobody) PluginLoad(string, string, time.Duration)                        {}
func (nobody) PluginSuspended(string, bool)                                    {}
func (nobody) PluginShadow(string, string, bool)                               {}
func (nobody) PluginGone(string)                                               {}
func (nobody) PluginMemory(string, string, int64)                              {}
func (nobody) PluginPool(string, int, int, int)                                {}
func (nobody) PluginModuleGone(string)                                         {}
func (nobody) PluginGranted(string, string, int)                               {}
