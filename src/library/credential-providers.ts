// The providers of `hallpass/credentials`, over what a process knows. Options that cannot be right are a TypeError when a provider is made;
// everything else is said when it is asked.

import type { CredentialSource } from '../client/credential-source.ts'
import { endpointIn, httpUrl } from '../client/endpoints.ts'
import { type RenewalParts, renewed } from '../client/renewing.ts'
import { readServerUrl } from '../client/server-url.ts'
import { keptSignInAt, type SignInUse } from '../client/sign-in-access.ts'
import { certificateSource } from '../client/sources/certificate.ts'
import { enrolledSource, type ServiceProofFile, serviceFileSource } from '../client/sources/machine.ts'
import { signInSource, type Wanted } from '../client/sources/sign-in.ts'
import { keySource, webIdentitySource } from '../client/sources/sts.ts'
import { assumeRoleParameters, roleParameters } from '../client/sources/sts-parameters.ts'
import { fileText } from '../client/text-file.ts'
import { enrolmentFile } from '../client/workload.ts'
import { Secret } from '../core/secret.ts'
import type {
  AccessKey,
  AssumeRoleOptions,
  CertificateOptions,
  CredentialProvider,
  EndpointOptions,
  MachineOptions,
  RenewalOptions,
  ServiceOptions,
  SignInOptions,
  WebIdentityOptions,
} from './credential-options.ts'

/** What a provider needs of the process. */
export interface ProviderWorld extends Pick<RenewalParts, 'clock' | 'random' | 'after'> {
  readonly environment: SignInUse['environment']
  readonly platform: NodeJS.Platform
}

/** The members that are given: options may be undefined, what is sent may not. */
type Known<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }
const known = <T extends object>(members: T): Known<T> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Known<T>

