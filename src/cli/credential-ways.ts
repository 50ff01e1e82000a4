// The ways in which `credential-process` gets credentials: each is named by its first option, and takes options of its own. Without any of
// these names it is a key, as AWS's tools find it.

import { createPublicKey } from 'node:crypto'
import { join } from 'node:path'
import { Failure } from '../app/failure.ts'
import type { CredentialSource } from '../client/credential-source.ts'
import { homeOf } from '../client/folder.ts'
import { certificateSource } from '../client/sources/certificate.ts'
import { enrolledSource } from '../client/sources/machine.ts'
import { signInSource, type Wanted } from '../client/sources/sign-in.ts'
import { webIdentitySource } from '../client/sources/sts.ts'
import { roleParameters } from '../client/sources/sts-parameters.ts'
import { enrolmentFile, readEnrolment } from '../client/workload.ts'
import { jwkThumbprint } from '../core/jwk-thumbprint.ts'
import type { CommandInput, World } from './command.ts'
import { endpointOf, stsEndpointOf } from './credential-endpoint.ts'
import { keyWay } from './credential-key.ts'
import { roleWish } from './credential-parameters.ts'
import { asFailure, folderOf, serverUrl, signInAt, signInUse } from './signed-in.ts'
import { userProfile } from './user-profile.ts'

export interface Way {
  readonly source: CredentialSource
  /** Where its credentials are cached. */
  readonly folder: string
  /** Everything that decides the answer, and no secret. */
  readonly parts: readonly unknown[]
  /** When a set of this lifetime is asked for anew, unless that is well ahead. */
  readonly dueMs?: (lifetimeMs: number) => number
}

type Made = Omit<Way, 'folder'> & { readonly folder?: string }

interface WayKind {
  readonly takes: readonly string[]
  readonly make: (input: CommandInput, world: World) => Made
}

const atServer = ['endpoint-url', 'region', 'ca-bundle']
const ofRole = ['role-arn', 'role-session-name', 'duration-seconds']

const ways: Readonly<Record<string, WayKind>> = {
  'sign-in': { takes: ['role-arn', 'account', 'duration-seconds'], make: signInWay },
  machine: { takes: ['task', 'duration-seconds'], make: machineWay },
  certificate: {
    takes: [...atServer, ...ofRole, 'private-key', 'intermediates', 'trust-anchor-arn', 'profile-arn'],
    make: certificateWay,
  },
  'web-identity-token-file': { takes: [...atServer, ...ofRole, 'policy', 'policy-arn'], make: webIdentityWay },
}

const withKey: WayKind = {
  takes: [
    ...[...atServer, ...ofRole, 'policy', 'policy-arn', 'source-profile', 'external-id', 'source-identity'],
    ...['tag', 'transitive-tag-key', 'serial-number', 'token-code'],
  ],
  make: keyWay,
}

/** @throws Failure for options that do not go together, or lack others */
export function chosenWay(input: CommandInput, world: World): Way {
  const given = Object.keys({ ...input.texts, ...input.lists, ...input.switches }).filter((name) => name !== 'no-cache')
  const name = given.find((one) => one in ways)
  const way = (name === undefined ? undefined : ways[name]) ?? withKey
  const other = given.find((one) => one !== name && !way.takes.includes(one))
  if (other !== undefined) {
    if (name !== undefined) throw new Failure(`--${other} does not go with --${name}`, 2)
    const [owner] = Object.entries(ways).find(([, { takes }]) => takes.includes(other)) ?? []
    throw new Failure(`--${other} goes with --${owner}`, 2)
  }
  return { folder: cacheFolder(world), ...way.make(input, world) }
}

const cacheFolder = ({ environment }: World) =>
  join(environment.XDG_CACHE_HOME || join(homeOf(environment), '.cache'), 'hallpass', 'credentials')

function needed({ texts }: CommandInput, way: string, name: string): string {
  const text = texts[name]
  if (!text) throw new Failure(`--${way} goes with --${name}`, 2)
  return text
}

function secondsIn({ texts }: CommandInput): number | undefined {
  const seconds = texts['duration-seconds']
  if (seconds === undefined) return undefined
  if (!/^\d{1,6}$/.test(seconds)) throw new Failure('--duration-seconds: must be a whole number', 2)
  return Number(seconds)
}

function signInWay(input: CommandInput, world: World): Made {
  const { 'role-arn': role, account } = input.texts
  if ((role === undefined) === (account === undefined))
    throw new Failure('--sign-in goes with --role-arn or --account', 2)
  const seconds = secondsIn(input)
  const signIn = signInAt(serverUrl(input.texts['sign-in'] ?? ''), world)
  const wanted: Wanted = role === undefined ? { account: account ?? '' } : { role }
  return {
    source: signInSource(signIn, signInUse(world), wanted, seconds),
    folder: folderOf(world).credentialsOf(signIn),
    parts: [signIn.mark, wanted, seconds],
  }
}

function machineWay(input: CommandInput, world: World): Made {
  const file = enrolmentFile(world.environment)
  const durationSeconds = secondsIn(input)
  const { task } = input.texts
  const wish = {
    ...(task === undefined ? {} : { task }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
  }
  const { url, machine, key } = enrolmentIn(file)
  return { source: enrolledSource(file, wish, world.clock), parts: ['machine', url, machine, key, wish] }
}

function enrolmentIn(file: string) {
  try {
    const { url, machine, privateKey } = readEnrolment(file)
    // By its key too: what it had ends when it joins again.
    return { url, machine, key: jwkThumbprint(createPublicKey(privateKey).export({ format: 'jwk' })) }
  } catch (error) {
    throw asFailure(error)
  }
}

function certificateWay(input: CommandInput, world: World): Made {
  const need = (name: string) => needed(input, 'certificate', name)
  const { region, intermediates, 'role-session-name': roleSessionName } = input.texts
  const profile = userProfile(world.environment, undefined)
  const { endpoint, ca } = endpointOf(input, world, profile, 'rolesanywhere')
  const durationSeconds = secondsIn(input)
  const request = {
    ...{
      endpoint,
      trustAnchorArn: need('trust-anchor-arn'),
      profileArn: need('profile-arn'),
      roleArn: need('role-arn'),
    },
    ...(roleSessionName === undefined ? {} : { roleSessionName }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(region === undefined ? {} : { region }),
  }
  const files = {
    ...{ certificate: need('certificate'), privateKey: need('private-key') },
    ...(intermediates === undefined ? {} : { intermediates }),
  }
  return {
    source: certificateSource(request, files, { clock: world.clock, ...(ca === undefined ? {} : { ca }) }),
    parts: ['certificate', { ...request, endpoint: endpoint.href }, files],
  }
}

function webIdentityWay(input: CommandInput, world: World): Made {
  const file = needed(input, 'web-identity-token-file', 'web-identity-token-file')
  needed(input, 'web-identity-token-file', 'role-arn')
  const sts = stsEndpointOf(input, world, userProfile(world.environment, undefined))
  const parameters = roleParameters('AssumeRoleWithWebIdentity', roleWish(input))
  return {
    source: webIdentitySource(sts, file, parameters),
    parts: ['web identity', sts.endpoint.href, file, Object.entries(parameters).sort()],
  }
}
