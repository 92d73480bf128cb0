// A plugin: its manifest, and a function for each hook.

import { Mistake, parse } from "./parse";
import { Value } from "./value";
import { Writer } from "./write";
import {
  ACCOUNT_SHAPE, AccountInput, CLAIMS_MAP, CONNECTOR_LOGIN, CONNECTOR_PASSWORD, ClaimsInput, ClaimsOutput, EVENT_SINK, EventInput,
  LoginInput, LoginOutput, PasswordInput, PasswordOutput, SCOPE_POLICY, ScopeInput, ScopeOutput,
} from "./message";
import { JsonObject } from "./value";

/** The version of the interface that this SDK speaks. */
export const HOST_API: i32 = 1;

/** A capability that a plugin asks for. The operator grants it. */
export class CapabilityWish {
  /** What it is wanted for, such as hosts. Empty: the settings say it. */
  targets: Array<string> = [];
  /** The plugin does without. */
  optional: bool = false;

  /** The reason is one sentence for the operator. */
  constructor(public name: string, public reason: string) {}

  write(w: Writer): void {
    w.openObject();
    w.textMember("name", this.name);
    w.stringsMember("targets", this.targets);
    w.textMember("reason", this.reason);
    w.flagMember("optional", this.optional);
    w.closeObject();
  }
}

/** A secret that a plugin asks for. The operator sets it. */
export class SecretWish {
  optional: bool = false;

  constructor(public name: string, public description: string) {}

  write(w: Writer): void {
    w.openObject();
    w.textMember("name", this.name);
    w.textMember("description", this.description);
    w.flagMember("optional", this.optional);
    w.closeObject();
  }
}

/** A way to use a plugin: for one product, say. */
export class Preset {
  /** The name of one of Postern's icons, or empty. */
  icon: string = "";
  /** What is to be granted for it, besides what the operator's settings name, such as hosts. */
  targets: Array<string> = [];

  /** Settings are JSON, an object that what the operator sets is laid over. */
  constructor(public name: string, public title: string, public settings: string) {}

  write(w: Writer): void {
    w.openObject();
    w.textMember("name", this.name);
    w.textMember("title", this.title);
    w.textMember("icon", this.icon);
    w.name("settings");
    w.value(parseManifest("the settings of a preset", this.settings));
    w.stringsMember("targets", this.targets);
    w.closeObject();
  }
}

/** A message that the plugin must be able to answer. */
export class Sample {
  /** Input is JSON, an object; calls is JSON, an array of calls with their answers. */
  constructor(public hook: string, public input: string, public calls: string = "") {}

  write(w: Writer): void {
    w.openObject();
    w.textMember("hook", this.hook);
    w.name("input");
    w.value(parseManifest("the input of a sample", this.input));
    if (this.calls.length > 0) {
      w.name("calls");
      w.value(parseManifest("the calls of a sample", this.calls));
    }
    w.closeObject();
  }
}

/** What a module says of a plugin. The host API version and the hooks are filled in; a
 * hook without a sample is tried on an empty message. */
export class Manifest {
  capabilities: Array<CapabilityWish> = [];
  secrets: Array<SecretWish> = [];
  /** JSON Schema of the settings; empty: there are none. */
  settings: string = "";
  presets: Array<Preset> = [];
  samples: Array<Sample> = [];

  constructor(public id: string, public version: string, public description: string) {}
}

/** A plugin. A function that is null is a hook that it does not implement. A function
 * fails the call by throwing an Error; its text goes to the operator's log, never to
 * a person. */
export class Plugin {
  claims: ((input: ClaimsInput) => ClaimsOutput) | null = null;
  /** Gives an object that is sent as it is, its members in their order. */
  account: ((input: AccountInput) => JsonObject) | null = null;
  scopes: ((input: ScopeInput) => ScopeOutput) | null = null;
  login: ((input: LoginInput) => LoginOutput) | null = null;
  password: ((input: PasswordInput) => PasswordOutput) | null = null;
  event: ((input: EventInput) => void) | null = null;

