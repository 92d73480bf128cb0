package account_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
)

// halves is a picture whose upper left quarter is red, its upper right one green, and its
// lower half blue.
func halves(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{B: 255, A: 255}
			switch {
			case y < height/2 && x < width/2:
				c = color.RGBA{R: 255, A: 255}
			case y < height/2:
				c = color.RGBA{G: 255, A: 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// jpegOf writes a photograph with Exif data: how the camera was held, and where.
func jpegOf(t testing.TB, m image.Image, order binary.ByteOrder, orientation uint16) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	tiff := make([]byte, 8+2+2*12+4)
	copy(tiff, "MM\x00\x2a")
	if order == binary.LittleEndian {
		copy(tiff, "II\x2a\x00")
	}
	order.PutUint32(tiff[4:], 8)
	order.PutUint16(tiff[8:], 2)
	order.PutUint16(tiff[10:], 0x010f) // the maker of the camera
	order.PutUint16(tiff[22:], 0x0112)
	order.PutUint16(tiff[24:], 3)
	order.PutUint32(tiff[26:], 1)
	order.PutUint16(tiff[30:], orientation)
	data := append([]byte("Exif\x00\x00"), tiff...)
	data = append(data, "GPS 52.5N 13.4E"...)
	segment := append([]byte{0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(data)+2))...)
	file := out.Bytes()
	return append(append(append([]byte{}, file[:2]...), append(segment, data...)...), file[2:]...)
}

// corners are the colours of upper left, upper right, lower left and lower right.
func corners(m image.Image) string {
	b := m.Bounds()
	var out strings.Builder
	for _, at := range []image.Point{{40, 40}, {b.Dx() - 40, 40}, {40, b.Dy() - 40}, {b.Dx() - 40, b.Dy() - 40}} {
		r, g, bl, _ := m.At(at.X, at.Y).RGBA()
		switch {
		case r > 0xc000 && g < 0x4000 && bl < 0x4000:
			out.WriteByte('r')
		case g > 0xc000 && r < 0x4000 && bl < 0x4000:
			out.WriteByte('g')
		case bl > 0xc000 && r < 0x4000 && g < 0x4000:
			out.WriteByte('b')
		default:
			out.WriteByte('?')
		}
	}
	return out.String()
}

// picture sets a picture and gives what is kept.
func (w *world) picture(file []byte) (*core.Avatar, image.Image) {
	w.t.Helper()
	if err := w.SetPicture(w.t.Context(), w.ann, file); err != nil {
		w.t.Fatal(err)
	}
	w.ann, w.now = w.again(w.ann), w.now.Add(time.Millisecond)
	kept, err := w.PictureOf(w.t.Context(), w.ann)
	if err != nil || kept == nil {
		w.t.Fatal(kept, err)
	}
	m, _, err := image.Decode(bytes.NewReader(kept.Image))
	if err != nil {
		w.t.Fatal(err)
	}
	if m.Bounds() != image.Rect(0, 0, 256, 256) || len(kept.Image) > 256<<10 {
		w.t.Errorf("kept %v in %d bytes", m.Bounds(), len(kept.Image))
	}
	return kept, m
}

func TestSetPicture(t *testing.T) {
	var animated bytes.Buffer
	paletted := image.NewPaletted(image.Rect(0, 0, 300, 300), color.Palette{color.RGBA{R: 255, A: 255}, color.RGBA{G: 255, A: 255}, color.RGBA{B: 255, A: 255}})
	m := halves(300, 300)
	for y := range 300 {
		for x := range 300 {
			paletted.Set(x, y, m.At(x, y))
		}
	}
	if err := gif.EncodeAll(&animated, &gif.GIF{Image: []*image.Paletted{paletted, paletted}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	noise := image.NewNRGBA(image.Rect(0, 0, 256, 256))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(random.UintN(256))
	}
	for _, c := range []struct {
		name    string
		file    []byte
		kind    string
		corners string
	}{
		{"png", pngOf(t, halves(512, 512)), "image/jpeg", "rgbb"},
		{"small png", pngOf(t, halves(16, 16)), "image/jpeg", "rgbb"},
		{"one pixel", pngOf(t, image.NewGray(image.Rect(0, 0, 1, 1))), "image/jpeg", "????"},
		{"wide: the middle", pngOf(t, halves(1024, 256)), "image/jpeg", "rgbb"},
		{"high: the middle", pngOf(t, halves(256, 1024)), "image/jpeg", "rgbb"},
		{"gif", animated.Bytes(), "image/jpeg", "rgbb"},
		{"noise that is transparent", pngOf(t, noise), "image/jpeg", "????"},
		{"transparent", pngOf(t, image.NewNRGBA(image.Rect(0, 0, 300, 300))), "image/png", "????"},
		{"jpeg upright", jpegOf(t, halves(400, 400), binary.BigEndian, 1), "image/jpeg", "rgbb"},
		{"jpeg mirrored", jpegOf(t, halves(400, 400), binary.BigEndian, 2), "image/jpeg", "grbb"},
		{"jpeg upside down", jpegOf(t, halves(400, 400), binary.LittleEndian, 3), "image/jpeg", "bbgr"},
		{"jpeg upside down, mirrored", jpegOf(t, halves(400, 400), binary.LittleEndian, 4), "image/jpeg", "bbrg"},
		{"jpeg transposed", jpegOf(t, halves(400, 400), binary.BigEndian, 5), "image/jpeg", "rbgb"},
		{"jpeg to the right", jpegOf(t, halves(400, 400), binary.BigEndian, 6), "image/jpeg", "brbg"},
		{"jpeg transversed", jpegOf(t, halves(400, 400), binary.BigEndian, 7), "image/jpeg", "bgbr"},
		{"jpeg to the left", jpegOf(t, halves(400, 400), binary.BigEndian, 8), "image/jpeg", "gbrb"},
		{"jpeg held like nothing", jpegOf(t, halves(400, 400), binary.BigEndian, 9), "image/jpeg", "rgbb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			kept, m := w.picture(c.file)
			if kept.Type != c.kind || corners(m) != c.corners {
				t.Errorf("got %s, corners %s, want %s, %s", kept.Type, corners(m), c.kind, c.corners)
			}
			if bytes.Contains(kept.Image, []byte("Exif")) || bytes.Contains(kept.Image, []byte("GPS")) {
				t.Error("it still says where it was taken")
			}
			if w.ann.User.Profile.Picture != issuer+"/avatar/"+string(kept.ID) {
				t.Errorf("the claim is %q", w.ann.User.Profile.Picture)
			}
		})
	}
}

// TestPictureIsReplaced: another picture has another address, and the old one is gone.
func TestPictureIsReplaced(t *testing.T) {
	w := newWorld(t)
	first, _ := w.picture(pngOf(t, halves(300, 300)))
	second, _ := w.picture(pngOf(t, halves(16, 16)))
	if gone, err := w.Picture(t.Context(), first.ID); gone != nil || err != nil {
		t.Errorf("the old one: %v, %v", gone, err)
	}
	if found, err := w.Picture(t.Context(), second.ID); err != nil || found == nil || found.UserID != w.ann.User.ID {
		t.Errorf("the new one: %v, %v", found, err)
	}
	if err := w.RemovePicture(t.Context(), w.ann); err != nil {
		t.Fatal(err)
	}
	w.ann = w.again(w.ann)
	if left, err := w.PictureOf(t.Context(), w.ann); left != nil || err != nil || w.ann.User.Profile.Picture != "" {
		t.Errorf("left: %v, %v, %q", left, err, w.ann.User.Profile.Picture)
	}
	if e := w.events(core.EventProfileChanged, w.ann); len(e) != 3 || e[0].Detail["what"] != "picture_removed" {
		t.Errorf("recorded %+v", e)
	}
}

func TestRefusePicture(t *testing.T) {
	good := pngOf(t, halves(64, 64))
	// A few bytes that announce a picture of a gigabyte.
	bomb := bytes.Clone(good)
	binary.BigEndian.PutUint32(bomb[16:], 1<<15)
	binary.BigEndian.PutUint32(bomb[20:], 1<<15)
	for _, c := range []struct {
		name string
		file []byte
		kind core.FieldProblemKind
	}{
		{"nothing", nil, core.FieldForm},
		{"text", []byte("hello"), core.FieldForm},
		{"a picture that is a program", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), core.FieldForm},
		{"the head alone", good[:24], core.FieldForm},
		{"cut", good[:len(good)-20], core.FieldForm},
		{"too many pixels", withSum(bomb), core.FieldLong},
		{"too many scans", manyScans(70), core.FieldLong},
		{"too many bytes", append(bytes.Clone(good), make([]byte, 8<<20)...), core.FieldLong},
		{"a jpeg that is none", []byte("\xff\xd8\xff\xe1\xff\xff"), core.FieldForm},
		{"a gif that is none", []byte("GIF89a"), core.FieldForm},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.quiet(func() {
				invalid(t, w.SetPicture(t.Context(), w.ann, c.file), core.FieldProblem{Field: "picture", Kind: c.kind})
			})
		})
	}
}

