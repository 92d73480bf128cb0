package microsoft_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-id/postern/plugins/microsoft"
	"github.com/postern-id/postern/plugins/oidc"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/go/posterntest"
	"github.com/postern-id/postern/sdk/hook"
)

func TestCases(t *testing.T) {
	posterntest.Run(t, postern.NewModule(microsoft.Plugin()), "cases")
}

// TestPatternOfTenant holds that nothing but a tenant is put into the URL of the issuer.
func TestPatternOfTenant(t *testing.T) {
	properties, _ := microsoft.Plugin().Manifest.Settings.Object().Get("properties")
	tenant, _ := properties.Object().Get("tenant")
	text, _ := tenant.Object().Get("pattern")
	pattern := regexp.MustCompile(text.Text())
	for tenant, good := range map[string]bool{
		"common":                               true,
		"organizations":                        true,
		"consumers":                            true,
		"72f988bf-86f1-41af-91ab-2d7cd011db47": true,
		"72F988BF-86F1-41AF-91AB-2D7CD011DB47": true,
		"contoso.onmicrosoft.com":              true,
		"contoso.com":                          true,
		"":                                     false,
		"contoso":                              false,
		"{tenant}":                             false,
		"contoso.com/../x":                     false,
		"contoso.com?x":                        false,
		"contoso.com#x":                        false,
		"contoso..com":                         false,
		"../../x.com":                          false,
		"contoso.com\n":                        false,
		"a@contoso.com":                        false,
		"72f988bf-86f1-41af-91ab-2d7cd011db4":  false,
	} {
		if pattern.MatchString(tenant) != good {
			t.Errorf("%q: want %v", tenant, good)
		}
	}
}

const (
	tid = "72f988bf-86f1-41af-91ab-2d7cd011db47"
	oid = "690222be-ff1a-4d56-abd1-7e4f7d38e474"
)

// signIn finishes with these settings and claims besides the usual, at a Graph that
// answers with pages of three groups for ever.
func signIn(t *testing.T, settings, claims string) (out *hook.LoginOutput, pages int, log string, err error) {
	t.Helper()
	host := posterntest.Host{
		ExchangeOIDC: func(*hook.OIDCExchangeRequest) (*hook.OIDCExchangeAnswer, error) {
			return &hook.OIDCExchangeAnswer{Claims: oidc.Constant(`{"sub":"s","tid":"` + tid + `","oid":"` + oid + `"` + claims + `}`).Object()}, nil
		},
		Fetch: func(r *hook.Fetch) (*hook.FetchResponse, error) {
			if !r.Exchanged || !strings.HasPrefix(r.URL, "https://graph.microsoft.com/v1.0/me/") {
				t.Errorf("asked %+v", r)
			}
			pages++
			n := strconv.Itoa(pages)
			member := func(id string) string { return `{"@odata.type":"#microsoft.graph.group","id":"` + id + n + `"}` }
			return &hook.FetchResponse{Status: 200, Body: `{"value":[` + member("a") + "," + member("b") + "," + member("c") +
				`],"@odata.nextLink":"https://graph.microsoft.com/v1.0/me/transitiveMemberOf?$skiptoken=` + n + `"}`}, nil
		},
		Log: func(line string) { log += line + "\n" },
	}
	host.Use(t)
	out, err = microsoft.Plugin().LoginFinish(&hook.LoginInput{Settings: oidc.Constant(`{"tenant":"` + tid + `","client_id":"c"` + settings + `}`)})
	return out, pages, log, err
}

// TestGraphEnds holds that a Graph that always has one more page keeps nobody waiting.
func TestGraphEnds(t *testing.T) {
	out, pages, log, err := signIn(t, `,"groups":"graph"`, ``)
	if err != nil || pages != 4 || len(out.Identity.Groups) != 12 || !strings.Contains(log, "more than 12 groups") {
		t.Errorf("%v after %d pages, %q: %+v", err, pages, log, out)
	}
}

// TestOverageIsLogged holds that the operator learns where groups went, and that nobody
// is let in whose groups nobody knows.
func TestOverageIsLogged(t *testing.T) {
	const overage = `,"_claim_names":{"groups":"src1"}`
	out, pages, log, err := signIn(t, ``, overage)
	if err != nil || pages != 0 || len(out.Identity.Groups) != 0 || !strings.Contains(log, "grant http.fetch for graph.microsoft.com") {
		t.Errorf("%v, %d pages, %q: %+v", err, pages, log, out)
	}
	if out, _, _, err := signIn(t, `,"allowed_groups":["a"]`, overage); err == nil {
		t.Errorf("signed in: %+v", out)
	}
}

// TestSubject holds that nothing that can be chosen has a part in whom an account is
// known by.
func TestSubject(t *testing.T) {
	for claims, want := range map[string]string{
		`,"email":"victim@example.com","preferred_username":"victim@example.com","upn":"victim"`: tid + "/" + oid,
		`,"xms_edov":true`: tid + "/" + oid,
	} {
		out, _, _, err := signIn(t, ``, claims)
		if err != nil || out.Identity.Subject != want || out.Identity.EmailVerified {
			t.Errorf("%s: %v, %+v", claims, err, out)
		}
	}
}
