package postern

// registered is the module that the exports answer for. It is set while the
// program's variables are initialised and never changes after that.
var registered = NewModule()

// Register makes the plugins those of this WebAssembly module. Call it once, to
// initialise a variable of package main: a reactor's main function never runs.
func Register(plugins ...Plugin) *Module {
	registered = NewModule(plugins...)
	return registered
}
