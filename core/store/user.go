package store

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// userColumns reads a user u. The revision rises with every change of the row.
const userColumns = `u.id, u.revision, u.org, u.name, u.email, u.email_verified, u.password_hash, u.admin, u.disabled,
	u.profile, u.attributes, u.group_names, u.created_at, u.updated_at, u.password_at, u.last_sign_in_at, u.last_sign_in_ip`

// userColumnsKept are those after the revision.
const userColumnsKept = 15

func scanUser(r *sqlite.Row, u *core.User) error {
	u.ID = readID(r)
	r.Skip(1)
	return scanUserKept(r, u)
}

func scanUserKept(r *sqlite.Row, u *core.User) (err error) {
	u.Org = r.Text()
	u.Name = r.Text()
	u.Email = r.Text()
	u.EmailVerified = r.Bool()
	u.PasswordHash = r.Text()
	u.Admin = r.Bool()
	u.Disabled = r.Bool()
	if err := json.Unmarshal(r.View(), &u.Profile); err != nil {
		return err
	}
	if u.Attributes, err = readMapJSON(r); err != nil {
		return err
	}
	u.Groups = split(r.Text(), "\n")
	u.CreatedAt = readTime(r)
	u.UpdatedAt = readTime(r)
	u.PasswordAt = readTime(r)
	u.LastSignInAt = readTime(r)
	u.LastSignInIP = r.Text()
	return nil
}

// keptUser is a decoded row of users.
type keptUser struct {
	revision int64
	user     *core.User
}

// recallUser reads what scanUser reads, and decodes it only if the row changed
// since it was decoded last.
func (s *Store) recallUser(r *sqlite.Row, u *core.User) error {
	id := r.View()
	if len(id) == 0 { // the row has no user
		r.Skip(1 + userColumnsKept)
		*u = core.User{}
		return nil
	}
	revision := r.Int()
	if kept, found := s.users.get(id); found && kept.revision == revision {
		r.Skip(userColumnsKept)
		*u = *kept.user
		return nil
	}
	u.ID = core.ID(id)
	if err := scanUserKept(r, u); err != nil {
		return err
	}
	kept := *u
	s.users.put(string(u.ID), keptUser{revision, &kept})
	return nil
}

const selectUser = `SELECT ` + generationColumn + `, ` + userColumns + ` FROM users u WHERE u.id = $1`

// User gives the user, or core.ErrNotFound.
func (s *Store) User(ctx context.Context, id core.ID) (*core.User, error) {
	return s.oneUser(ctx, selectUser, string(id))
}

const (
	selectUserByLogin = `SELECT ` + generationColumn + `, ` + userColumns + `
		FROM logins l JOIN users u ON u.id = l.user_id WHERE l.org = $1 AND l.login = $2`

	// In any organisation, unless two of them have the login.
	selectUserByAnyLogin = `SELECT ` + generationColumn + `, ` + userColumns + `
		FROM logins l JOIN users u ON u.id = l.user_id WHERE l.login = $1
		AND NOT EXISTS (SELECT 1 FROM logins other WHERE other.login = $1 AND other.org <> l.org)`

	// One with a password, of those who have it.
	selectPasswordOfLogin = `SELECT 1 FROM logins l JOIN users u ON u.id = l.user_id WHERE l.login = $1 AND u.password_hash <> '' LIMIT 1`
)

// UserByLogin gives the user whose name or e-mail address, folded, is the login,
// or core.ErrNotFound. Org "" stands for any organisation; a login that two of
// them have is not found then: core.ErrAmbiguous if one of those people has a
// password.
func (s *Store) UserByLogin(ctx context.Context, org, login string) (*core.User, error) {
	login = core.FoldName(login)
	if org != "" {
		return s.oneUser(ctx, selectUserByLogin, org, login)
	}
	user, err := s.oneUser(ctx, selectUserByAnyLogin, login)
	if !errors.Is(err, core.ErrNotFound) {
		return user, err
	}
	err = s.read(ctx, func(c *sqlite.Conn) error {
		return first(c, selectPasswordOfLogin, func(*sqlite.Row) error { return core.ErrAmbiguous }, login)
	})
	return nil, err
}

// UserByEmail gives the user of the organisation that has the e-mail address, folded,
// or core.ErrNotFound. A login name that looks like it does not count.
func (s *Store) UserByEmail(ctx context.Context, org, email string) (*core.User, error) {
	user, err := s.oneUser(ctx, selectUserByLogin, org, core.FoldName(email))
	if err != nil {
		return nil, err
	}
	if core.FoldName(user.Email) != core.FoldName(email) {
		return nil, core.ErrNotFound
	}
	return user, nil
}

