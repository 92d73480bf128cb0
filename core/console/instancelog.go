package console

import "github.com/postern-id/postern/web"

// instanceLog shows what an instance did since the start, and what it wrote last.
func (c *Console) instanceLog(v *Visit) (*Answer, error) {
	i, _, err := v.theInstance()
	if err != nil {
		return nil, err
	}
	numbers, err := v.Desk.PluginNumbers(v, i.Name)
	if err != nil {
		return nil, err
	}
	lines, err := v.Desk.PluginLog(v, i.Name, 0)
	if err != nil {
		return nil, err
	}
	log := web.Log{Title: "Log", Live: v.Ask("live") != "", Empty: "It wrote nothing since the server was started."}
	for _, line := range lines {
		kind := map[string]string{"warn": "warn", "error": "wrong"}[line.Level]
		log.Lines = append(log.Lines, web.LogLine{At: line.At, Level: line.Level, Text: line.Text, Kind: kind})
	}
	blocks := numberBlocks(numbers)
	base := at(instancesPath, i.Name) + "/log"
	follow := web.Button{Label: "Follow", URL: base + "?live=on", ID: "follow"}
	if log.Live {
		follow = web.Button{Label: "Stop following", URL: base, ID: "follow"}
	}
	page := instancePage(v, i, "log", append(blocks, log)...)
	page.Buttons = append([]web.Button{follow, {Label: "Read anew", URL: v.Here + map[bool]string{true: "?live=on"}[log.Live]}}, page.Buttons...)
	return show(page, nil)
}
