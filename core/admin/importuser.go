package admin

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// users makes the people of the plan, and changes those whom an earlier import made.
func (i *importer) users(ctx context.Context, plan *ImportPlan) error {
	for at := range plan.Users {
		in := &plan.Users[at]
		row := ImportRow{Kind: "user", Org: i.placed(in.Org), Name: in.Name, Notes: slices.Clone(in.Notes)}
		err := i.user(ctx, in, &row)
		if err := i.row(row, err); err != nil {
			return err
		}
	}
	return nil
}

// user makes or changes one person.
func (i *importer) user(ctx context.Context, in *ImportUser, row *ImportRow) error {
	if in.ID == "" {
		return invalid("id", "", "the row does not say how the person is known there")
	}
	if _, err := i.Organisation(ctx, row.Org); err != nil {
		return err
	}
	known, err := i.peopleOf(ctx, row.Org)
	if err != nil {
		return err
	}
	if err := i.once(known.seen, in.ID, "id", "person"); err != nil {
		return err
	}
	before, err := i.meant(known, in)
	if err != nil {
		return err
	}
	given, err := i.given(in, row, known, before)
	if err != nil {
		return err
	}
	if before == nil {
		return i.createImported(ctx, in, row, known, given)
	}
	return i.updateImported(ctx, in, row, known, before, given)
}

// meant gives who is here already for the person, nil if nobody is.
func (i *importer) meant(known *people, in *ImportUser) (*core.User, error) {
	if user := known.byImport[[2]string{i.source, in.ID}]; user != nil {
		return user, nil
	}
	user := known.byLogin[core.FoldName(in.Name)]
	switch {
	case user == nil:
		return nil, nil
	case user.Attributes[attributeSource] == i.source:
		return nil, invalid("name", "rename one of both there", "the name is that of another person of this import, %q", shown(user.Attributes[attributeID]))
	case i.options.Adopt && core.FoldName(user.Name) == core.FoldName(in.Name):
		return user, nil
	}
	return nil, invalid("name", "import with --adopt to take both for the same person", "somebody has the name here, and was not imported from %s", i.source)
}

// given is what the plan says of the person, without what cannot be stored. What is left
// out is noted.
func (i *importer) given(in *ImportUser, row *ImportRow, known *people, before *core.User) (*core.User, error) {
	var p problems
	checkLoginName(&p, in.Name)
	if err := p.err(); err != nil {
		return nil, err
	}
	if other := known.other(in.Name, before); other != nil {
		return nil, invalid("name", "rename one of both", "the name is the name or address of %q", other.Name)
	}
	user := &core.User{Org: row.Org, Name: in.Name, EmailVerified: in.EmailVerified, Disabled: in.Disabled, Attributes: map[string]string{}}
	keep(&row.Notes, "e-mail address", &user.Email, in.Email, checkEmail)
	if other := known.other(user.Email, before); user.Email != "" && other != nil {
		row.Notes = append(row.Notes, fmt.Sprintf("the e-mail address was left out: it is that of %q already", other.Name))
		user.Email = ""
	}
	user.EmailVerified = user.EmailVerified && user.Email != ""
	user.Profile = keptProfile(in, &row.Notes)
	keptAttributes(in, user.Attributes, &row.Notes)
	user.Attributes[attributeSource], user.Attributes[attributeID] = i.source, in.ID
	for _, name := range sortedUnique(in.Groups) {
		var p problems
		if checkGroupName(&p, "groups", name); len(p) > 0 {
			row.Notes = append(row.Notes, "a group was left out: "+p[0].Text)
			continue
		}
		user.Groups = append(user.Groups, name)
	}
	return user, checkUser(user).err()
}

// keptProfile leaves out what a profile cannot hold.
func keptProfile(in *ImportUser, notes *[]string) core.Profile {
	profile := in.Profile
	if profile.ExternalID == "" {
		profile.ExternalID = in.ID
	}
	wrong := profile.Problems()
	if len(wrong) == 0 {
		return profile
	}
	members := profileMembers(profile)
	for _, one := range wrong {
		*notes = append(*notes, fmt.Sprintf("the field %s was left out: it cannot hold %q", words(one.Field), shown(one.Value)))
		delete(members, profileMember(one.Field))
	}
	return profileOf(members)
}

// profileMember gives the member of the document that a field is in.
func profileMember(field string) string {
	switch field {
	case "profile_url":
		return "profile"
	case "locality", "address_region", "postal_code", "country", "street":
		return "address"
	}
	return field
}

// profileMembers gives the document that a profile is stored as.
func profileMembers(profile core.Profile) map[string]json.RawMessage {
	members := map[string]json.RawMessage{}
	document, err := json.Marshal(profile)
	if err == nil {
		err = json.Unmarshal(document, &members)
	}
	if err != nil {
		panic(fmt.Sprintf("admin: a profile is no document: %v", err)) // it has texts alone
	}
	return members
}

