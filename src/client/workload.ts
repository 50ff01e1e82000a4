// Credentials of workloads, by the workload API (wire/workload-api.ts): a machine joins with a key that it makes for itself, and proves
// itself by that key; a declared service does by a key that it registered, or by a token that somebody gives it.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { jwkThumbprint } from '../core/jwk-thumbprint.ts'
import {
  CLOCK_CODE,
  LONGEST_ASSERTION,
  type MachineKey,
  type WorkloadAnswer,
  type WorkloadRequest,
  workloadOperations,
} from '../wire/workload-api.ts'
import { certificatesIn } from './certificates.ts'
import {
  type CredentialSource,
  isPassing,
  NoAnswer,
  type SourceCredentials,
  SourceRefused,
} from './credential-source.ts'
import { type Environment, stateFolder } from './folder.ts'
import { askJson, isAnswer, type ServerAnswer, type SignInServer } from './sign-in-server.ts'
import { FileUnread, fileText } from './text-file.ts'
import { writeWhole } from './whole-file.ts'

/** What a machine keeps of its joining, in a file of mode 0600: in place of `ca`, where it came from a file, that file's path. */
export interface Enrolment extends Omit<WorkloadAnswer<'join'>, 'requestId'> {
  /** The public URL, without a slash at its end. */
  readonly url: string
  /** PEM of authorities to trust instead of the system's. */
  readonly ca?: string
  /** PKCS#8 PEM. */
  readonly privateKey: string
}

/** Where a machine's enrolment is kept: what HALLPASS_MACHINE_FILE names, or `machine.json` in the state folder. */
export const enrolmentFile = (environment: Environment): string =>
  environment.HALLPASS_MACHINE_FILE || join(stateFolder(environment), 'machine.json')

/**
 * Makes a key, joins with it, and keeps both in the file. INVARIANT: the key is on disk before the token is spent, and the private half
 * leaves this machine never.
 * @throws SourceRefused for a token that is not good; the system's errors about the file; NoAnswer where asking again may help
 */
export async function joinMachine(
  server: SignInServer,
  token: string,
  file: string,
  /** The absolute path of the file that `ca` is the text of: it is read again each time, since authorities are replaced. */
  caBundle?: string,
): Promise<Enrolment> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
  const joining = `${file}.joining`
  writeWhole(joining, pem)
  try {
    const body = { token, publicKey: publicKey.export({ format: 'jwk' }) as unknown as MachineKey }
    const { path } = workloadOperations.join
    const answer = await askJson<WorkloadAnswer<'join'>>(server, path, body satisfies WorkloadRequest<'join'>)
    const { requestId: _, ...joined } = answered(answer)
    const enrolment: Enrolment = { ...server, ...joined, privateKey: pem }
    const kept = caBundle === undefined ? enrolment : { ...enrolment, ca: undefined, caBundle }
    writeWhole(file, `${JSON.stringify(kept, undefined, 2)}\n`)
    return enrolment
  } finally {
    rmSync(joining, { force: true })
  }
}

/** @throws FileUnread with a sentence where a file is not there, or it is not an enrolment */
export function readEnrolment(file: string): Enrolment {
  const { caBundle, ...kept } = readKept(file)
  return caBundle === undefined ? kept : { ...kept, ca: fileText(caBundle, `${file}: its authorities`) }
}

function readKept(file: string): Enrolment & { readonly caBundle?: string } {
  const text = fileText(file)
  try {
    const kept = JSON.parse(text) as Enrolment
    const { machine, url, privateKey, audience, account } = kept
    if ([machine, url, privateKey, audience, account].every((member) => typeof member === 'string')) return kept
  } catch {}
  throw new FileUnread(`${file} is not the enrolment of a machine: join again with hallpass machines join --replace`)
}

/** Who signs assertions. */
export interface AssertionSigner {
  /** `iss` and `sub`: the machine's id, or the service's name. */
  readonly who: string
  /** The public URL. */
  readonly audience: string
  readonly key: KeyObject
  /** Certificates of the key, the leaf first: DER in base64 (RFC 7515, 4.1.6). */
  readonly certificates?: readonly string[]
}

/** By curve, and of RSA (RFC 7518, 3.1). */
const algorithms: Readonly<Record<string, readonly [alg: string, digest: string] | undefined>> = {
  ...{ 'P-256': ['ES256', 'sha256'], 'P-384': ['ES384', 'sha384'], 'P-521': ['ES512', 'sha512'] },
  RSA: ['RS256', 'sha256'],
}

