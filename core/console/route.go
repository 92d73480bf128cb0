package console

import (
	"context"
	"io"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/web"
)

// Path is where the console begins.
const Path = "/admin"

// Console makes the pages. All fields must be set.
type Console struct {
	Office  *desk.Office
	Store   Store
	Modules Modules
	Issuer  string
	Now     func() time.Time
}

// Store is what the console reads besides what the desk gives: who is there.
type Store interface {
	// HolderOf gives a user with their organisation and roles; [core.ErrNotFound] if there
	// is none, or one that is disabled.
	HolderOf(ctx context.Context, user core.ID) (*core.APIHolder, error)
	// Roles gives the roles of anybody; that of [core.User.Admin] need not be among them.
	Roles(ctx context.Context, holder core.ID) ([]core.RoleGrant, error)
}

// Route is a page of the console.
type Route struct {
	// Path has the parameters of the page after colons: "/admin/users/:id".
	Path string
	// Menu is the path of the item of the menu that the page belongs to.
	Menu string
	// Fresh says that the page is shown to none but who proved lately who they are. Who
	// did not signs in again and comes back to it.
	Fresh bool
	// Upload is how many bytes a form of the page may have, sent as multipart/form-data;
	// 0: it has no files.
	Upload int64
	Show   func(*Visit) (*Answer, error)
	// Actions are what the buttons of the page do, by their values.
	Actions map[string]Action
}

// Action is what a button does. Fresh ones are for who proved lately who they are: a page
// with a form to fill in is Fresh itself, so that nobody fills it in for nothing. Whose
// proof gets too old meanwhile gets what they entered back.
type Action struct {
	Fresh bool
	// Ask gives a question that is asked before it is done; nil asks nothing.
	Ask func(*Visit) (*Question, error)
	Do  func(*Visit) (*Answer, error)
}

// Answer is what comes of a visit: Page, File or To.
type Answer struct {
	Page *web.Console
	// Status of the page; 0 is 200.
	Status int
	// To is the local path to go on to. It may have a query.
	To string
	// Note is what the next page says was done: a sentence.
	Note string
	File *File
}

// File is sent to be kept.
type File struct {
	Name, Type string
	Write      func(io.Writer) error
}

// Routes gives the table of all pages.
func (c *Console) Routes() []Route {
	var all []Route
	for _, table := range [][]Route{
		c.overviewRoutes(), c.organisationRoutes(), c.userRoutes(), c.groupRoutes(),
		c.sessionRoutes(), c.roleRoutes(), c.accountRoutes(), c.tokenRoutes(),
		c.auditRoutes(), c.mailRoutes(), c.importRoutes(), c.settingRoutes(),
		c.clientRoutes(), c.registrationRoutes(), c.explainRoutes(), c.connectorRoutes(), c.pluginRoutes(), c.instanceRoutes(), c.keyRoutes(), c.managedRoutes(),
	} {
		all = append(all, table...)
	}
	return all
}

// show answers with a page.
func show(page *web.Console, err error) (*Answer, error) {
	if err != nil {
		return nil, err
	}
	return &Answer{Page: page}, nil
}

// done leads on, with a note about what was done.
func done(to, note string) (*Answer, error) { return &Answer{To: to, Note: note}, nil }
