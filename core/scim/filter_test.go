package scim

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParseFilter(t *testing.T) {
	eq := func(path string, value any) expression { return &comparison{path, opEqual, value} }
	for text, want := range map[string]expression{
		`userName eq "anna"`:                  eq("userName", "anna"),
		` USERNAME  Eq  "anna" `:              eq("USERNAME", "anna"),
		`active eq True`:                      eq("active", true),
		`x eq null`:                           eq("x", nil),
		`x eq -1.5E3`:                         eq("x", -1500.0),
		`x eq "a\"b\\c\u00e4\ud83d\ude00\/"`:  eq("x", "a\"b\\c\u00e4\U0001f600/"),
		`x eq "a) or (b"`:                     eq("x", "a) or (b"),
		`title PR`:                            &comparison{path: "title", op: opPresent},
		`not eq "x"`:                          eq("not", "x"),
		`and eq "x"`:                          eq("and", "x"),
		`((x eq 1))`:                          eq("x", 1.0),
		`not(x eq 1)`:                         &negation{eq("x", 1.0)},
		`a eq 1 or b eq 2 and c eq 3`:         &disjunction{eq("a", 1.0), &conjunction{eq("b", 2.0), eq("c", 3.0)}},
		`(a eq 1 OR b eq 2) AND c eq 3`:       &conjunction{&disjunction{eq("a", 1.0), eq("b", 2.0)}, eq("c", 3.0)},
		`a eq 1 and b eq 2 and c eq 3`:        &conjunction{&conjunction{eq("a", 1.0), eq("b", 2.0)}, eq("c", 3.0)},
		`emails[type eq "work"]`:              &selection{path: "emails", filter: eq("type", "work")},
		`emails[type eq "work"].value eq "x"`: &selection{"emails", eq("type", "work"), &comparison{"value", opEqual, "x"}},
		`emails[not (type eq "work") and value pr] or x pr`: &disjunction{
			&selection{path: "emails", filter: &conjunction{&negation{eq("type", "work")}, &comparison{path: "value", op: opPresent}}}, &comparison{path: "x", op: opPresent},
		},
		urnEnterprise + `:department eq "Sales"`: eq(urnEnterprise+":department", "Sales"),
		`members.$ref sw "https://"`:             &comparison{"members.$ref", opStartsWith, "https://"},
	} {
		if got, err := parseFilter(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %#v, %v", text, got, err)
		}
	}
}

func TestParseFilterRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``:                              "ends too early",
		`userName`:                      "ends too early",
		`userName eq`:                   "ends too early",
		`userName eq "anna`:             `unexpected "\"anna"`,
		`userName eq "anna\`:            "unexpected",
		`userName eq 'anna'`:            "unexpected",
		`userName eq anna`:              `unexpected "anna" at character 13`,
		`userName is "anna"`:            `unexpected "is`,
		`userName eq "a" userName eq`:   `unexpected "userName eq"`,
		`(userName eq "a"`:              "ends too early",
		`userName eq "a")`:              `unexpected ")"`,
		`emails[type eq "a"`:            "ends too early",
		`emails[type eq "a"].`:          "ends too early",
		`emails[type eq "a"].value`:     "ends too early",
		`emails[type eq "a") or (x pr]`: "unexpected",
		`x eq [1]`:                      "unexpected",
		`x eq 007`:                      "unexpected",
		"x eq \"\x01\"":                 "unexpected",
		`x and y`:                       "unexpected",
		`x eq 1 and`:                    "ends too early",
		`x eq 1 or or y eq 2`:           "unexpected",
		strings.Repeat("(", 10_000):     "longer than",
		strings.Repeat("(", 8000):       "more than 16 deep",
		strings.Repeat("not(", 2000):    "more than 16 deep",
		strings.Repeat("a[", 4000):      "more than 16 deep",
		strings.Repeat("(", 17) + "a pr" + strings.Repeat(")", 17): "more than 16 deep",
		strings.Repeat("a pr or ", 64) + "a pr":                    "more than 64 comparisons",
	} {
		got, err := parseFilter(text)
		refusal, is := errors.AsType[*Error](err)
		if !is || refusal.Status != 400 || refusal.Type != typeInvalidFilter || !strings.Contains(refusal.Detail, want) || len(refusal.Detail) > 300 {
			t.Errorf("%.60s is %#v, %v; want %q", text, got, err, want)
		}
	}
	if _, err := parseFilter(strings.Repeat("(", 16) + "a pr" + strings.Repeat(")", 16)); err != nil {
		t.Errorf("16 deep: %v", err)
	}
}

func TestParsePath(t *testing.T) {
	for text, want := range map[string]path{
		"members":                            {attribute: "members"},
		"name.givenName":                     {attribute: "name.givenName"},
		`members[value eq "x"]`:              {attribute: "members", filter: &comparison{"value", opEqual, "x"}},
		`emails[type eq "work"].value`:       {attribute: "emails", filter: &comparison{"type", opEqual, "work"}, sub: "value"},
		urnEnterprise + ":manager.value":     {attribute: urnEnterprise + ":manager.value"},
		urnUser + `:emails[primary eq true]`: {attribute: urnUser + ":emails", filter: &comparison{"primary", opEqual, true}},
	} {
		if got, err := parsePath(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %#v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "a b", "members[", "members[]", `members[value eq "x"`, `members[value eq "x"].`, `members[value eq "x"]x`, strings.Repeat("a[", 10_000), "(a)"} {
		if got, err := parsePath(text); err == nil {
			t.Errorf("%.40s is %#v", text, got)
		} else if refusal, is := errors.AsType[*Error](err); !is || refusal.Type != typeInvalidPath {
			t.Errorf("%.40s: %v", text, err)
		}
	}
}

// FuzzFilter holds that whatever is sent is read or refused, and that what is read can be
// tried on a resource.
func FuzzFilter(f *testing.F) {
	for _, text := range []string{
		`userName eq "a" and not (emails[type eq "work" and value co "@"].value sw "x" or active ne false)`,
		urnEnterprise + `:manager.value pr`, `meta.lastModified gt "2026-01-02T03:04:05Z"`, `((((`, `a eq "\ud800"`, `x[y[z pr]]`, `groups pr and id eq null`,
	} {
		f.Add(text)
	}
	resource := object{
		"userName": "a", "emails": []any{object{"value": "x@y", "type": "work", "primary": true}}, "active": true,
		urnEnterprise: object{"manager": object{"value": "1"}}, "meta": object{"lastModified": "2026-11-25T00:00:00Z"},
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parseFilter(text)
		if err != nil {
			return
		}
		for _, lenient := range []bool{false, true} {
			match, err := scope{rt: userType(), lenient: lenient}.compile(e)
			if err != nil {
				continue
			}
			inverse, err := scope{rt: userType(), lenient: lenient}.compile(&negation{e})
			if err != nil || match(resource) == inverse(resource) {
				t.Errorf("%q and its opposite are both %v, %v", text, match(resource), err)
			}
		}
	})
}
