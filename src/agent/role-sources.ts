// The sources of the file's roles: the enrolment of this machine, which is made with a join token where there is none; a certificate; a
// token that somebody else keeps fresh.
import { join } from 'node:path'
import type { CredentialSource } from '../client/credential-source.ts'
import { isThere } from '../client/folder.ts'
import type { SignInServer } from '../client/sign-in-server.ts'
import { type Enrolment, joinMachine, machineSource, readEnrolment } from '../client/workload.ts'
import type { CertificateRole, MachineRole, RoleEntry, WebIdentityRole } from '../config/agent-roles.ts'
import type { InstanceFacts } from './instance.ts'
import type { RoleDelivery, RoleSource } from './run-agent.ts'

export interface SourceParts {
  readonly server: SignInServer
  /** Where the APIs are; by default at the server's URL. */
  readonly apiUrl?: string | undefined
  /** Of the requests of roles whose source knows none. */
  readonly region?: string | undefined
  readonly clock: () => Date
  readonly report: (says: string) => void
  /** The text of a file that holds a secret, or why it is not believed. */
  readonly readSecret: (file: string) => { readonly text: string } | { readonly problem: string }
}

/** In a folder of a file's `machine`. */
export const enrolmentIn = (folder: string): string => join(folder, 'machine.json')

/** Sources for the roles of one file: those with the same folder share its enrolment. */
export function roleSources(parts: SourceParts) {
  const enrolments = new Map<string, ReturnType<typeof enrolmentOf>>()
  return (role: RoleEntry, delivery: RoleDelivery): RoleSource => {
    if ('certificate' in role) return { source: byCertificate(role, parts) }
    if ('webIdentityTokenFile' in role) return { source: byWebIdentity(role, parts) }
    const key = `${role.machine}\n${role.joinTokenFile ?? ''}`
    const enrolment = enrolments.get(key) ?? enrolmentOf(role, parts)
    enrolments.set(key, enrolment)
    return machineRole(role, delivery, enrolment, parts.clock)
  }
}

interface KnownEnrolment {
  /** Reads it, or joins, once for all who ask meanwhile. Rejects what joinMachine and readEnrolment throw. */
  get(): Promise<Enrolment>
  known(): Enrolment | undefined
}

function enrolmentOf({ machine: folder, joinTokenFile }: MachineRole, parts: SourceParts): KnownEnrolment {
  const file = enrolmentIn(folder)
  let known: Enrolment | undefined
  let asking: Promise<Enrolment> | undefined
  async function readOrJoin(): Promise<Enrolment> {
    if (isThere(file)) return readEnrolment(file)
    if (joinTokenFile === undefined)
      throw new Error(`${file} is not there: this machine has not joined, and there is no join token`)
    const token = parts.readSecret(joinTokenFile)
    if ('problem' in token) throw new Error(`the join token in ${joinTokenFile}: ${token.problem}`)
    const enrolment = await joinMachine(parts.server, token.text.trim(), file)
    parts.report(`this machine joined as ${enrolment.machine} (${enrolment.name}) in ${enrolment.account}`)
    return enrolment
  }
  return {
    known: () => known,
    async get() {
      if (known !== undefined) return known
      asking ??= readOrJoin().finally(() => {
        asking = undefined
      })
      known = await asking
      return known
    },
  }
}

function machineRole(
  { machine, task, durationSeconds }: MachineRole,
  roleDelivery: RoleDelivery,
  enrolment: KnownEnrolment,
  clock: () => Date,
): RoleSource {
  let source: CredentialSource | undefined
  return {
    source: {
      get name() {
        return source?.name ?? `the machine of ${machine}`
      },
      async fetch(signal) {
        const wish = {
          ...(task === undefined ? { roleDelivery } : { task }),
          ...(durationSeconds === undefined ? {} : { durationSeconds }),
        }
        source ??= machineSource(await enrolment.get(), wish, { clock })
        return source.fetch(signal)
      },
    },
    facts: () => factsOf(enrolment.known()),
    apiUrl: () => enrolment.known()?.apiUrl,
  }
}

function factsOf(enrolment: Enrolment | undefined): Partial<InstanceFacts> {
  if (enrolment === undefined) return {}
  const { machine, account, region, name } = enrolment
  return { instanceId: machine, accountId: account, region, hostname: name, tags: new Map([['Name', name]]) }
}

const lasting = ({ durationSeconds }: RoleEntry) => (durationSeconds === undefined ? {} : { durationSeconds })
const apiOf = ({ apiUrl, server }: SourceParts) => new URL(apiUrl ?? server.url)
const trusting = ({ server: { ca } }: SourceParts) => (ca === undefined ? {} : { ca: () => ca })

/** What the sources need is loaded where one is used. */
function byCertificate(role: CertificateRole, parts: SourceParts): CredentialSource {
  const { certificate, privateKey, intermediates, trustAnchorArn, profileArn, roleArn } = role
  const files = { certificate, privateKey, ...(intermediates === undefined ? {} : { intermediates }) }
  const request = { endpoint: apiOf(parts), trustAnchorArn, profileArn, roleArn, ...lasting(role) }
  return {
    name: `the certificate in ${certificate}`,
    async fetch(signal) {
      const { certificateSource } = await import('../client/sources/certificate.ts')
      const set = await certificateSource(request, files, { clock: parts.clock, ...trusting(parts) }).fetch(signal)
      return { roleArn, ...set }
    },
  }
}

function byWebIdentity(role: WebIdentityRole, parts: SourceParts): CredentialSource {
  const { webIdentityTokenFile, roleArn, roleSessionName } = role
  return {
    name: `the token in ${webIdentityTokenFile}`,
    async fetch(signal) {
      const { webIdentitySource } = await import('../client/sources/sts.ts')
      const { roleParameters } = await import('../client/sources/sts-parameters.ts')
      const sts = {
        endpoint: apiOf(parts),
        region: parts.region ?? 'us-east-1',
        clock: parts.clock,
        ...trusting(parts),
      }
      const wish = roleParameters('AssumeRoleWithWebIdentity', { roleArn, roleSessionName, ...lasting(role) })
      return { roleArn, ...(await webIdentitySource(sts, webIdentityTokenFile, wish).fetch(signal)) }
    },
  }
}
