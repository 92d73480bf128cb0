package web

import (
	"slices"
	"strings"
	"time"
)

// Console is a page of the administration: a title and what stands below it, block by
// block. It is in English, looks the same for every organisation, and takes no theme.
type Console struct {
	Title  string
	Lead   string   // a sentence below the title, or empty
	Badges []Badge  // beside the title
	Crumbs []Anchor // the ways up; the page itself is not among them
	Tabs   []Tab    // pages about the same thing
	// Buttons are what can be done with what the page is about, the most likely one first.
	Buttons []Button
	Blocks  []Block
	// Notice says what was done just now, Problem what could not be done, and why.
	Notice  string
	Problem string

	// What follows is the same on all pages, and filled in by whoever serves them.

	Menu []MenuGroup
	Self Self
	// Action is where forms are sent that name no other place, with Step and an action.
	Action string
	Step   string
}

// Self is who looks at the page.
type Self struct {
	Name, Login string
	Picture     string // "/avatar/ID", or empty
	Role        string // in words: "Owner of the server"
	AccountURL  string
	Logout      string // where the form that signs out is sent
}

// MenuGroup are pages of the console that belong together.
type MenuGroup struct {
	Title string // may be empty
	Items []MenuItem
}

// MenuItem leads to a page of the console.
type MenuItem struct {
	Label, URL string
	Icon       string // see console/icon.html
	Here       bool
}

// Anchor is a link.
type Anchor struct{ Label, URL string }

// Tab is one of several pages about the same thing.
type Tab struct {
	Label, URL string
	Count      string // how much is there, or empty
	Here       bool
}

// Badge is a word or two about a state. Kind is "", "good", "warn" or "wrong".
type Badge struct{ Text, Kind string }

// Button leads to URL; without one it sends Action and Values.
type Button struct {
	Label string
	// About says for what it is, where that is seen but not heard: "Ada Lovelace".
	About  string
	URL    string
	Action string
	Values []Field
	To     string // where it is sent; empty: [Console.Action]
	Kind   string // "", "primary" or "danger"
	ID     string // of the element; may be empty
	NewTab bool   // URL opens in a tab of its own
}

// Block is a part of a console page: one of the types below.
type Block interface{ block() string }

// Message says something about the page: Kind is "info", "good", "warn" or "wrong".
type Message struct {
	Kind, Title, Text string
	Buttons           []Button
}

// Prose is a text.
type Prose struct {
	Title      string
	Paragraphs []string
}

// Stats are numbers that one looks at first.
type Stats struct{ Items []Stat }

// Stat is such a number.
type Stat struct {
	Label, Value string
	Text         string // below it; may be empty
	URL          string // where it is told in full; may be empty
}

// Table lists things. The first cell of each row names it.
type Table struct {
	ID          string // unique on the page; needed where there are several
	Title, Text string
	Search      *Search // nil: nothing can be searched
	Columns     []string
	Rows        []Row
	Empty       string // in place of the rows, where there are none
	Buttons     []Button
	// First and Next lead to other pages of the list; empty: there are none.
	First, Next string
	Count       string // "3 users", or empty
	// Picking lets rows be ticked, to do the same with all of them; nil: none can be.
	Picking *Picking
	Live    bool // with a script, the page is read anew every few seconds
}

// Row is a line of a [Table].
type Row struct {
	Cells   []Cell
	Buttons []Button
	Pick    string // what is sent of a ticked row: "on" as "pick.PICK"; empty: it cannot be ticked
}

// Picking is what can be done with the ticked rows of a [Table], which needs an ID then.
type Picking struct {
	Hidden  []Field
	Buttons []Button
}

// Cell is what stands in a table, or as the value of a [Detail].
type Cell struct {
	Text   string
	URL    string    // where it leads; may be empty
	Sub    string    // below it, quieter
	At     time.Time // a moment, in place of Text
	Badges []Badge
	Code   bool // Text is something that programs read
	// Mark puts a circle ("person") or a square ("thing") with the first letter before it;
	// Picture is shown in the circle.
	Mark    string
	Picture string
}

