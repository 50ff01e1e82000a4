// What a certificate's sessions descend from, as one text: the profile, until when the path is valid, and each certificate of it. Opening
// a session asks for all of them (trust.ts).
import type { Ancestor } from '../../core/identity.ts'
import type { IssuedBy } from '../contracts/certificate-trust.ts'
import { attestationId } from '../session/attestations.ts'

export interface Attested {
  readonly region: string
  /** Id of the profile. */
  readonly profile: string
  /** In ms since 1970. */
  readonly notAfter: number
  readonly issued: readonly IssuedBy[]
}

/** The first ancestor of the sessions: of the anchor's account, its `principal` being the anchor's id, which no other anchor has had. */
export const attestationBy = (
  anchor: { readonly account: string; readonly id: string },
  attested: Attested,
): Ancestor => {
  const { region, profile, notAfter, issued } = attested
  const certificates = issued.map(({ issuer, serial }) => `${issuer}.${serial}`)
  return {
    id: attestationId('certificate', [region, profile, Math.floor(notAfter / 1000), ...certificates].join('/')),
    principal: anchor.id,
    version: 0,
    account: anchor.account,
  }
}

/** Reads the id without its kind; undefined for any other text. */
export function readAttestation(id: string): Attested | undefined {
  const [region, profile, seconds, ...certificates] = id.split('/')
  if (region === undefined || profile === undefined || certificates.length === 0) return undefined
  const notAfter = /^\d+$/.test(seconds ?? '') ? Number(seconds) * 1000 : Number.NaN
  const issued = certificates.map((text) => {
    const [issuer = '', serial = ''] = text.split('.')
    return { issuer, serial }
  })
  if (Number.isNaN(notAfter) || issued.some(({ issuer, serial }) => issuer === '' || serial === '')) return undefined
  return { region, profile, notAfter, issued }
}