// TestPicturesAtOnce: one is looked at after the other, and who goes away waits no longer.
func TestPicturesAtOnce(t *testing.T) {
	w := newWorld(t)
	file := pngOf(t, halves(600, 600))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := w.SetPicture(t.Context(), w.ann, file); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.SetPicture(gone, w.ann, file); err == nil {
		t.Error("a picture of who went away was kept")
	}
}

// manyScans is a progressive JPEG of a few kilobytes, each scan of which goes over all its
// pixels once more: a run of blocks in which nothing changes.
func manyScans(count int) []byte {
	segment := func(marker byte, data ...byte) []byte {
		return append([]byte{0xff, marker, 0, byte(len(data) + 2)}, data...)
	}
	table := func(class, symbol byte) []byte { // one code of one bit
		return segment(0xc4, append(append([]byte{class, 1}, make([]byte, 15)...), symbol)...)
	}
	file := slices.Concat([]byte("\xff\xd8"), segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...),
		segment(0xc2, 8, 0, 64, 0, 64, 1, 1, 0x11, 0), table(0x00, 0), table(0x10, 0x60)) // a run of at least 64 blocks
	for range count {
		file = append(append(file, segment(0xda, 1, 1, 0, 1, 63, 0)...), 0x01)
	}
	return append(file, 0xff, 0xd9)
}

