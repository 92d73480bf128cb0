package desk_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// fill gives every field that a value has, and those within it, another value than zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if at, is := v.Addr().Interface().(*time.Time); is {
			*at = time.Unix(1, 0)
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i))
			}
		}
	case reflect.String:
		v.SetString("forged")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint8:
		v.SetUint(7)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	}
}

// kept checks that of the fields that an edit filled, only these are other than before.
func kept[T any](w *world, what string, before, after *T, err error, may ...string) {
	w.Helper()
	if err != nil {
		w.Errorf("%s: %v", what, err)
		return
	}
	was, is := reflect.ValueOf(before).Elem(), reflect.ValueOf(after).Elem()
	for i := range was.NumField() {
		name := was.Type().Field(i).Name
		same := reflect.DeepEqual(was.Field(i).Interface(), is.Field(i).Interface())
		if !same && name != "UpdatedAt" && !slices.Contains(may, name) {
			w.Errorf("%s: an edit changes %s, from %v to %v", what, name, was.Field(i), is.Field(i))
		}
	}
}

// Whatever an edit says of identifiers, organisations, passwords, secrets, groups and times
// is put back (security 120). Whether an address was verified, and who owns the server, are
// said by edits that are decided on: see the other tests.
func TestEditsChangeOnlyWhatIsTheirs(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	local := w.desk(w.appointed("acme", "local", "acme", core.RoleOwner))
	must(w, w.admin.SetPassword(ctx, tester, w.ann.ID, "long enough"))
	must(w, w.admin.AddMember(ctx, tester, w.group, w.ann))

	user, err := w.store.User(ctx, w.ann.ID)
	must(w, err)
	_, err = local.UpdateUser(ctx, w.ann.ID, "", func(u *core.User) {
		fill(reflect.ValueOf(u).Elem())
		u.Admin, u.Email, u.Profile, u.Attributes = false, "", core.Profile{}, nil
	})
	after, readErr := w.store.User(ctx, w.ann.ID)
	must(w, readErr)
	kept(w, "user", user, after, err, "Name", "Email", "Profile", "Attributes")

	client, err := w.store.Client(ctx, w.client.ID)
	must(w, err)
	_, err = local.UpdateClient(ctx, w.client.ID, "", func(c *core.Client) {
		edited := *c
		fill(reflect.ValueOf(c).Elem())
		// What is checked stays as it is: what is left is what may not be edited at all.
		edited.ID, edited.Org, edited.Preset, edited.SecretHash, edited.SealedSecret = c.ID, c.Org, c.Preset, c.SecretHash, c.SealedSecret
		edited.RegistrationHash, edited.CreatedAt, edited.UpdatedAt = c.RegistrationHash, c.CreatedAt, c.UpdatedAt
		edited.DisplayName = "edited"
		*c = edited
	})
	changed, readErr := w.store.Client(ctx, w.client.ID)
	must(w, readErr)
	kept(w, "client", client, changed, err, "DisplayName")

	group, err := w.store.GroupByID(ctx, w.group.ID)
	must(w, err)
	_, err = local.UpdateGroup(ctx, w.group.ID, "", func(g *core.Group) { fill(reflect.ValueOf(g).Elem()) })
	renamed, readErr := w.store.GroupByID(ctx, w.group.ID)
	must(w, readErr)
	kept(w, "group", group, renamed, err, "Name", "DisplayName", "ExternalID")

	account, err := w.store.ServiceAccount(ctx, w.robot.ID)
	must(w, err)
	_, err = local.UpdateServiceAccount(ctx, w.robot.ID, "", func(a *core.ServiceAccount) { fill(reflect.ValueOf(a).Elem()) })
	robot, readErr := w.store.ServiceAccount(ctx, w.robot.ID)
	must(w, readErr)
	kept(w, "service account", account, robot, err, "Name", "Description", "Disabled")

	org, err := w.store.Organisation(ctx, "acme")
	must(w, err)
	_, err = local.UpdateOrganisation(ctx, "acme", "", func(o *core.Organisation) {
		fill(reflect.ValueOf(o).Elem())
		o.Rules, o.Theme, o.WebsiteURL, o.Logo, o.Favicon, o.Disabled = core.OrgRules{}, core.Theme{}, "", "", "", false
	})
	closed, readErr := w.store.Organisation(ctx, "acme")
	must(w, readErr)
	kept(w, "organisation", org, closed, err, "DisplayName")
}

// sealer turns what it seals round, so that it is not there as it was.
type sealer struct{}

func (sealer) Seal(plain []byte, _ string) []byte {
	sealed := slices.Clone(plain)
	slices.Reverse(sealed)
	return sealed
}

// What is shown once is nowhere afterwards: not in the database, so that nothing could give
// it, and not in the audit log (security 123).
func TestSecretsAreShownOnce(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.admin.Sealer = sealer{}
	d := w.desk(w.appointed("acme", "boss", "", core.RoleOwner))
	secrets := map[string]string{"password": "correct horse battery staple", "plugin secret": "s3cr3t-of-a-plugin"}
	must(w, d.SetPassword(ctx, w.ann.ID, secrets["password"]))
	must(w, d.SetSecret(ctx, "idp", "client_secret", []byte(secrets["plugin secret"]), true))
	created, err := d.CreateClient(ctx, admin.NewClient{Org: "acme", Name: "new", Edit: func(c *core.Client) { c.RedirectURIs = []string{"https://rp.example/cb"} }})
	must(w, err)
	secrets["client secret"] = created.Secret
	secrets["rotated secret"], err = d.RotateSecret(ctx, w.client.ID)
	must(w, err)
	_, secrets["API token"], err = d.CreateAPIToken(ctx, admin.NewAPIToken{Holder: w.robot.ID, Name: "x", TTL: time.Hour})
	must(w, err)
	_, secrets["initial access token"], err = d.CreateInitialToken(ctx, admin.NewInitialToken{Org: "acme", Name: "x", TTL: time.Hour})
	must(w, err)
	handed, err := d.ResetLink(ctx, w.ann.ID, false)
	must(w, err)
	_, secrets["reset link"], _ = strings.Cut(handed.Link, "?")
	invited, err := d.InviteUser(ctx, admin.NewUser{Org: "acme", Name: "invited"}, true)
	must(w, err)
	_, secrets["invitation"], _ = strings.Cut(invited.Link, "?")

	events, err := d.Events(ctx, core.EventFilter{Limit: 1000})
	must(w, err)
	log := fmt.Sprintf("%+v", events)
	var files []byte
	for _, name := range []string{"postern.db", "postern.db-wal"} {
		content, err := os.ReadFile(filepath.Join(w.dir, name))
		must(w, err)
		files = append(files, content...)
	}
	if !bytes.Contains(files, []byte(w.ann.Name)) || len(events) < 10 {
		t.Fatal("what is looked through is not what was written")
	}
	for what, secret := range secrets {
		// Of a credential the last part is the secret; its identifier is no secret.
		if _, text, ok := strings.Cut(secret, "_"); ok && len(text) >= 64 {
			raw, err := base64.RawURLEncoding.DecodeString(text[:64])
			must(w, err)
			if bytes.Contains(files, raw[16:]) {
				t.Errorf("the database has the bytes of the %s", what)
			}
			secret = text[24:64]
		}
		if len(secret) < 8 {
			t.Errorf("there is no %s: %q", what, secret)
		}
		if strings.Contains(log, secret) {
			t.Errorf("the audit log has the %s", what)
		}
		if bytes.Contains(files, []byte(secret)) {
			t.Errorf("the database has the %s", what)
		}
	}
}
