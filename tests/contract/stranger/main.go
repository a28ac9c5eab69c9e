// A stranger: Go's own signed notes and transparency-log proofs, over what Accord makes, and made for Accord to read.
// One JSON request on each line of standard input, one answer on each line of standard output.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type request struct {
	Ask      string   // note, sign, leaf, inclusion, consistency, make-inclusion, make-consistency
	Note     string   // note
	Keys     []string // note: verifier keys; sign: one signer key
	Text     string   // sign
	Leaf     []byte   // leaf, inclusion
	Leaves   [][]byte // make-…
	Index    int64
	Old, New int64
	OldRoot  []byte
	Root     []byte
	Proof    [][]byte
}

type answer struct {
	Error string   `json:"error,omitempty"`
	Text  string   `json:"text,omitempty"`
	Root  []byte   `json:"root,omitempty"`
	Proof [][]byte `json:"proof,omitempty"`
}

type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		found[i] = s[index]
	}
	return found, nil
}

func tree(leaves [][]byte) stored {
	var s stored
	for n, leaf := range leaves {
		more, err := tlog.StoredHashes(int64(n), leaf, s)
		if err != nil {
			panic(err)
		}
		s = append(s, more...)
	}
	return s
}

func hash(b []byte) (h tlog.Hash) {
	if copy(h[:], b) != tlog.HashSize || len(b) != tlog.HashSize {
		panic("not a hash")
	}
	return h
}

func hashes(proof [][]byte) (found []tlog.Hash) {
	for _, one := range proof {
		found = append(found, hash(one))
	}
	return found
}

func raw(proof []tlog.Hash) (found [][]byte) {
	for _, one := range proof {
		found = append(found, append([]byte(nil), one[:]...))
	}
	return found
}

func do(r request) (a answer, err error) {
	switch r.Ask {
	case "note":
		var verifiers []note.Verifier
		for _, key := range r.Keys {
			v, err := note.NewVerifier(key)
			if err != nil {
				return a, err
			}
			verifiers = append(verifiers, v)
		}
		opened, err := note.Open([]byte(r.Note), note.VerifierList(verifiers...))
		if err != nil {
			return a, err
		}
		a.Text = opened.Text
	case "sign":
		signer, err := note.NewSigner(r.Keys[0])
		if err != nil {
			return a, err
		}
		signed, err := note.Sign(&note.Note{Text: r.Text}, signer)
		if err != nil {
			return a, err
		}
		a.Text = string(signed)
	case "leaf":
		h := tlog.RecordHash(r.Leaf)
		a.Root = h[:]
	case "inclusion":
		err = tlog.CheckRecord(hashes(r.Proof), r.New, hash(r.Root), r.Index, tlog.RecordHash(r.Leaf))
	case "consistency":
		err = tlog.CheckTree(hashes(r.Proof), r.New, hash(r.Root), r.Old, hash(r.OldRoot))
	case "make-inclusion", "make-consistency":
		s, size := tree(r.Leaves), int64(len(r.Leaves))
		root, err := tlog.TreeHash(size, s)
		if err != nil {
			return a, err
		}
		a.Root = root[:]
		if r.Ask == "make-inclusion" {
			proof, err := tlog.ProveRecord(size, r.Index, s)
			a.Proof = raw(proof)
			return a, err
		}
		proof, err := tlog.ProveTree(size, r.Old, s)
		a.Proof = raw(proof)
		return a, err
	default:
		err = fmt.Errorf("unknown request %q", r.Ask)
	}
	return a, err
}

func main() {
	in, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var r request
		if err := json.NewDecoder(strings.NewReader(in.Text())).Decode(&r); err != nil {
			panic(err)
		}
		a, err := do(r)
		if err != nil {
			a = answer{Error: err.Error()}
		}
		if err := out.Encode(a); err != nil {
			panic(err)
		}
	}
}