export function providersOf(world: ProviderWorld) {
  const { environment, platform, clock } = world

  function provider(source: CredentialSource, { report }: RenewalOptions): CredentialProvider {
    const { random, after } = world
    const kept = renewed(source, { clock, ...known({ random, after, report }) })
    // A set of its own for each who asks: SDKs write into it.
    const give = async () => {
      const { accessKeyId, secretAccessKey, sessionToken, expiration, accountId } = await kept.current()
      return {
        ...{ accessKeyId, secretAccessKey, sessionToken, expiration: new Date(expiration) },
        ...known({ accountId }),
      }
    }
    return Object.assign(give, { close: () => kept.close() })
  }

  /** INVARIANT: without an endpoint no provider is made: AWS's own endpoint would get what is not AWS's. */
  function at({ endpoint, caFile }: EndpointOptions, service: 'sts' | 'rolesanywhere') {
    const text = endpoint ?? endpointIn(environment, service)
    if (!text) throw new TypeError('where is Hallpass? give `endpoint`, or set AWS_ENDPOINT_URL')
    const url = httpUrl(text)
    if (url === undefined) throw new TypeError(`endpoint: ${text} is not an http or https URL`)
    const file = caFile ?? (environment.AWS_CA_BUNDLE || undefined)
    return { endpoint: url, clock, ...(file === undefined ? {} : { ca: () => fileText(file, 'caFile') }) }
  }

  function publicUrl(url: string | undefined): string {
    const text = url ?? environment.HALLPASS_URL
    if (!text) throw new TypeError('where is Hallpass? give `url`, or set HALLPASS_URL')
    return readServerUrl(text)
  }

  function fromSignIn(options: SignInOptions): CredentialProvider {
    const { role, account, durationSeconds } = options
    const url = publicUrl(options.url)
    if ((role === undefined) === (account === undefined)) throw new TypeError('give `role` or `account`, and not both')
    const wanted: Wanted = role === undefined ? { account: account ?? '' } : { role }
    const { report = () => {} } = options
    const use: SignInUse = { environment, platform, clock, warn: report, invocation: 'hallpass' }
    const name = `the sign-in at ${url}`
    // Looked for each time: somebody may sign in later, or again.
    const fetch: CredentialSource['fetch'] = async (signal) =>
      signInSource(keptSignInAt(url, use), use, wanted, durationSeconds).fetch(signal)
    return provider({ name, fetch }, options)
  }

  function fromMachine(options: MachineOptions = {}): CredentialProvider {
    const { file = enrolmentFile(environment), task, durationSeconds } = options
    return provider(enrolledSource(file, known({ task, durationSeconds }), clock), options)
  }

  function fromService(options: ServiceOptions): CredentialProvider {
    const { service, privateKeyFile, tokenFile, roleArn, roleSessionName, sourceAccount, sourceArn } = options
    const url = publicUrl(options.url)
    const caFile = options.caFile ?? (environment.AWS_CA_BUNDLE || undefined)
    if ((privateKeyFile === undefined) === (tokenFile === undefined))
      throw new TypeError('give `privateKeyFile` or `tokenFile`, and not both')
    const proof: ServiceProofFile = privateKeyFile === undefined ? { tokenFile: tokenFile ?? '' } : { privateKeyFile }
    const wish = {
      ...{ RoleArn: roleArn, RoleSessionName: roleSessionName, SourceAccount: sourceAccount },
      ...known({ SourceArn: sourceArn, DurationSeconds: options.durationSeconds }),
    }
    const server = () => ({ url, ...(caFile === undefined ? {} : { ca: fileText(caFile, 'caFile') }) })
    return provider(serviceFileSource(server, service, proof, wish, clock), options)
  }

  function fromCertificate(options: CertificateOptions): CredentialProvider {
    const { trustAnchorArn, profileArn, roleArn, roleSessionName, durationSeconds, region } = options
    const { endpoint, ...how } = at(options, 'rolesanywhere')
    const request = {
      ...{ endpoint, trustAnchorArn, profileArn, roleArn },
      ...known({ roleSessionName, durationSeconds, region }),
    }
    const files = {
      ...{ certificate: options.certificateFile, privateKey: options.privateKeyFile },
      ...known({ intermediates: options.intermediatesFile }),
    }
    return provider(certificateSource(request, files, how), options)
  }

  function fromWebIdentity(options: WebIdentityOptions = {}): CredentialProvider {
    const file = options.tokenFile ?? environment.AWS_WEB_IDENTITY_TOKEN_FILE
    const roleArn = options.roleArn ?? environment.AWS_ROLE_ARN
    const roleSessionName = options.roleSessionName ?? (environment.AWS_ROLE_SESSION_NAME || undefined)
    if (!file) throw new TypeError('which token? give `tokenFile`, or set AWS_WEB_IDENTITY_TOKEN_FILE')
    if (!roleArn) throw new TypeError('which role? give `roleArn`, or set AWS_ROLE_ARN')
    const parameters = roleParameters('AssumeRoleWithWebIdentity', { ...options, roleArn, roleSessionName })
    // No signature, so no region.
    return provider(webIdentitySource({ ...at(options, 'sts'), region: '' }, file, parameters), options)
  }

  function fromAssumeRole(options: AssumeRoleOptions): CredentialProvider {
    const { credentials = keyIn(environment), tags, region } = options
    const regionVariable = environment.AWS_REGION || environment.AWS_DEFAULT_REGION
    const sts = { ...at(options, 'sts'), region: region ?? (regionVariable || 'us-east-1') }
    const parameters = assumeRoleParameters({ ...options, tags: tags === undefined ? undefined : Object.entries(tags) })
    const key = async () => {
      const { accessKeyId, secretAccessKey, sessionToken } =
        typeof credentials === 'function' ? await credentials() : credentials
      return { accessKeyId, secret: new Secret(secretAccessKey), ...(sessionToken ? { token: sessionToken } : {}) }
    }
    return provider(keySource(sts, key, parameters), options)
  }

  return { fromSignIn, fromMachine, fromService, fromCertificate, fromWebIdentity, fromAssumeRole }
}

function keyIn({
  AWS_ACCESS_KEY_ID: id,
  AWS_SECRET_ACCESS_KEY: secret,
  AWS_SESSION_TOKEN: token,
}: ProviderWorld['environment']): AccessKey {
  if (!id || !secret)
    throw new TypeError('whose key? give `credentials`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
  return { accessKeyId: id, secretAccessKey: secret, ...(token ? { sessionToken: token } : {}) }
}
