// What a person is called in sessions: RoleSessionName and SourceIdentity of AssumeRole, Name of GetFederationToken.
import { hash } from 'node:crypto'
import { base32 } from '../../../core/ids.ts'
import type { Person } from '../../../federation/person.ts'

/** Most characters of RoleSessionName and SourceIdentity, and of a federated user's Name (STS API Reference). */
export const MOST_SESSION_NAME = 64
export const MOST_FEDERATED_NAME = 32

/** 50 bits: two people never have one by chance, and nobody makes a connector give them a chosen one. */
const TAIL = 10

/**
 * The login as far as the name's alphabet goes, and a tail that is of this person alone.
 *
 * INVARIANT: two people never have one name, nor does one who is given the login of another later: the tail is of connector and id.
 */
export function nameOf({ connector, id, login }: Pick<Person, 'connector' | 'id' | 'login'>, most: number): string {
  const digest = hash('sha256', `${connector}\n${id}`, 'buffer')
  const head = login.replace(/[^A-Za-z0-9_+=,.@-]/g, '').slice(0, most - TAIL - 1)
  return `${head}-${base32(digest).slice(0, TAIL).toLowerCase()}`
}
