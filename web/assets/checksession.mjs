// Tells the page around this one whether a person is still signed in as they were (OpenID
// Connect Session Management 1.0 section 3.2). It is asked "CLIENT_ID SESSION_STATE", and
// answers "unchanged", "changed", or "error" for what is no question. Only who knows the
// session_state of a client at its own origin can ask about it, so it answers everybody.
const cookie = "__Host-postern-state=";

function browserState() {
  const found = document.cookie.split("; ").find((text) => text.startsWith(cookie));
  return found ? found.slice(cookie.length) : "";
}

async function sessionState(client, origin, salt) {
  const text = new TextEncoder().encode([client, origin, browserState(), salt].join(" "));
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("") + "." + salt;
}

async function answer(question, origin) {
  const [, client, state, salt] = /^(.+) ([^ .]+\.([^ .]+))$/s.exec(question) ?? [];
  // Browsers have no crypto.subtle where the page around this one came over http.
  if (!client || !crypto.subtle) {
    return "error";
  }
  return (await sessionState(client, origin, salt)) === state ? "unchanged" : "changed";
}

addEventListener("message", async (event) => {
  if (event.source && event.source !== window && event.origin !== "null") {
    event.source.postMessage(await answer(event.data, event.origin), event.origin);
  }
});
