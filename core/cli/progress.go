package cli

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// progress shows in one line of a terminal what is being done. Where nobody sits
// at one it shows nothing.
type progress struct {
	w     io.Writer // nil: nothing is shown
	width func() int
	now   func() time.Time

	mu    sync.Mutex
	last  time.Time
	shown bool
}

// often is how soon a line is rewritten: more often nobody can read it.
const often = 100 * time.Millisecond

func (p *program) progress() *progress {
	g := &progress{now: time.Now}
	if file, ok := p.Err.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		g.w = file
		g.width = func() int {
			width, _, err := term.GetSize(int(file.Fd()))
			if err != nil || width < 1 {
				return 80
			}
			return width
		}
	}
	return g
}

// say shows a line in the place of the one before.
func (g *progress) say(format string, args ...any) {
	if g.w == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := g.now(); !g.shown || now.Sub(g.last) >= often {
		g.last, g.shown = now, true
		// A line that is as wide as the terminal would move on to the next one.
		fmt.Fprintf(g.w, "\r\x1b[K%s", cut(oneLine(fmt.Sprintf(format, args...)), g.width()-1))
	}
}

// clear takes the line away, for what is printed next.
func (g *progress) clear() {
	if g.w == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shown {
		g.shown = false
		io.WriteString(g.w, "\r\x1b[K")
	}
}

// cut shortens a text to a number of characters.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:max(most, 0)])
}
