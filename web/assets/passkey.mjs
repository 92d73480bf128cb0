// Uses and makes passkeys (WebAuthn Level 3). A button with data-passkey="get" or "create"
// and data-options asks the browser; what it answers goes into the field "response" of the
// button's form, which is then sent as if the button alone had been pressed. With
// data-conditional the browser also offers passkeys in the field with autocomplete "webauthn".
// What went wrong is said in the words of #passkey-problem, which are in the page's language.
const words = document.getElementById("passkey-problem");
const buttons = document.querySelectorAll("button[data-passkey]");
let asking = false; // by a button
let offer; // aborts what the browser offers in the field

function fromText(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}

function toText(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// Browsers learned to read options as JSON late (Safari in 2025).
function read(kind, json) {
  const parse = PublicKeyCredential[kind === "create" ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON"];
  if (parse) {
    return parse.call(PublicKeyCredential, json);
  }
  const list = (from) => from?.map((one) => ({ ...one, id: fromText(one.id) }));
  return {
    ...json,
    challenge: fromText(json.challenge),
    ...(json.user && { user: { ...json.user, id: fromText(json.user.id) } }),
    ...(json.allowCredentials && { allowCredentials: list(json.allowCredentials) }),
    ...(json.excludeCredentials && { excludeCredentials: list(json.excludeCredentials) }),
  };
}

// And to write what they answer.
function write(credential) {
  if (credential.toJSON) {
    return credential.toJSON();
  }
  const response = { transports: credential.response.getTransports?.() };
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) {
      response[name] = toText(credential.response[name]);
    }
  }
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

function say(problem) {
  words.querySelector("p").textContent = words.dataset["say" + problem];
  words.hidden = false;
  words.scrollIntoView({ block: "nearest" });
}

function explain(error) {
  switch (error.name) {
    case "NotAllowedError": // also where nobody answered in time
      return "Cancelled";
    case "InvalidStateError":
      return "Exists";
    case "NotSupportedError":
      return "Unsupported";
  }
  return "Failed";
}

function send(button, credential) {
  button.form.elements.response.value = JSON.stringify(write(credential));
  button.form.requestSubmit(button);
}

// Whoever makes an account by a passkey types the names that the passkey gets.
function named(options, form) {
  const login = form.elements.username?.value.trim();
  if (login) {
    options.user = { ...options.user, name: login, displayName: form.elements.name?.value.trim() || login };
  }
  return options;
}

function complete(form) {
  return Array.from(form.elements).every((field) => field.type === "password" || field.reportValidity());
}

async function ask(button) {
  const kind = button.dataset.passkey;
  if (!window.PublicKeyCredential) {
    return say("Unsupported");
  }
  if (asking || (kind === "create" && !complete(button.form))) {
    return;
  }
  asking = true;
  words.hidden = true;
  offer?.abort();
  try {
    const options = JSON.parse(button.dataset.options);
    const publicKey = read(kind, kind === "create" ? named(options, button.form) : options);
    send(button, await navigator.credentials[kind]({ publicKey }));
  } catch (error) {
    say(explain(error));
    offerInField();
  } finally {
    asking = false;
  }
}

async function offerInField() {
  const button = document.querySelector("button[data-conditional]");
  if (!button || !(await window.PublicKeyCredential?.isConditionalMediationAvailable?.())) {
    return;
  }
  offer = new AbortController();
  try {
    const publicKey = read("get", JSON.parse(button.dataset.options));
    send(button, await navigator.credentials.get({ publicKey, mediation: "conditional", signal: offer.signal }));
  } catch {
    // Nobody asked for it: nothing is said.
  }
}

// Tells the browser, where it listens, which passkeys are not or no more of use, and how
// the person is called now (WebAuthn Level 3 section 5.1.10). No answer is an answer.
function signal(name, what) {
  window.PublicKeyCredential?.[name]?.(what).catch(() => {});
}

for (const button of buttons) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    ask(button);
  });
  if (button.dataset.unknown) {
    signal("signalUnknownCredential", { rpId: JSON.parse(button.dataset.options).rpId, credentialId: button.dataset.unknown });
  }
}

const known = document.getElementById("signal")?.dataset;
if (known) {
  const allAcceptedCredentialIds = known.credentials.split(" ").filter(Boolean);
  signal("signalAllAcceptedCredentials", { rpId: known.rp, userId: known.user, allAcceptedCredentialIds });
  signal("signalCurrentUserDetails", { rpId: known.rp, userId: known.user, name: known.name, displayName: known.display });
}

offerInField();