func (s *Store) oneUser(ctx context.Context, text string, args ...any) (*core.User, error) {
	var user core.User
	err := s.read(ctx, func(c *sqlite.Conn) error {
		return first(c, text, func(r *sqlite.Row) error {
			s.noteGeneration(r.Int())
			return scanUser(r, &user)
		}, args...)
	})
	if err != nil {
		return nil, err
	}
	return &user, nil
}

// Users gives the users that the filter selects, ordered by name.
func (s *Store) Users(ctx context.Context, filter core.UserFilter) ([]core.User, error) {
	text, args := usersQuery(filter)
	return list(ctx, s, text, scanUser, args...)
}

// CountUsers gives how many users the filter selects, whatever its page is.
func (s *Store) CountUsers(ctx context.Context, filter core.UserFilter) (int, error) {
	filter.After = ""
	q := selectedUsers(filter)
	return s.count(ctx, `SELECT count(*) FROM users u`+q.where(), q.args)
}

func (s *Store) count(ctx context.Context, text string, args []any) (count int, err error) {
	err = s.read(ctx, func(c *sqlite.Conn) error {
		return first(c, text, func(r *sqlite.Row) error {
			count = int(r.Int())
			return nil
		}, args...)
	})
	return count, err
}

func usersQuery(filter core.UserFilter) (text string, args []any) {
	q := selectedUsers(filter)
	q.passOver(`users u`, `u.name_folded`, filter.Offset)
	return q.text(`SELECT `+userColumns+` FROM users u`, `u.name_folded, u.id`, filter.Limit)
}

func selectedUsers(filter core.UserFilter) (q query) {
	q.equal("u.org", filter.Org)
	if filter.Group != "" {
		q.and(`EXISTS (SELECT 1 FROM members m JOIN groups g ON g.id = m.group_id WHERE m.user_id = u.id AND g.name = ?)`, filter.Group)
	}
	if filter.ExternalID != "" {
		q.and(`u.external_id <> ''`) // as the index has it
		q.equal("u.external_id", filter.ExternalID)
	}
	if filter.Disabled != nil {
		q.and("u.disabled = ?", *filter.Disabled)
	}
	if filter.Admins {
		q.and(`(u.admin = 1 OR EXISTS (SELECT 1 FROM roles r WHERE r.holder = u.id AND (? = '' OR r.org IN ('', ?))))`, filter.Org)
	}
	if filter.Search != "" {
		q.and(`(u.display_folded LIKE ? ESCAPE '\' OR EXISTS (SELECT 1 FROM logins l WHERE l.user_id = u.id AND l.login LIKE ? ESCAPE '\'))`, containing(filter.Search))
	}
	q.behind("u.name_folded", "u.id", filter.After, string(filter.AfterID))
	return q
}

func createUser(c *sqlite.Conn, u core.User) error {
	name := core.FoldName(u.Name)
	if err := loginsFree(c, u); err != nil {
		return err
	}
	_, err := c.Exec(`INSERT INTO users (id, org, name, name_folded, email, email_verified, password_hash, admin, disabled, profile, attributes,
			external_id, display_folded, revision, group_names, created_at, updated_at, password_at, last_sign_in_at, last_sign_in_ip)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, '', $14, $15, $16, $17, $18)`,
		string(u.ID), u.Org, u.Name, name, u.Email, u.EmailVerified, u.PasswordHash, u.Admin, u.Disabled, mustJSON(u.Profile), mapJSON(u.Attributes),
		u.Profile.ExternalID, core.FoldName(u.Profile.DisplayName), millis(u.CreatedAt), millis(u.UpdatedAt), millis(u.PasswordAt), millis(u.LastSignInAt), u.LastSignInIP)
	if err != nil {
		return classify(err)
	}
	return addLogins(c, u)
}

func updateUser(c *sqlite.Conn, update core.UpdateUser) error {
	u := update.User
	if err := unchanged(c, "users", "id", string(u.ID), update.Was); err != nil {
		return err
	}
	if err := loginsFree(c, u); err != nil {
		return err
	}
	err := mustChange(c.Exec(`UPDATE users SET revision = revision + 1, org = $2, name = $3, name_folded = $4, email = $5, email_verified = $6, admin = $7, disabled = $8,
			profile = $9, attributes = $10, external_id = $11, display_folded = $12, created_at = $13, updated_at = $14 WHERE id = $1`,
		string(u.ID), u.Org, u.Name, core.FoldName(u.Name), u.Email, u.EmailVerified, u.Admin, u.Disabled,
		mustJSON(u.Profile), mapJSON(u.Attributes), u.Profile.ExternalID, core.FoldName(u.Profile.DisplayName), millis(u.CreatedAt), millis(u.UpdatedAt)))
	if err != nil {
		return err
	}
	return replaceLogins(c, u)
}

