// Decisions of `hallpass/policy`, for whoever is named by an ARN.
import { isAccountId, nameInArn, parseArn, roleArn } from '../core/arn.ts'
import type { Keys } from '../core/identity.ts'
import { allowanceFor } from '../core/policy/allowance.ts'
import { foldCase } from '../core/policy/casing.ts'
import { placeOf } from '../core/policy/document.ts'
import { explain as explainRequest } from '../core/policy/explain.ts'
import type { Requester } from '../core/policy/model.ts'
import { type Asked, decideAsked, inOrder, keysOf, put } from './policy-put.ts'
import type { DecideInput, Decision, Explanation, Principal } from './policy-types.ts'

const anonymous: Requester = { kind: 'anonymous' }

/** @throws TypeError for an ARN of nobody that can ask */
function requesterOf(principal: Principal | undefined): Requester {
  if (principal === undefined) return anonymous
  const { arn } = principal
  const { account = '', service, resource = '' } = parseArn(arn) ?? {}
  if (!isAccountId(account)) throw new TypeError(`${arn} is not the ARN of a principal.`)
  const named = (kind: Requester['kind'], principalArn: string): Requester => ({
    ...{ kind, account, arn, principalArn, principalId: principal.id ?? principalArn },
  })
  if (service === 'iam' && resource === 'root') return { ...named('root', arn), principalId: account }
  if (service === 'iam' && resource.startsWith('user/')) return named('user', arn)
  const [type, name = '', session = ''] = resource.split('/')
  if (service === 'sts' && type === 'federated-user' && name !== '') return named('federated-user', arn)
  if (service === 'sts' && type === 'assumed-role' && session !== '')
    return named('role-session', principal.roleArn ?? roleArn(account, '/', name))
  throw new TypeError(`${arn} is not the ARN of a principal.`)
}

const types: { readonly [K in Requester['kind']]?: string } = {
  root: 'Account',
  user: 'User',
  'role-session': 'AssumedRole',
  'federated-user': 'FederatedUser',
  anonymous: 'Anonymous',
}

/** What the principal's ARN says of a request; what the asker states itself stands. */
function principalKeys({ kind, account, principalArn }: Requester, owner: string): Map<string, string> {
  const keys = new Map([
    ['aws:principaltype', types[kind] ?? ''],
    ['aws:principalaccount', account ?? 'anonymous'],
  ])
  if (principalArn !== undefined) keys.set('aws:principalarn', principalArn)
  if (kind === 'user') keys.set('aws:username', nameInArn(principalArn ?? ''))
  if (owner !== '') keys.set('aws:resourceaccount', owner)
  return keys
}

function askedOf(input: DecideInput): Asked {
  const { action, resource, principal, resourceAccount, context = {}, unknown = [], policies } = input
  const requester = requesterOf(principal)
  const owner = resourceAccount ?? (parseArn(resource)?.account || requester.account || '')
  const keys: Keys = new Map([...principalKeys(requester, owner), ...keysOf(context)])
  return {
    request: { action, resource, owner, requester, keys, unfilled: new Set(unknown.map(foldCase)) },
    policies,
  }
}

/**
 * Decides one request as AWS would. Never throws for what a policy says.
 * @throws TypeError for a policy that `parse` did not make, or an ARN that is no principal's
 */
export const decide = (input: DecideInput): Decision => decideAsked(askedOf(input))

/**
 * The same decision, with every statement that is about such an action, element by element.
 * @throws TypeError as `decide`
 */
export function explain(input: DecideInput): Explanation {
  const asked = askedOf(input)
  const { applicable, decided, decision } = put(asked)
  const policies = inOrder(asked.policies)
  const explained = explainRequest(asked.request, applicable, decided, allowanceFor(1))
  return {
    decision,
    policies: explained.map(({ kind, policy: source, vote, malformed, statements }, at) => ({
      ...{ kind, source, vote },
      ...(malformed === undefined ? {} : { malformed }),
      statements: statements.map(({ index, sid, effect, start, outcome, elements, conditions }) => ({
        ...{ index, effect, outcome, ...placeOf(policies[at]?.text ?? '', start) },
        ...(sid === undefined ? {} : { sid }),
        elements: elements.map(({ element, outcome, values }) => ({ element, outcome, values })),
        conditions: conditions.map(({ operator, key, outcome, present, values, actual }) => ({
          ...{ operator, key, outcome, present },
          ...(values === undefined ? {} : { values }),
          ...(actual === undefined ? {} : { actual }),
        })),
      })),
    })),
  }
}