func profileOf(members map[string]json.RawMessage) (profile core.Profile) {
	document, err := json.Marshal(members)
	if err == nil {
		err = json.Unmarshal(document, &profile)
	}
	if err != nil {
		panic(fmt.Sprintf("admin: a document is no profile: %v", err)) // it was made of one
	}
	return profile
}

// keptAttributes leaves room for those of the import.
func keptAttributes(in *ImportUser, attributes map[string]string, notes *[]string) {
	for _, name := range sortedNames(in.Attributes) {
		var p problems
		checkAttributes(&p, map[string]string{name: in.Attributes[name]})
		switch {
		case len(p) > 0:
			*notes = append(*notes, fmt.Sprintf("the attribute %q was left out: %s", shown(name), p[0].Text))
		case len(attributes) >= maxAttributes-2:
			*notes = append(*notes, fmt.Sprintf("the attribute %q was left out: there are too many", shown(name)))
		default:
			attributes[name] = in.Attributes[name]
		}
	}
}

// createImported makes the person in one transaction: with password, groups, apps and
// links.
func (i *importer) createImported(ctx context.Context, in *ImportUser, row *ImportRow, known *people, user *core.User) error {
	now := i.Now()
	user.CreatedAt, user.UpdatedAt = now, now
	if err := i.identify(ctx, in, user); err != nil {
		return err
	}
	hash, err := i.importedHash(ctx, in, user, &row.Notes)
	if err != nil {
		return err
	}
	if user.PasswordHash = hash; hash != "" {
		user.PasswordAt = now
	}
	_, changes, err := i.planUser(ctx, i.actor, user)
	if err != nil {
		return err
	}
	more, err := i.proofs(ctx, in, user, now, &row.Notes)
	if err != nil {
		return err
	}
	if err := i.apply(ctx, append(i.marked(changes), more...)...); err != nil {
		return userFailed("create the user", user, err)
	}
	known.add(user)
	row.Result = ImportCreated
	return nil
}

// identify gives the new user an identifier: the one that they had, where that is meant
// and can be.
func (i *importer) identify(ctx context.Context, in *ImportUser, user *core.User) error {
	user.ID = i.newID(user.CreatedAt)
	id, err := core.ParseID(in.ID)
	if !i.options.KeepIDs || err != nil {
		return nil
	}
	there, err := i.Store.User(ctx, id)
	missing, err := absent(there, err)
	switch {
	case err != nil:
		return wrap("read the user", err)
	case !missing:
		return invalid("id", "import without --keep-ids", "the identifier is that of a user in the organisation %s", there.Org)
	}
	user.ID = id
	return nil
}

// importedHash gives what is stored of the password; empty, with a note, if none can be
// taken.
func (i *importer) importedHash(ctx context.Context, in *ImportUser, user *core.User, notes *[]string) (string, error) {
	const left = "; the person gets in with a link to set a new one ('postern user reset-link')"
	if in.PasswordHash != "" {
		if i.Hasher == nil {
			return "", errors.New("no way to check a password hash")
		}
		stored, err := i.Hasher.Foreign(in.PasswordHash)
		if err != nil {
			*notes = append(*notes, "the password was left out: "+err.Error()+left)
			return "", nil
		}
		return stored, nil
	}
	if in.Password == "" {
		return "", nil
	}
	hash, err := i.hash(ctx, user, in.Password)
	if wrong, is := errors.AsType[*InvalidError](err); is {
		*notes = append(*notes, "the password was left out: "+wrong.Error()+left)
		return "", nil
	}
	return hash, err
}

// proofs gives the changes that enrol the apps of the person, and link their accounts at
// providers.
func (i *importer) proofs(ctx context.Context, in *ImportUser, user *core.User, now time.Time, notes *[]string) ([]core.Change, error) {
	var changes []core.Change
	for _, app := range in.TOTP {
		if len(app.Seed) < 10 || len(app.Seed) > 128 {
			*notes = append(*notes, "an app that shows codes was left out: its seed is too short or too long")
			continue
		}
		if i.Sealer == nil {
			return nil, errors.New("import an app: nothing here can seal its seed")
		}
		one := core.Authenticator{ID: i.newID(now), UserID: user.ID, Kind: core.AuthenticatorTOTP, Name: appName(app.Name), CreatedAt: now}
		one.Data = i.Sealer.Seal(app.Seed, core.TOTPPurpose(one.ID))
		detail := map[string]string{"name": one.Name, "method": string(one.Kind), "authenticator": string(one.ID), "import": i.source}
		changes = append(changes, core.AddAuthenticator{Authenticator: one}, i.userRecord(i.actor, now, core.EventAuthenticatorAdded, user, detail))
	}
	for _, link := range in.Links {
		made, err := i.link(ctx, link, user, now, notes)
		if err != nil {
			return nil, err
		}
		changes = append(changes, made...)
	}
	return changes, nil
}