func replaceLogins(c *sqlite.Conn, u core.User) error {
	if _, err := c.Exec(`DELETE FROM logins WHERE user_id = $1`, string(u.ID)); err != nil {
		return err
	}
	return addLogins(c, u)
}

// loginsFree says whether name and address are free, or the user's own.
func loginsFree(c *sqlite.Conn, u core.User) error {
	for _, login := range []struct{ what, value string }{{"user name", u.Name}, {"e-mail address", u.Email}} {
		isTaken := false
		err := c.Query(`SELECT user_id FROM logins WHERE org = $1 AND login = $2`, func(r *sqlite.Row) error {
			isTaken = readID(r) != u.ID
			return nil
		}, u.Org, core.FoldName(login.value))
		if err != nil {
			return err
		}
		if isTaken {
			return &core.ConflictError{What: login.what}
		}
	}
	return nil
}

// addLogins adds name and address, which may be the same.
func addLogins(c *sqlite.Conn, u core.User) error {
	for _, login := range slices.Compact([]string{core.FoldName(u.Name), core.FoldName(u.Email)}) {
		if login == "" {
			continue
		}
		if _, err := c.Exec(`INSERT INTO logins (org, login, user_id) VALUES ($1, $2, $3)`, u.Org, login, string(u.ID)); err != nil {
			return classify(err)
		}
	}
	return nil
}

func setProfile(c *sqlite.Conn, userID core.ID, profile core.Profile, at time.Time) error {
	return mustChange(c.Exec(`UPDATE users SET revision = revision + 1, `+moved+`, profile = $3, external_id = $4, display_folded = $5 WHERE id = $1`,
		string(userID), millis(at), mustJSON(profile), profile.ExternalID, core.FoldName(profile.DisplayName)))
}

func setEmail(c *sqlite.Conn, set core.SetEmail) error {
	user := core.User{ID: set.UserID, Email: set.Email}
	if err := first(c, `SELECT org, name FROM users WHERE id = $1`, func(r *sqlite.Row) error {
		user.Org, user.Name = r.Text(), r.Text()
		return nil
	}, string(set.UserID)); err != nil {
		return err
	}
	if err := loginsFree(c, user); err != nil {
		return err
	}
	err := mustWin(c.Exec(`UPDATE users SET revision = revision + 1, `+moved+`, email = $3, email_verified = $4 WHERE id = $1 AND email = $5`,
		string(set.UserID), millis(set.At), set.Email, set.Verified && set.Email != "", set.Was))
	if err != nil {
		return err
	}
	return replaceLogins(c, user)
}

func setPassword(c *sqlite.Conn, userID core.ID, hash string, at time.Time) error {
	return mustChange(c.Exec(`UPDATE users SET revision = revision + 1, password_hash = $2, password_at = $3 WHERE id = $1`, string(userID), hash, millis(at)))
}

func keepPassword(c *sqlite.Conn, userID core.ID, at time.Time) error {
	err := first(c, `SELECT 1 FROM users WHERE id = $1 AND password_at = $2`, func(*sqlite.Row) error { return nil }, string(userID), millis(at))
	if errors.Is(err, core.ErrNotFound) {
		return core.ErrConflict
	}
	return err
}

// deleteUser deletes what refers to the user too, by the schema, and mails that wait but
// lead nowhere any more. Those that tell what was done to the account are sent: whoever
// took it over must not silence them by deleting it.
func deleteUser(c *sqlite.Conn, id core.ID) error {
	if _, err := c.Exec(`DELETE FROM mails WHERE user_id = $1 AND substr(template, 1, 7) <> 'notice_'`, string(id)); err != nil {
		return err
	}
	if err := forgetHolder(c, id); err != nil {
		return err
	}
	if _, err := c.Exec(touchGroupsOf, string(id)); err != nil {
		return err
	}
	_, err := c.Exec(`DELETE FROM users WHERE id = $1`, string(id))
	return err
}

const selectAdministrator = `SELECT 1 FROM users u JOIN organisations o ON o.name = u.org WHERE u.disabled = 0 AND o.disabled = 0
	AND (u.admin = 1 OR EXISTS (SELECT 1 FROM roles r WHERE r.holder = u.id AND r.org = '' AND r.role = 'owner')) LIMIT 1`

// keepAdministrator refuses what has left nobody to administer the server.
func keepAdministrator(c *sqlite.Conn) error {
	err := first(c, selectAdministrator, func(*sqlite.Row) error { return nil })
	if errors.Is(err, core.ErrNotFound) {
		return core.ErrConflict
	}
	return err
}
