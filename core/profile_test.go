package core_test

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
)

func TestProfileProblems(t *testing.T) {
	long := strings.Repeat("ä", core.MaxLine)
	good := core.Profile{
		DisplayName: long, GivenName: "Ada", Address: core.Address{Street: "1 Street\n\tBack", Country: "Österreich"},
		Bio: strings.Repeat("é", core.MaxText), URL: "https://example.org/~ada", Picture: "http://127.0.0.1:8080/avatar/1", Website: "HTTPS://example.org",
		Phone: "+49 (30) 123-456.7", CountryCode: "DE", Locale: "zh-Hant-TW", Zoneinfo: "America/Argentina/Buenos_Aires",
		Birthdate: "0000-12-31", Appearance: core.AppearanceDark,
	}
	if wrong := good.Problems(); wrong != nil {
		t.Errorf("a good profile: %+v", wrong)
	}
	if wrong := (&core.Profile{Birthdate: "1815", Appearance: core.AppearanceLight}).Problems(); wrong != nil {
		t.Errorf("a good profile: %+v", wrong)
	}
	for _, c := range []struct {
		name  string
		edit  func(*core.Profile)
		field string
		kind  core.FieldProblemKind
		limit int
	}{
		{"long name", func(p *core.Profile) { p.DisplayName = long + "x" }, "display_name", core.FieldLong, core.MaxLine},
		{"name of two lines", func(p *core.Profile) { p.FamilyName = "a\nb" }, "family_name", core.FieldLine, 0},
		{"name turned round", func(p *core.Profile) { p.Nickname = "a\u202eb" }, "nickname", core.FieldLine, 0},
		{"name that is no text", func(p *core.Profile) { p.GivenName = "a\xff" }, "given_name", core.FieldLine, 0},
		{"long street", func(p *core.Profile) { p.Address.Street = strings.Repeat("x", core.MaxText+1) }, "street", core.FieldLong, core.MaxText},
		{"street with an escape", func(p *core.Profile) { p.Address.Street = "a\x1b[2J" }, "street", core.FieldText, 0},
		{"script", func(p *core.Profile) { p.Website = "javascript:alert(1)" }, "website", core.FieldAddress, 0},
		{"address without a host", func(p *core.Profile) { p.URL = "https:///x" }, "profile_url", core.FieldAddress, 0},
		{"address with a password", func(p *core.Profile) { p.Picture = "https://a:b@example.org" }, "picture", core.FieldAddress, 0},
		{"long address", func(p *core.Profile) { p.Website = "https://example.org/" + strings.Repeat("x", core.MaxText) }, "website", core.FieldAddress, 0},
		{"no phone", func(p *core.Profile) { p.Phone = "call me" }, "phone", core.FieldForm, 0},
		{"no country", func(p *core.Profile) { p.CountryCode = "de" }, "country_code", core.FieldForm, 0},
		{"no language", func(p *core.Profile) { p.Locale = "e" }, "locale", core.FieldForm, 0},
		{"no zone", func(p *core.Profile) { p.Zoneinfo = "../../etc/passwd" }, "zoneinfo", core.FieldForm, 0},
		{"no date", func(p *core.Profile) { p.Birthdate = "1990-02-30" }, "birthdate", core.FieldForm, 0},
		{"no appearance", func(p *core.Profile) { p.Appearance = "\"><script>" }, "appearance", core.FieldForm, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			profile := good
			c.edit(&profile)
			wrong := profile.Problems()
			if len(wrong) != 1 || wrong[0].Field != c.field || wrong[0].Kind != c.kind || wrong[0].Limit != c.limit || wrong[0].Value == "" {
				t.Errorf("got %+v", wrong)
			}
		})
	}
}
