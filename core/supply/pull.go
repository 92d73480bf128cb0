package supply

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/registry/remote/auth"
)

// Pull gets the package of a reference. Every byte of it is covered: the manifest
// by the digest of the reference, if that has one, and the module and the
// signature by their digests in the manifest. Nobody's signature is verified: see
// [Verify].
func (r *Registry) Pull(ctx context.Context, ref Reference) (Package, error) {
	s, err := r.open(ref)
	if err != nil {
		return Package{}, err
	}
	defer s.progress.end()
	ctx, cancel := r.timeout(auth.AppendRepositoryScope(ctx, s.oci, auth.ActionPull))
	defer cancel()
	p, err := s.pull(ctx)
	if err != nil {
		return Package{}, s.explain(err)
	}
	return p, nil
}

func (s *session) pull(ctx context.Context) (Package, error) {
	manifest, err := s.manifest(ctx)
	if err != nil {
		return Package{}, err
	}
	found, err := parseManifest(manifest, s.limits)
	if err != nil {
		return Package{}, err
	}
	p := Package{Annotations: found.annotations, ManifestDigest: digestPrefix + Digest(manifest)}
	total := found.module.Size
	if found.signature != nil {
		total += found.signature.Size
	}
	s.progress.begin(total)
	if p.Code, err = s.blob(ctx, "the module", found.module); err != nil {
		return Package{}, err
	}
	if found.signature != nil {
		p.Signature, err = s.blob(ctx, "the signature", *found.signature)
	}
	return p, err
}

// manifest gets the manifest's bytes and checks them against the reference.
func (s *session) manifest(ctx context.Context) ([]byte, error) {
	accepted := []string{ocispec.MediaTypeImageManifest, ocispec.MediaTypeImageIndex, dockerManifest, dockerList}
	response, err := s.get(ctx, "/manifests/"+cmp.Or(s.ref.Digest, s.ref.Tag), strings.Join(accepted, ", "))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if err := checkManifestType(response.Header.Get("Content-Type")); err != nil {
		return nil, err
	}
	if response.ContentLength > s.limits.Manifest {
		return nil, tooLarge("the manifest", s.limits.Manifest)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, s.limits.Manifest+1))
	switch {
	case err != nil:
		return nil, brokenOff("the manifest", err)
	case int64(len(content)) > s.limits.Manifest:
		return nil, tooLarge("the manifest", s.limits.Manifest)
	case s.ref.Digest != "" && digestPrefix+Digest(content) != s.ref.Digest:
		return nil, wrongDigest("the manifest")
	}
	return content, nil
}

// blob gets the bytes of a layer and checks them. The size is within the limits:
// the manifest was checked.
func (s *session) blob(ctx context.Context, what string, layer ocispec.Descriptor) ([]byte, error) {
	response, err := s.get(ctx, "/blobs/"+string(layer.Digest), "")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.ContentLength >= 0 && response.ContentLength != layer.Size {
		return nil, wrongSize(what)
	}
	body := s.progress.count(response.Body)
	content := make([]byte, layer.Size)
	if _, err := io.ReadFull(body, content); err != nil {
		return nil, brokenOff(what, err)
	}
	switch n, err := io.ReadFull(body, make([]byte, 1)); {
	case n > 0:
		return nil, wrongSize(what)
	case err != io.EOF:
		return nil, brokenOff(what, err)
	case digestPrefix+Digest(content) != string(layer.Digest):
		return nil, wrongDigest(what)
	}
	s.progress.next(layer.Size)
	return content, nil
}

// get asks for something of the repository, logs in where the registry wants
// that, and gives the answer if it is 200.
func (s *session) get(ctx context.Context, path, accept string) (*http.Response, error) {
	scheme := "https"
	if s.registry.PlainHTTP {
		scheme = "http"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+s.ref.Server()+"/v2/"+s.ref.Repository+path, nil)
	if err != nil {
		return nil, err
	}
	if accept != "" {
		request.Header.Set("Accept", accept)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, s.refused(response.StatusCode)
	}
	return response, nil
}
