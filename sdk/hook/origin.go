package hook

// Origin says which plugin instance set, or took out, a claim. Host packages
// hand it to each other; it is no part of a message.
type Origin struct {
	Claim    string
	Instance string // the name that the operator gave it
	Plugin   string // id in the module's manifest
	Removed  bool   // the claim was there before and the instance took it out
}

// Decision is what one plugin instance said of scopes. Host packages hand it to each
// other; it is no part of a message.
type Decision struct {
	Instance string
	Plugin   string
	Shadow   bool     // what it said has no effect
	Asked    []string // what earlier instances left
	Output   ScopeOutput
	Failure  error // it did not answer, or what it said is not allowed
}
