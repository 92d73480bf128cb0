package observe

func (m *Metrics) indexMails() {
	mails := m.family("counter", "postern_mails_total", "Mails, by what became of them.", "result")
	m.mails = newIndex(m, newOwners(maxResults), mails.counter)
}

// Mail counts one mail by what became of it: "ok", "retried" or "dropped".
func (m *Metrics) Mail(result string) { m.mails.of(key{result}).Inc() }