/** A client assertion (RFC 7523, 3) that is good for a minute. @throws Error for a key of a kind that proves nothing */
export function assertionOf(
  { who, audience, key, certificates }: AssertionSigner,
  now: Date,
  jti: string = randomUUID(),
): string {
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  const [alg, digest] = algorithms[jwk.crv ?? jwk.kty ?? ''] ?? []
  if (alg === undefined)
    throw new Error('the key is of a kind that proves nothing to Hallpass: P-256, P-384, P-521 and RSA do')
  const iat = Math.floor(now.getTime() / 1000)
  const x5c = certificates === undefined ? {} : { x5c: certificates }
  const head = { alg, typ: 'JWT', kid: jwkThumbprint(jwk), ...x5c }
  const claims = { iss: who, sub: who, aud: audience, iat, exp: iat + LONGEST_ASSERTION / 5, jti }
  const signed = [head, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const signature = sign(digest, Buffer.from(signed), jwk.kty === 'RSA' ? key : { key, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

export interface SourceOptions {
  /** The system's clock by default. */
  readonly clock?: () => Date
}

export type MachineWish = Omit<WorkloadRequest<'credentials'>, 'assertion'>

/** Credentials of the role in a machine's instance profile, or of one of its tasks. */
export function machineSource(
  { privateKey, machine, account, audience, ...server }: Enrolment,
  wish: MachineWish = {},
  options: SourceOptions = {},
): CredentialSource {
  const signer = { who: machine, audience, key: createPrivateKey(privateKey) }
  const ask = provingByKey(signer, options)
  return {
    name: wish.task === undefined ? `the enrolment of ${machine}` : `task ${wish.task} of ${machine}`,
    async fetch(signal) {
      const { path } = workloadOperations.credentials
      const answer = await ask<WorkloadAnswer<'credentials'>>(server, path, wish, signal)
      const { Arn: arn, InstanceProfileId: id } = answer.InstanceProfile ?? {}
      return {
        ...{ ...credentialsIn(answer), accountId: account },
        ...(arn === undefined || id === undefined ? {} : { instanceProfile: { arn, id } }),
      }
    },
  }
}

/** How a declared service proves itself. `certificates`: PEM, that of the key first, then those that lead to the authority. */
export type ServiceProof =
  | { readonly privateKey: string; readonly certificates?: string }
  /** The token of an issuer, read anew each time: whoever gives it replaces it. */
  | { readonly token: () => string | Promise<string> }

export type ServiceWish = Omit<WorkloadRequest<'assumeRole'>, 'assertion' | 'service'>

/** Credentials of a role that a declared service assumes on behalf of an account. */
export function serviceSource(
  server: SignInServer,
  service: string,
  proof: ServiceProof,
  wish: ServiceWish,
  options: SourceOptions = {},
): CredentialSource {
  const { path } = workloadOperations.assumeRole
  const ask =
    'token' in proof
      ? async <T extends object>(at: SignInServer, to: string, body: object, signal: AbortSignal) =>
          answered(await askJson<T>(at, to, { ...body, service, assertion: await proof.token() }, { signal }))
      : provingByKey(
          {
            ...{ who: service, audience: server.url, key: createPrivateKey(proof.privateKey) },
            ...(proof.certificates === undefined
              ? {}
              : { certificates: certificatesIn(proof.certificates).map(({ raw }) => raw.toString('base64')) }),
          },
          options,
        )
  return {
    name: `service ${service} with ${wish.RoleArn}`,
    fetch: async (signal) => ({
      ...credentialsIn(await ask<WorkloadAnswer<'assumeRole'>>(server, path, wish, signal)),
      accountId: wish.SourceAccount,
    }),
  }
}

/**
 * Asks an operation of the workload API with an assertion. A refusal that tells of clocks that differ is answered by an assertion of the
 * server's time, once; how far the clocks differ is kept.
 */
export function provingByKey(signer: AssertionSigner, { clock = () => new Date() }: SourceOptions = {}) {
  let offsetMs = 0
  return async <T extends object>(
    server: SignInServer,
    path: string,
    body: object,
    signal?: AbortSignal,
    jti?: string,
  ): Promise<T> => {
    const ask = () => {
      const assertion = assertionOf(signer, new Date(clock().getTime() + offsetMs), jti)
      return askJson<T>(server, path, { ...body, assertion }, signal === undefined ? {} : { signal })
    }
    const first = await ask()
    if (isAnswer(first) || !('refused' in first) || first.refused !== CLOCK_CODE || first.date === undefined)
      return answered(first)
    offsetMs = first.date.getTime() - clock().getTime()
    return answered(await ask())
  }
}

/** @throws SourceRefused where asking again brings nothing; NoAnswer where it may */
export function answered<T extends object>(answer: ServerAnswer<T>): T {
  if (isAnswer(answer)) return answer
  if ('failed' in answer) throw new NoAnswer(answer.failed)
  const { refused, message, status } = answer
  // Clocks that differ are set right by asking again: no reason to take from a program what is still valid.
  throw isPassing(status, refused) || refused === CLOCK_CODE
    ? new NoAnswer(`${refused}: ${message}`)
    : new SourceRefused(refused, message)
}

function credentialsIn({ Credentials, RoleArn }: WorkloadAnswer<'assumeRole'>): SourceCredentials {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiration: new Date(Expiration),
    roleArn: RoleArn,
  }
}
