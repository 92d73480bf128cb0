package supply

import (
	"io"
	"sync"
)

// progress tells how far a call is. It goes forward only, also where something is
// sent twice, and says nothing after the call has ended: the HTTP transport may
// still be reading a body then.
type progress struct {
	report func(done, total int64) // nil: nobody wants to know

	mu       sync.Mutex
	base     int64 // bytes of what is through
	now      int64 // bytes of what is on its way
	reported int64
	total    int64
}

// begin says how much there is to do.
func (p *progress) begin(total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total = total
	p.tell()
}

// next says that a part of size bytes is through.
func (p *progress) next(size int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.base, p.now = p.base+size, 0
	p.advance()
}

// end silences it.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.report = nil
}

func (p *progress) set(now int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = now
	p.advance()
}

func (p *progress) advance() {
	if done := min(p.base+p.now, p.total); done > p.reported {
		p.reported = done
		p.tell()
	}
}

func (p *progress) tell() {
	if p.report != nil {
		p.report(p.reported, p.total)
	}
}

// count counts what is read of a body.
func (p *progress) count(body io.ReadCloser) io.ReadCloser {
	return &counter{body, p, 0}
}

type counter struct {
	io.ReadCloser
	progress *progress
	read     int64
}

func (c *counter) Read(b []byte) (n int, err error) {
	n, err = c.ReadCloser.Read(b)
	c.read += int64(n)
	c.progress.set(c.read)
	return n, err
}
