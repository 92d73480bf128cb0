package workbench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// Make runs the project's command to build it, whose words go to output, and
// looks whether the module is there then.
func (p *Project) Make(ctx context.Context, output io.Writer) error {
	if err := p.run(ctx, p.Build, output); err != nil {
		return p.explain(ctx, "the build failed", p.Build, missing(ctx, p, false), err)
	}
	if _, err := readModule(p.ModuleFile()); err != nil {
		return &Error{"the build left no module: " + err.Error(), "let the command make what " + projectFile + " names as module, " + p.Module, err}
	}
	return nil
}

// ErrNoTests says that a project has no tests of its own.
var ErrNoTests = errors.New("the project has no native tests: " + projectFile + " names no command as test")

// TestNatively runs the project's own tests, whose words go to output. The error is
// [ErrNoTests] if it has none.
func (p *Project) TestNatively(ctx context.Context, output io.Writer) error {
	if len(p.Test) == 0 {
		return ErrNoTests
	}
	if err := p.run(ctx, p.Test, output); err != nil {
		return p.explain(ctx, "the native tests failed", p.Test, missing(ctx, p, true), err)
	}
	return nil
}

// patience is how long a command has to end after it was told to, or to let go of
// its output.
const patience = 5 * time.Second

func (p *Project) run(ctx context.Context, command []string, output io.Writer) error {
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Dir, c.Stdout, c.Stderr = p.Dir, output, output
	c.WaitDelay = patience
	return c.Run()
}

// explain words the failure of a command, with what may be missing for it.
func (p *Project) explain(ctx context.Context, what string, command []string, absent tool, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, exec.ErrNotFound) && absent.what == "" {
		absent = tool{command[0], "install it, or name another command in " + projectFile}
	}
	line := strings.Join(command, " ")
	if absent.what != "" {
		return &Error{fmt.Sprintf("%s: %s is missing", what, absent.what), absent.install, err}
	}
	return &Error{fmt.Sprintf("%s: '%s' ended with %s", what, line, ending(err)), "what it says stands above", err}
}

// ending is what a command's failure is called.
func ending(err error) string {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.String()
	}
	return err.Error()
}
