package web

import (
	"strconv"
	"time"
)

// Live are blocks that change while somebody looks at them: with a script they are read
// anew from the page's own address as long as its [Log] is followed.
type Live struct {
	ID     string // unique on the page
	Blocks []Block
}

// Log are lines that a program wrote, the newest last. With a script it is followed:
// the page is asked every second for what comes behind its last line, by the parameter
// "after", until it is paused, hidden or left.
type Log struct {
	Title  string
	Search *Search // nil: nothing can be chosen
	Lines  []LogLine
	Last   uint64 // number of the newest line there is, also if it is not shown
	Missed string // a sentence, where lines before the first one are not there any more
	Empty  string
	Live   bool // it can be followed
}

// LogLine is one of them. Kind is as of [Badge].
type LogLine struct {
	At          time.Time
	Level, Text string
	Kind        string
}

// Chart are small bars beside each other, for what changed over a while.
type Chart struct {
	ID, Title, Text string
	Bars            []Bar
	From, To        string // what stands below the first bar and the last one
}

// Bar is one of them: Bad of Value are shown apart.
type Bar struct {
	Label      string // "12:04: 17 calls, 2 failed"
	Value, Bad int64
}

// The chart is drawn in units of its own: each bar has its step.
const (
	barStep   = 10
	barWidth  = 8
	barHeight = 100
)

// Width is that of the drawing.
func (c Chart) Width() int { return barStep * len(c.Bars) }

// Most is the highest value.
func (c Chart) Most() (most int64) {
	for _, bar := range c.Bars {
		most = max(most, bar.Value)
	}
	return most
}

// Column is where a bar is drawn: what is bad stands on top.
type Column struct {
	Label                string
	X                    int
	Y, Height, BadHeight string
	Bad                  bool
}

// Columns gives the bars that are higher than nothing.
func (c Chart) Columns() (columns []Column) {
	most := c.Most()
	for i, bar := range c.Bars {
		if bar.Value <= 0 {
			continue
		}
		height := max(barHeight*float64(bar.Value)/float64(most), 2) // the least is seen, too
		bad := height * float64(min(bar.Bad, bar.Value)) / float64(bar.Value)
		columns = append(columns, Column{Label: bar.Label, X: barStep*i + 1, Y: units(barHeight - height), Height: units(height), BadHeight: units(bad), Bad: bar.Bad > 0})
	}
	return columns
}

func units(n float64) string { return strconv.FormatFloat(n, 'f', 1, 64) }
