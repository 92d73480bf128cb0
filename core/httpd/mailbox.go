package httpd

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/mail"
	"github.com/postern-id/postern/web"
)

const (
	pathMailbox = "/mailbox"
	paramMail   = "mail"
)

// Mailbox has the mails that a server without a mail server would have sent.
type Mailbox interface {
	Entries(ctx context.Context) ([]mail.Entry, error)
	// Entry gives [core.ErrNotFound].
	Entry(ctx context.Context, id core.ID) (*mail.Entry, error)
}

// mailboxURL is where the mailbox is; empty where there is none.
func (s *Server) mailboxURL() string {
	if s.Mailbox == nil {
		return ""
	}
	return pathMailbox
}

// onlyHere lets browsers of this machine alone see a page: not those that come by a proxy,
// and no site of others whose name leads here. To all others there is no such page.
func (s *Server) onlyHere(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		issuer, bad := url.Parse(s.Issuer)
		if err != nil || bad != nil || !peer.Addr().Unmap().IsLoopback() || r.Host != issuer.Host || forwarded(r.Header) {
			return echo.ErrNotFound
		}
		return next(c)
	}
}

// forwarded reports whether a proxy says that it stands between.
func forwarded(h http.Header) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"} {
		if h.Get(name) != "" {
			return true
		}
	}
	return false
}

// mailbox lists the mails.
func (s *Server) mailbox(c echo.Context) error {
	entries, err := s.Mailbox.Entries(c.Request().Context())
	if err != nil {
		return err
	}
	page := web.Mailbox{}
	for _, e := range entries {
		shown := web.MailboxMail{ID: string(e.Mail.ID), To: e.Mail.To, Subject: e.Letter.Subject, Text: e.Letter.Text, At: e.Mail.CreatedAt}
		if e.Link != "" {
			shown.Links = []string{e.Link}
		}
		if e.Letter.HTML != "" {
			shown.FrameURL = pathMailbox + "/" + url.PathEscape(string(e.Mail.ID))
		}
		page.Mails = append(page.Mails, shown)
	}
	return s.page(c, http.StatusOK, pageWith{Page: page, FrameTargets: []string{"'self'"}})
}

// mailPolicy holds a mail to what it is made of: nothing runs in it, nothing is loaded for
// it, and it leads away by its links alone.
const mailPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; " +
	"sandbox allow-top-navigation-by-user-activation"

// mailHTML shows one mail as its reader would see it, in a frame of the mailbox.
func (s *Server) mailHTML(c echo.Context) error {
	entry, err := s.Mailbox.Entry(c.Request().Context(), core.ID(c.Param(paramMail)))
	if errors.Is(err, core.ErrNotFound) || err == nil && entry.Letter.HTML == "" {
		return echo.ErrNotFound
	}
	if err != nil {
		return err
	}
	secret(c)
	h := c.Response().Header()
	h.Set("Content-Security-Policy", mailPolicy)
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	// Its links lead out of the frame.
	return c.HTML(http.StatusOK, strings.Replace(entry.Letter.HTML, "<head>", `<head><base target="_top">`, 1))
}
