// The documents of outbound issuers: discovery and keys (OpenID Connect Discovery 1.0, RFC 7517, RFC 8414).
import type { Signers } from '../../keys/keys.ts'
import { type Issuer, issuerById, issuersPath, issuerUrl, outboundKeys } from '../../service/outbound/issuers.ts'
import { namespace } from '../../service/outbound/principal-claims.ts'
import type { Reader } from '../../store/store.ts'
import type { Reply } from '../exchange.ts'
import { json, type Page } from './page.ts'

export interface IssuerPagesOptions {
  readonly store: Reader
  readonly signers: Pick<Signers, 'published'>
  readonly publicUrl: string
}

/** Anyone may read them, from anywhere, and keep them for an hour: a key is published a day before it signs. */
const open = ['Cache-Control', 'public, max-age=3600', 'Access-Control-Allow-Origin', '*']
const shared = [...open, 'Cross-Origin-Resource-Policy', 'cross-origin']

export function issuerPages({ store, signers, publicUrl }: IssuerPagesOptions): readonly Page[] {
  const page = (document: string, answer: (issuer: Issuer, now: Date) => Reply | Promise<Reply>): Page => ({
    method: 'GET',
    path: `${issuersPath}:id/.well-known/${document}`,
    async handle({ params, now }) {
      const issuer = await issuerById(store, params.id ?? '')
      return issuer === undefined ? undefined : answer(issuer, now)
    },
  })
  return [
    page('openid-configuration', (issuer) => json(discovery(issuerUrl(publicUrl, issuer)), shared)),
    page('jwks.json', async ({ account }, now) =>
      json({ keys: await signers.published(outboundKeys(account), now) }, shared),
    ),
  ]
}

const discovery = (issuer: string) => ({
  issuer,
  jwks_uri: `${issuer}/.well-known/jwks.json`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256', 'ES384'],
  claims_supported: ['aud', 'exp', 'iat', 'iss', 'jti', 'sub', namespace],
})
