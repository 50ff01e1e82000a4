// How an identity is named: to the policy engine, to messages, to GetCallerIdentity (aws-facts of IAM User Guide,
// "IAM identifiers" and "AWS global condition context keys").
import { accountRootArn, assumedRoleArn, federatedUserArn } from '../../core/arn.ts'
import type { Identity } from '../../core/identity.ts'
import type { CallerName, Subject } from '../contracts/subject.ts'

const anonymous: CallerName = { requester: { kind: 'anonymous' }, type: 'Anonymous', userId: 'anonymous' }

/** Names an identity. `subject` is its principal, as `Call.subject`: present for keys and sessions. */
export function callerName(identity: Identity, subject: Subject | undefined): CallerName {
  switch (identity.kind) {
    case 'anonymous':
      return anonymous
    case 'service':
      return { ...anonymous, requester: { kind: 'service', name: identity.name } }
    case 'proof':
      return { ...anonymous, requester: { kind: 'federated', name: identity.provider } }
    case 'root':
    case 'user':
      return principalOf(subject, identity.kind)
    case 'session': {
      const { pass } = identity
      if (pass.kind === 'user' || pass.kind === 'root-task') return principalOf(subject, pass.kind)
      if (pass.kind === 'federated-user') {
        const arn = federatedUserArn(pass.account, pass.name)
        return {
          requester: {
            kind: 'federated-user',
            account: pass.account,
            arn,
            principalArn: arn,
            principalId: pass.principal,
          },
          type: 'FederatedUser',
          userId: `${pass.account}:${pass.name}`,
        }
      }
      if (subject?.kind !== 'role') throw new TypeError('a role session was opened without its role')
      return {
        requester: {
          kind: 'role-session',
          account: pass.account,
          arn: assumedRoleArn(pass.account, subject.record.name, pass.name),
          principalArn: subject.arn,
          principalId: subject.id,
        },
        type: 'AssumedRole',
        userId: `${subject.id}:${pass.name}`,
      }
    }
  }
}

function principalOf(subject: Subject | undefined, what: string): CallerName {
  if (subject === undefined || subject.kind === 'role')
    throw new TypeError(`a ${what} credential without its principal`)
  const { account } = subject
  if (subject.kind === 'root') {
    const arn = accountRootArn(account.id)
    return {
      requester: { kind: 'root', account: account.id, arn, principalArn: arn, principalId: account.id },
      type: 'Account',
      userId: account.id,
    }
  }
  return {
    requester: {
      kind: 'user',
      account: account.id,
      arn: subject.arn,
      principalArn: subject.arn,
      principalId: subject.id,
    },
    type: 'User',
    userId: subject.id,
    userName: subject.record.name,
  }
}
