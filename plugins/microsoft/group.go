package microsoft

import (
	"errors"
	"strconv"
	"strings"

	"github.com/postern-id/postern/plugins/oidc"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// Where groups come from: values of the setting groups.
const (
	groupsNone  = "none"
	groupsToken = "token"
	groupsRoles = "roles"
	groupsGraph = "graph"
)

var errOverage = errors.New("the person is in more groups than a token holds, so nobody can tell whether one of them is allowed: set groups to graph, and grant http.fetch for the host of Microsoft Graph")

// groups gives the groups of a person.
func (s *settings) groups(claims oidc.Claims, tid string) ([]string, error) {
	switch s.from {
	case groupsNone:
		return nil, nil
	case groupsRoles:
		return claims.Names("roles"), nil
	case groupsGraph:
		if tid == consumers { // a personal account is in none
			return nil, nil
		}
		return s.askGraph()
	}
	list := claims.Names("groups")
	if len(list) > 0 || !isOverage(claims) {
		return list, nil
	}
	if len(s.admission.Groups) > 0 {
		return nil, errOverage
	}
	postern.Log("the person is in more groups than a token holds: they sign in without groups. Set groups to graph, and grant http.fetch for " + s.cloud.graph)
	return nil, nil
}

// isOverage reports whether Microsoft says that there are groups, and not which.
func isOverage(claims oidc.Claims) bool {
	some, _ := claims.Get("hasgroups")
	elsewhere, _ := claims.Get("_claim_names")
	_, groups := elsewhere.Object().Get("groups")
	return groups || oidc.IsTrue(some)
}

const (
	pageSize = "500"
	maxPages = 4 // a call of a plugin may work for some 50 ms
)

// askGraph asks Microsoft Graph, with the access token of the exchange, for all groups
// of the person, those by other groups too.
func (s *settings) askGraph() ([]string, error) {
	base := "https://" + s.cloud.graph + "/v1.0/"
	next := base + "me/transitiveMemberOf?$select=id,displayName&$top=" + pageSize
	var list []string
	for range maxPages {
		page, err := ask(next)
		if err != nil {
			return nil, err
		}
		members, _ := page.Get("value")
		for _, member := range members.List() {
			if name := s.groupName(member.Object()); name != "" {
				list = append(list, name)
			}
		}
		link, more := page.Get("@odata.nextLink")
		if !more {
			return list, nil
		}
		// The token goes along: the link of a page leads nowhere else.
		if next = link.Text(); !strings.HasPrefix(next, base) {
			return nil, errors.New("the next page of Microsoft Graph is at another place")
		}
	}
	postern.Log("the person is in more than " + strconv.Itoa(len(list)) + " groups: the rest is left out")
	return list, nil
}

func ask(url string) (hook.Object, error) {
	response, err := postern.Fetch(hook.Fetch{
		URL: url, Headers: hook.Object{{Name: "accept", Value: hook.String("application/json")}}, Exchanged: true,
	})
	if err != nil {
		return nil, err
	}
	text, err := response.Bytes()
	if err != nil {
		return nil, err
	}
	document, err := hook.ParseObject(text)
	if response.Status != 200 || err != nil {
		failure, _ := document.Get("error")
		code := oidc.Claims{IDToken: failure.Object()}.Text("code")
		return nil, errors.New("Microsoft Graph answers with the status " + strconv.Itoa(response.Status) + " " + code)
	}
	return document, nil
}

// groupName is what a member of a page counts as; empty for what is no group, such as
// a role of the directory.
func (s *settings) groupName(member hook.Object) string {
	said := oidc.Claims{IDToken: member}
	if kind, _ := member.Get("@odata.type"); kind.Text() != "#microsoft.graph.group" {
		return ""
	}
	if s.byName {
		return said.Text("displayName")
	}
	return said.Text("id")
}
