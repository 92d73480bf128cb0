package workbench

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Limits of what is read, in bytes.
const (
	maxModule  = 32 << 20 // sdk/abi.md section 1
	maxMessage = 16 << 20
)

func readModule(file string) ([]byte, error) {
	code, err := readFile(file, maxModule)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{fmt.Sprintf("there is no module %s", file), "make it with 'postern plugin build', or give the .wasm file", err}
	}
	return code, err
}

// readFile reads a file of bounded size.
func readFile(name string, most int) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, &Error{fmt.Sprintf("cannot read %s: %s", name, bare(err)), "check its name, and that you may read it", err}
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, int64(most)+1))
	switch {
	case err != nil:
		return nil, &Error{fmt.Sprintf("cannot read %s: %s", name, bare(err)), "give a file, and not a folder", err}
	case len(text) > most:
		return nil, wrong("give a smaller one", "%s has more than %d MiB", name, most>>20)
	}
	return text, nil
}
