// Package colour reads colours, and makes of one what pages need to be readable with it.
//
// It owns the arithmetic of WCAG 2.2 and what the pages of this server stand on. It never
// knows what a page looks like. admin checks colours by it, and web paints with them.
package colour
