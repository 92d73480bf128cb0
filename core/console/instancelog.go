package console

import (
	"slices"
	"strconv"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

// logLevels are what can be chosen, each with what is shown then.
func logLevels() []web.Option {
	return []web.Option{{Value: "", Label: "Everything"}, {Value: "warn", Label: "Warnings and errors"}, {Value: "error", Label: "Errors"}}
}

// instanceLog shows what an instance did since the start, and what it wrote last. A script
// asks for the same page with what comes behind a line.
func (c *Console) instanceLog(v *Visit) (*Answer, error) {
	i, _, err := v.theInstance()
	if err != nil {
		return nil, err
	}
	numbers, err := v.Desk.PluginNumbers(v, i.Name)
	if err != nil {
		return nil, err
	}
	after, _ := strconv.ParseUint(v.Ask("after"), 10, 64) // what is no number is the begin
	lines, err := v.Desk.PluginLog(v, i.Name, after)
	if err != nil {
		return nil, err
	}
	base := at(instancesPath, i.Name) + "/log"
	page := instancePage(v, i, "log", web.Live{ID: "numbers", Blocks: numberBlocks(numbers)}, logBlock(lines, after, v.Ask("level"), base))
	page.Buttons = append([]web.Button{{Label: "Read anew", URL: with(base, "level", v.Ask("level")), ID: "read-anew"}}, page.Buttons...)
	return show(page, nil)
}

// logBlock shows the lines behind one, as far as they are of the level.
func logBlock(lines []admin.LogLine, after uint64, level, base string) web.Log {
	log := web.Log{
		Title: "Log", Live: true, Last: after, Empty: "It wrote nothing since the server was started.",
		Search: &web.Search{Action: base, Inputs: []web.Input{{Name: "level", Label: "Show", Kind: "select", Value: level, Options: logLevels()}}},
	}
	if len(lines) > 0 {
		log.Last, log.Missed = lines[len(lines)-1].Number, missedWords(lines[0].Number, after)
	}
	for _, line := range lines {
		if ofLevel(line.Level, level) {
			kind := map[string]string{"warn": "warn", "error": "wrong"}[line.Level]
			log.Lines = append(log.Lines, web.LogLine{At: line.At, Level: line.Level, Text: line.Text, Kind: kind})
		}
	}
	if len(lines) > 0 {
		log.Empty = "It wrote nothing of this kind lately."
	}
	return log
}

// ofLevel reports whether a line of a level is shown where another is chosen.
func ofLevel(level, chosen string) bool {
	order := []string{"info", "warn", "error"}
	return slices.Index(order, level) >= slices.Index(order, chosen)
}

// missedWords says that lines are not there any more between the one that was read last and
// the first one that there is.
func missedWords(first, after uint64) string {
	switch missed := first - after - 1; {
	case first <= after:
		return "The server was started anew."
	case missed > 0 && after == 0:
		return upper(several(int(missed), "line", "lines")) + " before these are not kept any more."
	case missed > 0:
		return upper(several(int(missed), "line was", "lines were")) + " dropped here: it writes faster than is kept."
	}
	return ""
}
