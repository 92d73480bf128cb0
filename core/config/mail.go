package config

import (
	"fmt"
	"net"
	"net/mail"
	"os"
	"strconv"
	"strings"
)

// Mail is the server that takes mails. Without a Server none are sent.
type Mail struct {
	Server   string // HOST:PORT
	Security string // "starttls", "tls" or "off"
	User     string
	Password string // a secret: it is in a file of its own
	From     string // address
	FromName string // empty: the name of the organisation that a mail is about
}

func setMailServer(c *Config, value string) *mistake {
	host, port, err := net.SplitHostPort(value)
	number, numeric := strconv.ParseUint(port, 10, 16)
	if err != nil || numeric != nil || number == 0 || host == "" || strings.ContainsAny(host, "/@ ") {
		return &mistake{fmt.Sprintf("%q is no address of a mail server", value), "write HOST:PORT, for example smtp.example.org:587"}
	}
	c.Mail.Server = net.JoinHostPort(host, strconv.FormatUint(number, 10))
	return nil
}

func setMailSecurity(c *Config, value string) *mistake {
	if value != "starttls" && value != "tls" && value != "off" {
		return &mistake{fmt.Sprintf("%q does not say how the connection is encrypted", value), "use starttls (usually at port 587), tls (usually at port 465), or off"}
	}
	c.Mail.Security = value
	return nil
}

func setMailFrom(c *Config, value string) *mistake {
	parsed, err := mail.ParseAddress(value)
	if err != nil || parsed.Name != "" || parsed.Address != value {
		return &mistake{fmt.Sprintf("%q is no e-mail address", value), "write the bare address, such as no-reply@id.example.org; its name is mail_from_name"}
	}
	c.Mail.From = value
	return nil
}

func setMailPassword(c *Config, name string) *mistake {
	password, err := os.ReadFile(name)
	if err != nil {
		return &mistake{"the file with the password cannot be read: " + reason(err), "check that it exists and that this user may read it"}
	}
	if c.Mail.Password = strings.TrimRight(string(password), "\r\n"); c.Mail.Password == "" || strings.ContainsAny(c.Mail.Password, "\r\n\x00") {
		return &mistake{"the file does not hold a password alone", "write the password of the mail server into it, in one line"}
	}
	return nil
}

// checkMail refuses halves of a whole, and a password that others could read on its way.
func (l *loader) checkMail() {
	m := &l.config.Mail
	if m.Server == "" {
		for _, key := range []string{"mail_user", "mail_password_file", "mail_from", "mail_from_name"} {
			if where := l.where[key]; where != "" {
				l.add(where, "there is no mail server", "name it by mail_smtp")
				return
			}
		}
		return
	}
	switch {
	case m.From == "":
		l.add(l.where["mail_smtp"], "nobody is named who mails are from", "give mail_from, an address that the mail server lets us send as")
	case (m.User == "") != (m.Password == ""):
		l.add(l.where["mail_smtp"], "user and password of the mail server belong together", "give both mail_user and mail_password_file, or none")
	case m.User != "" && m.Security == "off":
		l.add(l.where["mail_tls"], "the password of the mail server would be readable on its way", "use mail_tls = \"starttls\" or \"tls\", or leave out mail_user")
	}
}
