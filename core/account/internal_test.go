package account

// For tests of the outside.
var (
	Portrait    = portrait
	Orientation = orientation
	Scans       = scans
)
