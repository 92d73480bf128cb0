package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
)

// bare is what nothing but the work itself allows: handlers on net/http that
// sign once, commit once in a group, or read one row, and nothing else.
type bare struct {
	keys   *jose.Keyring
	write  *sql.DB
	read   *sql.Stmt
	queue  chan *commit
	row    string
	answer []byte
}

type commit struct {
	id   string
	done chan error
}

const bareSchema = `
PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
CREATE TABLE token (id TEXT PRIMARY KEY, grant_id TEXT NOT NULL, hash BLOB NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;`

// payload is an ID token's, of the usual size.
const payload = `{"iss":"http://127.0.0.1:8000","sub":"0194bc10-537e-71a8-ba9c-09e94317e6ba","aud":"e7s4h79fcgti4f432730","exp":1795467386,"iat":1795463786,"auth_time":1795463786,"nonce":"n-0S6_WzA2Mj","acr":"1","amr":["pwd"],"sid":"01a209fb-2f58-7400-a43d-f2080d6b2612","at_hash":"aogJci2suVHEVrlSJUgvdQ"}`

func newBare(dir string) (*bare, error) {
	name := "file:" + filepath.Join(dir, "bare.db") + "?_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)"
	b := &bare{queue: make(chan *commit, 1024), answer: []byte(payload)}
	var err error
	if b.write, err = sql.Open("sqlite", name); err != nil {
		return nil, err
	}
	b.write.SetMaxOpenConns(1)
	if _, err = b.write.Exec(bareSchema); err != nil {
		return nil, err
	}
	b.row = "row-to-read"
	if _, err = b.write.Exec(`INSERT INTO token VALUES (?, 'grant', ?, 1, 2)`, b.row, make([]byte, 32)); err != nil {
		return nil, err
	}
	readers, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	readers.SetMaxOpenConns(8)
	readers.SetMaxIdleConns(8)
	if b.read, err = readers.Prepare(`SELECT grant_id, hash, created, expires FROM token WHERE id = ?`); err != nil {
		return nil, err
	}
	var signing []jose.Private
	for _, alg := range jose.Algs() {
		key, err := jose.Generate(alg, time.Now(), rand.Reader)
		if err != nil {
			return nil, err
		}
		signing = append(signing, key)
	}
	b.keys, err = jose.NewKeyring(signing, nil)
	go b.commitGroups()
	return b, err
}

// commitGroups inserts a row for everybody who waits, and commits once.
func (b *bare) commitGroups() {
	insert, err := b.write.Prepare(`INSERT INTO token VALUES (?, 'grant', ?, 1, 2)`)
	if err != nil {
		panic(err)
	}
	hash := make([]byte, 32)
	for first := range b.queue {
		group := []*commit{first}
		for len(b.queue) > 0 {
			group = append(group, <-b.queue)
		}
		tx, err := b.write.Begin()
		if err == nil {
			statement := tx.Stmt(insert)
			for _, c := range group {
				if _, err = statement.Exec(c.id, hash); err != nil {
					break
				}
			}
			if err == nil {
				err = tx.Commit()
			}
		}
		for _, c := range group {
			c.done <- err
		}
	}
}

func (b *bare) commit() error {
	c := &commit{id: string(core.NewID(time.Now(), rand.Reader)), done: make(chan error, 1)}
	b.queue <- c
	return <-c.done
}

func (b *bare) handler() http.Handler {
	mux := http.NewServeMux()
	for _, alg := range jose.Algs() {
		mux.HandleFunc("POST /sign/"+alg, func(w http.ResponseWriter, r *http.Request) { b.signAndCommit(w, r, alg) })
	}
	mux.HandleFunc("POST /commit", func(w http.ResponseWriter, r *http.Request) {
		if r.ParseForm() != nil || b.commit() != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		b.write200(w, b.answer)
	})
	mux.HandleFunc("GET /row", b.readRow)
	return mux
}

func (b *bare) signAndCommit(w http.ResponseWriter, r *http.Request, alg string) {
	if r.ParseForm() != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var access [48]byte
	rand.Read(access[:])
	token, err := b.keys.Sign(alg, jose.TypJWT, b.answer)
	if err == nil {
		err = b.commit()
	}
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	b.write200(w, []byte(`{"access_token":"`+hex.EncodeToString(access[:])+`","token_type":"Bearer","expires_in":3600,"id_token":"`+token+`"}`))
}

func (b *bare) readRow(w http.ResponseWriter, r *http.Request) {
	id, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	var (
		grant            string
		hash             []byte
		created, expires int64
	)
	if !found || b.read.QueryRowContext(context.Background(), id).Scan(&grant, &hash, &created, &expires) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	b.write200(w, b.answer)
}

func (b *bare) write200(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body)
}
