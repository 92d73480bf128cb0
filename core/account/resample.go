package account

import (
	"image"
	"image/draw"
	"math"
)

// resample draws the square area of a picture as a square of side pixels: with a triangle
// filter as wide as a pixel of the larger of both, so that what is made smaller is
// averaged and what is made larger is smooth. It goes through the picture line by line,
// and keeps no copy of it.
func resample(picture image.Image, area image.Rectangle, side int) *image.RGBA {
	taps := filter(area.Dx(), side)
	line := image.NewRGBA(image.Rect(0, 0, area.Dx(), 1))
	sum := make([]float32, side*side*4)
	across := make([]float32, side*4)
	// below[y] are the lines that the line y of the picture counts for.
	below := make([][]tap, area.Dy())
	for y, list := range taps {
		for _, t := range list {
			below[t.at] = append(below[t.at], tap{y, t.weight})
		}
	}
	for y, list := range below {
		draw.Draw(line, line.Bounds(), picture, image.Pt(area.Min.X, area.Min.Y+y), draw.Src)
		squeeze(across, line.Pix, taps)
		for _, t := range list {
			row := sum[t.at*side*4 : (t.at+1)*side*4]
			for i, value := range across {
				row[i] += value * t.weight
			}
		}
	}
	out := image.NewRGBA(image.Rect(0, 0, side, side))
	for i, value := range sum {
		out.Pix[i] = uint8(min(max(value+0.5, 0), 255))
	}
	return out
}

// tap is a pixel, and how much it counts.
type tap struct {
	at     int
	weight float32
}

// filter gives, for each of to pixels, those of from pixels that it is made of. Their
// weights add up to one.
func filter(from, to int) [][]tap {
	scale := float64(from) / float64(to)
	reach := max(scale, 1)
	taps := make([][]tap, to)
	for i := range taps {
		centre := (float64(i)+0.5)*scale - 0.5
		var total float64
		first, last := max(int(math.Ceil(centre-reach)), 0), min(int(math.Floor(centre+reach)), from-1)
		for at := first; at <= last; at++ {
			weight := max(1-math.Abs(float64(at)-centre)/reach, 0)
			total += weight
			taps[i] = append(taps[i], tap{at, float32(weight)})
		}
		for j := range taps[i] {
			taps[i][j].weight /= float32(total)
		}
	}
	return taps
}

// squeeze makes one line of out of one line of the picture, four channels of each.
func squeeze(out []float32, line []uint8, taps [][]tap) {
	for x, list := range taps {
		var r, g, b, a float32
		for _, t := range list {
			pixel := line[t.at*4 : t.at*4+4]
			r += float32(pixel[0]) * t.weight
			g += float32(pixel[1]) * t.weight
			b += float32(pixel[2]) * t.weight
			a += float32(pixel[3]) * t.weight
		}
		out[x*4], out[x*4+1], out[x*4+2], out[x*4+3] = r, g, b, a
	}
}
