// What is wanted of STS, in the form of AWS's query protocol.

/** Parameters with `Action`. */
export type StsParameters = Readonly<Record<string, string>>

/** A role, with AWS's limits on its session. */
export interface RoleWish {
  readonly roleArn?: string | undefined
  /** `hallpass` by default. */
  readonly roleSessionName?: string | undefined
  readonly durationSeconds?: number | string | undefined
  /** An inline session policy, as JSON. */
  readonly policy?: string | undefined
  readonly policyArns?: readonly string[] | undefined
}

/** What AssumeRole takes besides. */
export interface AssumeRoleWish extends RoleWish {
  readonly externalId?: string | undefined
  readonly sourceIdentity?: string | undefined
  readonly tags?: readonly (readonly [key: string, value: string])[] | undefined
  readonly transitiveTagKeys?: readonly string[] | undefined
  readonly serialNumber?: string | undefined
  readonly tokenCode?: string | undefined
}

type Values = Readonly<Record<string, string | number | undefined>>

/** Those that have a value. */
export const given = (parameters: Values): StsParameters =>
  Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  )

const numbered = (values: readonly string[] = [], name: (at: number) => string) =>
  Object.fromEntries(values.map((value, at) => [name(at + 1), value]))

/** Of every operation that assumes a role. */
export const roleParameters = (action: string, wish: RoleWish): StsParameters => ({
  Action: action,
  ...given({
    DurationSeconds: wish.durationSeconds,
    RoleArn: wish.roleArn,
    RoleSessionName: wish.roleSessionName ?? 'hallpass',
    Policy: wish.policy,
  }),
  ...numbered(wish.policyArns, (at) => `PolicyArns.member.${at}.arn`),
})

export const assumeRoleParameters = (wish: AssumeRoleWish): StsParameters => ({
  ...roleParameters('AssumeRole', wish),
  ...given({
    ...{ SerialNumber: wish.serialNumber, TokenCode: wish.tokenCode },
    ...{ ExternalId: wish.externalId, SourceIdentity: wish.sourceIdentity },
  }),
  ...numbered(
    wish.tags?.map(([key]) => key),
    (at) => `Tags.member.${at}.Key`,
  ),
  ...numbered(
    wish.tags?.map(([, value]) => value),
    (at) => `Tags.member.${at}.Value`,
  ),
  ...numbered(wish.transitiveTagKeys, (at) => `TransitiveTagKeys.member.${at}`),
})
