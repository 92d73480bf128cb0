package admin

// ServerSetting is what the operator chose about the server. It is chosen where the server
// is started, never here.
type ServerSetting struct {
	Key   string // "mail_smtp"
	Value string // as it was written; empty: none, or a secret
	Usage string // what it means
	// Where says who chose it: a flag, a variable, a line of the configuration file; empty:
	// nobody, it is the default.
	Where  string
	Secret bool // there is a value that is shown to nobody
}

// ServerSettings gives all of them, in the order in which help shows them.
func (s *Service) ServerSettings() []ServerSetting { return s.Settings }
