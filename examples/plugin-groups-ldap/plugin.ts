// Gives the groups that a person has in a directory as a claim.

import {
  CLAIMS_MAP, CapabilityWish, ClaimsInput, ClaimsOutput, JsonObject, LDAP_SEARCH, Manifest, Plugin, Sample, SecretWish, Value, isProtected,
  register,
} from "../../sdk/typescript/postern";
import { Directory, valuesOf } from "./directory";

export * from "../../sdk/typescript/postern/module";

/** How many groups are followed to the groups that they are in: each costs a call of the
 * host, which allows 64. */
const FOLLOWED: i32 = 60;

function flag(settings: JsonObject, name: string): bool {
  const v = settings.get(name);
  return v !== null && v.bool;
}

/** Adds what the list does not have. */
function addNew(list: Array<string>, more: Array<string>): void {
  for (let i = 0; i < more.length; i++) {
    // What is no UTF-8 is written so; it is the name of nothing that a client knows.
    if (!list.includes(more[i]) && !more[i].startsWith("base64:")) list.push(more[i]);
  }
}

/** The names of the groups that the member is in, directly or, if groups may be nested,
 * through others. */
function groupsOf(directory: Directory, member: string, nested: bool): Array<string> {
  const names = new Array<string>();
  const seen: Array<string> = [member];
  for (let i = 0; i < seen.length && (i == 0 || nested); i++) {
    if (i > FOLLOWED) throw new Error("the user is in more than " + FOLLOWED.toString() + " groups, too many to follow");
    const groups = directory.groups(seen[i]);
    for (let n = 0; n < groups.length; n++) {
      if (seen.includes(groups[n].dn)) continue; // groups may be in each other
      seen.push(groups[n].dn);
      addNew(names, valuesOf(groups[n], directory.attribute));
    }
  }
  return names;
}

/** Whom the groups have as a member; empty: the directory does not know the person. */
function memberOf(directory: Directory, input: ClaimsInput): string {
  if (input.user.name.length == 0) return "";
  return input.settings.getText("user_filter").length > 0 ? directory.person(input.user.name) : input.user.name;
}

function claims(input: ClaimsInput): ClaimsOutput {
  const output = new ClaimsOutput();
  const settings = input.settings;
  const claim = settings.getText("claim", "groups");
  if (isProtected(claim)) throw new Error("settings.claim: the host alone sets " + claim);
  const scope = settings.getText("scope");
  if (scope.length > 0 && !input.scopes.includes(scope)) return output;
  const directory = new Directory(settings);
  const member = memberOf(directory, input);
  const names = new Array<string>();
  const before = input.claims.get(claim);
  if (flag(settings, "keep") && before !== null) addNew(names, before.strings);
  if (member.length > 0) addNew(names, groupsOf(directory, member, flag(settings, "nested")));
  output.set.set(claim, Value.strings(names));
  return output;
}

const manifest = new Manifest("groups-ldap", "1.0.0", "Gives the groups that a person has in a directory as a claim.");
manifest.capabilities = [new CapabilityWish(LDAP_SEARCH, "To look the groups up in the directory that the settings name.")];
const password = new SecretWish("bind_password", "Password of bind_dn.");
password.optional = true;
manifest.secrets = [password];
manifest.settings = `{
  "type": "object",
  "additionalProperties": false,
  "required": ["url", "base_dn", "filter"],
  "properties": {
    "url": {"description": "ldaps://host:636 or ldap://host:389.", "type": "string", "minLength": 1},
    "start_tls": {"description": "Encrypt a connection of ldap://.", "type": "boolean"},
    "bind_dn": {"description": "Who asks; the password is the secret bind_password. Without it, nobody does.", "type": "string"},
    "base_dn": {"description": "Where the groups are.", "type": "string"},
    "filter": {"description": "Finds the groups of a member, which stands for {0}.", "type": "string", "minLength": 3},
    "attribute": {"description": "Attribute with the name of a group.", "type": "string", "minLength": 1, "default": "cn"},
    "user_filter": {
      "description": "Finds the entry of a user by the login name, which stands for {0}. Then the member is its DN, and else the login name.",
      "type": "string", "minLength": 3
    },
    "user_base_dn": {"description": "Where the users are; without it, where the groups are.", "type": "string"},
    "nested": {"description": "Groups may be members of groups.", "type": "boolean"},
    "claim": {"type": "string", "minLength": 1, "default": "groups"},
    "keep": {"description": "Add to what the claim has.", "type": "boolean"},
    "scope": {"description": "Give the claim only where this scope was granted.", "type": "string"}
  }
}`;
manifest.samples = [
  new Sample(
    CLAIMS_MAP,
    `{
      "target": "id_token",
      "settings": {"url": "ldaps://directory.example:636", "base_dn": "ou=groups,dc=example", "filter": "(memberUid={0})"},
      "user": {"name": "alice"}
    }`,
    `[{
      "capability": "ldap.search",
      "request": {
        "server": {"url": "ldaps://directory.example:636"}, "base_dn": "ou=groups,dc=example", "filter": "(memberUid={0})",
        "values": ["alice"], "attributes": ["cn"], "limit": 1000
      },
      "answer": {"entries": [{"dn": "cn=staff,ou=groups,dc=example", "attributes": {"cn": ["staff"]}}]}
    }]`,
  ),
];

const plugin = new Plugin(manifest);
plugin.claims = claims;
register(plugin);
