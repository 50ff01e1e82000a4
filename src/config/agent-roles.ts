// The roles in the file of `hallpass metadata`: what proves that this machine may have their credentials. One of
//   machine: DIR                    # its enrolment; with `join-token-file`, and with `task` for the role of a task
//   certificate: FILE               # of IAM Roles Anywhere; with private-key, trust-anchor-arn, profile-arn, role-arn
//   web-identity-token-file: FILE   # a token that somebody else keeps fresh; with role-arn
import type { MemberReaders, Section } from './yaml-members.ts'

interface CommonRole {
  /** A name of the file's own. */
  readonly name: string
  /** Of its sessions; as long as the role allows unless it is given. */
  readonly durationSeconds?: number
}

/** `machine`: the folder of the machine's enrolment. */
export interface MachineRole extends CommonRole {
  readonly machine: string
  readonly joinTokenFile?: string
  readonly task?: string
}

export interface CertificateRole extends CommonRole {
  readonly certificate: string
  readonly privateKey: string
  readonly intermediates?: string
  readonly trustAnchorArn: string
  readonly profileArn: string
  readonly roleArn: string
}

export interface WebIdentityRole extends CommonRole {
  readonly webIdentityTokenFile: string
  readonly roleArn: string
  readonly roleSessionName?: string
}

export type RoleEntry = MachineRole | CertificateRole | WebIdentityRole

/** By the member that names a way: the members that it must have, and those that it may have. */
const ways = {
  machine: { must: [], may: ['join-token-file', 'task'] },
  certificate: { must: ['private-key', 'trust-anchor-arn', 'profile-arn', 'role-arn'], may: ['intermediates'] },
  'web-identity-token-file': { must: ['role-arn'], may: ['role-session-name'] },
} as const satisfies Readonly<Record<string, { readonly must: readonly string[]; readonly may: readonly string[] }>>

/** The members that name files. */
export const roleFiles = [
  'machine',
  'joinTokenFile',
  'certificate',
  'privateKey',
  'intermediates',
  'webIdentityTokenFile',
]

export function roleOf(read: MemberReaders, section: Section): RoleEntry {
  const name = read.text(section, 'name', 'must') ?? ''
  if (name !== '' && !/^[\w+=,.@-]{1,64}$/.test(name)) read.wrong(section, 'name', 'letters, digits and _ + = , . @ -')
  const given = Object.entries(ways).filter(([way]) => section.members.has(way))
  const [way, { must, may }] = given[0] ?? (['machine', ways.machine] as const)
  if (given.length !== 1)
    read.problem(section, given[1]?.[0] ?? 'machine', `give one of ${Object.keys(ways).join(', ')}`)
  const members: readonly string[] = [way, ...must, ...may]
  for (const member of section.members.keys()) {
    if (!['name', 'duration-seconds', ...members].includes(member))
      read.problem(section, member, `does not go with ${way}`)
  }
  const texts = members.flatMap((member) => {
    const text = read.text(section, member, (must as readonly string[]).includes(member) ? 'must' : undefined)
    if (text !== undefined && member.endsWith('-arn') && !/^arn:[!-~]+$/.test(text))
      read.wrong(section, member, 'an ARN')
    return text === undefined ? [] : [[member.replace(/-(\w)/g, (_, letter) => letter.toUpperCase()), text] as const]
  })
  // SDKs take a set with less than 20 minutes left for a sign of an outage, and use it past its end.
  const duration = section.members.has('duration-seconds')
    ? { durationSeconds: read.number(section, 'duration-seconds', [1800, 43_200], 3600) }
    : {}
  return { name, ...duration, ...Object.fromEntries(texts) } as unknown as RoleEntry
}
