package hook_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

func sampleUser() hook.User {
	return hook.User{
		ID: "0694bc10-537e-41a8-ba9c-09e94317e6ba", Name: "alice", Email: "alice@example.com", EmailVerified: true,
		DisplayName: "Alice \"Al\" Liddell", GivenName: "Alice", FamilyName: "Liddell", MiddleName: "P", Nickname: "al",
		Profile: "https://p.example", Picture: "https://i.example", Website: "https://w.example", Gender: "f",
		Birthdate: "1852-05-04", Zoneinfo: "Europe/Berlin", Locale: "en", Phone: "2025550123", PhoneVerified: true,
		CountryCode: "US", Region: "BE", Location: "Berlin", Address: []string{"Street 1", "Berlin"}, Affiliation: "af",
		Title: "Dr", Bio: "b", Tag: "staff", Education: "ed", ExternalID: "x1", Admin: true,
		Groups: []string{"confluence-users", "R&D"}, Attributes: hook.Object{{Name: "department", Value: hook.String("R&D")}},
		CreatedAt: "2026-11-23T17:30:11Z", UpdatedAt: "2026-11-23T17:30:19Z", LastSignInAt: "2026-11-23T17:30:19Z",
		LastSignInIP: "127.0.0.1",
	}
}

func sampleClaims() *hook.ClaimsInput {
	return &hook.ClaimsInput{
		Target: hook.TargetIDToken, Settings: hook.FromObject(hook.Object{{Name: "login", Value: hook.String("email")}}),
		User:         sampleUser(),
		Organisation: hook.Organisation{Name: "built-in", DisplayName: "Built-in", WebsiteURL: "w", Logo: "l", Favicon: "f", CreatedAt: "c"},
		Client:       hook.Client{ID: "c1", Name: "wiki"}, Scopes: []string{"openid", "email"},
		Authentication: hook.Authentication{Time: "2026-11-23T17:30:19Z", AMR: []string{"pwd"}, ACR: "1"},
		Claims:         hook.Object{{Name: "email", Value: hook.String("alice@example.com")}, {Name: "exp", Value: hook.Int(1 << 40)}},
	}
}