func appName(name string) string {
	if len([]rune(name)) > 64 || !printable(name, false) {
		return ""
	}
	return name
}

// link gives the changes that link one account.
func (i *importer) link(ctx context.Context, in ImportLink, user *core.User, now time.Time, notes *[]string) ([]core.Change, error) {
	left := func(format string, args ...any) ([]core.Change, error) {
		*notes = append(*notes, fmt.Sprintf("the account at %q was left out: ", shown(in.Connector))+fmt.Sprintf(format, args...))
		return nil, nil
	}
	var p problems
	if checkSubject(&p, in.Subject); len(p) > 0 {
		return left("%s", p[0].Text)
	}
	leads, err := i.leads(ctx, in.Connector, user.Org)
	switch {
	case err != nil:
		return nil, err
	case !leads:
		return left("no connector of the organisation %s leads there", user.Org)
	}
	there, err := i.Store.Link(ctx, in.Connector, in.Subject)
	switch {
	case err == nil:
		return left("it is linked to %q", there.User.Name)
	case !errors.Is(err, core.ErrNotFound):
		return nil, wrap("read the link", err)
	}
	link := core.Link{Connector: in.Connector, Subject: in.Subject, UserID: user.ID, Name: in.Name, CreatedAt: now}
	return []core.Change{core.SaveLink{Link: link}, i.userRecord(i.actor, now, core.EventAccountLinked, user, linkDetail(user, &link))}, nil
}

// leads reports whether the connector is one of the organisation. One of the plan that was
// refused is not, even if there is one of its name: it leads elsewhere, where other people
// have the same subjects.
func (i *importer) leads(ctx context.Context, name, org string) (bool, error) {
	if of, planned := i.led[name]; planned {
		return of == org, nil
	}
	config, err := i.PluginConfig(ctx)
	if err != nil {
		return false, err
	}
	there := connectorOf(config, name)
	return there != nil && there.Org == org, nil
}

// updateImported changes what is said differently there. What is not said there stays, and
// so do groups, and a password that was set or used here.
func (i *importer) updateImported(ctx context.Context, in *ImportUser, row *ImportRow, known *people, before, given *core.User) error {
	now := later(i.Now(), before.UpdatedAt)
	after := merged(before, given)
	after.UpdatedAt = now
	if err := checkUser(after).err(); err != nil {
		return err
	}
	var changes []core.Change
	if fields := changedFields(before, after); len(fields) > 0 || after.Disabled != before.Disabled {
		edit, err := i.importEdit(ctx, before, after, fields)
		if err != nil {
			return err
		}
		changes = append(changes, edit...)
	}
	if before.Disabled && !given.Disabled {
		row.Notes = append(row.Notes, "is disabled here, and stays so")
	}
	joined, err := i.joining(ctx, after, given.Groups, now)
	if err != nil {
		return err
	}
	password, err := i.importedPassword(ctx, in, after, now, &row.Notes)
	if err != nil {
		return err
	}
	changes = slices.Concat(changes, joined, password)
	if row.Result = ImportUnchanged; len(changes) == 0 {
		return nil
	}
	if i.options.Guard != nil {
		if err := i.options.Guard(ctx, before); err != nil {
			return err
		}
	}
	if err := i.applyUser(ctx, "update the user", after, i.marked(changes)); err != nil {
		return err
	}
	known.replace(before, after)
	row.Result = ImportUpdated
	row.Notes = append(row.Notes, takenOver(before, after, len(password) > 0)...)
	return nil
}

// takenOver says what is no longer as it was here: whoever edited it here learns so.
func takenOver(before, after *core.User, password bool) (notes []string) {
	what := slices.DeleteFunc(changedFields(before, after), func(field string) bool { return field == "groups" || field == "disabled" })
	if password {
		what = append(what, "password")
	}
	if len(what) > 0 {
		notes = append(notes, "as it is there now: "+strings.Join(what, ", "))
	}
	if after.Disabled && !before.Disabled {
		notes = append(notes, "is disabled there, and now here too")
	}
	joined := slices.DeleteFunc(slices.Clone(after.Groups), func(name string) bool { return slices.Contains(before.Groups, name) })
	if len(joined) > 0 {
		notes = append(notes, "is put into "+strings.Join(joined, ", "))
	}
	return notes
}

