// What a Nextcloud says of the person who signed in (its provisioning API).

import { Fetch, JsonObject, Mistake, fetch, parse } from "../../sdk/typescript/postern";

/** A person at the Nextcloud. */
export class Account {
  /** Never given to somebody else: it is the name of their files too. */
  id: string = "";
  enabled: bool = false;
  displayName: string = "";
  email: string = "";
  phone: string = "";
  organisation: string = "";
  language: string = "";
  /** Where the account comes from: Database, LDAP, ... */
  backend: string = "";
  groups: Array<string> = [];
}

/** Gives the account of the token that the exchange got. Whatever is not an account
 * fails: an answer can be of status 200 and an error in what it says. */
export function account(url: string): Account {
  const request = new Fetch(url + "/ocs/v2.php/cloud/user?format=json");
  request.headers.setText("ocs-apirequest", "true"); // without it the Nextcloud refuses
  request.headers.setText("accept", "application/json");
  request.timeoutMS = 3000;
  request.exchanged = true; // the host sends the token
  const response = fetch(request);
  const error = response.error;
  if (error !== null) throw new Error("the account: " + error.toString());
  if (response.status != 200) throw new Error("the Nextcloud answered with status " + response.status.toString());
  const mistake = new Mistake();
  const answer = parse(response.body, mistake);
  if (answer === null) throw new Error("the Nextcloud did not answer in JSON: " + mistake.what);
  const ocs = member(answer.object, "ocs");
  if (member(ocs, "meta").getText("status") != "ok") throw new Error("the Nextcloud did not tell the account");
  return read(member(ocs, "data"));
}

/** A member that is an object; an empty one in place of anything else. */
function member(parent: JsonObject, name: string): JsonObject {
  const v = parent.get(name);
  return v === null ? new JsonObject() : v.object;
}

function read(data: JsonObject): Account {
  const who = new Account();
  who.id = data.getText("id");
  if (who.id.length == 0) throw new Error("the Nextcloud did not tell the account");
  const enabled = data.get("enabled");
  who.enabled = enabled === null || enabled.bool; // before Nextcloud 17 it was not said
  who.displayName = data.getText("displayname", data.getText("display-name"));
  who.email = data.getText("email");
  who.phone = data.getText("phone");
  who.organisation = data.getText("organisation");
  who.language = data.getText("language");
  who.backend = data.getText("backend");
  const groups = data.get("groups");
  if (groups !== null) who.groups = groups.strings;
  return who;
}
