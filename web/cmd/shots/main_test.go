package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"testing"

	"github.com/postern-id/postern/web"
)

func TestShotsAreOfStories(t *testing.T) {
	known, names := map[string]bool{}, map[string]bool{}
	for _, story := range append(web.Stories(), web.ConsoleStories()...) {
		known[story.Name] = true
	}
	for _, s := range shots() {
		if !known[s.story] {
			t.Errorf("%s: there is no story %s", s.name, s.story)
		}
		if names[s.name] {
			t.Errorf("two pictures are called %s", s.name)
		}
		names[s.name] = true
	}
}

func TestSmaller(t *testing.T) {
	full := image.NewRGBA(image.Rect(0, 0, 200, 200))
	chance := rand.New(rand.NewPCG(1, 2))
	for i := range 200 * 200 {
		shade := color.RGBA{255, 255, 255, 255}
		if i%4 == 0 {
			n := chance.IntN(2000)
			shade = color.RGBA{uint8(n), uint8(n >> 3), 90, 255}
		}
		full.SetRGBA(i%200, i/200, shade)
	}
	var file bytes.Buffer
	if err := png.Encode(&file, full); err != nil {
		t.Fatal(err)
	}
	small, err := smaller(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	paletted, is := picture.(*image.Paletted)
	if !is || len(paletted.Palette) > 256 || picture.Bounds() != full.Bounds() || len(small) >= file.Len() {
		t.Fatalf("%T of %v in %d bytes, was %d", picture, picture.Bounds(), len(small), file.Len())
	}
	if got := color.RGBAModel.Convert(picture.At(1, 0)); got != full.At(1, 0) {
		t.Errorf("the most frequent colour became %v", got)
	}
	if _, err := smaller([]byte("no picture")); err == nil {
		t.Error("what is no picture became one")
	}
}
