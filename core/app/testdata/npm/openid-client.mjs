import * as client from 'openid-client'
import { browse, converse, failure } from './talk.mjs'

const algorithms = {
  RS256: [{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, 'sign'],
  PS256: [{ name: 'RSA-PSS', hash: 'SHA-256' }, 'sign'],
  ES256: [{ name: 'ECDSA', namedCurve: 'P-256' }, 'sign'],
  EdDSA: [{ name: 'Ed25519' }, 'sign'],
  'RSA-OAEP': [{ name: 'RSA-OAEP', hash: 'SHA-1' }, 'decrypt'],
  'RSA-OAEP-256': [{ name: 'RSA-OAEP', hash: 'SHA-256' }, 'decrypt'],
  'ECDH-ES': [{ name: 'ECDH', namedCurve: 'P-256' }, 'deriveBits'],
  'ECDH-ES+A128KW': [{ name: 'ECDH', namedCurve: 'P-256' }, 'deriveBits'],
  'ECDH-ES+A256KW': [{ name: 'ECDH', namedCurve: 'P-256' }, 'deriveBits'],
}

// read makes a key of PKCS #8 in base64.
async function read({ pkcs8, kid, alg }) {
  const [algorithm, use] = algorithms[alg]
  return { key: await crypto.subtle.importKey('pkcs8', Buffer.from(pkcs8, 'base64'), algorithm, false, [use]), kid, alg }
}

const authentications = {
  basic: client.ClientSecretBasic,
  post: client.ClientSecretPost,
  none: client.None,
  client_secret_jwt: client.ClientSecretJwt,
  private_key_jwt: (_, key) => client.PrivateKeyJwt(key),
}

// configure finds the server out, and registers itself there if it is told to.
async function configure(settings, key) {
  const authentication = authentications[settings.auth](settings.secret, key)
  const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks]
  if (settings.responseType === 'code id_token') execute.push(client.useCodeIdTokenResponseType)
  if (settings.responseType === 'id_token') execute.push(client.useIdTokenResponseType)
  if (settings.decryption) {
    const decryption = await read(settings.decryption)
    execute.push((config) => client.enableDecryptingResponses(config, [settings.decryption.enc], decryption))
  }
  const metadata = { id_token_signed_response_alg: settings.alg, ...settings.metadata }
  const issuer = new URL(settings.issuer)
  if (settings.flow === 'register') {
    return client.dynamicClientRegistration(issuer, metadata, authentication, { execute })
  }
  return client.discovery(issuer, settings.clientID, metadata, authentication, { execute })
}

// ask gives the address that a browser has to go to.
async function ask(config, settings, key, checks) {
  const parameters = {
    redirect_uri: settings.redirectURI,
    scope: settings.scope,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    max_age: '600',
    ...settings.parameters,
  }
  if (checks.pkceCodeVerifier) {
    parameters.code_challenge = await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier)
    parameters.code_challenge_method = 'S256'
  }
  return settings.requestObject
    ? client.buildAuthorizationUrlWithJAR(config, parameters, key)
    : client.buildAuthorizationUrl(config, parameters)
}

const expectations = () => ({ expectedState: client.randomState(), expectedNonce: client.randomNonce(), maxAge: 600 })

// code is the flow with a code, alone or beside an ID token, and all that follows.
async function code(config, settings, key) {
  const checks = { ...expectations(), pkceCodeVerifier: client.randomPKCECodeVerifier(), idTokenExpected: true }
  const back = await browse(await ask(config, settings, key, checks))
  const tokens = await client.authorizationCodeGrant(config, back, checks)
  const claims = tokens.claims()
  const userInfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
  // Encrypted, the server could not read its own ID token.
  const hint = client.getDecryptedResponses(tokens)?.id_token?.token_endpoint ?? tokens.id_token
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token)
  await client.fetchUserInfo(config, refreshed.access_token, claims.sub)
  return {
    claims,
    userInfo,
    clientID: config.clientMetadata().client_id,
    tokenType: tokens.token_type,
    expiresIn: tokens.expiresIn(),
    rotated: refreshed.refresh_token !== tokens.refresh_token,
    refreshedSubject: refreshed.claims()?.sub ?? claims.sub,
    endSession: client.buildEndSessionUrl(config, { id_token_hint: hint, ...settings.endSession }).href,
    reused: await failure(() => client.authorizationCodeGrant(config, back, checks)),
    revoked: await failure(() => client.fetchUserInfo(config, refreshed.access_token, claims.sub)),
  }
}

const flows = {
  code,
  register: code,
  async implicit(config, settings, key) {
    const { expectedNonce, ...checks } = expectations()
    const back = await browse(await ask(config, settings, key, { ...checks, expectedNonce }))
    return {
      claims: await client.implicitAuthentication(config, back, expectedNonce, checks),
      reused: await failure(() => client.implicitAuthentication(config, back, 'another nonce', checks)),
    }
  },
  async service(config, settings) {
    const tokens = await client.clientCredentialsGrant(config, { scope: settings.scope })
    return {
      tokenType: tokens.token_type,
      expiresIn: tokens.expiresIn(),
      scope: tokens.scope,
      revoked: await failure(() => client.fetchUserInfo(config, tokens.access_token, client.skipSubjectCheck)),
    }
  },
}

await converse(async (settings) => {
  const key = settings.key && (await read(settings.key))
  return flows[settings.flow](await configure(settings, key), settings, key)
})
