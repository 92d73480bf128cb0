package plugin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/plugin/meter"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// module is a loaded module: metered, compiled, described, tested, with the
// snapshot that its instances begin from.
type module struct {
	options   *Options
	digest    string // or core.BuiltinModule
	trusted   bool   // it need not yield: it was shipped with the binary
	runtime   wazero.Runtime
	cache     wazero.CompilationCache
	compiled  wazero.CompiledModule
	mutable   int // number of the guest's own mutable globals
	manifests []hook.Manifest
	rate      int64 // fuel a nanosecond, measured
	facts     Facts

	moment // that every call begins from

	shared *pool // for all plugin instances that wait for nothing
	mu     sync.Mutex
	apart  map[string]*pool // by plugin instance, for those that wait for the world
}

// Facts are what is known of a module after it was loaded.
type Facts struct {
	Size        int // bytes
	Metered     int // bytes, after rewriting
	Imports     []string
	Memory      int // bytes, that every call begins with
	Rate        int64
	CompileTime time.Duration // or to take it from the cache
	StartTime   time.Duration // with the self-test
	StartFuel   int64         // of the guest's own start, _initialize
	StartOwn    time.Duration // likewise
}

// loadModule meters a module, compiles it or takes it from the cache, and tests it
// with the samples of its manifests. What it refuses it refuses with a reason that
// names what is wrong.
func loadModule(ctx context.Context, options *Options, digest string, code []byte) (m *module, err error) {
	defer func() {
		if wrong := recover(); wrong != nil {
			m, err = nil, fmt.Errorf("the runtime of WebAssembly panics: %v", wrong)
		}
	}()
	trusted := digest == core.BuiltinModule
	if err := checkHeader(code); err != nil {
		return nil, err
	}
	metered, err := meter.Rewrite(code, meter.Options{Yield: !trusted, StartFuel: instantiateFuel, StartDepth: meter.DefaultDepth})
	if err != nil {
		return nil, adviseOn(err)
	}
	m = &module{options: options, digest: digest, trusted: trusted, mutable: metered.Mutable, rate: leastRate, apart: map[string]*pool{}}
	m.facts.Size, m.facts.Metered = len(code), len(metered.Code)
	m.shared = newPool(options.Instances, options.Wait, m.newInstance)
	if err := m.prepare(ctx, metered.Code); err != nil {
		m.free(ctx)
		return nil, err
	}
	return m, nil
}

func (m *module) prepare(ctx context.Context, metered []byte) error {
	begin := time.Now()
	if err := m.compileWell(ctx, metered); err != nil {
		return err
	}
	compiled := time.Now()
	if err := checkForm(m.compiled, m.options.Rand); err != nil {
		return err
	}
	for _, f := range m.compiled.ImportedFunctions() {
		from, name, _ := f.Import()
		m.facts.Imports = append(m.facts.Imports, from+"."+name)
	}
	if err := m.firstInstance(); err != nil {
		return err
	}
	m.facts.CompileTime, m.facts.StartTime = compiled.Sub(begin), time.Since(compiled)
	m.facts.Memory, m.facts.Rate = m.snapshot.size, m.rate
	return nil
}

// compileWell compiles with the cache as far as that is of use.
func (m *module) compileWell(ctx context.Context, metered []byte) error {
	dir := m.options.CacheDir
	err := m.compile(ctx, metered, dir)
	if err != nil && dir != "" {
		err = m.compileInSpite(ctx, metered, err)
	}
	if err == nil && dir != "" {
		if err := sealCache(dir); err != nil {
			m.options.Logger.Warn("plugins will be compiled again at the next start", "error", err)
		}
	}
	return err
}

// compileInSpite compiles what did not compile with the cache. Of a module that is wrong
// itself the others do not lose what was compiled of them.
func (m *module) compileInSpite(ctx context.Context, metered []byte, first error) error {
	dir := m.options.CacheDir
	m.free(ctx)
	if err := m.compile(ctx, metered, ""); err != nil {
		return err
	}
	if !emptyCache(dir) {
		// Where the disk is full, only the next start is slower.
		m.options.Logger.Warn("plugin cache not used", "directory", dir, "error", first)
		return nil
	}
	// A file in the cache was damaged: once more without it.
	m.options.Logger.Warn("plugin cache emptied", "directory", dir, "error", first)
	m.free(ctx)
	err := m.compile(ctx, metered, dir)
	if err != nil {
		m.free(ctx)
		err = m.compile(ctx, metered, "")
	}
	return err
}

