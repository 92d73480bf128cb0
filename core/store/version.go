package store

import (
	"fmt"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// unchanged says core.ErrStale unless the row was last changed at was, if that is given. It
// is an update, because that keeps others out until the end of the transaction on every
// database.
func unchanged(c *sqlite.Conn, table, key, id string, was time.Time) error {
	if was.IsZero() {
		return nil
	}
	changed, err := c.Exec(`UPDATE `+table+` SET updated_at = updated_at WHERE `+key+` = $1 AND updated_at = $2`, id, millis(was))
	if err != nil || changed > 0 {
		return err
	}
	if err := first(c, `SELECT 1 FROM `+table+` WHERE `+key+` = $1`, func(*sqlite.Row) error { return nil }, id); err != nil {
		return err
	}
	return core.ErrStale
}

// keepVersion is [unchanged] of an object of any kind.
func keepVersion(c *sqlite.Conn, keep core.KeepVersion) error {
	var table, key string
	switch keep.Kind {
	case core.KindOfOrganisation:
		table, key = "organisations", "name"
	case core.KindOfUser:
		table, key = "users", "id"
	case core.KindOfGroup:
		table, key = "groups", "id"
	case core.KindOfClient:
		table, key = "clients", "id"
	case core.KindOfServiceAccount:
		table, key = "service_accounts", "id"
	case core.KindOfInstance:
		table, key = "plugin_instances", "name"
	default:
		return fmt.Errorf("nothing of the kind %q has a version", keep.Kind)
	}
	return unchanged(c, table, key, keep.ID, keep.Was)
}

// moved is the moment at which a row was last changed, after a change at $2: always behind
// the one before, because versions are told apart by it.
const moved = `updated_at = CASE WHEN updated_at < $2 THEN $2 ELSE updated_at + 1 END`

// touchInstance notes that what an instance was given changed. There need not be one.
func touchInstance(c *sqlite.Conn, name string, at time.Time) error {
	_, err := c.Exec(`UPDATE plugin_instances SET `+moved+` WHERE name = $1`, name, millis(at))
	return err
}

// keepRole reads after it wrote, because that keeps others out until the end of the
// transaction on every database.
func keepRole(c *sqlite.Conn, keep core.KeepRole) error {
	if _, err := c.Exec(`UPDATE roles SET role = role WHERE holder = $1 AND org = $2`, string(keep.Holder), keep.Org); err != nil {
		return err
	}
	var is core.Role
	err := c.Query(`SELECT role FROM roles WHERE holder = $1 AND org = $2`, func(r *sqlite.Row) error {
		is = core.Role(r.Text())
		return nil
	}, string(keep.Holder), keep.Org)
	if err == nil && is != keep.Role {
		return core.ErrStale
	}
	return err
}
