package posterntest

// RunCase runs one case in any test.
var RunCase = runCase
