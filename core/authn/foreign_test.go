package authn

import (
	"context"
	"encoding/base64"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-id/postern/core"
)

// foreignVectors are hashes of "correct horse" that other programs made: Django 5, passlib,
// bcrypt, crypt and argon2-cffi of Python, and hashlib for what Keycloak, Casdoor, Atlassian's
// programs and directories compute.
func foreignVectors(t testing.TB) map[string]string {
	must := func(stored string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return stored
	}
	raw := func(text string) []byte {
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	salt := raw("MDEyMzQ1Njc4OWFiY2RlZg==")
	return map[string]string{
		"django":          "pbkdf2_sha256$1000$seasalt2026$aadszbcQBA1EsHuCJhPr5dz4amh65H3QeVf9wHnwZYU=",
		"django sha1":     "pbkdf2_sha1$1000$seasalt2026$2CkgcOsleRB+aJdsi1WzkrYvpsI=",
		"passlib sha1":    "$pbkdf2$1000$....IHNpeHRlZW4rYnl0ZQ$121SDvrh1va5fbMVytkIEcOZ.4g",
		"passlib":         "$pbkdf2-sha256$1000$....IHNpeHRlZW4rYnl0ZQ$wOp.znFHD5AN.uozlyMg8fVi/sgkZzrrEdsosjkHex4",
		"passlib sha512":  "$pbkdf2-sha512$1000$....IHNpeHRlZW4rYnl0ZQ$Bb1GnQblgtLhCBscmuZukCi5vGTqKnLPPCOxKkyrepY1Pa5Qar1EVtjQXcJ6vYbrAjnbfxwBGNw7VgnxsjCQeA",
		"PHC":             "$pbkdf2-sha256$i=1000,l=32$++++IHNpeHRlZW4rYnl0ZQ$wOp+znFHD5AN+uozlyMg8fVi/sgkZzrrEdsosjkHex4",
		"bcrypt 2b":       "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
		"bcrypt 2a":       "$2a$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2",
		"bcrypt 2y":       "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
		"argon2id":        "$argon2id$v=19$m=64,t=1,p=2$MDEyMzQ1Njc4OWFiY2RlZg$voQDpD+sYPaW8jE747xdIyIqWQX6hQKyhBsyt5EJ+Qg",
		"Keycloak sha1":   must(PBKDF2("sha1", 1000, raw("aUfE2vx5Q7zgbb0jx49AaNpXUQQVW6pePKN5ab37G40CjX2bMTkDcCwFngZ2OyqCChhH4ZgScMIsuF9Oq2gqbw=="), salt)),
		"Keycloak":        must(PBKDF2("sha256", 1000, raw("cBg8D2DungRB9k76szThf5ehfyBz991ay6PT8Srwk4NQEC0GVAwWLSUGWbcye1xU+dO7fZFld1DsscNlAN1uxw=="), salt)),
		"Keycloak sha512": must(PBKDF2("sha512", 1000, raw("OM0FAoIqCVK1sWtxDiffVlBejtLa+ks4TP71JiecwuSZCG8iLbnlIEPOMoVX+i2B2wkSxjQ8CRGR9OkNGuIPMQ=="), salt)),
		"Casdoor pbkdf2": must(PBKDF2("sha256", 27500,
			raw("H5R9LZ0QvKxHLm1Lg0IeQXdtUAa+9gf2NeOZns+WHBTpnlaWE/+JwnJ/2OXEjNPW5EusP1xxGLqEqjWDbIcGlg=="), []byte("another salt"), salt)),
		"SSHA":                            "{SSHA}awc/Cj0kafyFd5d8fGn07xoHBJJzYWx0c2FsdA==",
		"SHA":                             "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=",
		"SMD5":                            "{SMD5}Z/zaJ2M7Khrn3AWg16utq3NhbHRzYWx0",
		"MD5":                             "{md5}PLTnMmMfR+brlh80VUt83g==",
		"SSHA256":                         "{SSHA256}YflVcOMs6k7tbGkQbQNVn6/ehAnUAVltiLPKHBWGi2tzYWx0c2FsdA==",
		"SHA256":                          "{SHA256}QQTTb42iwlQ0n4WDZ5Pr4CngyVcGOjTJHC6SAxh7VjE=",
		"SSHA512":                         "{SSHA512}uIMBRJDYyi++ydl2YpjLqJsD4FEOY4x6dYBTjdryDtlK4nDiaGfezq9n4Yt9tUKSnHDcO95zcLlVgujbGyXJFjAxMjM0NTY3ODlhYmNkZWY=",
		"Atlassian":                       "{PKCS5S2}MDEyMzQ1Njc4OWFiY2RlZj3wgClzCRiMSOBQoQGCswQipITRaxFiRCs4E28TsZ6F",
		"OpenLDAP":                        "{PBKDF2-SHA256}1000$MDEyMzQ1Njc4OWFiY2RlZg$cBg8D2DungRB9k76szThf5ehfyBz991ay6PT8Srwk4M",
		"OpenLDAP sha1":                   "{PBKDF2}1000$MDEyMzQ1Njc4OWFiY2RlZg$aUfE2vx5Q7zgbb0jx49AaNpXUQQ",
		"crypt 6":                         "$6$saltsalt$hRM5XZ86KXEw9UOmjigeVqFgULtFB2sgpC9lXQDfMib3Zgw7mEiUvBJI2EplzfAqxL5Vvwp2scFtv/uamSo5z0",
		"crypt 5":                         "{CRYPT}$5$saltsalt$myjXcpMpE2Ofk7fj9hqyNYSn6lmWG4Mqnjx.KIRRr4/",
		"crypt 6, rounds":                 "$6$rounds=1234$0123456789abcdef$yJKAU.GCgxQxo9NIHthYvSOZlwcGg6tBNIwD1wtfwrQJ8ZAMotNBlAVg1rHuHueFD9A/6OxeAnDolLXIH.xSz1",
		"crypt 5, bare":                   "$5$rounds=1000$$Qq2SZC3NeUzIDXheJm.s6eO00IPVPLvCg7WU75UqFx.",
		"Casdoor md5 of the organisation": must(CasdoorDigest("md5", "c09b7d2bd31bc799b760df558b8dab06", "org-salt", "")),
		"Casdoor md5 of the user":         must(CasdoorDigest("md5", "c64e448087645bcfe4fb42b3bc727fc7", "", "9f86d081")),
		"Casdoor md5 without a salt":      must(CasdoorDigest("md5", "3cb4e732631f47e6eb961f34554b7cde", "", "")),
		"Casdoor sha256":                  must(CasdoorDigest("sha256", "5966cb41809380f66622d3334d109dd31e60b9174d02589641df53d45bda3656", "org-salt")),
		"Casdoor sha256 twice":            must(CasdoorDigest("sha256", "c72fc6959b5eb2733b58cba72a5f6abc5df79e719c3f05a6aeb32290cb80c6bd", "")),
		"Casdoor sha512": must(CasdoorDigest("sha512",
			"9c49e4d9aad59c956a523fca1803d3c7ea6a6246642a4b07da25316e6564dbcf1d2d2f33b7072fd25800f7d5849ef97a4dfc38d1263df06a6421e453e4cf38a5", "org-salt", "9f86d081")),
	}
}

// Each is checked as it is, and is Postern's own afterwards.
func TestForeignHashes(t *testing.T) {
	for name, text := range foreignVectors(t) {
		t.Run(name, func(t *testing.T) {
			stored, err := ForeignHash(text)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := ForeignHash(stored); err != nil || again != stored {
				t.Errorf("%q is read as %q, %v", stored, again, err)
			}
			w := newWorld(t)
			ann := w.add("ann", "")
			ann.PasswordHash = stored
			for _, wrong := range []string{"", "correct hors", "Correct horse", "correct horse "} {
				if _, _, err := w.try("ann", wrong); err == nil {
					t.Errorf("%q signs in", wrong)
				}
			}
			_, changes, err := w.try("ann", "correct horse")
			if err != nil || len(changes) != 3 {
				t.Fatalf("%v, %v", changes, err)
			}
			renewed, is := changes[2].(core.SetPassword)
			if !is || !renewed.At.Equal(ann.PasswordAt) || renewed.UserID != ann.ID {
				t.Fatalf("changes %+v", changes)
			}
			if renews, err := w.Renews(stored); err != nil || !renews {
				t.Errorf("Renews before = %v, %v", renews, err)
			}
			if renews, err := w.Renews(renewed.Hash); err != nil || renews {
				t.Errorf("Renews after = %v, %v", renews, err)
			}
			ann.PasswordHash = renewed.Hash
			if _, changes, err = w.try("ann", "correct horse"); err != nil || len(changes) != 2 {
				t.Errorf("with the new hash: %v, %v", changes, err)
			}
		})
	}
}

// Another program took a password as it was typed; Postern takes equal ones for equal.
func TestForeignHashOfComposedPassword(t *testing.T) {
	w := newWorld(t)
	typed := "cafe\u0301 cafe\u0301"
	ann := w.add("ann", "")
	for form, password := range map[string]string{"as it was typed": typed, "composed": "caf\u00e9 caf\u00e9"} {
		params := Params{Memory: 16, Time: 1, Threads: 1} // another program's
		tag := params.derive(password, []byte("0123456789abcdef"), 32)
		var err error
		if ann.PasswordHash, err = Argon2id(params, []byte("0123456789abcdef"), tag); err != nil {
			t.Fatal(err)
		}
		_, changes, err := w.try("ann", typed)
		if err != nil || len(changes) < 2 {
			t.Fatalf("%s: %v, %v", form, changes, err)
		}
		renewed := changes[len(changes)-1].(core.SetPassword).Hash
		if h, err := parseHash(renewed); err != nil || !h.matches("caf\u00e9 caf\u00e9") {
			t.Errorf("%s: renewed as %q, %v", form, renewed, err)
		}
	}
}

// bcrypt looks at 72 bytes alone: what was typed behind them may be a slip, so it does not
// become the password.
func TestBcryptOfLongPassword(t *testing.T) {
	w := newWorld(t)
	ann := w.add("ann", "")
	ann.PasswordHash = "$2b$04$abcdefghijklmnopqrstuuBzzIgyKkz7xMWYSzkIjUSnxEQFQ0WNe" // 80 times a
	for password, renewed := range map[string]bool{strings.Repeat("a", 80): false, strings.Repeat("a", 79) + "b": false, strings.Repeat("a", 72): true} {
		_, changes, err := w.try("ann", password)
		if err != nil || (len(changes) == 2) != renewed {
			t.Errorf("%d bytes: %v, %v", len(password), changes, err)
		}
	}
	if _, _, err := w.try("ann", strings.Repeat("a", 71)); err == nil {
		t.Error("71 bytes sign in")
	}
}

func TestForeignHashRefuses(t *testing.T) {
	bcryptOf := func(cost string) string {
		return "$2b$" + cost + "$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"
	}
	tag := strings.Repeat("A", 43)
	for text, problem := range map[string]string{
		"":                                  "no scheme that is known",
		"correct horse":                     "no scheme that is known",
		"$1$abc$defghijklmnopqrstuvwxyz":    "no scheme that is known",
		"$argon2i$v=19$m=64,t=1,p=1$AAAA$A": "no scheme that is known",
		bcryptOf("15"):                      "the cost 15, and 4 to 14",
		bcryptOf("31"):                      "the cost 31",
		bcryptOf("03"):                      "the cost 3",
		bcryptOf("1x"):                      "malformed",
		bcryptOf("04") + "x":                "malformed",
		"$2b$04$short":                      "malformed",
		"pbkdf2_sha256$2000001$salt$" + tag + "=":                             "2000001 iterations, and 1 to 2000000",
		"pbkdf2_sha256$0$salt$" + tag + "=":                                   "0 iterations",
		"pbkdf2_sha256$-1$salt$" + tag + "=":                                  "-1 iterations",
		"pbkdf2_sha256$99999999999999999999$salt$" + tag + "=":                "malformed",
		"pbkdf2_sha256$1000$salt$AAAA":                                        "a digest of 3 bytes",
		"pbkdf2_sha256$1000$salt$!":                                           "malformed",
		"pbkdf2_md5$1000$salt$" + tag + "=":                                   "with that digest",
		"pbkdf2_sha256$1000$" + strings.Repeat("s", 129) + "$" + tag + "=":    "a salt of more than 128 bytes",
		"$pbkdf2-sha256$1000$AAAA$" + strings.Repeat("A", 1000):               "a digest of 750 bytes",
		"$pbkdf2-sha256$i=1000$AAAA,AAAB,AAAC$" + tag:                         "malformed",
		"$pbkdf2-sha256$i=x$AAAA$" + tag:                                      "malformed",
		"$casdoor-sha256$$AAAA":                                               "the digest has 3 bytes",
		"$casdoor-sha1$$AAAA":                                                 "no scheme that is known",
		"$casdoor-sha256$A$" + tag:                                            "malformed",
		"$casdoor-sha256$" + tag:                                              "malformed",
		"$argon2id$v=19$m=4000000,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA": "costs out of bounds",
	} {
		stored, err := ForeignHash(text)
		if err == nil {
			t.Errorf("%q is taken as %q", text, stored)
			continue
		}
		if !strings.Contains(err.Error(), problem) {
			t.Errorf("%q: %v, want %q", text, err, problem)
		}
		if len(text) > 30 && strings.Contains(err.Error(), text[len(text)-12:]) {
			t.Errorf("the error repeats the hash: %v", err)
		}
	}
	for what, err := range map[string]error{
		"no salt":          errorOf(PBKDF2("sha256", 1, make([]byte, 32))),
		"three salts":      errorOf(PBKDF2("sha256", 1, make([]byte, 32), []byte("1"), []byte("2"), []byte("3"))),
		"no such digest":   errorOf(CasdoorDigest("sha1", strings.Repeat("0", 40), "")),
		"not hexadecimal":  errorOf(CasdoorDigest("md5", "xyz", "")),
		"of another size":  errorOf(CasdoorDigest("md5", strings.Repeat("0", 40), "")),
		"a long salt":      errorOf(CasdoorDigest("md5", strings.Repeat("0", 32), strings.Repeat("s", 129))),
		"memory of 1 TiB":  errorOf(Argon2id(Params{Memory: 1 << 30, Time: 1, Threads: 1}, make([]byte, 16), make([]byte, 32))),
		"a salt of 1 byte": errorOf(Argon2id(Params{Memory: 64, Time: 1, Threads: 1}, []byte("1"), make([]byte, 32))),
	} {
		if err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

func errorOf[T any](_ T, err error) error { return err }

func FuzzForeignHash(f *testing.F) {
	for _, text := range foreignVectors(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		stored, err := ForeignHash(text)
		if err != nil {
			return
		}
		k, err := parseKept(stored)
		if err != nil || k.String() != stored {
			t.Errorf("%q is stored as %q, which is read as %v, %v", text, stored, k, err)
		}
	})
}

// A wrong password for a hash of another program takes the work of a hash of ours as well.
func TestForeignHashTakesItsWork(t *testing.T) {
	w := newWorld(t)
	const memory = 8 << 20
	w.Passwords = New(w, Options{Params: &Params{Memory: memory >> 10, Time: 1, Threads: 1}, Now: w.clock})
	stored := foreignVectors(t)["Casdoor sha256"]
	w.add("ann", "").PasswordHash = stored
	for _, password := range []string{"wrong horse", "correct horse"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := w.try("ann", password)
		runtime.ReadMemStats(&after)
		if hashes := float64(after.TotalAlloc-before.TotalAlloc) / memory; hashes < 1 || hashes > 1.5 {
			t.Errorf("%q (%v) takes the memory of %.2f hashes", password, err, hashes)
		}
	}
}

// Once a hash of another program was compared with, no refusal comes sooner than its.
func TestPace(t *testing.T) {
	w := newWorld(t)
	if _, _, err := w.try("nobody", "a password"); err == nil || w.pace.slowest.Load() != 0 {
		t.Fatalf("%v, slowest %d, although nobody has a hash of another program", err, w.pace.slowest.Load())
	}
	w.add("ann", "").PasswordHash = foreignVectors(t)["Casdoor pbkdf2"]
	if _, _, err := w.try("ann", "wrong horse"); err == nil || w.pace.slowest.Load() <= 0 {
		t.Errorf("%v, slowest %d", err, w.pace.slowest.Load())
	}
	synctest.Test(t, func(t *testing.T) {
		var p pace
		waited := func(took time.Duration) time.Duration {
			before := time.Now()
			p.hold(t.Context(), took)
			return time.Since(before)
		}
		if waited(0) != 0 {
			t.Error("waits for nothing")
		}
		p.note(80 * time.Millisecond)
		p.note(30 * time.Millisecond)
		if got := waited(20 * time.Millisecond); got != 60*time.Millisecond {
			t.Errorf("waited %s", got)
		}
		if got := waited(90 * time.Millisecond); got != 0 {
			t.Errorf("waited %s", got)
		}
		p.note(time.Hour)
		if got := waited(0); got != longestPace {
			t.Errorf("waited %s", got)
		}
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("went away"))
		defer cancel()
		before := time.Now()
		if p.hold(ctx, 0); time.Since(before) != time.Second {
			t.Errorf("who goes away waits %s", time.Since(before))
		}
	})
}
