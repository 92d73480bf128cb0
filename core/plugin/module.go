package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/postern-id/postern/core/plugin/meter"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// module is a loaded module: compiled, described, tested, with the snapshot that
// its instances begin from.
type module struct {
	options   *Options
	runtime   wazero.Runtime
	cache     wazero.CompilationCache
	compiled  wazero.CompiledModule
	mutable   int // number of mutable globals
	manifests []hook.Manifest

	moment // that every call begins from
	pool   *pool
}

// loadModule compiles a module or takes it from the cache, and tests it with the
// samples of its manifests. What it refuses it refuses with a reason that names
// what is wrong.
func loadModule(ctx context.Context, options *Options) (m *module, err error) {
	defer func() {
		if wrong := recover(); wrong != nil {
			m, err = nil, fmt.Errorf("the runtime of WebAssembly panics: %v", wrong)
		}
	}()
	metered, err := meter.Rewrite(options.Builtin, meter.Options{StartFuel: math.MaxInt64, StartDepth: meter.DefaultDepth})
	if err != nil {
		return nil, err
	}
	m = &module{options: options, mutable: metered.Mutable}
	m.pool = newPool(options.Instances, options.Wait, m.newInstance)
	if err := m.prepare(ctx, metered.Code); err != nil {
		m.free(ctx)
		return nil, err
	}
	return m, nil
}

func (m *module) prepare(ctx context.Context, exposed []byte) error {
	err := m.compile(ctx, exposed, m.options.CacheDir)
	if err != nil && emptyCache(m.options.CacheDir) {
		// A file in the cache may be damaged: once more without it.
		m.options.Logger.Warn("plugin cache emptied", "directory", m.options.CacheDir, "error", err)
		m.free(ctx)
		err = m.compile(ctx, exposed, m.options.CacheDir)
	}
	if err != nil && m.options.CacheDir != "" {
		// Where the disk is full, only the next start is slower.
		m.options.Logger.Warn("plugin cache not used", "directory", m.options.CacheDir, "error", err)
		m.free(ctx)
		err = m.compile(ctx, exposed, "")
	}
	if err != nil {
		return err
	}
	if m.options.CacheDir != "" {
		if err := sealCache(m.options.CacheDir); err != nil {
			m.options.Logger.Warn("plugins will be compiled again at the next start", "error", err)
		}
	}
	if err := errors.Join(checkImports(m.compiled, m.options.Rand), checkExports(m.compiled)); err != nil {
		return err
	}
	return m.firstInstance()
}

// compile turns a panic of wazero into an error: it panics at damage of a cached
// file that its checksum does not cover, and where memory cannot be made
// executable, as under MemoryDenyWriteExecute=yes of systemd.
func (m *module) compile(ctx context.Context, exposed []byte, cacheDir string) (err error) {
	defer func() {
		if wrong := recover(); wrong != nil {
			err = fmt.Errorf("the machine code cannot be made ready (is memory forbidden to be executable?): %v", wrong)
		}
	}()
	if m.cache, err = openCache(cacheDir); err != nil {
		return err
	}
	m.runtime = wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().
		WithCompilationCache(m.cache).
		WithMemoryLimitPages(maxMemory/wasmPage).
		WithDebugInfoEnabled(false).
		WithCoreFeatures(api.CoreFeaturesV2))
	if err := errors.Join(
		link(ctx, m.runtime, abiModule, abiFunctions()),
		link(ctx, m.runtime, wasiModule, wasiFunctions(m.options.Rand)),
	); err != nil {
		return err
	}
	m.compiled, err = m.runtime.CompileModule(ctx, exposed)
	return err
}

// checkImports names what a module wants and the host does not have. What is not
// granted is not linked: the call does not exist.
func checkImports(compiled wazero.CompiledModule, random io.Reader) error {
	offered := map[string][]hostFunction{abiModule: abiFunctions(), wasiModule: wasiFunctions(random)}
	for _, f := range compiled.ImportedFunctions() {
		from, name, _ := f.Import()
		if !slices.ContainsFunc(offered[from], func(o hostFunction) bool {
			return o.name == name && slices.Equal(o.params, f.ParamTypes()) && slices.Equal(o.results, f.ResultTypes())
		}) {
			return fmt.Errorf("the module imports %s.%s, which is not granted or does not exist in that form", from, name)
		}
	}
	return nil
}

