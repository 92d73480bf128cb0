// Package console owns the pages on which administrators work in a browser: which there
// are, what is on them and what their buttons do.
//
// A [Route] is a page: its path, what shows it, and its actions, by the values of its
// buttons. [Console.Routes] is the table of all of them. Handlers get a [Visit]: who is
// there, what they sent, and the [desk.Desk] at which they have everything done; they give
// an [Answer]: a page made of the blocks of package web, or a path to go on to with a note
// about what was done.
//
// To add a page, write its handlers in a file of its own, give it a row in the table of its
// file (as userRoutes does), name that table in Routes, and name the page in the menu if it
// begins a part of the console. What the shell does for every page: who is not signed in
// signs in first and comes back; who has no role is refused; forms carry the signed step;
// actions that are Fresh, and pages that are, are for who proved lately who they are. An
// error of the desk becomes a page: what is invalid and belongs to no form is shown above
// the page again, [desk.DeniedError] is a 403, [admin.MissingError] a 404. Menu, breadcrumbs'
// beginning and who is there are filled in too. A form for something that others may change
// at the same time is a [Sheet]: it carries the version, and tells conflicts field by field.
// What a role does not allow is not offered: ask [Visit.May] before a button is shown; the
// desk refuses it in any case.
//
// It decides nothing about rights and never writes to the store: the desk does. It knows
// nothing of HTTP: httpd mounts the table. It imports core, admin, desk, intake and web;
// httpd and app import it.
package console