  constructor(public manifest: Manifest) {}

  /** The hooks that it implements, in the order of the manifest. */
  hooks(): Array<string> {
    const list = new Array<string>();
    if (this.claims !== null) list.push(CLAIMS_MAP);
    if (this.account !== null) list.push(ACCOUNT_SHAPE);
    if (this.scopes !== null) list.push(SCOPE_POLICY);
    if (this.login !== null) list.push(CONNECTOR_LOGIN);
    if (this.password !== null) list.push(CONNECTOR_PASSWORD);
    if (this.event !== null) list.push(EVENT_SINK);
    return list;
  }

  /** Runs a hook and writes its output. */
  run(hook: string, input: Value, w: Writer): void {
    if (hook == CLAIMS_MAP) this.claims!(ClaimsInput.read(input)).write(w);
    else if (hook == ACCOUNT_SHAPE) w.value(this.account!(AccountInput.read(input)));
    else if (hook == SCOPE_POLICY) this.scopes!(ScopeInput.read(input)).write(w);
    else if (hook == CONNECTOR_LOGIN) this.login!(LoginInput.read(input)).write(w);
    else if (hook == CONNECTOR_PASSWORD) this.password!(PasswordInput.read(input)).write(w);
    else this.event!(EventInput.read(input)); // an event has no answer
  }

  /** Writes the manifest. */
  describe(w: Writer): void {
    const m = this.manifest;
    const hooks = this.hooks();
    w.openObject();
    w.textMember("id", m.id);
    w.textMember("version", m.version);
    w.textMember("description", m.description);
    w.intMember("host_api", HOST_API);
    w.stringsMember("hooks", hooks);
    if (m.capabilities.length > 0) {
      w.name("capabilities");
      w.openArray();
      for (let i = 0; i < m.capabilities.length; i++) m.capabilities[i].write(w);
      w.closeArray();
    }
    if (m.secrets.length > 0) {
      w.name("secrets");
      w.openArray();
      for (let i = 0; i < m.secrets.length; i++) m.secrets[i].write(w);
      w.closeArray();
    }
    w.name("settings");
    w.value(parseManifest("settings", m.settings.length > 0 ? m.settings : '{"type":"object","additionalProperties":false}'));
    if (m.presets.length > 0) {
      w.name("presets");
      w.openArray();
      for (let i = 0; i < m.presets.length; i++) m.presets[i].write(w);
      w.closeArray();
    }
    this.describeSamples(w, hooks);
    w.closeObject();
  }

  private describeSamples(w: Writer, hooks: Array<string>): void {
    const samples = this.manifest.samples;
    w.name("samples");
    w.openArray();
    for (let i = 0; i < samples.length; i++) samples[i].write(w);
    for (let i = 0; i < hooks.length; i++) {
      let has = false;
      for (let n = 0; n < samples.length; n++) has = has || samples[n].hook == hooks[i];
      if (!has) new Sample(hooks[i], emptyInput(hooks[i])).write(w);
    }
    w.closeArray();
  }
}

function emptyInput(hook: string): string {
  if (hook == CLAIMS_MAP) return '{"target":"id_token","settings":{}}';
  if (hook == CONNECTOR_LOGIN) return '{"phase":"begin","settings":{}}';
  return '{"settings":{}}';
}

// parseManifest reads what the plugin's author wrote as JSON.
function parseManifest(what: string, text: string): Value {
  const mistake = new Mistake();
  const v = parse(text, mistake);
  if (v === null) throw new Error("the manifest: " + what + ": byte " + mistake.offset.toString() + ": " + mistake.what);
  return v;
}

const plugins = new Array<Plugin>();

/** Makes the plugin one of this module. */
export function register(plugin: Plugin): void {
  plugins.push(plugin);
}

/** The plugins of this module. */
export function registered(): Array<Plugin> {
  return plugins;
}
