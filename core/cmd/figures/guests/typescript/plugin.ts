// The plugin of the figures in TypeScript: it does what job.Map does in Go.

import { CLAIMS_MAP, ClaimsInput, ClaimsOutput, Manifest, Plugin, Sample, Value, register } from "./postern";
import { SAMPLE, SCHEMA } from "./job";

export * from "./postern/module";

function claims(input: ClaimsInput): ClaimsOutput {
  const output = new ClaimsOutput();
  const settings = input.settings;
  const prefix = settings.getText("prefix");
  const groups = new Array<Value>();
  for (let i = 0; i < input.user.groups.length; i++) groups.push(Value.string(prefix + input.user.groups[i]));
  output.set.set("groups", Value.array(groups));
  const attributes = settings.get("attributes");
  if (attributes !== null) {
    for (let i = 0; i < attributes.items.length; i++) {
      const name = attributes.items[i].text;
      const value = input.user.attributes.get(name);
      if (value !== null) output.set.set(name, value);
    }
  }
  const rename = settings.get("rename");
  if (rename !== null) {
    const from = rename.object.getText("from");
    const value = input.claims.get(from);
    if (value !== null) {
      output.set.set(rename.object.getText("to"), value);
      output.remove.push(from);
    }
  }
  return output;
}

const manifest = new Manifest("figures", "1.0.0", "Prefixes groups, copies attributes, renames a claim.");
manifest.settings = SCHEMA;
manifest.samples = [new Sample(CLAIMS_MAP, SAMPLE)];

const plugin = new Plugin(manifest);
plugin.claims = claims;
register(plugin);
