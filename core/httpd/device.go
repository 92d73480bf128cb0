package httpd

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/grant"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

// deviceAuthorization is the endpoint that a program without a browser begins with (RFC
// 8628 section 3.1).
func (s *Server) deviceAuthorization(c echo.Context) error {
	secret(c)
	params, err := s.postForm(c)
	if err != nil {
		return s.refuseToken(c, oauth.AsError(err))
	}
	header, refusal := authorization(c)
	if refusal != nil {
		return s.refuseToken(c, refusal)
	}
	made, refusal := s.Grant.AuthorizeDevice(c.Request().Context(), grant.Request{
		Params: params, Authorization: header, IP: c.RealIP(), UserAgent: c.Request().UserAgent(), Correlation: correlation(c),
	})
	if refusal != nil {
		if refusal.Status == http.StatusTooManyRequests {
			c.Response().Header().Set(echo.HeaderRetryAfter, "10")
		}
		return s.writeTokenError(c, refusal)
	}
	return c.Blob(http.StatusOK, typeJSON, made.Body(s.Issuer))
}

// devicePage is where its person goes (RFC 8628 section 3.3).
func (s *Server) devicePage(c echo.Context) error {
	params, err := oauth.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	return s.answer(c, s.Flow.Device(c.Request().Context(), params.Get("step"), params.Get(oauth.ParamUserCode), browser(c)))
}

// device takes the code, and whether the program may have what it asks for.
func (s *Server) device(c echo.Context) error {
	params, step, err := s.stepForm(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	switch params.Get("action") {
	case "continue":
		return s.answer(c, s.Flow.EnterDeviceCode(ctx, step, params.Get(oauth.ParamUserCode), browser(c)))
	case "allow":
		return s.answer(c, s.Flow.DecideDevice(ctx, step, true, browser(c)))
	case "deny":
		return s.answer(c, s.Flow.DecideDevice(ctx, step, false, browser(c)))
	}
	return noAction()
}

// deviceView turns what the flow shows of a program without a browser into a page; nil for
// everything else.
func (s *Server) deviceView(c echo.Context, page flow.Page) web.Page {
	l := s.locale(c)
	switch p := page.(type) {
	case *flow.DeviceCodePage:
		shown := web.DeviceCode{
			Action: flow.PathDevice, Step: p.Step, Name: p.User.DisplayName(), Login: p.User.Name, Code: p.Code,
			FieldRight: p.Problem == flow.ProblemThrottled || p.Problem == flow.ProblemBusy,
		}
		shown.Problem = map[flow.Problem]string{
			flow.ProblemMissing: l.Text("device.missing"), flow.ProblemCode: l.Text("device.wrong"),
			flow.ProblemThrottled: l.Text("device.throttled"), flow.ProblemBusy: l.Text("login.busy"),
		}[p.Problem]
		return shown
	case *flow.DevicePage:
		return web.Device{
			Action: flow.PathDevice, Step: p.Step, Client: party(p.Client), Name: p.User.DisplayName(), Login: p.User.Name,
			Scopes: scopeLines(l, p.Scopes), Code: p.Code, Address: p.IP, Same: p.Same, AskedAt: p.AskedAt,
		}
	case *flow.DeviceDonePage:
		return deviceDone(p)
	}
	return nil
}

func deviceDone(p *flow.DeviceDonePage) web.DeviceDone {
	page := web.DeviceDone{Program: p.Program, Allowed: p.Allowed, Words: p.Words}
	switch {
	case p.Allowed:
		page.AccountURL = pathApplications
	case p.Reason == "not_in_allowed_group":
		page.Reason = "group"
	case p.Reason != flow.ReasonDeviceDenied && p.Reason != flow.ReasonCancelled:
		page.Reason = "policy"
	}
	return page
}
