import * as oauth from 'oauth4webapi'
import { browse, converse, failure } from './talk.mjs'

const authentications = { basic: oauth.ClientSecretBasic, post: oauth.ClientSecretPost, none: oauth.None }

await converse(async (settings) => {
  const options = { [oauth.allowInsecureRequests]: true }
  const issuer = new URL(settings.issuer)
  // The document of RFC 8414, where openid-client reads that of OpenID Connect.
  const server = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' }),
  )
  const client = { client_id: settings.clientID, id_token_signed_response_alg: settings.alg }
  const authentication = authentications[settings.auth](settings.secret)
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const nonce = oauth.generateRandomNonce()

  const authorize = new URL(server.authorization_endpoint)
  authorize.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: settings.redirectURI,
    response_type: 'code',
    scope: settings.scope,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    max_age: '600',
  })
  // Checks state, and iss because the metadata promise it (RFC 9207).
  const answer = oauth.validateAuthResponse(server, client, await browse(authorize), state)

  const redeem = () =>
    oauth.authorizationCodeGrantRequest(server, client, authentication, answer, settings.redirectURI, verifier, options)
  const response = await redeem()
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
    maxAge: 600,
  })
  await oauth.validateApplicationLevelSignature(server, response, options)
  const claims = oauth.getValidatedIdTokenClaims(tokens)

  const ask = async (accessToken) =>
    oauth.processUserInfoResponse(
      server, client, claims.sub, await oauth.userInfoRequest(server, client, accessToken, options))
  const userInfo = await ask(tokens.access_token)
  const refreshed = await oauth.processRefreshTokenResponse(
    server, client, await oauth.refreshTokenGrantRequest(server, client, authentication, tokens.refresh_token, options))
  await ask(refreshed.access_token)

  const endSession = new URL(server.end_session_endpoint)
  endSession.searchParams.set('id_token_hint', tokens.id_token)
  return {
    claims,
    userInfo,
    tokenType: tokens.token_type,
    expiresIn: tokens.expires_in,
    rotated: refreshed.refresh_token !== tokens.refresh_token,
    refreshedSubject: oauth.getValidatedIdTokenClaims(refreshed)?.sub ?? claims.sub,
    endSession: endSession.href,
    reused: await failure(async () => oauth.processAuthorizationCodeResponse(server, client, await redeem())),
    revoked: await failure(() => ask(refreshed.access_token)),
  }
})
