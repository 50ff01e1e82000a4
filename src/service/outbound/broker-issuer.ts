// The broker's own issuer: its tokens say to a target (an STS elsewhere) who a person is. It is of no account, its keys sign nothing else,
// and GetWebIdentityToken cannot reach them.
import { uuid7 } from '../../core/ids.ts'
import type { SigningSet } from '../../keys/keys.ts'
import type { Collection, Reader, Store } from '../../store/store.ts'
import type { Parts } from '../parts.ts'
import { issuersPath } from './issuers.ts'

export interface BrokerIssuer {
  readonly account: 'system'
  /** A UUID. Targets have it in their trust policies: it never changes. */
  readonly id: string
  readonly createdAt: string
}

export const brokerIssuers: Collection<BrokerIssuer> = {
  name: 'broker_issuer',
  key: (r) => [r.account],
  indexes: {},
  shape: 1,
  upgrade: (old) => old as BrokerIssuer,
}

/** RS256 alone: what every STS verifies. */
export const brokerKeys: SigningSet = { account: 'system', purpose: 'broker', algorithms: ['RS256'] }

/** AWS's claims in its tokens. */
export const brokerClaims = ['https://aws.amazon.com/tags', 'https://aws.amazon.com/source_identity']

const key = ['system'] as const

/** Its record; the first need makes it. */
export async function brokerIssuer(store: Store, random: Parts['random'], now: Date): Promise<BrokerIssuer> {
  const there = await store.get(brokerIssuers, key)
  if (there !== undefined) return there
  const made: BrokerIssuer = { account: 'system', id: uuid7(now.getTime(), random(10)), createdAt: now.toISOString() }
  return store.transact(async (tx) => {
    const earlier = await tx.get(brokerIssuers, key)
    if (earlier !== undefined) return earlier
    await tx.create(brokerIssuers, made)
    return made
  })
}

/** The broker's issuer, if that is its id. */
export async function brokerIssuerById(reader: Reader, id: string): Promise<BrokerIssuer | undefined> {
  const issuer = await reader.get(brokerIssuers, key)
  return issuer?.id === id ? issuer : undefined
}

/** `iss` of its tokens: where the operator publishes its documents, else below the public URL. Undefined: nowhere. */
export const brokerIssuerUrl = (
  { publicUrl, issuerUrl }: Pick<Parts, 'publicUrl' | 'issuerUrl'>,
  { id }: Pick<BrokerIssuer, 'id'>,
): string | undefined => issuerUrl ?? (publicUrl === undefined ? undefined : publicUrl + issuersPath + id)