// compile turns a panic of wazero into an error: it panics at damage of a cached
// file that its checksum does not cover, and where memory cannot be made
// executable, as under MemoryDenyWriteExecute=yes of systemd.
func (m *module) compile(ctx context.Context, metered []byte, cacheDir string) (err error) {
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
		WithCoreFeatures(api.CoreFeaturesV2|experimental.CoreFeaturesExtendedConst))
	if err := errors.Join(
		link(ctx, m.runtime, abiModule, abiFunctions(m.options.Rand)),
		link(ctx, m.runtime, wasiModule, wasiFunctions(m.options.Rand)),
	); err != nil {
		return err
	}
	if m.trusted {
		// A panic of a worker could not be caught, so those who might cause one wait for a
		// single goroutine.
		ctx = experimental.WithCompilationWorkers(ctx, runtime.GOMAXPROCS(0))
	}
	m.compiled, err = m.runtime.CompileModule(ctx, metered)
	return err
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
	well, err := m.settle(i)
	if err != nil {
		return err
	}
	if !well || i.memory.size != m.snapshot.size {
		i.close() // it trapped, or has grown since; the pool makes others
		return nil
	}
	if err := m.moment.begin(i); err != nil {
		return err
	}
	m.shared.adopt(i)
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
		return nil, whyNotMade(err)
	}
	i.entry = i.mod.ExportedFunction(exportCall)
	i.gauge = newGauge(i.mod, !m.trusted)
	for n := range m.mutable {
		i.globals = append(i.globals, i.mod.ExportedGlobal(meter.GlobalName(n)).(api.MutableGlobal))
	}
	return i, nil
}

// whyNotMade says what wazero means when it cannot make an instance.
func whyNotMade(err error) error {
	if inside, ok := errors.AsType[*stop](err); ok {
		return inside
	}
	what, _, _ := strings.Cut(err.Error(), "\n") // the rest is a trace
	if strings.HasPrefix(what, "start function") {
		_, trap, _ := strings.Cut(what, "failed: ")
		return fmt.Errorf("the start function traps, or works for longer or deeper than it may without fuel of a call: %s", trap)
	}
	return fmt.Errorf("instantiate: %s", what)
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
		err = m.moment.begin(i)
	}
	if err != nil {
		i.close()
		return nil, &stop{ReasonUnavailable, err.Error()}
	}
	return i, nil
}

// rehearsal is the order of what runs while the module is loaded: nobody is there
// to ask, and the rate of the guest is not known yet.
func rehearsal() order {
	return order{desk: desk{plays: true, cpu: startCPU}, memory: maxMemory, fuel: startFuel, cpu: startCPU}
}

// startGuest runs the guest's own start and asks for its version.
func (m *module) startGuest(i *instance) error {
	o := rehearsal()
	if start := i.mod.ExportedFunction(exportStart); start != nil {
		i.begin(&o)
		begin := time.Now()
		if err := i.guarded(start, nil); err != nil {
			return fmt.Errorf("start: %w", m.withLog(i, err))
		}
		m.facts.StartFuel, m.facts.StartOwn = i.gauge.used(), time.Since(begin)
	}
	m.again(i, &o)
	var version [1]uint64
	if err := i.guarded(i.mod.ExportedFunction(exportABI), version[:]); err != nil {
		return fmt.Errorf("%s: %w", exportABI, err)
	}
	if got := api.DecodeI32(version[0]); got != abiVersion {
		return fmt.Errorf("the module speaks version %d of the interface, this host version %d", got, abiVersion)
	}
	return nil
}

// again begins a call whose clock goes on from the one before, as there is no
// moment yet that all begin from.
func (m *module) again(i *instance, o *order) {
	clock := i.clock
	i.begin(o)
	i.clock = clock
}

func (m *module) describe(i *instance) error {
	o := rehearsal()
	m.again(i, &o)
	if err := i.guarded(i.mod.ExportedFunction(exportDescribe), nil); err != nil {
		return m.withLog(i, err)
	}
	manifests, err := hook.ParseManifests(i.output)
	if err != nil {
		return Placed(i.output, "", err)
	}
	m.manifests = manifests
	return errors.Join(checkManifests(manifests), m.checkWishes())
}

// checkWishes refuses a module that imports the function of a capability which
// none of its plugins asks for: for such a module the function does not exist.
func (m *module) checkWishes() error {
	capabilities := capabilityImports()
	for _, f := range m.compiled.ImportedFunctions() {
		from, name, _ := f.Import()
		capability, needs := capabilities[name]
		if from != abiModule || !needs {
			continue
		}
		if !slices.ContainsFunc(m.manifests, func(manifest hook.Manifest) bool { return wishes(&manifest, capability) }) {
			return unfit(fmt.Sprintf(`add {"name": %q, "reason": "..."} to the capabilities of the manifest`, capability),
				"the module imports %s.%s, but no plugin of it asks for the capability %s", from, name, capability)
		}
	}
	return nil
}

