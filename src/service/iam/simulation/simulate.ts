// SimulateCustomPolicy, SimulatePrincipalPolicy, GetContextKeysForCustomPolicy and GetContextKeysForPrincipalPolicy (IAM
// API Reference): the policy engine, as callers may ask it.
import { nameInArn, parseArn } from '../../../core/arn.ts'
import { foldCase } from '../../../core/policy/casing.ts'
import { checkAction, checkIdentityPolicy, checkResourcePolicy } from '../../../core/policy/grammar.ts'
import type { Reader } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import type { Call } from '../../operation.ts'
import type { Parts } from '../../parts.ts'
import { parsePolicyArn } from '../../principals/names.ts'
import { findPolicy } from '../../principals/policy-lookup.ts'
import { invalidInput } from '../../principals/refusals.ts'
import { type HolderKind, roleKind, userKind } from '../../principals/resource-kinds.ts'
import { accounts, type Principal } from '../../records.ts'
import { createTurns, type Turns } from '../../turns.ts'
import { check } from '../checks.ts'
import { type IamInput, type IamName, type IamOutput, reads } from '../define.ts'
import { type PageRequest, pageOf } from '../paging.ts'
import { onTarget, present, type ResourceTarget, targetOf } from '../principals/targets.ts'
import { mentionedKeys, readEntries } from './context-entries.ts'
import type { Source } from './matched-statements.ts'
import { ownerFrom, type Question, simulate } from './simulation.ts'
import { resultOf } from './simulation-results.ts'

type Simulated = Omit<IamInput<'SimulateCustomPolicy'>, 'PolicyInputList'>

/** Texts that were handed in, named by their place. @throws InvalidInput when one is no policy. */
function inputList(name: string, texts: readonly string[] | undefined): Source[] {
  return (texts ?? []).map((text, at) => {
    const fault = checkIdentityPolicy(text)
    if (fault !== undefined) throw invalidInput(`${name}.${at + 1}: ${fault.message}`)
    return { id: `${name}.${at + 1}`, text }
  })
}

function oneBoundary(texts: readonly string[] | undefined): Source | undefined {
  const [first, ...others] = inputList('PermissionsBoundaryPolicyInputList', texts)
  if (others.length > 0) throw invalidInput('At most one permissions boundary policy can be simulated.')
  return first
}

/** @throws InvalidInput unless the ARN is a user's. */
function callerFrom(arn: string): string {
  const parsed = parseArn(arn)
  if (parsed?.service !== 'iam' || !/^user\/./.test(parsed.resource) || !/^\d{12}$/.test(parsed.account)) {
    throw invalidInput(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`)
  }
  return arn
}

/** What a request simulates beside its identity policies. @throws InvalidInput */
function questionOf(
  input: Simulated,
  account: string,
  identity: readonly Source[],
  boundary: Source | undefined,
  caller: string | undefined,
  organized: boolean,
): Question {
  for (const action of input.ActionNames) {
    if (/[*?]/.test(action) || checkAction(action) !== undefined) throw invalidInput(`Invalid Action Name: ${action}`)
  }
  const { ResourcePolicy: policy, ResourceOwner, ResourceArns = ['*'] } = input
  if (policy !== undefined) {
    if (caller === undefined) throw invalidInput('CallerArn is required when ResourcePolicy is given.')
    const fault = checkResourcePolicy(policy)
    if (fault !== undefined) throw invalidInput(`ResourcePolicy: ${fault.message}`)
  }
  const callerAccount = caller === undefined ? account : (parseArn(caller)?.account ?? account)
  const keys = readEntries(input.ContextEntries ?? [])
  if (caller !== undefined) {
    for (const [key, value] of [
      ['aws:principalarn', caller],
      ['aws:principalaccount', callerAccount],
      ['aws:principaltype', 'User'],
      ['aws:username', nameInArn(caller)],
    ] as const) {
      if (!keys.has(key)) keys.set(key, value)
    }
  }
  return {
    identity,
    boundary,
    resource: policy === undefined ? undefined : { id: 'ResourcePolicy', text: policy },
    scps: (input.OrderedOrganizationPolicyInputList ?? []).map((level, at) =>
      inputList(`OrderedOrganizationPolicyInputList.${at + 1}`, level.ServiceControlPolicyInputList),
    ),
    actions: input.ActionNames,
    resources: ResourceArns,
    owner: ResourceOwner === undefined ? callerAccount : ownerFrom(ResourceOwner),
    caller,
    account: callerAccount,
    keys,
    organized,
  }
}

/** Keys that the policies mention and the question does not bring. */
function missingKeys(question: Question): string[] {
  const { identity, boundary, resource, scps } = question
  const sources = [...identity, boundary, resource, ...scps.flat()].filter((source) => source !== undefined)
  return mentionedKeys(sources.map(({ text }) => text)).filter((name) => !question.keys.has(foldCase(name)))
}

async function answer(
  { vault, inTurn }: Parts & { readonly inTurn: Turns },
  operation: IamName,
  account: string,
  ask: () => Question,
  input: Simulated,
  { signal }: Call,
): Promise<IamOutput<'SimulateCustomPolicy'>> {
  // In turn, too: to read what was sent is most of the work where it is large.
  const { question, outcomes } = await inTurn(account, async () => {
    const question = ask()
    return { question, outcomes: await simulate(question, signal) }
  })
  const missing = missingKeys(question)
  const { MaxItems: _most, Marker: _marker, ...asking } = input
  const pageRequest: PageRequest = { vault, account, operation, filter: [JSON.stringify(asking)], input }
  // One for each action, in turn: an action may be asked about twice.
  const each = question.actions.map((action, at) => ({ at, action }))
  const { items, page } = pageOf(pageRequest, each, ({ at, action }) => `${at} ${action}`)
  const many = question.resources.length
  const results = items.map(({ at, action }) => resultOf(action, outcomes.slice(at * many, (at + 1) * many), missing))
  return { EvaluationResults: results, ...page }
}

/** The user or role whose policies are simulated. @throws InvalidInput when the ARN is of neither. */
async function sourceOf(
  reader: Reader,
  call: Call,
  arn: string,
): Promise<ResourceTarget<Principal> & { kind: HolderKind<Principal> }> {
  const parsed = parseArn(arn)
  const [type = '', ...path] = (parsed?.resource ?? '').split('/')
  const name = path.at(-1) ?? ''
  if (parsed?.service !== 'iam' || name === '' || (type !== 'user' && type !== 'role')) {
    throw invalidInput(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`)
  }
  const kind = (type === 'user' ? userKind : roleKind) as unknown as HolderKind<Principal>
  const target = await targetOf(reader, kind, call, name)
  // Another account's, or of another path: there is none under that ARN.
  const record = target.arn === arn ? target.record : undefined
  return { ...target, arn, record, kind }
}

