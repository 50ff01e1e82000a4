// The options of `credential-process` as parameters of STS, in the form of AWS's query protocol.
import { Failure } from '../app/failure.ts'
import type { StsParameters } from '../client/sources/sts.ts'
import type { CommandInput } from './command.ts'

const given = (parameters: Readonly<Record<string, string | undefined>>): StsParameters =>
  Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )

/** Those of every operation that assumes a role. */
export const roleParameters = (action: string, { texts, lists }: CommandInput): StsParameters => ({
  Action: action,
  ...given({
    DurationSeconds: texts['duration-seconds'],
    RoleArn: texts['role-arn'],
    RoleSessionName: texts['role-session-name'] ?? 'hallpass',
    Policy: texts.policy,
  }),
  ...numbered(lists['policy-arn'], (at) => `PolicyArns.member.${at}.arn`),
})

const numbered = (values: readonly string[] = [], name: (at: number) => string) =>
  Object.fromEntries(values.map((value, at) => [name(at + 1), value]))

/** Those of AssumeRole or, without a role, of GetSessionToken. @throws Failure */
export function keyParameters(input: CommandInput): StsParameters {
  const { texts, lists } = input
  const device = given({ SerialNumber: texts['serial-number'], TokenCode: texts['token-code'] })
  if (device.SerialNumber === undefined && device.TokenCode !== undefined) {
    throw new Failure('--token-code goes with --serial-number', 2)
  }
  if (texts['role-arn'] === undefined) {
    const texted = ['role-session-name', 'external-id', 'policy', 'source-identity'].filter((name) => name in texts)
    const listed = ['policy-arn', 'tag', 'transitive-tag-key'].filter((name) => name in lists)
    const [roleOnly] = [...texted, ...listed]
    if (roleOnly !== undefined) throw new Failure(`--${roleOnly} goes with --role-arn`, 2)
    return { Action: 'GetSessionToken', ...given({ DurationSeconds: texts['duration-seconds'] }), ...device }
  }
  const tags = (lists.tag ?? []).map((tag) => {
    const middle = tag.indexOf('=')
    if (middle < 1) throw new Failure(`--tag: ${tag} is not KEY=VALUE`, 2)
    return { key: tag.slice(0, middle), value: tag.slice(middle + 1) }
  })
  return {
    ...roleParameters('AssumeRole', input),
    ...device,
    ...given({ ExternalId: texts['external-id'], SourceIdentity: texts['source-identity'] }),
    ...numbered(
      tags.map(({ key }) => key),
      (at) => `Tags.member.${at}.Key`,
    ),
    ...numbered(
      tags.map(({ value }) => value),
      (at) => `Tags.member.${at}.Value`,
    ),
    ...numbered(lists['transitive-tag-key'], (at) => `TransitiveTagKeys.member.${at}`),
  }
}
