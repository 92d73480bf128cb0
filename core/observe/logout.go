package observe

// maxResults is more than there are words for what became of a notice.
const maxResults = 8

func (m *Metrics) indexLogouts() {
	logouts := m.family("counter", "postern_backchannel_logouts_total", "Notices to clients that a session has ended, by what became of them.", "result")
	m.logouts = newIndex(m, newOwners(maxResults), logouts.counter)
}

// Logout counts one notice to a client by what became of it: "ok", "retried" or
// "dropped".
func (m *Metrics) Logout(result string) { m.logouts.of(key{result}).Inc() }