// Search is the form above a table. It changes nothing: it is sent by GET.
type Search struct {
	Action string
	Inputs []Input
	More   []Input // asked for on demand, or where one has a value
	Hidden []Field
	Clear  string // where everything is listed; empty: it is
}

// Opened reports whether one of the inputs asked for on demand has a value.
func (s Search) Opened() bool {
	return slices.ContainsFunc(s.More, func(i Input) bool { return i.Value != "" })
}

// Tally shows how much there was of one or two things, period by period.
type Tally struct {
	ID, Title, Text string
	Series          []Series // one or two; the second stands on the first
	Labels          []string // of the periods
	More            *Anchor
}

// Series is a thing that is counted; Kind is as of [Badge].
type Series struct {
	Label, Kind string
	Counts      []int // one for each period
}

// Details are what is known of one thing.
type Details struct {
	Title, Text string
	Rows        []Detail
	Buttons     []Button
}

// Detail is a line of [Details].
type Detail struct {
	Label string
	Value Cell
	Hint  string // what it means; may be empty
}

// Form changes something. It sends step, Hidden, the inputs and the action of the button
// that was pressed.
type Form struct {
	ID          string // unique on the page; the prefix of its ids. Needed where there are several
	Title, Text string
	To          string // where it is sent; empty: [Console.Action]
	Upload      bool   // it has files, so it is sent as multipart/form-data
	Hidden      []Field
	Groups      []Group
	Problem     string // what is wrong with the whole of it
	Buttons     []Button
	Back        *Anchor // where one goes who does not want it
}

// Group are inputs that belong together.
type Group struct {
	Title, Text string
	Inputs      []Input
	Open        bool // else, with a title and Folds, it opens on demand
	Folds       bool
}

// Input is a field of a form.
type Input struct {
	Name, Label, Hint string
	// Kind is that of HTML ("text", "email", "url", "number", "password", "date", "color",
	// "search", "file", "datetime-local"), or "secret" (a password that may have several lines,
	// as a key has), "textarea", "select", "check" (one box, sends
	// "on"), "checks" (boxes, each of which sends "on" as NAME.VALUE) or "radio".
	Kind    string
	Value   string   // of a check: "on" or empty
	Values  []string // of checks
	Options []Option
	// Further are more options of a select, below names.
	Further []OptionGroup
	// Suggest are values that the browser offers.
	Suggest      []string
	Required     bool
	Optional     bool // says so beside the label
	Locked       string
	Code         bool // it is something that programs read
	Rows         int  // of a textarea
	Min, Max     string
	Step         string // of a number: "any" lets it have a fraction
	Autocomplete string // "off" where it is empty
	Placeholder  string
	Accept       string // of a file
	Many         bool   // several files
	Focus        bool
	Wide         bool // takes a whole line
	Problem      string
	// Was is what the field had when the page was made: sent along, so that two changes at
	// once can be told apart.
	Was      string
	Keeps    bool // Was is sent, even if it is empty
	Conflict *Conflict
}

// Option is what can be chosen.
type Option struct{ Value, Label, Hint string }

// OptionGroup are options of a select that stand below a name.
type OptionGroup struct {
	Name    string
	Options []Option
}

// Conflict says that somebody else changed the field meanwhile: which of both is to be
// kept is sent as "choose.NAME", "theirs" or "mine".
type Conflict struct {
	Stored string // what is stored now, in words
	Typed  string // what was typed, in words
	Theirs bool   // is chosen beforehand
}

// Checklist are steps, with what is done of them.
type Checklist struct {
	Title, Text string
	Items       []Check
}

// Check is such a step.
type Check struct {
	Title, Text string
	Done        bool
	Button      *Button
	Wrong       bool // it was tried, and something is to be mended
}

