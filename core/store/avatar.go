package store

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const avatarColumns = `id, user_id, type, image, created_at`

func scanAvatar(r *sqlite.Row, a *core.Avatar) error {
	*a = core.Avatar{ID: readID(r), UserID: readID(r), Type: r.Text(), Image: r.Blob(), CreatedAt: readTime(r)}
	return nil
}

// Avatar gives the picture, or core.ErrNotFound.
func (s *Store) Avatar(ctx context.Context, id core.ID) (*core.Avatar, error) {
	return one(ctx, s, `SELECT `+avatarColumns+` FROM avatars WHERE id = $1`, scanAvatar, string(id))
}

// AvatarOf gives the picture of a user, or core.ErrNotFound.
func (s *Store) AvatarOf(ctx context.Context, userID core.ID) (*core.Avatar, error) {
	return one(ctx, s, `SELECT `+avatarColumns+` FROM avatars WHERE user_id = $1`, scanAvatar, string(userID))
}

func setAvatar(c *sqlite.Conn, a core.Avatar) error {
	if err := deleteAvatar(c, a.UserID); err != nil {
		return err
	}
	_, err := c.Exec(`INSERT INTO avatars (`+avatarColumns+`) VALUES ($1, $2, $3, $4, $5)`, string(a.ID), string(a.UserID), a.Type, a.Image, millis(a.CreatedAt))
	return classify(err)
}

func deleteAvatar(c *sqlite.Conn, userID core.ID) error {
	_, err := c.Exec(`DELETE FROM avatars WHERE user_id = $1`, string(userID))
	return err
}
