// An OpenID provider, the one of npm (oidc-provider), with three people and a page of its
// own to sign in at. It is for trying Postern as its relying party, and keeps nothing.
//
//   node provider.mjs '{"issuer":"http://127.0.0.3:9000","client":{"client_id":"a","client_secret":"b","redirect_uris":["..."]}}'

import http from 'node:http'

import Provider from 'oidc-provider'

const settings = JSON.parse(process.argv[2])
const url = new URL(settings.issuer)

const people = {
  carol: { name: 'Carol Danvers', given_name: 'Carol', family_name: 'Danvers', preferred_username: 'carol', email: 'carol@npm.example', email_verified: true },
  dave: { name: 'Dave Bowman', preferred_username: 'dave', email: 'dave@npm.example', email_verified: true },
  mallory: { name: 'Mallory', preferred_username: 'mallory', email: 'alice@partner.example', email_verified: false },
}

const provider = new Provider(settings.issuer, {
  clients: [{ ...settings.client, grant_types: ['authorization_code'], response_types: ['code'] }],
  claims: {
    openid: ['sub'],
    profile: ['name', 'given_name', 'family_name', 'preferred_username'],
    email: ['email', 'email_verified'],
  },
  cookies: { keys: ['of a server that keeps nothing'] },
  features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  findAccount: (ctx, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
  // Nobody is asked for consent: the operator of both sides consents for all.
  async loadExistingGrant(ctx) {
    const { client, session, params } = ctx.oidc
    const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId })
    grant.addOIDCScope(params.scope)
    await grant.save()
    return grant
  },
})

const page = (details) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>npm's oidc-provider</title>
<style>
  body { font: 1rem/1.5 sans-serif; max-width: 24rem; margin: 4rem auto; padding: 0 1rem; }
  input, button { font: inherit; padding: 0.5rem; margin: 0.25rem 0; }
</style>
<h1>npm's oidc-provider</h1>
<p>Who are you, for ${details.params.client_id}?</p>
<form method="post">
  <p><label for="name">Name</label> <input id="name" name="name" autocomplete="username"></p>
  <p>
    <button id="login" name="action" value="login">Sign in</button>
    <button id="cancel" name="action" value="cancel">Cancel</button>
    <button id="break" name="action" value="break">Break</button>
  </p>
</form>
`

async function formOf(request) {
  let text = ''
  for await (const part of request) text += part
  return new URLSearchParams(text)
}

// answerOf says what comes of a button.
function answerOf(form) {
  switch (form.get('action')) {
    case 'login':
      return people[form.get('name')] ? { login: { accountId: form.get('name') } } : null
    case 'cancel':
      return { error: 'access_denied', error_description: 'The person does not want to.' }
    default:
      return { error: 'server_error', error_description: 'Something is <broken> here.' }
  }
}

async function interact(request, response) {
  const details = await provider.interactionDetails(request, response)
  const answer = request.method === 'POST' ? answerOf(await formOf(request)) : null
  if (answer) return provider.interactionFinished(request, response, answer)
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.end(page(details))
}

const handle = provider.callback()
const server = http.createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) return handle(request, response)
  interact(request, response).catch((error) => {
    response.statusCode = 400
    response.end(String(error.message))
  })
})
server.listen(url.port, url.hostname, () => console.log(`ready at ${settings.issuer}`))
process.on('SIGINT', () => process.exit(0))
