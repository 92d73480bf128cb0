package supply

import (
	"net/netip"
	"strconv"
	"strings"

	"oras.land/oras-go/v2/registry"
)

const (
	ociScheme     = "oci"
	moduleSuffix  = ".wasm"
	digestPrefix  = "sha256:"
	maxReference  = 4096
	maxHost       = 253 // RFC 1035 section 2.3.4, as text
	maxRepository = 255 // registries store it in a column of that size

	exampleOCI    = "oci://registry.example.org/plugins/department:1.2.0"
	exampleDigest = "oci://registry.example.org/plugins/department@sha256: and 64 hexadecimal digits"
	exampleFile   = "./department.wasm"
)

// Reference is where a module is: a file, if Path is set, or else a place in an
// OCI registry. [ParseReference] makes one, and gives it back from its String.
type Reference struct {
	Path string // of a file, ending in .wasm

	Host       string // registry.example.org, or with a port: localhost:5000, [::1]:5000
	Repository string // plugins/department
	Tag        string // 1.2.0, or empty if there is a digest
	Digest     string // of the manifest: sha256: and 64 hexadecimal digits, or empty
}

// IsFile says whether the module is a file.
func (r Reference) IsFile() bool { return r.Path != "" }

// IsLocal says whether the module is in a registry on this machine, which is the only
// kind that is asked without TLS.
func (r Reference) IsLocal() bool { return !r.IsFile() && isLoopback(r.Host) }

// String is the reference as it was parsed.
func (r Reference) String() string {
	if r.IsFile() {
		return r.Path
	}
	text := ociScheme + "://" + r.Host + "/" + r.Repository
	if r.Tag != "" {
		text += ":" + r.Tag
	}
	if r.Digest != "" {
		text += "@" + r.Digest
	}
	return text
}

// Server is the host, with its port if it has one, that is asked for a module in a
// registry: the one that is named, but Docker Hub's is not docker.io.
func (r Reference) Server() string {
	return registry.Reference{Registry: r.Host}.Host()
}

// ParseReference reads the path of a file, which ends in .wasm, or a reference
// into an OCI registry: oci://host[:port]/repository[:tag][@sha256:digest], with
// a tag or a digest or both. There is no default tag: what "latest" is, changes.
// Errors are of kind [BadReference] and do not repeat the text, which may have a
// password in it.
func ParseReference(text string) (Reference, error) {
	switch {
	case text == "":
		return badReference("the reference is empty", "name a file like "+exampleFile+" or a module in a registry like "+exampleOCI)
	case len(text) > maxReference:
		return badReference("the reference is longer than "+strconv.Itoa(maxReference)+" bytes", "write it like "+exampleOCI)
	case !isPrintable(text) || strings.TrimSpace(text) != text:
		return badReference("the reference has control characters in it, or blanks around it", "write it without them, like "+exampleOCI)
	}
	scheme, rest, hasScheme := strings.Cut(text, "://")
	switch {
	case !hasScheme:
		return parsePath(text)
	case scheme != ociScheme:
		return badReference("a reference into a registry begins with oci://, and a file has nothing before its path",
			"write "+exampleOCI+", or download the module and name the file: "+exampleFile)
	}
	return parseOCI(rest)
}

func parsePath(text string) (Reference, error) {
	if !strings.HasSuffix(text, moduleSuffix) || strings.HasSuffix(text, "/"+moduleSuffix) || text == moduleSuffix {
		return badReference("the reference is no file that ends in "+moduleSuffix,
			"name a file like "+exampleFile+"; a module in a registry is written "+exampleOCI)
	}
	return Reference{Path: text}, nil
}

// parseOCI reads what stands behind oci://.
func parseOCI(text string) (Reference, error) {
	host, path, _ := strings.Cut(text, "/")
	name, digest, hasDigest := strings.Cut(path, "@")
	repository, tag, hasTag := strings.Cut(name, ":")
	ref := Reference{Host: host, Repository: repository, Tag: tag, Digest: digest}
	oci := registry.Reference{Repository: repository, Reference: tag}

	what, advice := "", "write it like "+exampleOCI
	switch {
	case strings.Contains(host, "@"):
		what, advice = "the reference names a user before the host", "leave out user and password there, and give the login separately"
	case !isHost(host):
		what = "the host of the reference is none: a name in lower case or an address, and perhaps a port from 1 to 65535"
	case repository == "":
		what = "the reference names no repository"
	case len(repository) > maxRepository || oci.ValidateRepository() != nil:
		what = "the repository of the reference is none: words of lower-case letters and digits between slashes"
	case !hasTag && !hasDigest:
		what, advice = "the reference names no version", "add a tag, like "+exampleOCI+", or a digest, like "+exampleDigest
	case hasTag && oci.ValidateReferenceAsTag() != nil:
		what = "the tag of the reference is none: up to 128 letters, digits, dots, hyphens and underscores"
	case hasDigest && !isDigest(digest):
		what, advice = "the digest of the reference is none", "write it like "+exampleDigest+" in lower case"
	}
	if what != "" {
		return badReference(what, advice)
	}
	return ref, nil
}

func badReference(what, advice string) (Reference, error) {
	return Reference{}, &Error{Kind: BadReference, What: what, Advice: advice}
}

// isHost accepts a DNS name, an IPv4 address or an IPv6 address in brackets, each
// perhaps with a port.
func isHost(text string) bool {
	if bracketed, isBracketed := strings.CutPrefix(text, "["); isBracketed {
		address, port, closed := strings.Cut(bracketed, "]")
		parsed, err := netip.ParseAddr(address)
		return closed && err == nil && parsed.Is6() && parsed.Zone() == "" && (port == "" || port[0] == ':' && isPort(port[1:]))
	}
	name, port, hasPort := strings.Cut(text, ":")
	if len(name) > maxHost || hasPort && !isPort(port) {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if !isLabel(label) {
			return false
		}
	}
	return true
}

// isLabel follows RFC 1123 section 2.1. Upper case is left out, so that one host
// has one spelling.
func isLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	return strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0 && text[0] != '0'
}

// isDigest accepts a SHA-256 as registries write it.
func isDigest(text string) bool {
	hexadecimal, isSHA256 := strings.CutPrefix(text, digestPrefix)
	return isSHA256 && len(hexadecimal) == 64 && strings.Trim(hexadecimal, "0123456789abcdef") == ""
}