// Copies are values to take elsewhere, each with a button that copies it.
type Copies struct {
	Title, Text string
	Rows        []Copy
}

// Copy is such a value.
type Copy struct {
	Label, Value, Hint string
}

// Code is a text that programs read.
type Code struct {
	ID, Title, Text string
	Copies          bool // it has a button that copies it
}

// Feed is what happened, the newest first.
type Feed struct {
	ID, Title, Text string
	Items           []FeedItem
	Empty           string
	More            *Anchor
}

// FeedItem is one thing that happened.
type FeedItem struct {
	At     time.Time
	Text   string
	URL    string
	Sub    string
	Badges []Badge
}

// Order is a list whose order matters. Each item can be moved up and down, or to the place
// that is typed, and, with a script, be dragged: then Action is sent with "item" and "position".
type Order struct {
	ID, Title, Text string
	Action          string
	Values          []Field // sent with the action
	Items           []OrderItem
	Empty           string
	Buttons         []Button
}

// OrderItem is such an item; Name is sent as "item".
type OrderItem struct {
	Name, Label, Sub, URL string
	Badges                []Badge
	Buttons               []Button
}

// Steps are what is done one after the other.
type Steps struct {
	Title, Text string
	Items       []string
	Source      *Anchor // where it is told in full; it may be on another site
}

// Tiles are what one can choose among, each with a picture.
type Tiles struct {
	Title, Text string
	Items       []Tile
}

// Tile is one of them. Icon is the name of a built-in icon; for everything else stands a
// monogram of the title.
type Tile struct{ Title, Text, URL, Icon string }

// Split stands two columns side by side where there is room: the main one is wider.
type Split struct{ Main, Side []Block }

func (Message) block() string   { return "message" }
func (Prose) block() string     { return "prose" }
func (Stats) block() string     { return "stats" }
func (Table) block() string     { return "table" }
func (Details) block() string   { return "details" }
func (Form) block() string      { return "form" }
func (Checklist) block() string { return "checklist" }
func (Copies) block() string    { return "copies" }
func (Code) block() string      { return "code" }
func (Log) block() string       { return "log" }
func (Live) block() string      { return "live" }
func (Chart) block() string     { return "chart" }
func (Feed) block() string      { return "feed" }
func (Order) block() string     { return "order" }
func (Split) block() string     { return "split" }
func (Steps) block() string     { return "steps" }
func (Tiles) block() string     { return "tiles" }
func (Tally) block() string     { return "tally" }

func (Console) template() string { return "console" }

func (c Console) title(l *Locale) string {
	return l.wrong(c.Problem != "" || hasProblems(c.Blocks), c.Title+" – Postern administration")
}

func hasProblems(blocks []Block) bool {
	for _, b := range blocks {
		switch b := b.(type) {
		case Form:
			if len(b.problems()) > 0 {
				return true
			}
		case Split:
			if hasProblems(b.Main) || hasProblems(b.Side) {
				return true
			}
		}
	}
	return false
}

// problems lists what is wrong with the form, and where.
func (f Form) problems() (list []problem) {
	if f.Problem != "" {
		list = append(list, problem{"", f.Problem})
	}
	for _, group := range f.Groups {
		for _, input := range group.Inputs {
			if input.Problem != "" {
				list = append(list, problem{idOf(f.ID, input.focused()), input.Problem})
			}
		}
	}
	return list
}

// focused names the control that takes the focus for the whole input.
func (i Input) focused() string {
	if (i.Kind == "checks" || i.Kind == "radio") && len(i.Options) > 0 {
		return i.Name + "." + i.Options[0].Value
	}
	return i.Name
}

// idOf makes the id of a control: of letters that stand in a link to it as they are.
func idOf(form, name string) string {
	if form != "" {
		name = form + "-" + name
	}
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && !strings.ContainsRune(`"'<>&%#\`, r) {
			return r
		}
		return '_'
	}, name)
}
