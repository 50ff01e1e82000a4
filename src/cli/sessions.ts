// hallpass sessions: lists who has temporary credentials now, and revokes them.
import { Failure } from '../app/failure.ts'
import { choiceProblem, type SessionChoice } from '../app/operator/sessions.ts'
import { table } from '../core/table.ts'
import { callRoute } from './call-route.ts'
import { type Command, type CommandInput, type Option, storeSettings } from './command.ts'

const choiceOptions: Readonly<Record<string, Option>> = {
  session: { kind: 'text', value: 'ID', says: 'One session, by its id or access key id, and its descendants.' },
  role: {
    kind: 'text',
    value: 'ARN',
    says: 'Sessions of a role. To revoke, give its ARN or unique id, also of a deleted role.',
  },
  user: {
    kind: 'text',
    value: 'ARN',
    says: "Sessions that began with the keys of a user or of an account's root; otherwise like --role.",
  },
  subject: {
    kind: 'text',
    value: '"PROVIDER SUBJECT"',
    says: 'Sessions that began with a web identity, in the form of `by` in `sessions list --json`.',
  },
  'source-identity': { kind: 'text', value: 'NAME', says: 'Sessions with this source identity.' },
  account: { kind: 'text', value: 'ID', says: 'Sessions of an account; narrows --subject and --source-identity.' },
}
const json: Option = { kind: 'switch', says: 'Print JSON.' }

const defaultLimit = 1000

export const sessionsList: Command = {
  name: 'sessions list',
  says: 'List live sessions, the newest last.',
  options: {
    ...choiceOptions,
    limit: { kind: 'text', value: 'N', says: `List the newest N; ${defaultLimit} by default.` },
    json,
  },
  settings: storeSettings,
  async run(input, world) {
    const limit = input.texts.limit === undefined ? defaultLimit : Number(input.texts.limit)
    if (!Number.isInteger(limit) || limit < 1) throw new Failure('--limit: must be a whole number from 1', 2)
    const { sessions, more } = await callRoute(input, world, 'POST /sessions', { ...choiceOf(input), limit })
    if (input.switches.json === true) {
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
  says: 'End sessions and their descendants at once. Does not stop anybody from beginning new ones.',
  options: { ...choiceOptions, json },
  settings: storeSettings,
  async run(input, world) {
    const choice = choiceOf(input)
    const problem = choiceProblem(choice)
    if (problem !== undefined) throw new Failure(problem, 2)
    const outcome = await callRoute(input, world, 'POST /sessions/revoke', choice)
    if (input.switches.json === true) world.out(JSON.stringify(outcome, undefined, 2))
    else
      world.out(
        `ended ${outcome.ended} session${outcome.ended === 1 ? '' : 's'} (account ${outcome.accounts.join(', ')})`,
      )
    return 0
  },
}

function choiceOf({ texts }: CommandInput): SessionChoice {
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
