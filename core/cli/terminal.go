package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// maxPassword is far beyond what is accepted, so that the rule for passwords
// answers and not this reader.
const maxPassword = 64 << 10

// maxSecret is the same for secrets of plugins.
const maxSecret = 1 << 20

// terminal gives the descriptor of standard input where a person sits at it.
func (p *program) terminal() (int, bool) {
	file, ok := p.In.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0, false
	}
	return int(file.Fd()), true
}

// await runs what reads from a person, and stops waiting for it when ctx ends:
// a signal does not end a read.
func await(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := read()
		answers <- answer{text, err}
	}()
	select {
	case a := <-answers:
		return a.text, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// confirm asks before something is destroyed. Without a terminal the answer must
// come with the command, as --yes.
func (p *program) confirm(ctx context.Context, yes bool, format string, args ...any) error {
	if yes {
		return nil
	}
	question := fmt.Sprintf(format, args...)
	if _, ok := p.terminal(); !ok {
		return failf("add --yes to do it without being asked", "%s: nobody is there to confirm", strings.TrimSuffix(question, "?"))
	}
	fmt.Fprintf(p.Err, "%s [y/N] ", oneLine(question))
	answer, err := await(ctx, func() (string, error) {
		return bufio.NewReader(io.LimitReader(p.In, 100)).ReadString('\n')
	})
	if err != nil && err != io.EOF {
		return fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return failf("", "nothing was changed")
}

// readPassword reads a password from standard input: the whole of it but the end
// of its line.
func (p *program) readPassword(ctx context.Context) (string, error) {
	text, err := await(ctx, func() (string, error) {
		text, err := io.ReadAll(io.LimitReader(p.In, maxPassword))
		return string(text), err
	})
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	password := strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	switch {
	case password == "":
		return "", failf("pass it on standard input", "the password is empty")
	case strings.ContainsAny(password, "\r\n"):
		return "", failf("pass it on a line of its own", "the password has more than one line")
	}
	return password, nil
}

// readSecret reads a secret from standard input: the whole of it but the end of its
// last line.
func (p *program) readSecret(ctx context.Context) ([]byte, error) {
	text, err := await(ctx, func() (string, error) {
		text, err := io.ReadAll(io.LimitReader(p.In, maxSecret))
		return string(text), err
	})
	if err != nil {
		return nil, fmt.Errorf("read the value: %w", err)
	}
	return withoutLineEnd([]byte(text)), nil
}

func withoutLineEnd(text []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
}

// askHidden asks for something without showing it.
func (p *program) askHidden(ctx context.Context, fd int, prompt string) (string, error) {
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("read from the terminal: %w", err)
	}
	fmt.Fprintf(p.Err, "%s: ", oneLine(prompt))
	typed, err := await(ctx, func() (string, error) {
		password, err := term.ReadPassword(fd)
		return string(password), err
	})
	fmt.Fprintln(p.Err)
	if err != nil {
		// Interrupted, the terminal would stay without echo.
		return "", errors.Join(fmt.Errorf("read from the terminal: %w", err), term.Restore(fd, before))
	}
	return typed, nil
}

// askPassword asks for a new password twice, without showing it.
func (p *program) askPassword(ctx context.Context, fd int, name string) (string, error) {
	var typed [2]string
	for i, prompt := range []string{"new password for " + name, "the same again"} {
		var err error
		if typed[i], err = p.askHidden(ctx, fd, prompt); err != nil {
			return "", err
		}
	}
	switch {
	case typed[0] != typed[1]:
		return "", failf("try again", "the two passwords differ")
	case typed[0] == "":
		return "", failf("try again", "the password is empty")
	}
	return typed[0], nil
}
