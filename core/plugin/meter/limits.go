package meter

// Limits of a module. They bound the memory and the time that rewriting and
// compiling take. Large honest modules keep below them: esbuild (Go, 14 MB), swc
// and resvg (Rust, 18 and 2.5 MB), SQLite (C).
const (
	maxModule    = 32 << 20      // bytes
	maxRewritten = 2 * maxModule // bytes of the code
	maxBody      = 1 << 20       // bytes of one function
	maxTypes     = 10_000
	maxParams    = 256 // of one function; results too
	maxLocals    = 4_096
	maxImports   = 1_000
	maxFuncs     = 50_000
	maxNesting   = 10_000  // of blocks in one function
	maxWork      = 1 << 20 // see checkSize
	maxLoopWork  = 1 << 14
	maxTables    = 16
	maxElements  = 100_000 // of all tables together
	maxPages     = 1_024   // of 64 KiB that the memory begins with
	maxTags      = 1_000
	maxGlobals   = 10_000
	maxExports   = 10_000
	maxName      = 1_024   // bytes of an imported or exported name
	maxSegments  = 10_000  // element segments
	maxData      = 250_000 // data segments; Go leaves zeros out between them
)
