import * as client from 'openid-client'
import { browse, converse } from './talk.mjs'

const authentications = {
  client_secret_basic: client.ClientSecretBasic,
  client_secret_post: client.ClientSecretPost,
  none: client.None,
}

// A relying party that nobody made: it registers itself and signs somebody in.
await converse(async (settings) => {
  const config = await client.dynamicClientRegistration(
    new URL(settings.issuer),
    {
      client_name: 'Northwind',
      redirect_uris: [settings.redirectURI],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: settings.auth,
      id_token_signed_response_alg: settings.alg,
      scope: settings.scope,
    },
    authentications[settings.auth](),
    { initialAccessToken: settings.secret, execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
  )
  const registered = config.clientMetadata()
  const verifier = client.randomPKCECodeVerifier()
  const checks = { pkceCodeVerifier: verifier, expectedState: client.randomState(), expectedNonce: client.randomNonce(), idTokenExpected: true }
  const back = await browse(
    client.buildAuthorizationUrl(config, {
      redirect_uri: settings.redirectURI,
      scope: settings.scope,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: checks.expectedState,
      nonce: checks.expectedNonce,
    }),
  )
  const tokens = await client.authorizationCodeGrant(config, back, checks)
  const claims = tokens.claims()
  const userInfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
  return { claims, userInfo, registered }
})
