// The roles in the file of `hallpass metadata`: what proves that this machine may have their credentials.
import type { MemberReaders, Section } from './yaml-members.ts'

interface CommonRole {
  /** A name of the file's own. */
  readonly name: string
  /** Of its sessions; as long as the role allows unless it is given. */
  readonly durationSeconds?: number
}

export type RoleEntry = CommonRole & {
  /** The folder of the machine's enrolment. */
  readonly machine: string
  readonly joinTokenFile?: string
  readonly task?: string
}

const members = ['name', 'duration-seconds', 'machine', 'join-token-file', 'task']

export function roleOf(read: MemberReaders, section: Section): RoleEntry {
  for (const name of section.members.keys()) if (!members.includes(name)) read.problem(section, name, 'no such setting')
  const name = read.text(section, 'name', 'must') ?? ''
  if (name !== '' && !/^[\w+=,.@-]{1,64}$/.test(name)) read.wrong(section, 'name', 'letters, digits and _ + = , . @ -')
  // SDKs take a set with less than 20 minutes left for a sign of an outage, and use it past its end.
  const duration = section.members.has('duration-seconds')
    ? { durationSeconds: read.number(section, 'duration-seconds', [1800, 43_200], 3600) }
    : {}
  const [joinTokenFile, task] = [read.text(section, 'join-token-file'), read.text(section, 'task')]
  return {
    ...{ name, machine: read.text(section, 'machine', 'must') ?? '' },
    ...duration,
    ...(joinTokenFile === undefined ? {} : { joinTokenFile }),
    ...(task === undefined ? {} : { task }),
  }
}
