// Package walk walks through an example as a person does: programs are built and
// started, commands are typed, and a real browser, Chromium, reads pages, fills them
// in and presses buttons. A picture of every page that it sees stays in screenshots/.
//
// It owns nothing of what an example shows. Only tests of examples import it.
package walk
