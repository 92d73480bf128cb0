package web

import "time"

// DeviceCode asks for the code that a program without a browser shows. Action gets step
// and user_code with action "continue".
type DeviceCode struct {
	Action  string
	Step    string
	Name    string // display name of who is signed in
	Login   string
	Code    string // as typed, or from the address
	Problem string // what was wrong with the last try: a sentence, or empty
	// FieldRight says that nothing is wrong with what was typed.
	FieldRight bool
}

// Device asks whether the program may have the scopes. Action gets step with action
// "allow" or "deny".
type Device struct {
	Action string
	Step   string
	Client *Client
	Name   string // display name of who is signed in
	Login  string
	Scopes []Scope
	Code   string // that was typed, to compare
	// Address is where the program is, and Same says that this browser is there too.
	Address string
	Same    bool
	AskedAt time.Time
}

// DeviceDone says what became of it.
type DeviceDone struct {
	Program string // its name
	Allowed bool
	// Reason says why it was not: "group" (the account is in none that the program is for),
	// "policy", or empty where its person did not want it. Words are those of the policy, may
	// be empty.
	Reason string
	Words  string
	// AccountURL leads to what has access to the account; empty: to nowhere.
	AccountURL string
}

func (DeviceCode) template() string { return "devicecode" }
func (Device) template() string     { return "device" }
func (DeviceDone) template() string { return "devicedone" }

func (p DeviceCode) title(l *Locale) string { return l.wrong(p.Problem != "", l.Text("device.title")) }
func (p Device) title(l *Locale) string     { return l.about("device.confirm", p.Client) }

func (p DeviceDone) title(l *Locale) string {
	if p.Allowed {
		return l.Text("device.done", "program", p.Program)
	}
	return l.Text("device.denied", "program", p.Program)
}