func checkExports(compiled wazero.CompiledModule) error {
	if _, ok := compiled.ExportedMemories()[exportMemory]; !ok {
		return fmt.Errorf("the module does not export its memory as %q", exportMemory)
	}
	functions := compiled.ExportedFunctions()
	for _, want := range []hostFunction{
		{name: exportABI, results: []api.ValueType{i32}},
		{name: exportDescribe},
		{name: exportCall, params: []api.ValueType{i32, i32}, results: []api.ValueType{i32}},
	} {
		f, ok := functions[want.name]
		if !ok || !slices.Equal(f.ParamTypes(), want.params) || !slices.Equal(f.ResultTypes(), want.results) {
			return fmt.Errorf("the module does not export %s in the form of the interface", want.name)
		}
	}
	if f, ok := functions[exportStart]; ok && len(f.ParamTypes())+len(f.ResultTypes()) > 0 {
		return fmt.Errorf("the module exports %s with parameters or results", exportStart)
	}
	return nil
}

// firstInstance starts the module, reads its manifests, tests it, takes the
// snapshot, and leaves the instance in the pool.
func (m *module) firstInstance() (err error) {
	i, err := m.instantiate()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			i.close()
		}
	}()
	if err := m.startGuest(i); err != nil {
		return err
	}
	if err := m.describe(i); err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	if err := m.warmUp(i); err != nil {
		return err
	}
	if err := m.settle(i); err != nil {
		return err
	}
	if i.memory.size != m.snapshot.size {
		i.close() // it has grown since; the pool makes others
		return nil
	}
	if err := m.begin(i); err != nil {
		return err
	}
	m.pool.made++
	m.pool.put(i)
	return nil
}

// instantiate makes an instance as the module's data sections describe it.
func (m *module) instantiate() (*instance, error) {
	memory, err := newMemory()
	if err != nil {
		return nil, err
	}
	i := &instance{module: m, memory: memory}
	i.context = &instanceContext{context.Background(), i}
	ctx := experimental.WithMemoryAllocator(i.context, experimental.MemoryAllocatorFunc(func(_, _ uint64) experimental.LinearMemory {
		return memory
	}))
	i.mod, err = m.runtime.InstantiateModule(ctx, m.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		memory.Free()
		return nil, fmt.Errorf("instantiate: %w", err)
	}
	i.entry = i.mod.ExportedFunction(exportCall)
	// Fuel and depth are put back like the guest's own globals.
	names := []string{meter.FuelGlobal, meter.DepthGlobal}
	for n := range m.mutable {
		names = append(names, meter.GlobalName(n))
	}
	i.depth = i.mod.ExportedGlobal(meter.DepthGlobal)
	for _, name := range names {
		i.globals = append(i.globals, i.mod.ExportedGlobal(name).(api.MutableGlobal))
	}
	return i, nil
}

// newInstance makes an instance that begins from the snapshot. The guest's own
// start, which takes milliseconds, is not repeated.
func (m *module) newInstance() (*instance, error) {
	i, err := m.instantiate()
	if err != nil {
		return nil, &stop{ReasonUnavailable, err.Error()}
	}
	missing := (m.snapshot.size - i.memory.size) / wasmPage
	if _, ok := i.mod.Memory().Grow(uint32(missing)); !ok {
		err = errors.New("the memory does not grow")
	} else {
		err = m.begin(i)
	}
	if err != nil {
		i.close()
		return nil, &stop{ReasonUnavailable, err.Error()}
	}
	return i, nil
}

// startGuest runs the guest's own start and asks for its version.
func (m *module) startGuest(i *instance) error {
	i.begin()
	if start := i.mod.ExportedFunction(exportStart); start != nil {
		if err := i.guarded(start, nil); err != nil {
			return fmt.Errorf("start: %w", m.withLog(i, err))
		}
	}
	var version [1]uint64
	if err := i.guarded(i.mod.ExportedFunction(exportABI), version[:]); err != nil {
		return fmt.Errorf("%s: %w", exportABI, err)
	}
	if got := api.DecodeI32(version[0]); got != abiVersion {
		return fmt.Errorf("the module speaks version %d of the interface, this host version %d", got, abiVersion)
	}
	return nil
}

