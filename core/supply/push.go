package supply

import (
	"bytes"
	"cmp"
	"context"

	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
)

// Push puts a package under a reference, replacing what its tag held, and gives
// the digest of the manifest (sha256:...), which pins exactly this package. If the
// reference has a digest, it must be that one. A signature must be in the format
// of minisign; it is not verified.
//
// One package has one digest in a repository: nothing in the manifest depends on
// time.
func (r *Registry) Push(ctx context.Context, ref Reference, p Package) (manifestDigest string, err error) {
	s, err := r.open(ref)
	if err != nil {
		return "", err
	}
	defer s.progress.end()
	sent, err := s.prepare(p)
	if err != nil {
		return "", err
	}
	ctx, cancel := r.timeout(auth.AppendRepositoryScope(ctx, s.oci, auth.ActionPull, auth.ActionPush))
	defer cancel()
	if err := s.push(ctx, sent); err != nil {
		return "", s.explain(err)
	}
	return sent.manifest.Digest.String(), nil
}

// prepare lays the package out and refuses what nobody could pull.
func (s *session) prepare(p Package) (artifact, error) {
	switch {
	case len(p.Code) == 0:
		return artifact{}, &Error{Kind: WrongSize, What: "the module is empty", Advice: "build it again, and look at the file's size"}
	case int64(len(p.Code)) > s.limits.Module:
		return artifact{}, tooLarge("the module", s.limits.Module)
	case int64(len(p.Signature)) > s.limits.Signature:
		return artifact{}, tooLarge("the signature", s.limits.Signature)
	}
	if len(p.Signature) > 0 {
		if _, err := ParseSignature(p.Signature); err != nil {
			return artifact{}, err
		}
	}
	sent, err := newArtifact(s.ref.Repository, p)
	switch {
	case err != nil:
		return artifact{}, err
	case sent.manifest.Size > s.limits.Manifest:
		return artifact{}, &Error{Kind: TooLarge, What: "the annotations make the manifest too large", Advice: "leave some of them out"}
	case s.ref.Digest != "" && s.ref.Digest != sent.manifest.Digest.String():
		return artifact{}, &Error{Kind: WrongDigest, What: "the package has the digest " + sent.manifest.Digest.String() + ", not that of the reference",
			Advice: "push it to a tag, without a digest"}
	}
	return sent, nil
}

// push sends the blobs first: a registry refuses a manifest whose blobs it does
// not have.
func (s *session) push(ctx context.Context, sent artifact) error {
	repository := &remote.Repository{Client: s.client, Reference: s.oci, PlainHTTP: s.registry.PlainHTTP}
	total := int64(0)
	for _, b := range sent.blobs {
		total += b.Size
	}
	s.progress.begin(total)
	for _, b := range sent.blobs {
		if err := repository.Blobs().Push(ctx, b.Descriptor, bytes.NewReader(b.content)); err != nil {
			return err
		}
		s.progress.next(b.Size)
	}
	tag := cmp.Or(s.ref.Tag, s.ref.Digest)
	return repository.Manifests().PushReference(ctx, sent.manifest.Descriptor, bytes.NewReader(sent.manifest.content), tag)
}
