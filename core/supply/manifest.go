package supply

import (
	"encoding/json"
	"mime"
	"path"
	"strconv"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// The layout is the "Wasm OCI Artifact" of the CNCF's TAG Runtime
// (https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/), and one
// more layer if the module is signed.
const (
	configType    = "application/vnd.wasm.config.v0+json"
	moduleType    = "application/wasm"
	signatureType = "application/vnd.postern.minisig"

	dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	dockerList     = "application/vnd.docker.distribution.manifest.list.v2+json"

	// noTime stands where the layout wants a time, so that one module always has
	// one digest.
	noTime = "1970-01-01T00:00:00Z"
)

// wasmConfig is the config of the layout.
type wasmConfig struct {
	Created      string   `json:"created"`
	Architecture string   `json:"architecture"`
	OS           string   `json:"os"`
	LayerDigests []string `json:"layerDigests"`
}

// blob is bytes and how a manifest describes them.
type blob struct {
	ocispec.Descriptor
	content []byte
}

func newBlob(mediaType, title string, content []byte) blob {
	b := blob{ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(content), Size: int64(len(content))}, content}
	if title != "" {
		// The name under which `oras pull` writes the layer.
		b.Annotations = map[string]string{ocispec.AnnotationTitle: title}
	}
	return b
}

// artifact is what a push sends.
type artifact struct {
	blobs    []blob // the config, the module, and perhaps the signature
	manifest blob
}

// newArtifact lays a package out for a repository.
func newArtifact(repository string, p Package) (artifact, error) {
	title := path.Base(repository) + moduleSuffix
	layers := []blob{newBlob(moduleType, title, p.Code)}
	if len(p.Signature) > 0 {
		layers = append(layers, newBlob(signatureType, title+SignatureSuffix, p.Signature))
	}
	config := wasmConfig{Created: noTime, Architecture: "wasm", OS: "wasip1"}
	manifest := ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest, Annotations: p.Annotations,
	}
	for _, layer := range layers {
		config.LayerDigests = append(config.LayerDigests, layer.Digest.String())
		manifest.Layers = append(manifest.Layers, layer.Descriptor)
	}
	encoded, err := json.Marshal(config)
	if err != nil {
		return artifact{}, err
	}
	configBlob := newBlob(configType, "", encoded)
	manifest.Config = configBlob.Descriptor
	if encoded, err = json.Marshal(manifest); err != nil {
		return artifact{}, err
	}
	return artifact{append([]blob{configBlob}, layers...), newBlob(manifest.MediaType, "", encoded)}, nil
}

// contents is what a manifest says that is in a package.
type contents struct {
	module      ocispec.Descriptor
	signature   *ocispec.Descriptor // nil: the module is not signed
	annotations map[string]string
}

// parseManifest reads the manifest of one module. Layers of other types are
// passed over. Errors are of kind [BadAnswer], [WrongType], [WrongSize] or
// [TooLarge].
func parseManifest(encoded []byte, limits Limits) (contents, error) {
	var manifest ocispec.Manifest
	if err := json.Unmarshal(encoded, &manifest); err != nil || manifest.SchemaVersion != 2 {
		return contents{}, &Error{Kind: BadAnswer, What: "the manifest is not in the format of OCI",
			Advice: "push the module again; this tag holds something else"}
	}
	if manifest.MediaType != "" {
		if err := checkManifestType(manifest.MediaType); err != nil {
			return contents{}, err
		}
	}
	// The empty config is what `oras push` writes.
	if t := manifest.Config.MediaType; t != configType && t != ocispec.MediaTypeEmptyJSON {
		return contents{}, noModule("its config is of type " + quoteType(t) + ", not " + configType)
	}
	found := contents{annotations: manifest.Annotations}
	modules := 0
	for _, layer := range manifest.Layers {
		switch layer.MediaType {
		case moduleType:
			modules++
			found.module = layer
		case signatureType:
			if found.signature != nil {
				return contents{}, noModule("it has two signatures")
			}
			found.signature = new(layer)
		}
	}
	if modules != 1 {
		return contents{}, noModule("it has " + strconv.Itoa(modules) + " layers of type " + moduleType)
	}
	return found, found.check(limits)
}

// check refuses what would not be read, before it is asked for.
func (c contents) check(limits Limits) error {
	if err := checkLayer("the module", c.module, limits.Module); err != nil {
		return err
	}
	if c.signature == nil {
		return nil
	}
	return checkLayer("the signature", *c.signature, limits.Signature)
}

func checkLayer(what string, layer ocispec.Descriptor, limit int64) error {
	switch {
	case layer.Size <= 0:
		return &Error{Kind: WrongSize, What: what + " has no size in the manifest", Advice: "push the module again"}
	case layer.Size > limit:
		return tooLarge(what, limit)
	case !isDigest(string(layer.Digest)):
		return &Error{Kind: WrongDigest, What: what + " has no SHA-256 digest in the manifest", Advice: "push the module again"}
	}
	return nil
}

// checkManifestType says what a tag holds that is not one module.
func checkManifestType(contentType string) error {
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		mediaType = ""
	}
	switch mediaType {
	case ocispec.MediaTypeImageManifest:
		return nil
	case ocispec.MediaTypeImageIndex, dockerList:
		return &Error{Kind: WrongType, What: "this is a list of manifests, one for each platform; a module is the same on all",
			Advice: "push the module alone, or name its manifest by its digest, like " + exampleDigest}
	case dockerManifest:
		return noModule("it is a container image")
	}
	return noModule("its manifest is of type " + quoteType(mediaType))
}

func noModule(why string) error {
	return &Error{Kind: WrongType, What: "this is no package with one module: " + why, Advice: "check repository and tag; they hold something else"}
}

// quoteType shows a media type that a registry wrote.
func quoteType(mediaType string) string {
	const longest = 100
	return strconv.QuoteToASCII(mediaType[:min(len(mediaType), longest)])
}
