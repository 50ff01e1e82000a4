// The two documents by which others verify an issuer's tokens (OpenID Connect Discovery 1.0, RFC 7517, RFC 8414).
import type { SigningSet } from '../../keys/keys.ts'

export const discoveryPath = '.well-known/openid-configuration'
export const keysPath = '.well-known/jwks.json'

/** Names of our tokens' claims beside those of RFC 7519. */
export const discovery = (
  issuer: string,
  { algorithms }: Pick<SigningSet, 'algorithms'>,
  claims: readonly string[],
) => ({
  issuer,
  jwks_uri: `${issuer}/${keysPath}`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: algorithms,
  claims_supported: ['aud', 'exp', 'iat', 'iss', 'jti', 'sub', ...claims],
})
