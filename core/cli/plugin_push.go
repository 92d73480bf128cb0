package cli

import (
	"cmp"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/app"
)

// pushedView is a module in a registry as JSON.
type pushedView struct {
	moduleView
	Reference string `json:"reference"`
	Pinned    string `json:"pinned"` // the reference of exactly this package
}

func (p *program) pluginPush() *cobra.Command {
	var signature string
	c := &cobra.Command{
		Use: "push FILE oci://REGISTRY/NAME:TAG", Short: "put a module with its signature into a registry", Args: arguments("FILE", "oci://REGISTRY/NAME:TAG"),
		Long:    "Put a module with its signature into an OCI registry, in place of what the tag\nheld. The module is tried before. What is printed names exactly this package.",
		Example: "  postern plugin push directory.wasm oci://registry.example.org/plugins/directory:1.2.0",
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&signature, "signature", "", "`FILE` with the signature (default: FILE.minisig, if it exists)")
	supplyFlags(c)
	c.RunE = p.onModules(func(c *cobra.Command, s transfer, args []string) error {
		m, err := s.Get(c.Context(), args[0], signature)
		if err != nil {
			return err
		}
		plugins, err := app.Examine(c.Context(), m.Code)
		if err != nil {
			return err
		}
		if m.Manifest, err = s.Push(c.Context(), m, args[1], plugins); err != nil {
			return err
		}
		s.end()
		switch {
		case m.KeyID == "":
			p.note("note: the module is not signed; whoever installs it has to allow that")
		case m.Unproven != nil:
			p.note("note: key %s is not trusted here, so the signature was not verified", m.KeyID)
		}
		view := pushedView{viewModule(m), args[1], pinned(args[1], m.Manifest)}
		p.note("pushed %s", args[1])
		return p.print(view, func(w io.Writer) {
			fields(w, []admin.Row{{Field: "Module", Value: "sha256:" + m.Digest}, {Field: "Package", Value: view.Pinned}})
		})
	})
	return c
}

// pinned adds the digest of the manifest to a reference.
func pinned(reference, manifest string) string {
	reference, _, _ = strings.Cut(reference, "@")
	return reference + "@" + manifest
}

// pulledView is a module that was written into files as JSON.
type pulledView struct {
	moduleView
	Files []string `json:"files"`
}

func (p *program) pluginPull() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use: "pull oci://REGISTRY/NAME:TAG", Short: "get a module with its signature from a registry", Args: arguments("oci://REGISTRY/NAME:TAG"),
		Long:    "Get a module with its signature from an OCI registry into files, which must not\nexist, and say whether a trusted key signed it. Nothing is installed.",
		Example: "  postern plugin pull oci://registry.example.org/plugins/directory:1.2.0",
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&out, "out", "", "`FILE` for the module (default: NAME.wasm)")
	supplyFlags(c)
	c.RunE = p.onModules(func(c *cobra.Command, s transfer, args []string) error {
		if !strings.HasPrefix(args[0], "oci://") {
			return failf("write it like oci://registry.example.org/plugins/department:1.2.0", "%q is not in a registry", args[0])
		}
		m, err := s.Get(c.Context(), args[0], "")
		if err != nil {
			return err
		}
		s.end()
		files, err := m.Save(cmp.Or(out, m.FileName()))
		if err != nil {
			return err
		}
		p.note("wrote %s", joined(files))
		switch {
		case m.Unproven == nil:
		case m.KeyID == "":
			p.note("note: the module is not signed")
		default:
			p.note("note: the module is signed with key %s, which is not trusted here", m.KeyID)
		}
		return p.print(pulledView{viewModule(m), files}, func(w io.Writer) { fields(w, moduleRows(m)) })
	})
	return c
}
