package rust_test

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

// wire is the program of the crate wire: it reads messages in Rust and writes them
// again.
type wire struct {
	t       *testing.T
	program string
}

func newWire(t *testing.T, root string) wire {
	t.Helper()
	cargo(t, root, "build", "--locked", "-p", "wire")
	return wire{t, filepath.Join(root, "sdk/rust/target/debug/wire")}
}

// again gives what Rust writes for each text, or nil where it refuses the text.
func (w wire) again(names []string, texts [][]byte) [][]byte {
	w.t.Helper()
	var lines strings.Builder
	for i, text := range texts {
		fmt.Fprintf(&lines, "%s %s\n", names[i], base64.StdEncoding.EncodeToString(text))
	}
	program := exec.CommandContext(w.t.Context(), w.program)
	program.Stdin, program.Stderr = strings.NewReader(lines.String()), os.Stderr
	output, err := program.Output()
	if err != nil {
		w.t.Fatal(err)
	}
	var written [][]byte
	for scanner := bufio.NewScanner(strings.NewReader(string(output))); scanner.Scan(); {
		if scanner.Text() == "-" {
			written = append(written, nil)
			continue
		}
		text, err := base64.StdEncoding.DecodeString(scanner.Text())
		if err != nil {
			w.t.Fatal(err)
		}
		written = append(written, text)
	}
	if len(written) != len(texts) {
		w.t.Fatalf("%d answers to %d texts", len(written), len(texts))
	}
	return written
}

// messages are all that go over the wire, empty, with their names in Rust.
func messages() map[string]interface{ AppendJSON([]byte) []byte } {
	return map[string]interface{ AppendJSON([]byte) []byte }{
		"ClaimsInput": &hook.ClaimsInput{}, "ClaimsOutput": &hook.ClaimsOutput{}, "AccountInput": &hook.AccountInput{},
		"ScopeInput": &hook.ScopeInput{}, "ScopeOutput": &hook.ScopeOutput{},
		"LoginInput": &hook.LoginInput{}, "LoginOutput": &hook.LoginOutput{},
		"PasswordInput": &hook.PasswordInput{}, "PasswordOutput": &hook.PasswordOutput{},
		"EventInput": &hook.EventInput{}, "EventOutput": &hook.EventOutput{}, "HostCall": &hook.HostCall{},
		"FetchRequest": &hook.FetchRequest{}, "FetchAnswer": &hook.FetchAnswer{},
		"JwtVerifyRequest": &hook.JWTVerifyRequest{}, "JwtVerifyAnswer": &hook.JWTVerifyAnswer{},
		"KvRequest": &hook.KVRequest{}, "KvAnswer": &hook.KVAnswer{},
		"SecretGetRequest": &hook.SecretGetRequest{}, "SecretGetAnswer": &hook.SecretGetAnswer{},
		"OidcExchangeRequest": &hook.OIDCExchangeRequest{}, "OidcExchangeAnswer": &hook.OIDCExchangeAnswer{},
		"OauthExchangeRequest": &hook.OAuthExchangeRequest{}, "OauthExchangeAnswer": &hook.OAuthExchangeAnswer{},
		"LdapBindRequest": &hook.LDAPBindRequest{}, "LdapBindAnswer": &hook.LDAPBindAnswer{},
		"LdapSearchRequest": &hook.LDAPSearchRequest{}, "LdapSearchAnswer": &hook.LDAPSearchAnswer{},
	}
}

// testMessages holds that Rust knows every member of every message of package hook
// and no other, and writes them in the same order, empty ones and full ones.
func testMessages(t *testing.T, root string) {
	w := newWire(t, root)
	var names []string
	var texts [][]byte
	add := func(name string, text []byte) { names, texts = append(names, name), append(texts, text) }
	for name, message := range messages() {
		add(name, message.AppendJSON(nil))
		fill(reflect.ValueOf(message).Elem(), name)
		add(name, message.AppendJSON(nil))
	}
	var m hook.Manifest
	for range 2 {
		list := hook.AppendManifests(nil, []hook.Manifest{m})
		add("Manifest", list[1:len(list)-1])
		fill(reflect.ValueOf(&m).Elem(), "Manifest")
	}
	for i, written := range w.again(names, texts) {
		if string(written) != string(texts[i]) {
			t.Errorf("%s: Rust writes\n%s\nand Go\n%s", names[i], written, texts[i])
		}
	}
}

// fill puts something into each field that is no error: an answer has either an
// error or its members, which is why Rust's types have none but in a response.
func fill(v reflect.Value, path string) {
	switch v.Interface().(type) {
	case hook.Value:
		v.Set(reflect.ValueOf(hook.Array(hook.String(path), hook.Value{})))
		return
	case hook.Object:
		v.Set(reflect.ValueOf(hook.Object{{Name: path, Value: hook.String("é\n")}, {Name: "a", Value: hook.Bool(false)}}))
		return
	case hook.Target:
		v.SetString(string(hook.TargetUserInfo))
		return
	case hook.Phase:
		v.SetString(string(hook.PhaseFinish))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Tag.Get("json"); name != "error" || v.Type() == reflect.TypeFor[hook.FetchResponse]() {
				fill(v.Field(i), path+"."+name)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), path)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), path+"[0]")
		fill(v.Index(1), path+"[1]")
	case reflect.String:
		v.SetString(path + ` "`)
	case reflect.Int:
		v.SetInt(int64(len(path)))
	case reflect.Bool:
		v.SetBool(true)
	default:
		panic("a field of the type " + v.Type().String())
	}
}

// testParser holds that the parsers in Go and in Rust refuse the same texts,
// and write the same for the others.
func testParser(t *testing.T, root string) {
	w := newWire(t, root)
	seeds := []string{
		`{"a":[1,"x",null,true,{"b":-1.5e3}],"é\u00e9":"\ud83d\ude00\"\\"}`,
		`{"user":{"name":"alice","groups":["R&D","\n"]},"claims":{"exp":1099511627776,"deep":[[[[]]]]}}`,
		`[[],{},"",0,-0,1E+2,false,"\ud83d","` + "\u2028\x7f" + `"]`,
		`{"same":1,"sane":2,"sam\u0065":3}`, strings.Repeat("[", 64) + strings.Repeat("]", 64), strings.Repeat("7", 64),
	}
	alphabet := []byte("{}[]\",:\\u0dD8+-.eEtrfalsn \n\x00\xff\xc3\xa9\xed\xa0\x80")
	random := rand.New(rand.NewPCG(1, 2))
	var texts [][]byte
	for range 20_000 {
		text := []byte(seeds[random.IntN(len(seeds))])
		for range random.IntN(4) {
			at := random.IntN(len(text) + 1)
			switch c := alphabet[random.IntN(len(alphabet))]; {
			case at == len(text) || random.IntN(3) == 0:
				text = slices.Insert(text, at, c)
			case random.IntN(2) == 0:
				text = slices.Delete(text, at, at+1)
			default:
				text[at] = c
			}
		}
		texts = append(texts, text)
	}
	read := 0
	for i, written := range w.again(slices.Repeat([]string{"json"}, len(texts)), texts) {
		v, err := hook.Parse(texts[i])
		if err != nil {
			if written != nil {
				t.Errorf("Go refuses %q (%v), Rust writes %s", texts[i], err, written)
			}
			continue
		}
		read++
		if want := v.AppendJSON(nil); string(written) != string(want) {
			t.Errorf("of %q Go writes %s, Rust %s", texts[i], want, written)
		}
	}
	if read < 1000 || read > 19_000 {
		t.Errorf("%d texts were read", read)
	}
}
