package web

import (
	"encoding/base64"
	"errors"
	"html"
	"html/template"
	"maps"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// maxLogo bounds a logo within a page: it is sent again with each page.
const maxLogo = 128 << 10

// assetCharacters are what the path of an asset is made of.
const assetCharacters = "/.-0123456789abcdefghijklmnopqrstuvwxyz"

// functions are what templates can call.
func functions(files *assets) template.FuncMap {
	return template.FuncMap{
		"asset":       files.url,
		"icon":        files.icon,
		"logo":        logo,
		"monogram":    monogram,
		"remote":      remoteLogo,
		"themeLogo":   func(look Look) template.URL { return themeImage(look.Theme, (*Theme).logo) },
		"themeIcon":   func(look Look) template.URL { return themeImage(look.Theme, (*Theme).icon) },
		"link":        link,
		"sendTo":      sendTo,
		"refreshTo":   refreshTo,
		"refreshSoon": refreshSoon,
		"hrefTo":      hrefTo,
		"frameOf":     frameOf,
		"problems":    problems,
		"wrong":       wrong,
		"aria":        aria,
		"focus":       focus,
		"picture":     picture,
		"qr":          drawQR,
		"sections":    sections,
		"div":         func(a, b int) int { return a / b },
		"join":        func(list []string) string { return strings.Join(list, ", ") },
		"words":       func(list []string) string { return strings.Join(list, " ") },
		"of":          func(person Person, icon string, value any) ofPerson { return ofPerson{person, icon, value} },
		"spaced":      spaced,
		"appLink":     appLink,

		"languagePath": func() string { return LanguagePath },
	}
}

// logo gives the URI back if a page may show it as an image under img-src 'self'
// data:, else "". An SVG is safe here, because a browser that shows it by <img> runs no
// script of it and loads nothing for it.
func logo(uri string) template.URL {
	if strings.HasPrefix(uri, AssetsPrefix) && path.Clean(uri) == uri && strings.Trim(uri, assetCharacters) == "" {
		return template.URL(uri)
	}
	data, isImage := strings.CutPrefix(uri, "data:image/")
	kind, encoded, isBase64 := strings.Cut(data, ";base64,")
	if !isImage || !isBase64 || len(uri) > maxLogo {
		return ""
	}
	if !slices.Contains([]string{"png", "jpeg", "gif", "webp", "avif", "svg+xml"}, kind) {
		return ""
	}
	image, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(image) == 0 || strings.ContainsAny(encoded, "\r\n") { // the decoder skips line breaks
		return ""
	}
	return template.URL(uri)
}

// remoteLogo gives the URI back if it is an address of https, else "".
func remoteLogo(uri string) template.URL {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	return template.URL(u.String())
}

// RemoteLogos gives the addresses of all images that the page loads from elsewhere, where
// it is allowed to.
func RemoteLogos(page Page) []string { return remoteLogos(reflect.ValueOf(page)) }

func remoteLogos(value reflect.Value) (list []string) {
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !value.IsNil() {
			return remoteLogos(value.Elem())
		}
	case reflect.Slice:
		for i := range value.Len() {
			list = append(list, remoteLogos(value.Index(i))...)
		}
	case reflect.Struct:
		if client, is := value.Interface().(Client); is {
			if logo(client.LogoURI) == "" && remoteLogo(client.RemoteLogo) != "" {
				list = append(list, client.RemoteLogo)
			}
			return list
		}
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				list = append(list, remoteLogos(value.Field(i))...)
			}
		}
	}
	return list
}

// icon is the image of a provider, "" for a monogram.
func (a *assets) icon(icon string) template.URL {
	name := "icon-" + icon + ".svg"
	if icon == "postern" {
		name = "mark.svg"
	}
	if uri, err := a.url(name); err == nil {
		return template.URL(uri)
	}
	return logo(icon)
}

// monogram is the first letter or digit of the name, for where there is no image.
func monogram(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "•"
}

// link gives the URI back if it is a web address that a person can be offered,
// else "". They come from the registration of a client, so they may hold anything.
func link(uri string) string {
	parsed, err := url.Parse(uri)
	if err != nil || parsed.Host == "" || parsed.User != nil || parsed.Scheme != "https" && parsed.Scheme != "http" {
		return ""
	}
	return uri
}

var errAction = errors.New("a page may lead to http, https and private-use URIs only")

