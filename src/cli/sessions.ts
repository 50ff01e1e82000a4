// hallpass sessions: who holds temporary credentials now, and ending that.

import { Failure } from '../app/failure.ts'
import { type Chosen, choiceProblem } from '../app/operator/sessions.ts'
import { table } from '../core/table.ts'
import { ask } from './ask.ts'
import { type Command, type Given, type Option, storeSettings } from './command.ts'

const chosen: Readonly<Record<string, Option>> = {
  session: { kind: 'text', value: 'ID', says: 'One session, by its id or access key id, and what descends from it.' },
  role: {
    kind: 'text',
    value: 'ARN',
    says: 'Sessions of a role; to revoke, its unique id will do, and it may be deleted.',
  },
  user: {
    kind: 'text',
    value: 'ARN',
    says: "Sessions that began with a user's keys, or an account root's; as for a role.",
  },
  subject: {
    kind: 'text',
    value: '"PROVIDER SUBJECT"',
    says: 'Sessions that began with a web identity, as `by` of `sessions list --json` says it.',
  },
  'source-identity': { kind: 'text', value: 'NAME', says: 'Sessions with this source identity.' },
  account: { kind: 'text', value: 'ID', says: 'Sessions of an account; narrows --subject and --source-identity.' },
}
const json: Option = { kind: 'switch', says: 'As JSON.' }

const most = 1000

export const sessionsList: Command = {
  name: 'sessions list',
  says: 'List sessions that live, the newest last.',
  options: { ...chosen, limit: { kind: 'text', value: 'N', says: `The newest so many; ${most} unless told.` }, json },
  settings: storeSettings,
  async run(given, world) {
    const limit = given.texts.limit === undefined ? most : Number(given.texts.limit)
    if (!Number.isInteger(limit) || limit < 1) throw new Failure('--limit: must be a whole number from 1', 2)
    const { sessions, more } = await ask(given, world, 'POST /sessions', { ...chosenOf(given), limit })
    if (given.switches.json === true) {
      world.out(JSON.stringify({ sessions, more }, undefined, 2))
      return 0
    }
    const rows = sessions.map((session) => [
      session.sessionId,
      session.accessKeyId,
      session.resource ?? `account ${session.account}`,
      session.name,
      session.sourceIdentity ?? '-',
      session.expiresAt.replace('.000', ''),
      session.caller ?? '-',
    ])
    const head = ['SESSION', 'ACCESS KEY', 'OF', 'NAME', 'SOURCE IDENTITY', 'ENDS', 'ISSUED TO']
    for (const line of table([head, ...rows])) world.out(line)
    if (more > 0) world.err(`and ${more} older ones; --limit shows more`)
    return 0
  },
}

export const sessionsRevoke: Command = {
  name: 'sessions revoke',
  says: 'End sessions at once, and what descends from them. Whoever may still begin new ones can.',
  options: { ...chosen, json },
  settings: storeSettings,
  async run(given, world) {
    const chosen = chosenOf(given)
    const problem = choiceProblem(chosen)
    if (problem !== undefined) throw new Failure(problem, 2)
    const done = await ask(given, world, 'POST /sessions/revoke', chosen)
    if (given.switches.json === true) world.out(JSON.stringify(done, undefined, 2))
    else world.out(`ended ${done.ended} session${done.ended === 1 ? '' : 's'} (account ${done.accounts.join(', ')})`)
    return 0
  },
}

function chosenOf({ texts }: Given): Chosen {
  const { session, role, user, subject, 'source-identity': sourceIdentity, account } = texts
  return {
    ...(session === undefined ? {} : { session }),
    ...(role === undefined ? {} : { role }),
    ...(user === undefined ? {} : { user }),
    ...(subject === undefined ? {} : { subject }),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(account === undefined ? {} : { account }),
  }
}
