package rest_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestGroup(t *testing.T) {
	w := newWorld(t)
	anna, bob := w.person(`{"name":"anna"}`), w.person(`{"name":"bob"}`)
	annaID, bobID := strings.TrimPrefix(anna, "/users/"), strings.TrimPrefix(bob, "/users/")
	made := w.ask("owner", "POST /groups", `{"name":"staff","display_name":"Staff","external_id":"x-1","members":["`+annaID+`"]}`).want(http.StatusCreated)
	made.has(map[string]any{"name": "staff", "members": 1, "external_id": "x-1", "organisation": "built-in"})
	path := "/groups/" + made.at("id").(string)
	w.now = w.now.Add(1e9)
	changed := w.ask("owner", "PATCH "+path, `{"name":"crew","external_id":null}`, "If-Match: "+made.header.Get("ETag")).want(http.StatusOK)
	changed.has(map[string]any{"name": "crew", "external_id": "", "display_name": "Staff", "members": 1})
	w.ask("owner", "PATCH "+path, `{"name":"x"}`, "If-Match: "+made.header.Get("ETag")).want(http.StatusPreconditionFailed)
	w.ask("owner", "PATCH "+path, `{"members":7}`).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "members"})
	w.ask("auditor", "GET "+anna, "").want(http.StatusOK).has(map[string]any{"groups": []string{"crew"}})

	w.ask("owner", "PUT "+path+"/members/"+bobID, "").want(http.StatusNoContent)
	w.ask("owner", "PUT "+path+"/members/"+bobID, "").want(http.StatusNoContent)
	first := w.ask("auditor", "GET "+path+"/members?limit=1", "").want(http.StatusOK).has(map[string]any{"items.0.name": "anna", "items.1": nil})
	w.ask("auditor", "GET "+path+"/members?limit=1&after="+first.at("next").(string), "").want(http.StatusOK).has(map[string]any{"items.0.name": "bob", "next": nil})
	w.ask("owner", "DELETE "+path+"/members/"+annaID, "").want(http.StatusNoContent)
	w.ask("owner", "POST "+path+"/members", `{"add":["`+annaID+`"],"remove":["`+bobID+`"]}`).want(http.StatusOK).has(map[string]any{"members": 1})
	w.ask("auditor", "GET "+path+"/members", "").want(http.StatusOK).has(map[string]any{"items.0.name": "anna", "items.1": nil})
	w.ask("auditor", "GET "+path+"/contents", "").want(http.StatusOK)
	for _, line := range []string{"PATCH " + path, "DELETE " + path, "PUT " + path + "/members/" + bobID, "POST " + path + "/members"} {
		w.ask("auditor", line, "{}").want(http.StatusForbidden)
	}
	w.ask("owner", "DELETE "+path, "", `If-Match: "x"`).want(http.StatusPreconditionFailed)
	w.ask("owner", "DELETE "+path, "").want(http.StatusNoContent)
	w.ask("owner", "GET "+path, "").want(http.StatusNotFound)
}

func TestGroupPages(t *testing.T) {
	w := newWorld(t)
	for _, body := range []string{`{"name":"a"}`, `{"name":"b","external_id":"x"}`, `{"name":"c"}`, `{"name":"ab","display_name":"Big"}`} {
		w.ask("owner", "POST /groups", body).want(http.StatusCreated)
	}
	var names []string
	for after := ""; ; {
		page := w.ask("auditor", "GET /groups?limit=2&after="+after, "").want(http.StatusOK)
		for _, at := range []string{"items.0.name", "items.1.name"} {
			if name, ok := page.at(at).(string); ok {
				names = append(names, name)
			}
		}
		next, more := page.at("next").(string)
		if after = next; !more {
			break
		}
	}
	if got := strings.Join(names, " "); got != "a ab b c" {
		t.Errorf("the groups are %s", got)
	}
	w.ask("auditor", "GET /groups?search=big", "").want(http.StatusOK).has(map[string]any{"items.0.name": "ab", "items.1": nil})
	w.ask("auditor", "GET /groups?external_id=x", "").want(http.StatusOK).has(map[string]any{"items.0.name": "b", "items.1": nil})
	w.ask("auditor", "GET /groups?name=ab", "").want(http.StatusOK).has(map[string]any{"items.0.display_name": "Big", "items.1": nil})
	w.ask("owner", "GET /groups?organisation=*", "").want(http.StatusOK).has(map[string]any{"items.0.name": "a"})
	w.ask("auditor", "GET /groups?organisation=*", "").want(http.StatusForbidden)
}
