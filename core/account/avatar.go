package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/postern-id/postern/core"
)

// Bounds of a picture that somebody brings.
const (
	// MaxPicture is its size in bytes: photographs of telephones have less.
	MaxPicture = 8 << 20
	// maxPixels bounds the memory that it takes to look at it, maxScans the time: a
	// progressive JPEG has about ten, and each may go over all pixels in a few bytes.
	maxPixels = 1 << 24
	maxScans  = 64
	// avatarSide is what is kept: a square of so many pixels.
	avatarSide = 256
	maxAvatar  = 256 << 10
	// jpegQuality is good enough for a face.
	jpegQuality = 88
)

// PathAvatar is where pictures are; the identifier follows.
const PathAvatar = "/avatar/"

// SetPicture takes a PNG, JPEG or GIF image, cuts a square out of its middle, and keeps
// that. What else the file says, where the photograph was taken among it, is gone.
func (s *Service) SetPicture(ctx context.Context, p Person, file []byte) error {
	if p.Org.Rules.KeepProfile {
		return refuse(RefusedKept)
	}
	leave, err := s.decoding.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	kept, format, err := portrait(file)
	if err != nil {
		return pictureProblem(err)
	}
	now := s.Now()
	avatar := core.Avatar{ID: core.NewID(now, s.Rand), UserID: p.User.ID, Type: format, Image: kept, CreatedAt: now}
	profile := p.User.Profile
	profile.Picture = s.Issuer + PathAvatar + string(avatar.ID)
	return s.setProfile(ctx, p, profile, "picture", core.SetAvatar{Avatar: avatar})
}

// RemovePicture deletes it. One that is kept elsewhere is only forgotten.
func (s *Service) RemovePicture(ctx context.Context, p Person) error {
	if p.Org.Rules.KeepProfile {
		return refuse(RefusedKept)
	}
	profile := p.User.Profile
	profile.Picture = ""
	return s.setProfile(ctx, p, profile, "picture_removed", core.DeleteAvatar{UserID: p.User.ID})
}

// PictureOf gives the person's picture, nil if there is none here.
func (s *Service) PictureOf(ctx context.Context, p Person) (*core.Avatar, error) {
	return found(s.Store.AvatarOf(ctx, p.User.ID))
}

// Picture gives the picture at an address, nil if there is none.
func (s *Service) Picture(ctx context.Context, id core.ID) (*core.Avatar, error) {
	return found(s.Store.Avatar(ctx, id))
}

func found(avatar *core.Avatar, err error) (*core.Avatar, error) {
	if errors.Is(err, core.ErrNotFound) {
		return nil, nil
	}
	return avatar, err
}

// What is wrong with a picture.
var (
	errNoPicture  = errors.New("not an image that can be read")
	errBigPicture = errors.New("more pixels than can be looked at")
)

func pictureProblem(err error) error {
	kind := core.FieldForm
	if errors.Is(err, errBigPicture) {
		kind = core.FieldLong
	}
	return &InvalidError{[]core.FieldProblem{{Field: "picture", Kind: kind}}}
}

// portrait gives the square of a picture as image/png or image/jpeg.
func portrait(file []byte) (kept []byte, format string, err error) {
	if len(file) > MaxPicture {
		return nil, "", errBigPicture
	}
	f := formatOf(file)
	if f == nil {
		return nil, "", errNoPicture
	}
	config, err := f.config(bytes.NewReader(file))
	switch {
	case err != nil:
		return nil, "", fmt.Errorf("%w: %w", errNoPicture, err)
	case config.Width <= 0 || config.Height <= 0:
		return nil, "", errNoPicture
	case config.Width > maxPixels/config.Height || scans(file) > maxScans:
		return nil, "", errBigPicture
	}
	picture, err := f.decode(bytes.NewReader(file))
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", errNoPicture, err)
	}
	square := resample(picture, middle(picture.Bounds()), avatarSide)
	return encode(turn(square, orientation(file)))
}

// format is one that pictures may have, known by how the file begins.
type format struct {
	magic  string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

// formatOf gives the format of the file, nil for one that is not looked at.
func formatOf(file []byte) *format {
	for _, f := range []format{
		{"\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
		{"\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode},
		{"GIF8", gif.DecodeConfig, gif.Decode}, // its first picture
	} {
		if bytes.HasPrefix(file, []byte(f.magic)) {
			return &f
		}
	}
	return nil
}

// middle is the largest square in the middle.
func middle(b image.Rectangle) image.Rectangle {
	side := min(b.Dx(), b.Dy())
	corner := b.Min.Add(image.Pt((b.Dx()-side)/2, (b.Dy()-side)/2))
	return image.Rectangle{Min: corner, Max: corner.Add(image.Pt(side, side))}
}

// encode writes a photograph as JPEG, and what is transparent as PNG, unless that is too
// large: then it gets a white ground.
func encode(square *image.RGBA) ([]byte, string, error) {
	var out bytes.Buffer
	if !square.Opaque() {
		if err := png.Encode(&out, square); err != nil {
			return nil, "", err
		}
		if out.Len() <= maxAvatar {
			return out.Bytes(), "image/png", nil
		}
		out.Reset()
		ground := image.NewRGBA(square.Bounds())
		draw.Draw(ground, ground.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
		draw.Draw(ground, ground.Bounds(), square, image.Point{}, draw.Over)
		square = ground
	}
	if err := jpeg.Encode(&out, square, &jpeg.Options{Quality: jpegQuality}); err != nil {
		return nil, "", err
	}
	return out.Bytes(), "image/jpeg", nil
}
