// Where an Error that is thrown ends; asconfig.json names it.

import { hostFail } from "./host";

/** Fails the call with the message, and where in the sources it came from. */
export function abort(message: string | null, file: string | null, line: u32, _column: u32): void {
  let reason = message !== null && message.length > 0 ? message : "the plugin failed and gave no reason";
  if (file !== null) reason += " (" + file + ":" + line.toString() + ")";
  const text = String.UTF8.encode(reason, false);
  hostFail(changetype<usize>(text), text.byteLength);
  unreachable();
}
