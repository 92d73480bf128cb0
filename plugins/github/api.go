package github

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-id/postern/plugins/document"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// apiVersion is the version of GitHub's REST API that this package was written for.
const apiVersion = "2022-11-28"

// maxPages bounds each list. A page of organisations has a hundred, one of teams, which
// are longer, fifty: the host takes answers of 256 KiB.
const maxPages = 10

// found is what GitHub says of a person.
type found struct {
	user  hook.Object
	email string   // the primary one, or empty
	known bool     // it is the person's
	orgs  []string // "octo-org"
	teams []string // "octo-org:justice-league"
	// partial says that organisations were left out, because the person has not
	// signed in with their single sign-on.
	partial bool
}

// list is a list of GitHub, as far as it was read.
type list struct {
	path string // "/user/orgs"
	next string // URL of the next page; empty: that was the last
	// name gives what an element is called; empty if it has no name.
	name  func(hook.Object) string
	names []string
}

// ask fetches the person and, side by side, the lists that matter.
func ask(s *settings) (*found, error) {
	var lists []*list
	if s.asksOrgs() {
		lists = append(lists, &list{path: "/user/orgs", next: s.api + "/user/orgs?per_page=100", name: orgName})
	}
	if s.asksTeams() {
		lists = append(lists, &list{path: "/user/teams", next: s.api + "/user/teams?per_page=50", name: teamName})
	}
	urls := []string{s.api + "/user", s.api + "/user/emails?per_page=100"}
	for _, l := range lists {
		urls = append(urls, l.next)
	}
	responses, err := fetch(urls)
	if err != nil {
		return nil, err
	}
	found := &found{}
	if found.user, err = userOf(&responses[0]); err != nil {
		return nil, err
	}
	if found.email, found.known, err = s.emailOf(&responses[1]); err != nil {
		return nil, err
	}
	if err := found.collect(s.api, lists, responses[2:]); err != nil {
		return nil, err
	}
	for _, l := range lists {
		if l.path == "/user/orgs" {
			found.orgs = l.names
		} else {
			found.teams = l.names
		}
	}
	return found, nil
}

func fetch(urls []string) ([]hook.FetchResponse, error) {
	requests := make([]hook.Fetch, len(urls))
	for i, url := range urls {
		requests[i] = hook.Fetch{URL: url, Exchanged: true, Headers: hook.Object{
			{Name: "accept", Value: hook.String("application/vnd.github+json")},
			{Name: "x-github-api-version", Value: hook.String(apiVersion)},
		}}
	}
	return postern.FetchAll(requests...)
}

func userOf(r *hook.FetchResponse) (hook.Object, error) {
	if err := check(r, "/user"); err != nil {
		return nil, err
	}
	v, err := document.Read(r, "GitHub's /user")
	if err == nil && v.Kind() != hook.KindObject {
		err = errors.New("GitHub's /user is no object")
	}
	return v.Object(), err
}

// emailOf gives the primary address if it is verified. An Enterprise Server cannot verify
// any, whatever it says of them: there it is the operator's word. Without the scope, or the permission of a GitHub App, the list is refused:
// then nothing is known.
func (s *settings) emailOf(r *hook.FetchResponse) (email string, verified bool, err error) {
	if r.Error == nil && (r.Status == 404 || r.Status == 403 && !isLimited(r)) {
		return "", false, nil
	}
	if err := check(r, "/user/emails"); err != nil {
		return "", false, err
	}
	v, err := document.Read(r, "GitHub's /user/emails")
	if err != nil {
		return "", false, err
	}
	if v.Kind() != hook.KindArray {
		return "", false, errors.New("GitHub's /user/emails is no array")
	}
	for _, element := range v.List() {
		o := element.Object()
		if primary, _ := o.Get("primary"); !primary.Bool() {
			continue
		}
		email = text(o, "email")
		if s.isServer() {
			return email, email != "" && s.trustEmail, nil
		}
		if said, _ := o.Get("verified"); said.Bool() {
			return email, email != "", nil
		}
	}
	return "", false, nil
}

// collect reads the lists to their ends, a page of each at a time.
func (f *found) collect(api string, lists []*list, responses []hook.FetchResponse) error {
	for range maxPages {
		var pending []*list
		var urls []string
		for i, l := range lists {
			if err := f.page(api, l, &responses[i]); err != nil {
				return err
			}
			if l.next != "" {
				pending, urls = append(pending, l), append(urls, l.next)
			}
		}
		if lists = pending; len(lists) == 0 {
			return nil
		}
		var err error
		if responses, err = fetch(urls); err != nil {
			return err
		}
	}
	return errors.New("GitHub's " + lists[0].path + " has more than " + strconv.Itoa(maxPages) + " pages: that many cannot be read during a sign-in")
}

// page reads one page of a list.
func (f *found) page(api string, l *list, r *hook.FetchResponse) error {
	if err := check(r, l.path); err != nil {
		return err
	}
	v, err := document.Read(r, "GitHub's "+l.path)
	if err != nil {
		return err
	}
	if v.Kind() != hook.KindArray {
		return errors.New("GitHub's " + l.path + " is no array")
	}
	for _, element := range v.List() {
		name := l.name(element.Object())
		if name == "" {
			return errors.New("GitHub's " + l.path + " has an element without a name")
		}
		if !slices.Contains(l.names, name) {
			l.names = append(l.names, name)
		}
	}
	f.partial = f.partial || strings.HasPrefix(document.Header(r, "x-github-sso"), "partial-results")
	l.next, err = nextPage(api, document.Header(r, "link"))
	return err
}

func orgName(o hook.Object) string { return text(o, "login") }

func teamName(o hook.Object) string {
	slug := text(o, "slug")
	org, _ := o.Get("organization")
	login := text(org.Object(), "login")
	if slug == "" || login == "" {
		return ""
	}
	return login + ":" + slug
}

// nextPage reads the header Link (RFC 8288), as GitHub writes it. The next page must be
// of the same API: it is asked for with the person's token.
func nextPage(api, header string) (string, error) {
	for link := range strings.SplitSeq(header, ",") {
		target, parameters, _ := strings.Cut(strings.TrimSpace(link), ">")
		if !strings.Contains(parameters, `rel="next"`) {
			continue
		}
		url, ok := strings.CutPrefix(target, "<")
		if !ok || !strings.HasPrefix(url, api+"/") {
			return "", errors.New("GitHub's next page is not in the API at " + api)
		}
		return url, nil
	}
	return "", nil
}