// withSum gives a PNG file whose head has the right check sum.
func withSum(file []byte) []byte {
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
	return file
}

// A picture of some scans is one that may be, whatever comes with it.
func TestScans(t *testing.T) {
	once := jpegOf(t, halves(64, 64), binary.BigEndian, 1)
	film := bytes.Repeat([]byte("\xff\xda\x00\x02"), 100) // behind the picture, as telephones write it
	hidden := slices.Concat(once[:2], []byte("\xff\xe2\x01\x92"), film, once[2:])
	for name, c := range map[string]struct {
		file []byte
		want int
	}{
		"a photograph": {once, 1}, "with a film": {append(bytes.Clone(once), film...), 1}, "with others inside": {hidden, 1},
		"progressive": {manyScans(20), 20}, "cut": {manyScans(20)[:200], 7}, "no JPEG": {pngOf(t, halves(9, 9)), 0}, "nothing": {nil, 0},
	} {
		if got := account.Scans(c.file); got != c.want {
			t.Errorf("%s: %d scans, want %d", name, got, c.want)
		}
		if name != "cut" && c.want > 0 {
			if _, _, err := account.Portrait(c.file); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// FuzzPortrait: whatever somebody sends, it is a small square or an error.
func FuzzPortrait(f *testing.F) {
	f.Add(pngOf(f, halves(9, 7)))
	f.Add(jpegOf(f, halves(16, 16), binary.LittleEndian, 6))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if config, _, err := image.DecodeConfig(bytes.NewReader(file)); err == nil && config.Width*config.Height > 1<<16 {
			t.Skip("takes too long here")
		}
		kept, kind, err := account.Portrait(file)
		if err != nil {
			return
		}
		config, format, err := image.DecodeConfig(bytes.NewReader(kept))
		if err != nil || config.Width != 256 || config.Height != 256 || "image/"+format != kind || len(kept) > 256<<10 {
			t.Errorf("kept %+v, %s, %s, %d bytes, %v", config, format, kind, len(kept), err)
		}
	})
}

func FuzzOrientation(f *testing.F) {
	f.Add(jpegOf(f, halves(8, 8), binary.BigEndian, 8))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00II\x2a\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if got := account.Orientation(file); got < 1 || got > 8 {
			t.Errorf("got %d", got)
		}
	})
}
