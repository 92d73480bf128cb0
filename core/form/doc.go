// Package form makes a form of the JSON Schema of a plugin's settings, and settings of what
// was typed into it.
//
// It owns the fields: which control a schema is shown as, under which name, and what is
// written of it. What no control of ours can show (a list of objects, say) is a field for
// JSON text, and so is the whole where the schema names no members. Members that the schema
// does not know stay as they are. It never checks settings against the schema: the host of
// the plugins does, and its words are brought to the field that they are about.
//
// It imports sdk/hook, for values that keep their order, and place, to say where JSON is wrong; the console imports it.
package form
