package account_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
)

func asInvalid(err error) (*account.InvalidError, bool) {
	return errors.AsType[*account.InvalidError](err)
}

// refused checks that the error is a refusal of the kind.
func refused(t *testing.T, err error, want account.Refusal) {
	t.Helper()
	got, ok := errors.AsType[*account.RefusedError](err)
	if !ok || got.Kind != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestEditProfile(t *testing.T) {
	w := newWorld(t)
	w.apply(core.SetProfile{UserID: w.ann.User.ID, At: w.now, Profile: core.Profile{
		DisplayName: "Ann", Phone: "+49 30 123456", PhoneVerified: true, Title: "Engineer", ExternalID: "0815", Locale: "de", Tag: "vip",
	}})
	w.ann = w.again(w.ann)

	edited := account.ProfileOf(&w.ann.User)
	if edited.DisplayName != "Ann" || edited.Phone != "+49 30 123456" {
		t.Fatalf("what can be edited: %+v", edited)
	}
	edited.DisplayName, edited.Website, edited.Birthdate = "  Ann Ämann ", "https://ann.example", "1990-12-31"
	if err := w.EditProfile(t.Context(), w.ann, edited); err != nil {
		t.Fatal(err)
	}
	w.ann = w.again(w.ann)
	want := core.Profile{
		DisplayName: "Ann Ämann", Website: "https://ann.example", Birthdate: "1990-12-31", Phone: "+49 30 123456", PhoneVerified: true,
		Title: "Engineer", ExternalID: "0815", Locale: "de", Tag: "vip",
	}
	if w.ann.User.Profile != want {
		t.Errorf("got %+v", w.ann.User.Profile)
	}
	if e := w.events(core.EventProfileChanged, w.ann); len(e) != 1 || e[0].Detail["what"] != "profile" {
		t.Errorf("recorded %+v", e)
	}
	// Nothing is changed by saving the same once more.
	w.quiet(func() {
		if err := w.EditProfile(t.Context(), w.ann, edited); err != nil {
			t.Error(err)
		}
	})
	// Another number is one that nobody verified.
	edited.Phone = "+49 30 654321"
	if err := w.EditProfile(t.Context(), w.ann, edited); err != nil {
		t.Fatal(err)
	}
	if p := w.again(w.ann).User.Profile; p.Phone != "+49 30 654321" || p.PhoneVerified {
		t.Errorf("got %+v", p)
	}
}

// TestRefuseProfile: what a person says about themselves decides nothing (security 101).
func TestRefuseProfile(t *testing.T) {
	t.Run("101_profile_has_no_rights", func(t *testing.T) {
		w := newWorld(t)
		before := w.ann.User
		full := account.Profile{}
		value := reflect.ValueOf(&full).Elem()
		for i := range value.NumField() {
			if value.Field(i).Kind() != reflect.String {
				t.Errorf("%s is no text: is it decided upon?", value.Type().Field(i).Name)
				continue
			}
			value.Field(i).SetString("1990")
		}
		full.Website, full.Phone = "https://a.example", "+1 555 0100"
		if err := w.EditProfile(t.Context(), w.ann, full); err != nil {
			t.Fatal(err)
		}
		after := w.again(w.ann).User
		after.Profile, after.UpdatedAt = before.Profile, before.UpdatedAt
		if !reflect.DeepEqual(after, before) {
			t.Errorf("more than the profile has changed: %+v", after)
		}
	})
	t.Run("101_profile_leaves_what_others_did_meanwhile", func(t *testing.T) {
		w := newWorld(t)
		changed := w.ann.User
		changed.EmailVerified, changed.Disabled, changed.Email = false, true, "other@example.org"
		w.apply(core.UpdateUser{User: changed})
		if err := w.EditProfile(t.Context(), w.ann, account.Profile{DisplayName: "Ann"}); err != nil {
			t.Fatal(err)
		}
		if after := w.again(w.ann).User; after.EmailVerified || !after.Disabled || after.Email != "other@example.org" {
			t.Errorf("put back: %+v", after)
		}
	})
	w := newWorld(t)
	t.Run("mistakes", func(t *testing.T) {
		w.quiet(func() {
			err := w.EditProfile(t.Context(), w.ann, account.Profile{
				DisplayName: strings.Repeat("x", 201), Nickname: "a\x1bb", Website: "javascript:alert(1)", Phone: "none", Birthdate: "yesterday",
			})
			invalid(t, err,
				core.FieldProblem{Field: "display_name", Kind: core.FieldLong, Value: strings.Repeat("x", 201), Limit: 200},
				core.FieldProblem{Field: "nickname", Kind: core.FieldLine, Value: "a\x1bb"},
				core.FieldProblem{Field: "website", Kind: core.FieldAddress, Value: "javascript:alert(1)"},
				core.FieldProblem{Field: "phone", Kind: core.FieldForm, Value: "none"},
				core.FieldProblem{Field: "birthdate", Kind: core.FieldForm, Value: "yesterday"})
		})
	})
	t.Run("mistakes_of_others", func(t *testing.T) {
		stored := core.Profile{DisplayName: "Ann", Zoneinfo: "a b"}
		w.apply(core.SetProfile{UserID: w.ann.User.ID, Profile: stored, At: w.now})
		w.ann = w.again(w.ann)
		if err := w.EditProfile(t.Context(), w.ann, account.Profile{DisplayName: "Anna"}); err != nil {
			t.Errorf("a field that is not on the page: %v", err)
		}
	})
	t.Run("kept", func(t *testing.T) {
		w.rules(func(r *core.OrgRules) { r.KeepProfile = true })
		w.quiet(func() {
			refused(t, w.EditProfile(t.Context(), w.ann, account.Profile{DisplayName: "Me"}), account.RefusedKept)
			refused(t, w.SetPicture(t.Context(), w.ann, nil), account.RefusedKept)
			refused(t, w.RemovePicture(t.Context(), w.ann), account.RefusedKept)
		})
	})
}

func TestEditPreferences(t *testing.T) {
	w := newWorld(t)
	w.rules(func(r *core.OrgRules) { r.KeepProfile = true }) // they are the person's own
	if err := w.EditPreferences(t.Context(), w.ann, account.Preferences{Locale: "ja", Appearance: core.AppearanceDark}); err != nil {
		t.Fatal(err)
	}
	w.ann = w.again(w.ann)
	if p := w.ann.User.Profile; p.Locale != "ja" || p.Appearance != core.AppearanceDark || p.DisplayName != "ANN" {
		t.Errorf("got %+v", p)
	}
	w.quiet(func() {
		invalid(t, w.EditPreferences(t.Context(), w.ann, account.Preferences{Locale: "../x", Appearance: "pink"}),
			core.FieldProblem{Field: "locale", Kind: core.FieldForm, Value: "../x"},
			core.FieldProblem{Field: "appearance", Kind: core.FieldForm, Value: "pink"})
	})
	if err := w.EditPreferences(t.Context(), w.ann, account.Preferences{}); err != nil {
		t.Fatal(err)
	}
	if p := w.again(w.ann).User.Profile; p.Locale != "" || p.Appearance != "" {
		t.Errorf("got %+v", p)
	}
}