/** A principal's own policies, named as the service names them. */
async function policiesOf(reader: Reader, kind: HolderKind<Principal>, holder: Principal) {
  const text = async (arn: string): Promise<string | undefined> => {
    const parsed = parsePolicyArn(arn)
    const policy = parsed && (await findPolicy(reader, holder.account, parsed))
    if (policy === undefined) return undefined
    return 'text' in policy ? policy.text : policy.versions.find(({ id }) => id === policy.defaultVersion)?.text
  }
  const identity: Source[] = holder.inline.map((policy) => ({
    id: `${kind.word}_${holder.name}_${policy.name}`,
    text: policy.text,
  }))
  for (const arn of holder.attached) {
    const document = await text(arn)
    if (document !== undefined) identity.push({ id: nameInArn(arn), text: document })
  }
  const bound = holder.boundary === undefined ? undefined : await text(holder.boundary)
  // A boundary that cannot be read bounds everything away.
  const boundary = holder.boundary === undefined ? undefined : { id: nameInArn(holder.boundary), text: bound ?? '' }
  return { identity, boundary }
}

/** Whose a source is to allow is said by its ARN: it may be another account's. */
const onSource = (action: IamName, source: ResourceTarget<Principal>) =>
  onTarget(action, { ...source, account: parseArn(source.arn)?.account ?? '' })

export const simulationOperations = (of: Parts) => {
  const parts = { ...of, inTurn: createTurns() }
  return {
    SimulateCustomPolicy: reads<'SimulateCustomPolicy'>()({
      load: (_, call) => accountOf(call),
      checks: (_, account) => [check('SimulateCustomPolicy', '*', account)],
      handle: (input, account, call) => {
        const question = () => {
          const identity = inputList('PolicyInputList', input.PolicyInputList)
          const boundary = oneBoundary(input.PermissionsBoundaryPolicyInputList)
          const caller = input.CallerArn === undefined ? undefined : callerFrom(input.CallerArn)
          return questionOf(input, account, identity, boundary, caller, false)
        }
        return answer(parts, 'SimulateCustomPolicy', account, question, input, call)
      },
    }),

    SimulatePrincipalPolicy: reads<'SimulatePrincipalPolicy'>()({
      load: ({ PolicySourceArn }, call) => sourceOf(parts.store, call, PolicySourceArn),
      checks: (_, source) => [onSource('SimulatePrincipalPolicy', source)],
      handle: async (input, source, call) => {
        if ((input.PolicyExclusionList ?? []).length > 0) throw invalidInput('PolicyExclusionList is not supported.')
        const holder = present(source.kind, source)
        const own = await policiesOf(parts.store, source.kind, holder)
        const organized = (await parts.store.get(accounts, [source.account]))?.organization !== undefined
        const question = () => {
          const identity = [...own.identity, ...inputList('PolicyInputList', input.PolicyInputList)]
          const boundary = oneBoundary(input.PermissionsBoundaryPolicyInputList) ?? own.boundary
          const given = input.CallerArn ?? (source.kind.word === 'user' ? source.arn : undefined)
          const caller = given === undefined ? undefined : callerFrom(given)
          return questionOf(input, source.account, identity, boundary, caller, organized)
        }
        return answer(parts, 'SimulatePrincipalPolicy', source.account, question, input, call)
      },
    }),

    GetContextKeysForCustomPolicy: reads<'GetContextKeysForCustomPolicy'>()({
      load: (_, call) => accountOf(call),
      checks: (_, account) => [check('GetContextKeysForCustomPolicy', '*', account)],
      handle: ({ PolicyInputList }, account) =>
        parts.inTurn(account, async () => {
          const sources = inputList('PolicyInputList', PolicyInputList)
          return { ContextKeyNames: mentionedKeys(sources.map(({ text }) => text)) }
        }),
    }),

    GetContextKeysForPrincipalPolicy: reads<'GetContextKeysForPrincipalPolicy'>()({
      load: ({ PolicySourceArn }, call) => sourceOf(parts.store, call, PolicySourceArn),
      checks: (_, source) => [onSource('GetContextKeysForPrincipalPolicy', source)],
      handle: async ({ PolicyInputList }, source) => {
        const { identity } = await policiesOf(parts.store, source.kind, present(source.kind, source))
        return parts.inTurn(source.account, async () => {
          const sources = [...identity, ...inputList('PolicyInputList', PolicyInputList)]
          return { ContextKeyNames: mentionedKeys(sources.map(({ text }) => text)) }
        })
      },
    }),
  }
}
