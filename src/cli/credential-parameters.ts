// The options of `credential-process` as parameters of STS.
import { Failure } from '../app/failure.ts'
import { assumeRoleParameters, given, type RoleWish, type StsParameters } from '../client/sources/sts-parameters.ts'
import type { CommandInput } from './command.ts'
import { pairsOf } from './given.ts'

/** Those of every operation that assumes a role. */
export const roleWish = ({ texts, lists }: CommandInput): RoleWish => ({
  ...{ roleArn: texts['role-arn'], roleSessionName: texts['role-session-name'] },
  ...{ durationSeconds: texts['duration-seconds'], policy: texts.policy, policyArns: lists['policy-arn'] },
})

/** Those of AssumeRole or, without a role, of GetSessionToken. @throws Failure */
export function keyParameters(input: CommandInput): StsParameters {
  const { texts, lists } = input
  const { 'serial-number': serialNumber, 'token-code': tokenCode } = texts
  if (serialNumber === undefined && tokenCode !== undefined) {
    throw new Failure('--token-code goes with --serial-number', 2)
  }
  if (texts['role-arn'] === undefined) {
    const texted = ['role-session-name', 'external-id', 'policy', 'source-identity'].filter((name) => name in texts)
    const listed = ['policy-arn', 'tag', 'transitive-tag-key'].filter((name) => name in lists)
    const [roleOnly] = [...texted, ...listed]
    if (roleOnly !== undefined) throw new Failure(`--${roleOnly} goes with --role-arn`, 2)
    const DurationSeconds = texts['duration-seconds']
    return {
      Action: 'GetSessionToken',
      ...given({ DurationSeconds, SerialNumber: serialNumber, TokenCode: tokenCode }),
    }
  }
  const tags = pairsOf('tag', lists.tag)
  return assumeRoleParameters({
    ...{ ...roleWish(input), serialNumber, tokenCode, tags },
    ...{ externalId: texts['external-id'], sourceIdentity: texts['source-identity'] },
    transitiveTagKeys: lists['transitive-tag-key'],
  })
}
