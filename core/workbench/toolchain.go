package workbench

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// tool is something that a build needs, and how to get it.
type tool struct {
	what    string // empty: nothing
	install string
}

// Setup is the command that a new project needs before its first build; empty:
// none.
func Setup(language string) string {
	if language == "typescript" {
		return "npm ci"
	}
	return ""
}

// missing looks, after a build failed, for the first thing that the language needs
// and that is not there; or after its native tests failed.
func missing(ctx context.Context, p *Project, tests bool) tool {
	switch p.Language {
	case "go":
		return missingGo(ctx)
	case "rust":
		return missingRust(ctx)
	case "typescript":
		return missingTypeScript(p)
	case "c":
		return missingC(tests)
	}
	return tool{}
}

func has(programs ...string) bool {
	for _, program := range programs {
		if _, err := exec.LookPath(program); err == nil {
			return true
		}
	}
	return false
}

// said gives what a program writes, in one line; empty if it fails.
func said(ctx context.Context, program string, args ...string) string {
	output, err := exec.CommandContext(ctx, program, args...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(output))
}

// Of Go, 1.24 is the first that exports functions of a module without main.
func missingGo(ctx context.Context) tool {
	const install = "install Go from https://go.dev/dl, or Debian's with: apt install golang-go"
	if !has("go") {
		return tool{"go", install}
	}
	version := said(ctx, "go", "env", "GOVERSION")
	parts := strings.SplitN(strings.TrimPrefix(version, "go1."), ".", 2)
	if minor, err := strconv.Atoi(parts[0]); err == nil && minor < 24 {
		return tool{"Go 1.24 or later (there is " + version + ")", install}
	}
	return tool{}
}

func missingRust(ctx context.Context) tool {
	const target = "wasm32-unknown-unknown"
	if !has("cargo") {
		return tool{"cargo", "install Rust with https://rustup.rs, then: rustup target add " + target +
			"; or Debian's with: apt install cargo rustc libstd-rust-dev-wasm32 lld"}
	}
	libraries := said(ctx, "rustc", "--print", "target-libdir", "--target", target)
	if _, err := os.Stat(libraries); libraries == "" || err != nil {
		return tool{"Rust's target " + target, "get it with: rustup target add " + target + "; of Debian's Rust with: apt install libstd-rust-dev-wasm32 lld"}
	}
	return tool{}
}

func missingTypeScript(p *Project) tool {
	switch _, err := os.Stat(filepath.Join(p.Dir, "node_modules")); {
	case !has("node") || !has("npm"):
		return tool{"Node with npm", "install it from https://nodejs.org, or Debian's with: apt install nodejs npm"}
	case err != nil:
		return tool{"the AssemblyScript compiler", "get it, in the project's folder, with: npm ci"}
	}
	return tool{}
}

func missingC(tests bool) tool {
	switch {
	case !has("make"):
		return tool{"make", "install it; Debian's with: apt install make"}
	case tests && !has("cc", "gcc"):
		return tool{"a C compiler for the native tests", "install one; Debian's with: apt install gcc libc6-dev"}
	case tests:
		return tool{}
	case !has("clang-19", "clang"):
		return tool{"clang", "install LLVM from https://releases.llvm.org, or Debian's with: apt install clang-19 lld-19; on macOS: brew install llvm lld"}
	case !has("wasm-ld-19", "wasm-ld"):
		return tool{"wasm-ld, the linker", "install LLVM's lld; Debian's with: apt install lld-19; on macOS: brew install lld"}
	}
	return tool{}
}
