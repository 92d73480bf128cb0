package account

import (
	"bytes"
	"encoding/binary"
	"image"
)

// orientation reads how a camera was held from the Exif data of a JPEG file (Exif 2.32
// section 4.6.4, tag 0x0112): 1 to 8, and 1 where it is not said. Browsers turn
// photographs by it, so a picture without its Exif data has to be turned for good.
func orientation(file []byte) int {
	tiff := exif(file)
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			break
		}
		if order.Uint16(entries) == 0x0112 {
			if value := int(order.Uint16(entries[8:])); value >= 1 && value <= 8 {
				return value
			}
			break
		}
		entries = entries[12:]
	}
	return 1
}

// exif finds the Exif data among the segments before the image (ISO/IEC 10918-1 annex B).
func exif(file []byte) []byte {
	const startOfScan, application1 = 0xda, 0xe1
	rest, isJPEG := bytes.CutPrefix(file, []byte("\xff\xd8"))
	if !isJPEG {
		return nil
	}
	for len(rest) >= 4 && rest[0] == 0xff && rest[1] != startOfScan {
		size := int(binary.BigEndian.Uint16(rest[2:]))
		if size < 2 || len(rest) < 2+size {
			return nil
		}
		segment := rest[4 : 2+size]
		if tiff, found := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); found && rest[1] == application1 {
			return tiff
		}
		rest = rest[2+size:]
	}
	return nil
}

// scans counts the scans of a JPEG file (ISO/IEC 10918-1 annex B); any other has none.
func scans(file []byte) (count int) {
	const startOfScan, endOfImage = 0xda, 0xd9
	rest, isJPEG := bytes.CutPrefix(file, []byte("\xff\xd8"))
	for isJPEG {
		at := bytes.IndexByte(rest, 0xff)
		if at < 0 || len(rest) < at+4 || rest[at+1] == endOfImage {
			break
		}
		marker := rest[at+1]
		switch {
		case marker == 0xff: // a fill byte
			rest = rest[at+1:]
			continue
		case marker == 0 || marker >= 0xd0 && marker <= 0xd7: // in the midst of a scan
			rest = rest[at+2:]
			continue
		case marker == startOfScan:
			count++
		}
		size := int(binary.BigEndian.Uint16(rest[at+2:]))
		rest = rest[min(at+2+max(size, 2), len(rest)):]
	}
	return count
}

// turn gives the square as it was seen by who held the camera.
func turn(square *image.RGBA, orientation int) *image.RGBA {
	if orientation == 1 {
		return square
	}
	side := square.Bounds().Dx()
	out := image.NewRGBA(square.Bounds())
	last := side - 1
	for y := range side {
		for x := range side {
			fromX, fromY := x, y
			switch orientation {
			case 2:
				fromX = last - x
			case 3:
				fromX, fromY = last-x, last-y
			case 4:
				fromY = last - y
			case 5:
				fromX, fromY = y, x
			case 6:
				fromX, fromY = y, last-x
			case 7:
				fromX, fromY = last-y, last-x
			case 8:
				fromX, fromY = last-y, x
			}
			copy(out.Pix[out.PixOffset(x, y):], square.Pix[square.PixOffset(fromX, fromY):][:4])
		}
	}
	return out
}
