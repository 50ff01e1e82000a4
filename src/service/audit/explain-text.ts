// `hallpass why`: why a request was refused, and what to change. Plain text for a terminal.
import type { ElementExplanation, StatementExplanation } from '../../core/policy/explain.ts'
import type { Because, PolicyKind } from '../../core/policy/model.ts'
import { printable as plain } from '../../core/printable.ts'
import { table } from '../../core/table.ts'
import { causeOf } from './causes.ts'
import { conditionText } from './condition-text.ts'
import type { Votes } from './trace.ts'
import type { WhyAnswer } from './why.ts'

const kindText: Readonly<Record<PolicyKind, string>> = {
  identity: 'identity-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
  resource: 'resource-based policy',
  trust: 'role trust policy',
  scp: 'service control policy',
  rcp: 'resource control policy',
}

const voteText: Readonly<Record<Because['vote'], string>> = {
  allow: 'allows',
  deny: 'DENIES',
  silent: 'is silent',
  malformed: 'IS BROKEN',
  unfinished: 'WAS NOT EVALUATED TO ITS END',
}

/** The policy of a vote and its statement. */
const statementOf = ({ policy, statement }: Because) =>
  plain(policy ?? '') + (statement === undefined ? '' : `, statement ${statement + 1}`)

/** Each vote on a line, and below it what its policy's statements lacked. */
function votesOf({ because, policies }: Votes): string[] {
  const rows = because.map((one) => [
    kindText[one.kind],
    voteText[one.vote],
    `account ${plain(one.owner)}`,
    statementOf(one),
  ])
  return table(rows, '    ').flatMap((row, at) => [row, ...(policies?.[at]?.statements ?? []).flatMap(statementText)])
}

function statementText({ index, sid, effect, outcome, elements, conditions }: StatementExplanation): string[] {
  const lacks = [
    ...elements.map(elementText),
    ...conditions.map((condition) => plain(conditionText(condition))),
  ].filter((line) => line !== '')
  if (lacks.length === 0) return []
  const name = `${effect} in statement ${index + 1}${sid === undefined ? '' : ` (${plain(sid)})`}`
  const problem =
    outcome === 'malformed'
      ? 'cannot be evaluated'
      : outcome === 'unfinished'
        ? 'was not evaluated to its end'
        : 'does not apply'
  return [`      ${name} ${problem}:`, ...lacks.map((line) => `        - ${line}`)]
}

const list = (values: readonly string[]) => plain(values.join(', '))

const shared = ', which many tenants share, and no condition names one of them'
const elementText = ({ element, outcome, values, untenanted }: ElementExplanation) =>
  outcome === 'matched' ? '' : `${element} is ${list(values)}${untenanted ? shared : ''}`

const usedUp =
  'Evaluating the policies took more work than one request may cost, so the request was refused: use fewer patterns with ' +
  'several wildcards or variables, above all for values that a caller chooses.'

/** What would have to change for this check to be allowed, one sentence each. */
function advice(check: Votes & { readonly action: string; readonly resource: string }, who: string): readonly string[] {
  const { action, because } = check
  const resource = plain(check.resource)
  const denials = because.flatMap((one) =>
    one.vote === 'deny'
      ? [`${statementOf(one)} denies it: narrow or remove that Deny. No Allow outweighs it.`]
      : one.vote === 'malformed'
        ? [`${statementOf(one)} cannot be evaluated, and a broken policy denies: correct it.`]
        : [],
  )
  if (check.unfinished) return [usedUp]
  if (denials.length > 0) return denials
  const allowed = new Set(because.filter(({ vote }) => vote === 'allow').map(({ kind }) => kind))
  const lacking = new Set(because.map(({ kind }) => kind).filter((kind) => !allowed.has(kind)))
  // The kind that is blamed comes first; it may have no vote at all (no policy of that kind is attached).
  const order = new Set([...(check.blame === undefined ? [] : [check.blame]), ...lacking])
  const adviceFor: Readonly<Record<PolicyKind, string>> = {
    identity: `No identity-based policy allows ${action} on ${resource}: attach one that does to ${who}.`,
    boundary: `The permissions boundary of ${who} does not allow ${action}: it must allow it too.`,
    session: `The session policies do not allow ${action}: begin a session with wider ones.`,
    resource: `The resource's policy must allow ${action} to ${who}.`,
    trust: `The role's trust policy must allow ${action} to ${who}, and what the caller sends must meet its conditions.`,
    scp: `Service control policies must allow ${action} at every level above the caller's account, and do not.`,
    rcp: `Resource control policies must allow ${action} at every level above the resource's account, and do not.`,
  }
  return [...order].map((kind) => adviceFor[kind])
}

/** Everything that the journals hold of a request: both accounts' votes. For the operator alone. */
export function explainForOperator({ entry }: WhyAnswer): string {
  const { trace, records } = entry
  const record = records[0]
  if (record === undefined) return `${entry.id}\n`
  const { userIdentity: who } = record
  const arn = trace.principal?.arn ?? who.arn ?? who.principalId ?? ''
  const service = record.eventSource.split('.')[0]
  const outcome = record.errorCode === undefined ? 'allowed' : `refused with ${record.errorCode}`
  const facts = [
    ['request', entry.id],
    ['time', record.eventTime],
    ['who', `${arn === '' ? 'unknown' : arn} (${who.type})`],
    ['account', trace.account ?? 'none'],
    ['from', `${record.sourceIPAddress}, region ${record.awsRegion}`],
    ['client', record.userAgent],
    ...(record.errorMessage === undefined ? [] : [['message', record.errorMessage]]),
    ...(trace.detail === undefined ? [] : [['detail', trace.detail]]),
    ...(entry.issued === undefined
      ? []
      : [['issued', `session ${entry.issued.sessionId}, ${entry.issued.accessKeyId}`]]),
  ]
  const rows = facts.map((row) => row.map((cell) => plain(cell ?? '')))
  const checks = trace.checks.flatMap((check) => {
    const answer = check.allow ? 'allowed' : check.explicit ? 'denied explicitly' : 'not allowed'
    const head = `  ${check.action} on ${plain(check.resource)}, of account ${plain(check.owner)}: ${answer}`
    const change = check.allow ? [] : advice(check, plain(arn)).map((sentence) => `    > ${sentence}`)
    return ['', head, ...votesOf(check), ...change]
  })
  return `${[`${service} ${record.eventName}: ${outcome}`, ...table(rows, '  '), ...checks, ...withoutPolicy(entry)].join('\n')}\n`
}

/** For a refusal that no policy made: its cause, and what to do. */
function withoutPolicy({ trace, records }: WhyAnswer['entry']): readonly string[] {
  const code = records[0]?.errorCode
  if (code === undefined || trace.checks.some(({ allow }) => !allow)) return []
  const [because = '', ...then] = causeOf(code, trace.detail)
  const head =
    trace.checks.length === 0
      ? 'The request was refused before any policy was evaluated.'
      : 'The policies allow the request; it was refused afterwards.'
  return ['', `  ${head}`, `    ${because}`, ...then.map((sentence) => `    > ${sentence}`)]
}

/** The whole answer as JSON. For the operator alone. */
export const answerJson = ({ at, entry }: WhyAnswer): string =>
  `${JSON.stringify({ at: at.toISOString(), ...entry }, undefined, 2)}\n`
