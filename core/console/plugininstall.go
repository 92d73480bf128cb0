package console

import (
	"errors"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

// Modules judges the modules that are uploaded, as those of the REST API.
type Modules interface {
	// Uploaded says of a module who signed it, by the signature that came along: nil if none
	// did. One that is not of the module is an [admin.InvalidError] of the field "signature".
	Uploaded(code, signature []byte, source string) (admin.Install, error)
}

// installPage asks for a module.
func (c *Console) installPage(v *Visit) (*Answer, error) {
	if err := v.need(core.WritePlugins, ""); err != nil {
		return nil, err
	}
	return show(installWith(installForm("", ""), nil), nil)
}

func installWith(form web.Form, blocks []web.Block) *web.Console {
	return &web.Console{
		Title: "Install a plugin", Lead: "Nothing is granted and nothing is bound by that. A version that replaces another serves at once.",
		Crumbs: []web.Anchor{{Label: "Plugins", URL: pluginsPath}}, Blocks: append(blocks, form),
	}
}

// installForm asks for the module; of one that was looked at, for the very same.
func installForm(digest, looked string) web.Form {
	form := web.Form{
		ID: "module", Upload: true,
		Groups: []web.Group{{Inputs: []web.Input{
			{Name: "module", Label: "Module", Hint: "A .wasm file of at most 32 MiB.", Kind: "file", Accept: ".wasm,application/wasm", Required: true, Wide: true},
			{Name: "signature", Label: "Signature", Hint: "The .minisig file that came with it. It must be of a key that is trusted here (plugin-keys in the settings).", Kind: "file", Accept: ".minisig", Optional: true, Wide: true},
			{Name: "pin", Label: "Digest", Hint: "The SHA-256 that it must have, as its author tells it.", Kind: "text", Code: true, Optional: true, Wide: true, Value: digest},
			{Name: "unsigned", Label: "I trust this file without a signature", Hint: "Whoever wrote it decides what its plugins do, as far as you grant them.", Kind: "check"},
		}}},
		Buttons: []web.Button{{Label: "Look at it first", Action: "inspect", ID: "inspect"}, {Label: "Install", Action: "install", Kind: "primary", ID: "install"}},
		Back:    &web.Anchor{Label: "Cancel", URL: pluginsPath},
	}
	if digest != "" {
		form.Title, form.Text = "Install it", "Choose "+looked+" again: browsers forget files. The digest sees to it that it is the same."
		form.Buttons = []web.Button{form.Buttons[1], form.Buttons[0]}
	}
	return form
}

// offered is the module of the form with who signed it.
func (c *Console) offered(v *Visit) (admin.Install, error) {
	if err := v.need(core.WritePlugins, ""); err != nil {
		return admin.Install{}, err
	}
	file := v.File("module")
	if file == nil {
		return admin.Install{}, &admin.InvalidError{Problems: []admin.Problem{{Field: "module", Text: "no file was chosen, or an empty one", Hint: "choose the .wasm file of the plugin"}}}
	}
	var signature []byte
	if sent := v.File("signature"); sent != nil {
		signature = sent.Content
	}
	return c.Modules.Uploaded(file.Content, signature, "upload: "+file.Name)
}

// inspectModule shows what a module is, and what it asks for more than the one that runs,
// without installing it.
func (c *Console) inspectModule(v *Visit) (*Answer, error) {
	input, err := c.offered(v)
	if err == nil {
		var blocks []web.Block
		var digest string
		if blocks, digest, err = v.looked(input); err == nil {
			return show(installWith(installForm(digest, v.File("module").Name), blocks), nil)
		}
	}
	if wrong, ok := errors.AsType[*admin.InvalidError](err); ok {
		return invalid(installWith(retyped(v, installForm("", ""), wrong), nil))
	}
	return nil, err
}

func (v *Visit) looked(input admin.Install) (blocks []web.Block, digest string, err error) {
	digest, plugins, err := v.Desk.ExaminePlugin(v, input.Code)
	if err != nil {
		return nil, "", err
	}
	blocks = append(blocks, signatureBlock(input))
	for i := range plugins {
		p := &plugins[i]
		p.Source, p.Signer = input.Source, input.Signer
		runs, err := v.running(p.ID)
		if err != nil {
			return nil, "", err
		}
		blocks = append(blocks, aboutPlugin(p))
		if runs != nil && runs.Module != digest {
			blocks = append(blocks, changeBlock(runs, p))
		}
		blocks = append(blocks, comparedTable(runs, p))
	}
	return blocks, digest, nil
}

// running gives the plugin of that id that runs, nil if there is none.
func (v *Visit) running(id string) (*admin.Plugin, error) {
	runs, err := v.Desk.FindPlugin(v, id)
	if _, none := errors.AsType[*admin.MissingError](err); none {
		return nil, nil
	}
	return runs, err
}

func signatureBlock(input admin.Install) web.Message {
	if input.Signed {
		return web.Message{Kind: "good", Title: "Signed by " + input.Signer, Text: "The signature is of this very file, and of a key that is trusted here."}
	}
	return web.Message{Kind: "warn", Title: "No trusted key signed it", Text: upper(input.Unproven) + "."}
}

// installModule makes the uploaded module the one that runs.
func (c *Console) installModule(v *Visit) (*Answer, error) {
	input, err := c.offered(v)
	var installed *admin.Installed
	if err == nil {
		input.AllowUnsigned, input.Pin = v.Checked("unsigned"), v.Said("pin")
		if installed, err = v.Desk.InstallPlugin(v, input); err != nil {
			err = unsigned(err)
		}
	}
	if wrong, ok := errors.AsType[*admin.InvalidError](err); ok {
		return invalid(installWith(retyped(v, installForm("", ""), wrong), nil))
	}
	if err != nil {
		return nil, err
	}
	first := installed.Plugins[0]
	return done(at(pluginsPath, first.ID), "The plugin "+first.ID+" "+first.Version+" "+installedWords(installed))
}

// unsigned brings what is said of a signature that is missing to the box that does without.
func unsigned(err error) error {
	wrong, ok := errors.AsType[*admin.InvalidError](err)
	if !ok {
		return err
	}
	for i := range wrong.Problems {
		if p := &wrong.Problems[i]; p.Field == "signature" {
			p.Field, p.Hint = "unsigned", "tick the box if you trust it"
		}
	}
	return wrong
}

// installedWords says what became of it, and what it was not given.
func installedWords(installed *admin.Installed) string {
	if installed.Unchanged {
		return "ran already: nothing was changed."
	}
	words := "was installed."
	if len(installed.Upgraded) > 0 {
		words = "was installed, and serves in " + strings.Join(installed.Upgraded, ", ") + "."
	}
	if len(installed.Wishes) > 0 {
		words += " It asks for " + needWords(installed.Wishes) + ", which it was not given."
	}
	return words
}
