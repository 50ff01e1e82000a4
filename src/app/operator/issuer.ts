// The documents of the broker's issuer, for the operator to publish where targets can read them.
import { AdminRefusal } from '../../server/admin.ts'
import { brokerClaims, brokerIssuer, brokerIssuerUrl, brokerKeys } from '../../service/outbound/broker-issuer.ts'
import { discovery, discoveryPath, keysPath } from '../../service/outbound/documents.ts'
import type { Engine } from '../engine.ts'

export interface IssuerOutput {
  /** `iss` of the broker's tokens. */
  readonly issuer: string
  /** By their paths below it. */
  readonly documents: Readonly<Record<string, unknown>>
  /** Audiences of the targets in the table: what a provider there has as client ids. */
  readonly audiences: readonly string[]
}

/** @throws AdminRefusal when nothing says where they are */
export async function issuerDocuments({ parts, store, signers, people, clock }: Engine): Promise<IssuerOutput> {
  const now = clock()
  const issuer = brokerIssuerUrl(parts, await brokerIssuer(store, parts.random, now))
  if (issuer === undefined)
    throw new AdminRefusal('set issuer-url to where the documents will be published, or public-url')
  const { targets } = await people.table()
  return {
    issuer,
    documents: {
      [discoveryPath]: discovery(issuer, brokerKeys, brokerClaims),
      [keysPath]: { keys: await signers.published(brokerKeys, now) },
    },
    audiences: targets.map(({ audience }) => audience),
  }
}
