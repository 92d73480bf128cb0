package config_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/config"
)

func TestMail(t *testing.T) {
	password := write(t, "password", "correct horse \n")
	c, problems := load(t, config.Input{Flags: map[string]string{"mail-smtp": "smtp.example.org:465", "mail-from": "no-reply@id.example.org"}}, map[string]string{
		"POSTERN_MAIL_TLS": "tls", "POSTERN_MAIL_USER": "postern", "POSTERN_MAIL_PASSWORD_FILE": password, "POSTERN_MAIL_FROM_NAME": "Northwind",
	})
	want := config.Mail{
		Server: "smtp.example.org:465", Security: "tls", User: "postern", Password: "correct horse ", From: "no-reply@id.example.org", FromName: "Northwind",
	}
	if len(problems) > 0 || !reflect.DeepEqual(c.Mail, want) {
		t.Errorf("got %+v, %v", c.Mail, problems)
	}
	file := write(t, "postern.toml", `
mail_smtp = "[2001:db8::1]:25"
mail_from = "no-reply@id.example.org"
mail_tls = "off"
data = "d"
`)
	c, problems = load(t, config.Input{File: file, FileWhere: "--config"}, nil)
	want = config.Mail{Server: "[2001:db8::1]:25", Security: "off", From: "no-reply@id.example.org"}
	if len(problems) > 0 || !reflect.DeepEqual(c.Mail, want) {
		t.Errorf("got %+v, %v", c.Mail, problems)
	}
}

func TestMailMistakes(t *testing.T) {
	for name, values := range map[string][]string{
		"POSTERN_MAIL_SMTP":          {"smtp.example.org", ":587", "smtp.example.org:0", "smtp.example.org:smtp", "smtp://smtp.example.org:587", "a b:25"},
		"POSTERN_MAIL_TLS":           {"on", "TLS", "ssl"},
		"POSTERN_MAIL_FROM":          {"postern", "Postern <no-reply@id.example.org>", "a@example.org, b@example.org", "a@example.org\r\nBcc: eve@example.org"},
		"POSTERN_MAIL_PASSWORD_FILE": {"nowhere", write(t, "empty", "\n"), write(t, "two", "secret-1\nsecret-2\n")},
	} {
		for _, value := range values {
			_, problems := load(t, config.Input{}, map[string]string{name: value})
			if len(problems) != 1 || problems[0].Where != name || problems[0].Hint == "" || strings.Contains(fmt.Sprint(problems), "secret-") {
				t.Errorf("%s=%q: %v", name, value, problems)
			}
		}
	}
}

// What belongs together is given together, and no password goes in the clear.
func TestMailIsWhole(t *testing.T) {
	password := write(t, "password", "correct horse")
	for name, c := range map[string]struct {
		env   map[string]string
		where string
		says  string
	}{
		"no server":             {map[string]string{"USER": "postern"}, "POSTERN_MAIL_USER", "no mail server"},
		"nobody":                {map[string]string{"SMTP": "mail:25"}, "POSTERN_MAIL_SMTP", "who mails are from"},
		"no password":           {map[string]string{"SMTP": "mail:25", "FROM": "a@example.org", "USER": "postern"}, "POSTERN_MAIL_SMTP", "belong together"},
		"no user":               {map[string]string{"SMTP": "mail:25", "FROM": "a@example.org", "PASSWORD_FILE": password}, "POSTERN_MAIL_SMTP", "belong together"},
		"in the clear":          {map[string]string{"SMTP": "mail:25", "FROM": "a@example.org", "PASSWORD_FILE": password, "USER": "postern", "TLS": "off"}, "POSTERN_MAIL_TLS", "readable on its way"},
		"all is well":           {map[string]string{"SMTP": "mail:25", "FROM": "a@example.org", "PASSWORD_FILE": password, "USER": "postern"}, "", ""},
		"nobody to ask":         {map[string]string{"SMTP": "mail:25", "FROM": "a@example.org", "TLS": "off"}, "", ""},
		"encryption of nothing": {map[string]string{"TLS": "tls"}, "", ""},
	} {
		env := map[string]string{}
		for key, value := range c.env {
			env["POSTERN_MAIL_"+key] = value
		}
		_, problems := load(t, config.Input{}, env)
		switch {
		case c.where == "" && len(problems) > 0:
			t.Errorf("%s: %v", name, problems)
		case c.where != "" && (len(problems) != 1 || problems[0].Where != c.where || !strings.Contains(problems[0].Text, c.says) || problems[0].Hint == ""):
			t.Errorf("%s: %v", name, problems)
		}
	}
}

func TestLocal(t *testing.T) {
	for issuer, want := range map[string]bool{
		"http://localhost:8000": true, "http://127.0.0.1:8000": true, "http://[::1]:8000": true, "https://postern.localhost": true,
		"https://id.example.org": false, "https://192.0.2.1": false, "https://localhost.example.org": false, "": false,
	} {
		if got := (&config.Config{Issuer: issuer}).Local(); got != want {
			t.Errorf("%s: %v", issuer, got)
		}
	}
}