func TestScopesThatAreNotSaid(t *testing.T) {
	for text, wantNil := range map[string]bool{`{}`: true, `{"deny":true}`: true, `{"scopes":[]}`: false} {
		out, err := hook.ParseScopeOutput([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if (out.Scopes == nil) != wantNil {
			t.Errorf("%s: nil is %v", text, out.Scopes == nil)
		}
		again, err := hook.ParseScopeOutput(out.AppendJSON(nil))
		if err != nil || (again.Scopes == nil) != wantNil {
			t.Errorf("%s does not survive as %s: %v", text, out.AppendJSON(nil), err)
		}
	}
}

// TestIntegersThatDoNotFit holds that a number which int cannot hold is never another
// one: int has 64 bits here and in a guest that Go made, 32 in one that TinyGo made.
func TestIntegersThatDoNotFit(t *testing.T) {
	for _, test := range []struct {
		text  string
		value int64
		bits  int // that it needs; more than any machine has: it is refused everywhere
	}{
		{"2147483647", math.MaxInt32, 32}, {"2147483648", math.MaxInt32 + 1, 64}, {"4294967297", 1<<32 + 1, 64},
		{"-2147483648", math.MinInt32, 32}, {"-2147483649", math.MinInt32 - 1, 64},
		{"9223372036854775807", math.MaxInt64, 64}, {"9223372036854775808", 0, 65}, {"1.5", 0, 65}, {`"1"`, 0, 65},
	} {
		answer, err := hook.ParseOAuthExchangeAnswer([]byte(`{"expires_in":` + test.text + `}`))
		if fits := test.bits <= strconv.IntSize; (err == nil) != fits {
			t.Errorf("%s: %v", test.text, err)
		} else if fits && int64(answer.ExpiresIn) != test.value {
			t.Errorf("%s is read as %d", test.text, answer.ExpiresIn)
		}
	}
}

// TestStringsEndAnywhere holds that a guest finds the end of a string wherever it is
// among the eight bytes that are looked at together, and takes no other byte for it.
func TestStringsEndAnywhere(t *testing.T) {
	for _, filler := range []string{"a", "!", "#", "[", "]", " ", "\x7f", "\u00a2", "\u2022", "\u045c"} {
		for length := range 20 {
			for _, last := range []string{"", `"`, `\`, "\n", "\x01", `\"`} {
				want := strings.Repeat(filler, length) + last
				text := hook.String(want).AppendJSON([]byte(`{"grant_type":`))
				if in, err := hook.ParseScopeInput(text[:len(text)-1]); err == nil {
					t.Fatalf("%s is read without the end of a string, as %+v", text, in)
				}
				text = append(text, `,"address":"next"}`...)
				in, err := hook.ParseScopeInput(text)
				if err != nil || in.GrantType != want || in.Address != "next" {
					t.Fatalf("%s is read as %+v, %v", text, in, err)
				}
			}
		}
	}
}

func TestMessagesRefuse(t *testing.T) {
	for _, text := range []string{
		``, `null`, `[]`, `{"set":[]}`, `{"set":null}`, `{"remove":{}}`, `{"remove":[1]}`, `{"remove":null}`,
		`{"set":{},"set":{}}`, `{"remove":[],"set":{},"remove":[]}`, `{"set":{"a":1,"a":2}}`, `{"set":{}} x`, `{"set":{}`,
	} {
		if out, err := hook.ParseClaimsOutput([]byte(text)); err == nil {
			t.Errorf("%s is read as %+v", text, out)
		}
	}
	// Inputs come from the host, so only what cannot be read is refused.
	for _, text := range []string{``, `null`, `{"user":{"admin":"true"}}`, `{"user":{"name":"bob}`, `{"user":{"name":"a","name":"b"}}`, `{"scopes":[} x`} {
		if _, err := hook.ParseScopeInput([]byte(text)); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}

func TestAgreesWithEncodingJSON(t *testing.T) {
	user := sampleUser()
	user.Attributes = nil // Object has no encoding/json form
	want, err := json.Marshal(user)
	if err != nil {
		t.Fatal(err)
	}
	in := hook.ScopeInput{User: user, Settings: hook.FromObject(nil)}
	got := decode(t, in.AppendJSON(nil)).(map[string]any)["user"]
	all := decode(t, want).(map[string]any)
	// What is empty is left out.
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil || v == "" || v == false })
	if !reflect.DeepEqual(got, all) {
		t.Errorf("got %v, want %v", got, all)
	}
}

func TestProtected(t *testing.T) {
	for _, name := range []string{"iss", "sub", "nonce", "acr", "cnf", "scope"} {
		if !hook.IsProtected(name) {
			t.Errorf("%s is not protected", name)
		}
	}
	if hook.IsProtected("email") {
		t.Error("email is protected")
	}
}

// FuzzMessages holds that a message that is accepted says the same after being
// written and read again, and that the empty members that it had cost nothing.
func FuzzMessages(f *testing.F) {
	f.Add([]byte(`{"scopes":[],"reason":"","data":{},"identity":{},"redirect":{"no_pkce":false}}`))
	for _, m := range messageTypes() {
		f.Add(m.full().AppendJSON(nil))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, m := range messageTypes() {
			first, err := m.parse(data)
			if err != nil {
				continue
			}
			written := first.AppendJSON(nil)
			second, err := m.parse(written)
			if err != nil {
				t.Fatalf("%s: %q is refused: %v", m.typ, written, err)
			}
			if again := second.AppendJSON(nil); !bytes.Equal(again, written) {
				t.Fatalf("%s: %q, then %q", m.typ, written, again)
			}
			// Inputs are written by the host and not looked at so closely.
			if m.strict && len(data) > 0 && hook.CheckObject(data) != nil {
				t.Fatalf("%s: %q is no object", m.typ, data)
			}
		}
	})
}

func BenchmarkClaimsInputAppend(b *testing.B) {
	in, buffer := sampleClaims(), []byte(nil)
	b.ReportAllocs()
	for b.Loop() {
		buffer = in.AppendJSON(buffer[:0])
	}
}

func BenchmarkClaimsInputParse(b *testing.B) {
	data := sampleClaims().AppendJSON(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := hook.ParseClaimsInput(data); err != nil {
			b.Fatal(err)
		}
	}
}
