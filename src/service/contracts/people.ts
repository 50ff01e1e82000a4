// People of connectors as other rooms see them: whom connectors know, the table, and sign-ins. Made in service/people.
import type { Secret } from '../../core/secret.ts'
import type { ServerCheck } from '../../federation/directory/directory.ts'
import type { Person, PersonOutcome } from '../../federation/person.ts'
import type { Allowed, PeopleTable } from './people-table.ts'
import type { SignIn, SignIns } from './sign-ins.ts'

/** A proof that a program or browser brings: what each kind of connector takes. */
export interface PeopleConnectors {
  /** A directory. Counts the attempt before the directory is asked. */
  logIn(connector: string, login: string, password: Secret, address: string, now: Date): Promise<PersonOutcome>
  /** The person as the connector has them now; of one that cannot be asked (SAML) the person of the sign-in. */
  findAgain(signIn: SignIn, now: Date): Promise<PersonOutcome>
  /** For the operator: `people explain`. */
  look(connector: string, login: string, now: Date): Promise<PersonOutcome>
  /** For the operator: `doctor`. */
  check(connector: string, now: Date): Promise<readonly ServerCheck[]>
}

export interface People {
  /** The table in force, as the store has it now. */
  table(): Promise<PeopleTable>
  /** What the table gives this person. Pure. */
  allowed(table: PeopleTable, person: Pick<Person, 'connector' | 'id' | 'login' | 'groups' | 'attributes'>): Allowed
  readonly connectors: PeopleConnectors
  readonly signIns: SignIns
}
