// Second factors of people as the store keeps them, and the administrators' codes with which the first one is set up.
import type { Collection } from '../../../store/store.ts'
import type { CodeState } from '../../session/code-attempts.ts'

interface FactorCommon {
  /** `system`: people belong to no account. */
  readonly account: string
  readonly connector: string
  readonly personId: string
  /** Among the person's factors. */
  readonly id: string
  /** ms. */
  readonly createdAt: number
}

/** An app that shows codes (RFC 6238). A person has one. */
export interface TotpFactor extends FactorCommon, CodeState {
  readonly kind: 'totp'
  /** base32, sealed to the person. */
  readonly seed: string
}

/** A further kind is a further member here, and a row where kinds are rows. */
export type PersonFactor = TotpFactor
export type FactorKind = PersonFactor['kind']

export const personFactors: Collection<PersonFactor> = {
  name: 'person_factor',
  key: (r) => [r.account, r.connector, r.personId, r.id],
  indexes: {},
  shape: 1,
  upgrade: (old) => old as PersonFactor,
}

/** What an administrator gave a person to set up their first factor with. One more replaces the one before. */
export interface EnrolmentCode {
  readonly account: string
  readonly connector: string
  readonly personId: string
  /** SHA-256, base64url. */
  readonly digest: string
  /** ms. */
  readonly until: number
}

export const enrolmentCodes: Collection<EnrolmentCode, 'until'> = {
  name: 'enrolment_code',
  key: (r) => [r.account, r.connector, r.personId],
  indexes: { until: { of: (r) => [r.until, r.account, r.connector, r.personId] } },
  shape: 1,
  upgrade: (old) => old as EnrolmentCode,
}

export const factorCollections = [personFactors, enrolmentCodes] as const