// merged lays what is said there over what is known here.
func merged(before, given *core.User) *core.User {
	after := *before
	after.Name = given.Name
	if given.Email != "" {
		verified := given.EmailVerified || before.EmailVerified && core.FoldName(before.Email) == core.FoldName(given.Email)
		after.Email, after.EmailVerified = given.Email, verified
	}
	after.Disabled = before.Disabled || given.Disabled
	members := profileMembers(before.Profile)
	maps.Copy(members, profileMembers(given.Profile))
	after.Profile = profileOf(members)
	after.Attributes = maps.Clone(before.Attributes)
	if after.Attributes == nil {
		after.Attributes = map[string]string{}
	}
	maps.Copy(after.Attributes, given.Attributes)
	return &after
}

func (i *importer) importEdit(ctx context.Context, before, after *core.User, fields []string) ([]core.Change, error) {
	var keep []core.Change
	detail := map[string]string{"name": after.Name, "fields": strings.Join(fields, " ")}
	changes := []core.Change{core.UpdateUser{User: *after, Was: before.UpdatedAt}}
	if core.FoldName(before.Email) != core.FoldName(after.Email) {
		changes = append(changes, core.DeleteTickets{UserID: after.ID})
	}
	if after.Disabled && !before.Disabled {
		var err error
		if keep, err = i.keepAdministrator(ctx, before); err != nil {
			return nil, err
		}
		changes = append(changes, core.EndSessions{UserID: after.ID, At: after.UpdatedAt}, core.DeleteDevices{UserID: after.ID}, core.DeleteTickets{UserID: after.ID},
			i.userRecord(i.actor, after.UpdatedAt, core.EventUserDisabled, after, map[string]string{"name": after.Name}))
	}
	if len(fields) > 0 {
		record := i.userRecord(i.actor, after.UpdatedAt, core.EventUserUpdated, after, detail)
		record.Event.Fields = changesOf(userFields(before, after))
		changes = append(changes, record)
	}
	return append(changes, keep...), nil
}

// joining gives the changes that make the user a member of groups they are not in.
func (i *importer) joining(ctx context.Context, user *core.User, groups []string, now time.Time) ([]core.Change, error) {
	var changes []core.Change
	for _, name := range groups {
		if slices.Contains(user.Groups, name) {
			continue
		}
		group, err := i.Store.Group(ctx, user.Org, name)
		missing, err := absent(group, err)
		if err != nil {
			return nil, wrap("read the group", err)
		}
		if missing {
			group = &core.Group{ID: i.newID(now), Org: user.Org, Name: name, CreatedAt: now, UpdatedAt: now}
			changes = append(changes, core.CreateGroup{Group: *group}, i.groupRecord(i.actor, now, core.EventGroupCreated, group, ""))
		}
		changes = append(changes, core.AddMember{GroupID: group.ID, UserID: user.ID}, i.groupRecord(i.actor, now, core.EventMemberAdded, group, user.ID))
		if !missing {
			changes = append(changes, core.TouchGroup{ID: group.ID, At: now})
		}
	}
	user.Groups = sortedUnique(slices.Concat(user.Groups, groups))
	return changes, nil
}

func sameHash(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// importedPassword gives the changes that set the password of somebody who is here. One
// that was set or used here stays.
func (i *importer) importedPassword(ctx context.Context, in *ImportUser, user *core.User, now time.Time, notes *[]string) ([]core.Change, error) {
	switch {
	case in.PasswordHash == "" && in.Password == "":
		return nil, nil
	case user.PasswordHash == "" && !user.PasswordAt.IsZero():
		return nil, nil // somebody took it away
	case user.PasswordHash != "":
		if foreign, err := i.Hasher.Renews(user.PasswordHash); err == nil && !foreign || in.PasswordHash == "" {
			return nil, nil
		}
	}
	hash, err := i.importedHash(ctx, in, user, notes)
	if err != nil || hash == "" || sameHash(hash, user.PasswordHash) {
		return nil, err
	}
	user.PasswordHash, user.PasswordAt = hash, now
	record := i.userRecord(i.actor, now, core.EventPasswordSet, user, map[string]string{"name": user.Name})
	record.Event.Fields = []core.FieldChange{{Field: "password"}} // never what it was or is
	return []core.Change{
		core.SetPassword{UserID: user.ID, Hash: hash, At: now},
		core.EndSessions{UserID: user.ID, At: now},
		core.DeleteDevices{UserID: user.ID},
		core.DeleteTickets{UserID: user.ID},
		core.ClearFailures{Key: "account:" + string(user.ID)},
		record,
	}, nil
}

// marked says in each record that an import did it.
func (i *importer) marked(changes []core.Change) []core.Change {
	for _, change := range changes {
		if record, is := change.(core.Record); is && record.Event.Detail != nil {
			record.Event.Detail["import"] = i.source
		}
	}
	return changes
}
