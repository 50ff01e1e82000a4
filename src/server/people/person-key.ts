// Who somebody is, where it is compared: connector and id, never a name.
import { digest } from '../../core/digest.ts'
import type { ConsoleSession } from '../../service/console/session.ts'
import type { SignIn } from '../../service/contracts/sign-ins.ts'
import { personBy } from '../../service/session/lineage.ts'

type Of = Pick<SignIn, 'connector' | 'personId'>

/** What is remembered of a person is found by it. */
export const personKey = ({ connector, personId }: Of): string => digest(`connector/${connector}\n${personId}`)

/** Whether the console session was begun by this person. */
export const isOfPerson = ({ current, before }: ConsoleSession, { connector, personId }: Of): boolean =>
  (before ?? current).pass.by === personBy(connector, personId)
