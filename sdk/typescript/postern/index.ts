// The TypeScript SDK for plugins of Postern, for AssemblyScript. abi.md of Postern is the
// normative text of what goes over the wire; the classes here have its names.

export * from "./base64";
export * from "./capability";
export * from "./message";
export { Mistake, parse, parseBytes } from "./parse";
export { CapabilityWish, Manifest, Plugin, Preset, Sample, SecretWish, register } from "./plugin";
export { JsonObject, Kind, Value } from "./value";
export { stringify } from "./write";
