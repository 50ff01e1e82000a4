// The documents of outbound issuers: discovery and keys (OpenID Connect Discovery 1.0, RFC 7517, RFC 8414).
import type { Signers, SigningSet } from '../../keys/keys.ts'
import { brokerClaims, brokerIssuerById, brokerIssuerUrl, brokerKeys } from '../../service/outbound/broker-issuer.ts'
import { discovery, discoveryPath, keysPath } from '../../service/outbound/documents.ts'
import { issuerById, issuersPath, issuerUrl, outboundKeys } from '../../service/outbound/issuers.ts'
import { namespace } from '../../service/outbound/principal-claims.ts'
import type { Reader } from '../../store/store.ts'
import type { Reply } from '../exchange.ts'
import { json, type Page } from './page.ts'

export interface IssuerPagesOptions {
  readonly store: Reader
  readonly signers: Pick<Signers, 'published'>
  readonly publicUrl: string
  /** Where the broker's documents are published instead. */
  readonly issuerUrl?: string
}

/** An issuer of this server: what its documents say. */
interface Published {
  readonly url: string
  readonly keys: SigningSet
  readonly claims: readonly string[]
}

/** Anyone may read them, from anywhere, and keep them for an hour: a key is published a day before it signs. */
const open = ['Cache-Control', 'public, max-age=3600', 'Access-Control-Allow-Origin', '*']
const shared = [...open, 'Cross-Origin-Resource-Policy', 'cross-origin']

export function issuerPages({ store, signers, publicUrl, issuerUrl: elsewhere }: IssuerPagesOptions): readonly Page[] {
  async function published(id: string): Promise<Published | undefined> {
    const issuer = await issuerById(store, id)
    if (issuer !== undefined)
      return { url: issuerUrl(publicUrl, issuer), keys: outboundKeys(issuer.account), claims: [namespace] }
    const broker = elsewhere === undefined ? await brokerIssuerById(store, id) : undefined
    const url = broker && brokerIssuerUrl({ publicUrl }, broker)
    return url === undefined ? undefined : { url, keys: brokerKeys, claims: brokerClaims }
  }

  const page = (document: string, answer: (issuer: Published, now: Date) => Reply | Promise<Reply>): Page => ({
    method: 'GET',
    path: `${issuersPath}:id/${document}`,
    async handle({ params, now }) {
      const issuer = await published(params.id ?? '')
      return issuer === undefined ? undefined : answer(issuer, now)
    },
  })
  return [
    page(discoveryPath, ({ url, keys, claims }) => json(discovery(url, keys, claims), shared)),
    page(keysPath, async ({ keys }, now) => json({ keys: await signers.published(keys, now) }, shared)),
  ]
}