func wishes(m *hook.Manifest, capability string) bool {
	return slices.ContainsFunc(m.Capabilities, func(w hook.CapabilityWish) bool { return w.Name == capability })
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

// runSamples runs the samples of a plugin, and measures the guest by them.
func (m *module) runSamples(i *instance, number int) error {
	manifest := &m.manifests[number]
	for _, sample := range manifest.Samples {
		o := rehearsal()
		if len(sample.Calls) > 0 {
			o.desk.play = replay.NewPlayer(sample.Calls)
		}
		m.again(i, &o)
		i.input = sample.Input.AppendJSON(i.input)
		begin := time.Now()
		err := i.run(number, slices.Index(manifest.Hooks, sample.Hook))
		m.rate = max(m.rate, rate(i.gauge.used(), time.Since(begin)))
		if err == nil && o.desk.play != nil {
			err = o.desk.play.End()
		}
		if err == nil {
			err = Placed(i.output, "output", checkOutput(sample.Hook, i.output))
		}
		if err != nil {
			return fmt.Errorf("sample of plugin %s for %s: %w", manifest.ID, sample.Hook, m.withLog(i, err))
		}
	}
	return nil
}

// checkOutput reports whether the output is the message that the hook promises.
func checkOutput(hookName string, output []byte) (err error) {
	switch hookName {
	case hook.ClaimsMap:
		_, err = hook.ParseClaimsOutput(output)
	case hook.AccountShape:
		err = hook.CheckObject(output)
	case hook.ScopePolicy:
		_, err = hook.ParseScopeOutput(output)
	case hook.ConnectorLogin:
		_, err = hook.ParseLoginOutput(output)
	case hook.ConnectorPassword:
		_, err = hook.ParsePasswordOutput(output)
	case hook.EventSink:
		_, err = hook.ParseEventOutput(output)
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

// message is what can be written as the input of a hook.
type message interface{ AppendJSON([]byte) []byte }

// result is what a call of a hook gave. The zero result is of a call that never
// ran.
type result struct {
	output []byte
	log    string
	fuel   int64
	memory int // bytes, at the end
	pages  int // of memory that had to be put back; zero if the instance was dropped
	ran    bool
}

// call runs a hook in an instance of the pool and makes that as new. The error is
// a stop, or ctx's cause while waiting.
func (m *module) call(ctx context.Context, from *pool, plugin, number int, in message, o *order) (result, error) {
	i, err := from.get(ctx)
	if err != nil {
		return result{}, err
	}
	if o.memory < m.snapshot.size {
		from.put(i)
		return result{}, &stop{ReasonMemory, fmt.Sprintf("the plugin begins with %d MiB, its limit is %d MiB", (m.snapshot.size+1<<20-1)>>20, o.memory>>20)}
	}
	whole := false
	defer func() {
		if !whole { // a fault of the host: whoever caught it must be able to go on
			i.close()
			from.drop()
		}
	}()
	i.begin(o)
	i.input = in.AppendJSON(i.input)
	err = i.run(plugin, number)
	r := result{log: string(i.log), fuel: i.gauge.used(), memory: i.memory.size, ran: true}
	if err == nil {
		r.output = slices.Clone(i.output)
	}
	if r.pages, whole = i.renew(err); whole {
		from.put(i)
	}
	return r, err
}

// fuel gives what a guest of this module may use in that time.
func (m *module) fuel(cpu time.Duration) int64 { return m.rate * int64(cpu) }

// blockingInstances bounds the instances of a plugin that waits for the world: each
// call that waits keeps one.
const blockingInstances = 16

// pool gives the pool for calls of a plugin instance. One that waits for the world
// has its own, so that it keeps nobody else waiting.
func (m *module) pool(instance string, waits bool) *pool {
	if !waits {
		return m.shared
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.apart[instance]
	if p == nil {
		p = newPool(blockingInstances, m.options.Wait, m.newInstance)
		m.apart[instance] = p
	}
	return p
}

// close waits for the calls in flight and gives everything back.
func (m *module) close(ctx context.Context) error {
	m.mu.Lock()
	pools := append(slices.Collect(maps.Values(m.apart)), m.shared)
	m.mu.Unlock()
	for _, p := range pools {
		if err := p.close(ctx); err != nil {
			return err
		}
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
