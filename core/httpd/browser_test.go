package httpd

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/core/oauth"
)

// TestChromiumLeaves goes to a provider and back in a real browser, which holds the
// redirects in answer to a form to the form-action of its page: those of ours, and those
// of the provider, who allows forms to lead to us and nowhere else.
func TestChromiumLeaves(t *testing.T) {
	chromium := needs.Program(t, "chromium")
	w := newWorld(t)
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	client := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<p id="arrived">%s</p>`, html.EscapeString(r.URL.Query().Get("code")))
	}))
	t.Cleanup(client.Close)
	w.addClient("local", client.URL+"/cb")
	provider := httptest.NewServer(providerOf(server.URL))
	t.Cleanup(provider.Close)
	w.hub.origin = provider.URL
	query := url.Values{"client_id": {"local"}, "redirect_uri": {client.URL + "/cb"}, "response_type": {"code"}, "scope": {"openid"}}
	for _, button := range []string{"#redirect", "#post"} {
		ctx := newTab(t, chromium)
		steps := []chromedp.Action[chromedp.Void]{
			chromedp.Navigate(server.URL + oauth.PathAuthorize + "?" + query.Encode()),
			chromedp.Click(chromedp.CSS("#upstream-hub")),
			chromedp.Click(chromedp.CSS(button)),
			chromedp.WaitVisible(chromedp.CSS("#arrived")),
		}
		for i, step := range steps {
			if err := within(ctx, step); err != nil {
				at, _ := chromedp.Run(ctx, chromedp.Location())
				t.Fatalf("%s, step %d: %v, at %s", button, i, err, at)
			}
		}
		if code, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("#arrived"))); err != nil || strings.TrimSpace(code) == "" {
			t.Errorf("%s: the client got code %q, %v", button, code, err)
		}
	}
}

// providerOf is a provider whose form answers with a redirect to us, or posts to us.
func providerOf(server string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		state, callback := r.FormValue("state"), server+flow.PathCallback+"hub"
		if r.Method == http.MethodPost {
			http.Redirect(w, r, callback+"?code=c&state="+url.QueryEscape(state), http.StatusSeeOther)
			return
		}
		w.Header().Set("Content-Security-Policy", "default-src 'none'; form-action 'self' "+server)
		w.Header().Set("Content-Type", "text/html")
		fields := fmt.Sprintf(`<input type="hidden" name="code" value="c"><input type="hidden" name="state" value="%s">`, html.EscapeString(state))
		fmt.Fprintf(w, `<form method="post" action="/go">%s<button id="redirect">Go</button></form>`, fields)
		fmt.Fprintf(w, `<form method="post" action="%s">%s<button id="post">Post</button></form>`, callback, fields)
	})
}

// newTab opens a browser of its own: nobody is signed in.
func newTab(t *testing.T, chromium string) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// within gives up after a time in which a browser would long have arrived.
func within(ctx context.Context, step chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return chromedp.Do(ctx, step)
}
