package cli

import (
	"io"
	"os"
)

// maxSettings is more than any settings need.
const maxSettings = 1 << 20

// readFile reads a file, or standard input for "-".
func (p *program) readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(p.In, maxSettings))
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, failf("check its name, and that you may read it", "%s", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSettings))
	if err != nil {
		return nil, failf("check its name, and that you may read it", "%s", err)
	}
	return text, nil
}
