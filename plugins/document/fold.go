package document

import "slices"

// Fold makes the letters of ASCII small. Others stay as they are: the long s and the
// Kelvin sign would fold into letters of ASCII, and a name with them is another name.
// Package unicode would also cost every guest its tables.
func Fold(s string) string {
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'Z' {
			small := []byte(s)
			for j, c := range small {
				if c >= 'A' && c <= 'Z' {
					small[j] = c + 'a' - 'A'
				}
			}
			return string(small)
		}
	}
	return s
}

// HasFold reports whether a list has a name, whatever the case of its letters of ASCII.
func HasFold(list []string, name string) bool {
	name = Fold(name)
	return slices.ContainsFunc(list, func(s string) bool { return Fold(s) == name })
}