func (m *module) describe(i *instance) error {
	clock := i.clock
	i.begin()
	i.clock = clock
	if err := i.guarded(i.mod.ExportedFunction(exportDescribe), nil); err != nil {
		return m.withLog(i, err)
	}
	manifests, err := hook.ParseManifests(i.output)
	if err != nil {
		return err
	}
	m.manifests = manifests
	return checkManifests(manifests)
}

// warmUp runs every sample until the memory has the size that it keeps. It is
// also the module's test: a sample that fails refuses the module.
func (m *module) warmUp(i *instance) error {
	const least, most = 2, 32
	for round := range most {
		size := i.memory.size
		for number := range m.manifests {
			if err := m.runSamples(i, number); err != nil {
				return err
			}
		}
		if round+1 >= least && i.memory.size == size {
			return nil
		}
	}
	return errors.New("the module's memory grows with every call")
}

func (m *module) runSamples(i *instance, number int) error {
	manifest := &m.manifests[number]
	for _, sample := range manifest.Samples {
		clock := i.clock
		i.begin()
		i.clock = clock
		i.input = sample.Input.AppendJSON(i.input)
		err := i.run(number, slices.Index(manifest.Hooks, sample.Hook))
		if err == nil {
			err = checkOutput(sample.Hook, i.output)
		}
		if err != nil {
			return fmt.Errorf("sample of plugin %s for %s: %w", manifest.ID, sample.Hook, m.withLog(i, err))
		}
	}
	return nil
}

func checkOutput(hookName string, output []byte) (err error) {
	switch hookName {
	case hook.ClaimsMap:
		_, err = hook.ParseClaimsOutput(output)
	case hook.AccountShape:
		err = hook.CheckObject(output)
	case hook.ScopePolicy:
		_, err = hook.ParseScopeOutput(output)
	}
	return err
}

// withLog adds what the guest wrote before it failed.
func (m *module) withLog(i *instance, err error) error {
	if len(i.log) == 0 {
		return err
	}
	return fmt.Errorf("%w (the guest wrote %q)", err, i.log[:min(len(i.log), 400)])
}

// plugin gives the number of a plugin.
func (m *module) plugin(id string) (number int, ok bool) {
	number = slices.IndexFunc(m.manifests, func(manifest hook.Manifest) bool { return manifest.ID == id })
	return number, number >= 0
}

// find gives the numbers of a plugin and of its hook.
func (m *module) find(id, hookName string) (plugin, number int, ok bool) {
	plugin, ok = m.plugin(id)
	if !ok {
		return 0, 0, false
	}
	number = slices.Index(m.manifests[plugin].Hooks, hookName)
	return plugin, number, number >= 0
}

// call runs a hook in an instance of the pool and makes that as new. The error is
// a stop, or ctx's cause while waiting.
func (m *module) call(ctx context.Context, name string, plugin, number int, message interface{ AppendJSON([]byte) []byte }) ([]byte, error) {
	i, err := m.pool.get(ctx)
	if err != nil {
		return nil, err
	}
	i.begin()
	i.input = message.AppendJSON(i.input)
	err = i.run(plugin, number)
	var output []byte
	if err == nil {
		output = slices.Clone(i.output)
	}
	if len(i.log) > 0 {
		m.options.Logger.Info("plugin log", "instance", name, "text", string(i.log))
	}
	if i.renew(err) {
		m.pool.put(i)
	} else {
		i.close()
		m.pool.drop()
	}
	return output, err
}

// close waits for the calls in flight and gives everything back.
func (m *module) close(ctx context.Context) error {
	if err := m.pool.close(ctx); err != nil {
		return err
	}
	m.free(ctx)
	return nil
}

func (m *module) free(ctx context.Context) {
	if m.runtime != nil {
		_ = m.runtime.Close(ctx) // what fails here is gone all the same
	}
	if m.cache != nil {
		_ = m.cache.Close(ctx)
	}
	m.forget()
}
