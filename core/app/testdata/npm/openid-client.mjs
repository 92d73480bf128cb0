import * as client from 'openid-client'
import { browse, converse, failure } from './talk.mjs'

const authentications = { basic: client.ClientSecretBasic, post: client.ClientSecretPost, none: client.None }

await converse(async (settings) => {
  const config = await client.discovery(
    new URL(settings.issuer),
    settings.clientID,
    { id_token_signed_response_alg: settings.alg },
    authentications[settings.auth](settings.secret),
    { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
  )
  const verifier = client.randomPKCECodeVerifier()
  const checks = {
    pkceCodeVerifier: verifier,
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
    maxAge: 600,
  }
  const back = await browse(
    client.buildAuthorizationUrl(config, {
      redirect_uri: settings.redirectURI,
      scope: settings.scope,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      max_age: '600',
    }),
  )
  const tokens = await client.authorizationCodeGrant(config, back, checks)
  const claims = tokens.claims()
  const userInfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token)
  await client.fetchUserInfo(config, refreshed.access_token, claims.sub)
  return {
    claims,
    userInfo,
    tokenType: tokens.token_type,
    expiresIn: tokens.expiresIn(),
    rotated: refreshed.refresh_token !== tokens.refresh_token,
    refreshedSubject: refreshed.claims()?.sub ?? claims.sub,
    endSession: client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token }).href,
    reused: await failure(() => client.authorizationCodeGrant(config, back, checks)),
    revoked: await failure(() => client.fetchUserInfo(config, refreshed.access_token, claims.sub)),
  }
})