// sendTo is the action attribute of the form that carries an authorization
// response. html/template would rewrite the URI where it holds brackets or
// quotes, and the redirect URI must be used as it was registered, so the attributes
// that lead away are made here. Private-use schemes have a dot (RFC 8252 section 7.1), which those that run script have not.
func sendTo(uri string) (template.HTMLAttr, error) {
	return attribute("action", "", uri)
}

// refreshTo is the content attribute of the meta element by which a page leads on
// (HTML, "shared declarative refresh steps": what follows "url=" is the URI to the end,
// whatever it holds, as it begins with no quote).
func refreshTo(uri string) (template.HTMLAttr, error) { return attribute("content", "0; url=", uri) }

// refreshSoon is the same for a page whose frames do something. Browsers count from when
// all of them have loaded.
func refreshSoon(uri string) (template.HTMLAttr, error) { return attribute("content", "2; url=", uri) }

// frameOf is the src attribute of a frame.
func frameOf(uri string) (template.HTMLAttr, error) {
	if link(uri) == "" {
		return "", errAction
	}
	return attribute("src", "", uri)
}

// hrefTo is the attribute of the link beside it.
func hrefTo(uri string) (template.HTMLAttr, error) { return attribute("href", "", uri) }

func attribute(key, before, uri string) (template.HTMLAttr, error) {
	parsed, err := url.Parse(uri)
	if err != nil || strings.ContainsFunc(uri, unicode.IsControl) { // a fragment may hold them
		return "", errAction
	}
	if parsed.Scheme != "https" && parsed.Scheme != "http" && !strings.Contains(parsed.Scheme, ".") {
		return "", errAction
	}
	return template.HTMLAttr(key + `="` + before + html.EscapeString(uri) + `"`), nil
}

// problem is a line of an error summary. Field is the id of its input, or empty.
type problem struct{ Field, Text string }

// problems lists what is wrong in the order of the form; what belongs to no
// field of it comes first.
func problems(byField map[string]string) []problem {
	var list []problem
	fields := fieldOrder()
	for _, field := range slices.Sorted(maps.Keys(byField)) {
		if !slices.Contains(fields, field) && byField[field] != "" {
			list = append(list, problem{"", byField[field]})
		}
	}
	for _, field := range fields {
		if byField[field] != "" {
			list = append(list, problem{field, byField[field]})
		}
	}
	return list
}

// fieldOrder are the fields that can be wrong, in the order in which any page has them.
func fieldOrder() []string {
	return []string{
		"picture", "username", "name", "given_name", "family_name", "nickname", "email", "phone_number", "birthdate", "website",
		"code", "current", "password", "confirm",
	}
}

// wrong is what stands above a field; nil where nothing is wrong with it.
func wrong(byField map[string]string, field string) *problem {
	if byField[field] == "" {
		return nil
	}
	return &problem{field, byField[field]}
}

// aria describes a field by what is wrong with it and by its hints.
func aria(byField map[string]string, field string, hints ...string) template.HTMLAttr {
	var marked string
	if byField[field] != "" {
		marked = ` aria-invalid="true"`
		hints = append([]string{field + "-problem"}, hints...)
	}
	if len(hints) == 0 {
		return ""
	}
	return template.HTMLAttr(strings.TrimPrefix(marked+` aria-describedby="`+html.EscapeString(strings.Join(hints, " "))+`"`, " "))
}

// focus reports whether the field is where a person goes on: the first one that is wrong,
// else the first of the page.
func focus(byField map[string]string, field, first string) bool {
	for _, problem := range problems(byField) {
		if problem.Field != "" {
			return problem.Field == field
		}
	}
	return field == first
}

// picture gives the address of a person's picture back if it is one of ours.
func picture(uri string) template.URL {
	id, ours := strings.CutPrefix(uri, "/avatar/")
	if !ours || id == "" || strings.Trim(id, "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	return template.URL(uri)
}

// ofPerson is something on an account page that has forms of its own.
type ofPerson struct {
	Person Person
	Icon   string
	Value  any
}

// spaced parts a text into groups of four, as people read it out.
func spaced(text string) string {
	var out strings.Builder
	for i, r := range []rune(text) {
		if i > 0 && i%4 == 0 {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
	}
	return out.String()
}

// appLink gives the address back if it is one that an app for codes opens.
func appLink(uri string) template.URL {
	if u, err := url.Parse(uri); err != nil || u.Scheme != "otpauth" || u.Host != "totp" {
		return ""
	}
	return template.URL(uri)
}

// plain drops control and direction characters, with which a name could change
// how the words around it read where markup cannot isolate it.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, text)
}
