// What is asked of the directory.

import { JsonObject, LdapEntry, LdapSearchRequest, LdapServer, ldapSearch } from "../../sdk/typescript/postern";

/** The most that one search may find; see abi.md. */
const LIMIT: i64 = 1000;

/** A directory with the entries of people and of groups. */
export class Directory {
  private server: LdapServer = new LdapServer();

  constructor(private settings: JsonObject) {
    const startTLS = settings.get("start_tls");
    this.server.url = settings.getText("url");
    this.server.startTLS = startTLS !== null && startTLS.bool;
    this.server.bindDN = settings.getText("bind_dn");
    if (this.server.bindDN.length > 0) this.server.bindSecret = "bind_password";
  }

  /** The DN of the person's entry; empty: there is none. */
  person(login: string): string {
    const baseDN = this.settings.getText("user_base_dn", this.settings.getText("base_dn"));
    // No attribute is wanted: 1.1 is the OID of none (RFC 4511 section 4.5.1.8).
    const entries = this.search(baseDN, this.settings.getText("user_filter"), [login], "1.1", 2);
    if (entries.length > 1) throw new Error("settings.user_filter: several entries are of one user");
    return entries.length == 0 ? "" : entries[0].dn;
  }

  /** The groups that have the member. */
  groups(member: string): Array<LdapEntry> {
    return this.search(this.settings.getText("base_dn"), this.settings.getText("filter"), [member], this.attribute, LIMIT);
  }

  /** The attribute with the name of a group. */
  get attribute(): string {
    return this.settings.getText("attribute", "cn");
  }

  private search(baseDN: string, filter: string, values: Array<string>, attribute: string, limit: i64): Array<LdapEntry> {
    const request = new LdapSearchRequest();
    request.server = this.server;
    request.baseDN = baseDN;
    request.filter = filter;
    request.values = values;
    request.attributes = [attribute];
    request.limit = limit;
    const answer = ldapSearch(request);
    const error = answer.error;
    if (error !== null) throw new Error("the directory: " + error.toString());
    // Part of the groups would pass for all of them.
    if (answer.truncated) throw new Error("the directory has more entries than may be read");
    return answer.entries;
  }
}

/** The values of an attribute, whose name the server may write in another case. */
export function valuesOf(entry: LdapEntry, attribute: string): Array<string> {
  for (let i = 0; i < entry.attributes.length; i++) {
    if (entry.attributes.names[i].toLowerCase() == attribute.toLowerCase()) return entry.attributes.items[i].strings;
  }
  return [];
}
