package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// tallyBars is a [Tally] as it is drawn: each period is 10 wide, everything 100 high.
type tallyBars struct {
	Width       int
	Most        int // of a period
	First, Last string
	Bars        []bar
	Lines       []figures
}

type bar struct {
	X     int
	Title string
	Parts []barPart
}

type barPart struct {
	Kind   string
	X      string
	Y      string
	Height string
}

type figures struct {
	Label  string
	Counts []int
}

// bars lays the chart out. What happened at all is at least a line.
func (c Tally) bars() tallyBars {
	drawn := tallyBars{Width: 10 * len(c.Labels)}
	for i, label := range c.Labels {
		line := figures{Label: label}
		total := 0
		for _, series := range c.Series {
			line.Counts = append(line.Counts, series.Counts[i])
			total += series.Counts[i]
		}
		drawn.Most = max(drawn.Most, total)
		drawn.Lines = append(drawn.Lines, line)
	}
	if len(c.Labels) > 0 {
		drawn.First, drawn.Last = c.Labels[0], c.Labels[len(c.Labels)-1]
	}
	for i, line := range drawn.Lines {
		one := bar{X: 10 * i}
		foot := 99.0
		title := []string{line.Label}
		for n, series := range c.Series {
			title = append(title, fmt.Sprintf("%s: %d", series.Label, line.Counts[n]))
			if line.Counts[n] == 0 {
				continue
			}
			height := max(97*float64(line.Counts[n])/float64(drawn.Most), 1.5)
			foot -= height
			one.Parts = append(one.Parts, barPart{series.Kind, strconv.FormatFloat(float64(one.X)+1.5, 'f', 1, 64), decimal(max(foot, 0)), decimal(height)})
		}
		one.Title = strings.Join(title, ", ")
		drawn.Bars = append(drawn.Bars, one)
	}
	slices.Reverse(drawn.Lines) // the newest first, as everywhere
	return drawn
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }
