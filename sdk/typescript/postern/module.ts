// The exports of a module. The plugin's file has
//
//	export * from "./postern/module";

import "./abort"; // asconfig.json names it
import { hostFail, inputLen, inputRead, outputWrite } from "./host";
import { Mistake, parseBytes } from "./parse";
import { HOST_API, registered } from "./plugin";
import { Writer } from "./write";

export function postern_abi(): i32 {
  return HOST_API;
}

export function postern_describe(): void {
  const plugins = registered();
  const w = new Writer();
  w.openArray();
  for (let i = 0; i < plugins.length; i++) plugins[i].describe(w);
  w.closeArray();
  outputWrite(w.ptr, w.length);
}

export function postern_call(plugin: i32, hook: i32): i32 {
  const plugins = registered();
  if (plugin < 0 || plugin >= plugins.length) return fail("the module has no such plugin");
  const hooks = plugins[plugin].hooks();
  if (hook < 0 || hook >= hooks.length) return fail("the plugin has no such hook");
  const text = new ArrayBuffer(inputLen());
  inputRead(changetype<usize>(text));
  const mistake = new Mistake();
  const input = parseBytes(changetype<usize>(text), text.byteLength, mistake);
  if (input === null) return fail("the input: byte " + mistake.offset.toString() + ": " + mistake.what);
  const w = new Writer();
  plugins[plugin].run(hooks[hook], input, w);
  outputWrite(w.ptr, w.length);
  return 0;
}

function fail(reason: string): i32 {
  const text = String.UTF8.encode(reason, false);
  hostFail(changetype<usize>(text), text.byteLength);
  return 1;
}
