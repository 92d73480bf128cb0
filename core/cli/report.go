package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/config"
)

// mistake is an error as it is printed.
type mistake struct {
	text, hint string
	code       int
}

func (m *mistake) Error() string { return m.text }

// usagef says that the command line cannot be understood.
func usagef(hint, format string, args ...any) error {
	return &mistake{fmt.Sprintf(format, args...), hint, exitUsage}
}

// failf says that a command failed.
func failf(hint, format string, args ...any) error {
	return &mistake{fmt.Sprintf(format, args...), hint, exitFailed}
}

// report prints the error and gives the exit code.
func (p *program) report(c *cobra.Command, err error) int {
	code := 0
	for _, m := range mistakes(c, err) {
		fmt.Fprintf(p.Err, "error: %s\n", oneLine(m.text))
		if m.hint != "" {
			fmt.Fprintf(p.Err, "hint: %s\n", oneLine(m.hint))
		}
		code = max(code, m.code)
	}
	return code
}

// mistakes turns an error into what is printed of it.
func mistakes(c *cobra.Command, err error) []mistake {
	if m, ok := errors.AsType[*mistake](err); ok {
		if m.hint == "" && m.code == exitUsage {
			m.hint = "run '" + c.CommandPath() + " --help'"
		}
		return []mistake{*m}
	}
	if wrong, ok := errors.AsType[*admin.InvalidError](err); ok {
		var all []mistake
		for _, problem := range wrong.Problems {
			all = append(all, mistake{problem.Text, problem.Hint, exitFailed})
		}
		return all
	}
	if missing, ok := errors.AsType[*admin.MissingError](err); ok {
		return []mistake{{missing.Error(), missingHint(missing), exitFailed}}
	}
	if held, ok := errors.AsType[*admin.ManagedError](err); ok {
		return []mistake{{held.Error(), held.Hint(), exitFailed}}
	}
	if stale, ok := errors.AsType[*admin.StaleError](err); ok {
		return []mistake{{stale.Error(), "look at how it is now, and do it again", exitFailed}}
	}
	if wrong, ok := errors.AsType[*config.Error](err); ok {
		var all []mistake
		for _, problem := range wrong.Problems {
			all = append(all, mistake{problem.String(), problem.Hint, exitUsage})
		}
		return all
	}
	return []mistake{{plainText(err), hintOf(err), exitFailed}}
}

func plainText(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	return err.Error()
}

// hintOf finds the hint of an error that carries one.
func hintOf(err error) string {
	if with, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok {
		return with.Hint()
	}
	return ""
}

func missingHint(missing *admin.MissingError) string {
	switch missing.What {
	case "group":
		return "run 'postern group list' to see them, or make it with 'postern group create'"
	case "organisation":
		return "run 'postern org list' to see them"
	case "key":
		return "run 'postern keys list' to see them"
	case "initial access token":
		return "run 'postern registration token list' to see them"
	case "user or service account":
		return "run 'postern user list' or 'postern service-account list' to see them"
	case "API token":
		return "run 'postern token list' to see them"
	case "service account":
		return "run 'postern service-account list' to see them"
	case "session":
		return "run 'postern user sessions' to see them"
	case "authenticator":
		return "run 'postern user mfa list' to see them"
	case "device":
		return "run 'postern user devices' to see them"
	case "link":
		return "run 'postern user links' to see them"
	case "plugin", "plugin instance":
		return "run 'postern plugin list' to see them"
	}
	return "run 'postern " + missing.What + " list' to see them"
}

// flagMistake words the flag parser's errors as ours.
func flagMistake(err error) error {
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return usagef("", "there is no flag %s", dashed(e.GetSpecifiedName(), e.GetSpecifiedShortnames()))
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return usagef("", "the flag %s needs a value", dashed(e.GetSpecifiedName(), e.GetSpecifiedShortnames()))
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return usagef("", "%q is no value for --%s", e.GetValue(), e.GetFlag().Name)
	}
	return usagef("", "%s", err)
}

func dashed(name, shorthands string) string {
	if shorthands != "" {
		return "-" + name
	}
	return "--" + name
}

// oneLine keeps a message on its line, whatever is in it.
func oneLine(s string) string { return harmless(strings.TrimSpace(s)) }

// harmless leaves nothing in a line that a terminal would obey, or that would show its
// words in another order: much of what is printed was written by others.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, s)
}

// note tells the person something that is not the data they asked for.
func (p *program) note(format string, args ...any) {
	fmt.Fprintln(p.Err, oneLine(fmt.Sprintf(format, args...)))
}

// lines tells the person several things, each in a line that keeps its indent.
func (p *program) lines(lines ...string) {
	for _, line := range lines {
		fmt.Fprintln(p.Err, harmless(line))
	}
}
